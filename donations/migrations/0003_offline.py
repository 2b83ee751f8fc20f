"""Gifts that come by no card, bank statements, and what PostgreSQL refuses about them, whoever asks."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import donations.models.donation

REFUSE = """
    CREATE FUNCTION donations_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE restrict_violation USING
            MESSAGE = format('%s of %s is refused: what was recorded stays. Withdraw it, or reverse it.',
                             TG_OP, TG_TABLE_NAME),
            CONSTRAINT = TG_NAME;
    END $$;
"""

# Of an offline gift, only what happens to it is ever written later, and each of that once; only a reversal that was
# asked for and not agreed to can be taken back.
GIFT_STAYS = """
    CREATE FUNCTION donations_offline_moving_parts() RETURNS text[] LANGUAGE sql IMMUTABLE RETURN ARRAY[
        'confirmed_by_id', 'confirmed_at', 'entry_id', 'donation_id',
        'withdrawn_by_id', 'withdrawn_at', 'withdrawal_reason',
        'reversal_asked_by_id', 'reversal_asked_at', 'reversal_reason',
        'reversed_by_id', 'reversed_at', 'reversal_entry_id'];

    CREATE TRIGGER offline_gift_record_stays BEFORE UPDATE ON donations_offlinegift
        FOR EACH ROW WHEN (to_jsonb(OLD) - donations_offline_moving_parts()
                           IS DISTINCT FROM to_jsonb(NEW) - donations_offline_moving_parts())
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER offline_gift_confirmed_once BEFORE UPDATE ON donations_offlinegift
        FOR EACH ROW WHEN (OLD.confirmed_at IS NOT NULL
            AND (OLD.confirmed_by_id, OLD.confirmed_at, OLD.entry_id, OLD.donation_id)
                IS DISTINCT FROM (NEW.confirmed_by_id, NEW.confirmed_at, NEW.entry_id, NEW.donation_id))
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER offline_gift_withdrawn_once BEFORE UPDATE ON donations_offlinegift
        FOR EACH ROW WHEN (OLD.withdrawn_at IS NOT NULL
            AND (OLD.withdrawn_by_id, OLD.withdrawn_at, OLD.withdrawal_reason)
                IS DISTINCT FROM (NEW.withdrawn_by_id, NEW.withdrawn_at, NEW.withdrawal_reason))
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER offline_gift_reversal_asked_by_one BEFORE UPDATE ON donations_offlinegift
        FOR EACH ROW WHEN (OLD.reversal_asked_at IS NOT NULL AND NEW.reversal_asked_at IS NOT NULL
            AND (OLD.reversal_asked_by_id, OLD.reversal_asked_at, OLD.reversal_reason)
                IS DISTINCT FROM (NEW.reversal_asked_by_id, NEW.reversal_asked_at, NEW.reversal_reason))
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER offline_gift_reversed_once BEFORE UPDATE ON donations_offlinegift
        FOR EACH ROW WHEN (OLD.reversed_at IS NOT NULL AND to_jsonb(OLD) IS DISTINCT FROM to_jsonb(NEW))
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER offline_gift_is_never_deleted BEFORE DELETE OR TRUNCATE ON donations_offlinegift
        FOR EACH STATEMENT EXECUTE FUNCTION donations_refuse_change();
"""

GIFT_CHANGES = """
    DROP TRIGGER offline_gift_is_never_deleted ON donations_offlinegift;
    DROP TRIGGER offline_gift_reversed_once ON donations_offlinegift;
    DROP TRIGGER offline_gift_reversal_asked_by_one ON donations_offlinegift;
    DROP TRIGGER offline_gift_withdrawn_once ON donations_offlinegift;
    DROP TRIGGER offline_gift_confirmed_once ON donations_offlinegift;
    DROP TRIGGER offline_gift_record_stays ON donations_offlinegift;
    DROP FUNCTION donations_offline_moving_parts();
"""

BOOKED_AS_RECORDED = """
    CREATE FUNCTION donations_check_offline_booking() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.confirmed_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM donations_donation AS donation
            JOIN ledger_entry AS entry ON entry.id = donation.entry_id
            JOIN ledger_posting AS posting ON posting.entry_id = entry.id AND posting.account_id = 'gifts'
            JOIN appeal_campaign AS campaign ON campaign.id = donation.campaign_id
            WHERE donation.id = NEW.donation_id AND entry.id = NEW.entry_id
                AND (entry.kind, entry.source, entry.occurred_on) = ('offline_gift', NEW.reference, NEW.received_on)
                AND (donation.campaign_id, donation.method, donation.amount_minor, donation.currency)
                    = (NEW.campaign_id, NEW.method, NEW.amount_minor, NEW.currency)
                AND (posting.fund_id, posting.amount, posting.currency)
                    = (campaign.bank_fund_id, -NEW.credited_minor, NEW.credited_currency)
        ) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'a confirmed gift is a donation, booked on the bank fund of its campaign as it was recorded',
                CONSTRAINT = 'offline_gift_is_booked_as_recorded';
        END IF;
        IF NEW.reversed_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM ledger_entry AS entry JOIN donations_donation AS donation ON donation.id = NEW.donation_id
            WHERE entry.id = NEW.reversal_entry_id AND entry.reverses_id = NEW.entry_id AND donation.bounced
        ) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'a reversed gift is reversed in the books, and counts no more',
                CONSTRAINT = 'offline_gift_is_reversed_in_the_books';
        END IF;
        RETURN NULL;
    END $$;

    CREATE TRIGGER offline_gift_booking AFTER INSERT OR UPDATE ON donations_offlinegift
        FOR EACH ROW EXECUTE FUNCTION donations_check_offline_booking();
"""

BOOKED_ANYHOW = """
    DROP TRIGGER offline_gift_booking ON donations_offlinegift;
    DROP FUNCTION donations_check_offline_booking();
"""

# At the end of the transaction: the donation is there before its gift can name it.
ONLY_WITH_A_GIFT = """
    CREATE FUNCTION donations_check_offline_donation() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM donations_donation WHERE id = NEW.id) AND NOT EXISTS (
            SELECT FROM donations_donation AS donation
            JOIN donations_offlinegift AS gift ON gift.donation_id = donation.id AND gift.confirmed_at IS NOT NULL
            WHERE donation.id = NEW.id
                AND (donation.campaign_id, donation.method, donation.amount_minor, donation.currency, donation.entry_id)
                    = (gift.campaign_id, gift.method, gift.amount_minor, gift.currency, gift.entry_id)
        ) THEN
            RAISE integrity_constraint_violation USING
                MESSAGE = 'a donation by no card is no more and no less than its confirmed gift',
                CONSTRAINT = 'donation_offline_is_its_gift';
        END IF;
        RETURN NULL;
    END $$;

    CREATE CONSTRAINT TRIGGER donation_offline_is_created AFTER INSERT ON donations_donation
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.method <> 'card')
        EXECUTE FUNCTION donations_check_offline_donation();
    CREATE CONSTRAINT TRIGGER donation_offline_is_changed AFTER UPDATE ON donations_donation
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.method <> 'card' OR NEW.method <> 'card')
        EXECUTE FUNCTION donations_check_offline_donation();
"""

ALSO_WITHOUT_A_GIFT = """
    DROP TRIGGER donation_offline_is_changed ON donations_donation;
    DROP TRIGGER donation_offline_is_created ON donations_donation;
    DROP FUNCTION donations_check_offline_donation();
"""

# Of a line, only what people or we make of it is ever written later; of an import nothing.
STATEMENT_STAYS = """
    CREATE FUNCTION donations_line_moving_parts() RETURNS text[] LANGUAGE sql IMMUTABLE RETURN
        ARRAY['aside', 'aside_reason', 'set_aside_by_id', 'set_aside_at', 'payout_id'];

    CREATE TRIGGER statement_line_stays BEFORE UPDATE ON donations_statementline
        FOR EACH ROW WHEN (to_jsonb(OLD) - donations_line_moving_parts()
                           IS DISTINCT FROM to_jsonb(NEW) - donations_line_moving_parts())
        EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER statement_line_is_never_deleted BEFORE DELETE OR TRUNCATE ON donations_statementline
        FOR EACH STATEMENT EXECUTE FUNCTION donations_refuse_change();
    CREATE TRIGGER bank_statement_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON donations_bankstatement
        FOR EACH STATEMENT EXECUTE FUNCTION donations_refuse_change();
"""

STATEMENT_CHANGES = """
    DROP TRIGGER bank_statement_stays ON donations_bankstatement;
    DROP TRIGGER statement_line_is_never_deleted ON donations_statementline;
    DROP TRIGGER statement_line_stays ON donations_statementline;
    DROP FUNCTION donations_line_moving_parts();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("appeal", "0003_transfer_code"),
        ("donations", "0002_movements"),
        ("ledger", "0003_chart"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BankAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                (
                    "number",
                    models.CharField(
                        blank=True,
                        help_text="IBAN or account number. A CAMT.053 file of another account is then refused.",
                        max_length=40,
                        verbose_name="number",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[django.core.validators.RegexValidator("^[A-Z]{3}$", "Write it like USD.")],
                        verbose_name="currency",
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("camt", "CAMT.053 (XML)")],
                        max_length=4,
                        verbose_name="format of its statements",
                    ),
                ),
                (
                    "encoding",
                    models.CharField(
                        choices=[
                            ("utf-8-sig", "UTF-8"),
                            ("utf-16", "UTF-16"),
                            ("cp1252", "Windows-1252"),
                            ("iso8859-15", "ISO 8859-15"),
                            ("cp1256", "Windows-1256"),
                            ("cp932", "Windows-31J"),
                            ("gb18030", "GB 18030"),
                            ("cp949", "Windows-949"),
                            ("cp874", "Windows-874"),
                        ],
                        default="utf-8-sig",
                        max_length=10,
                        verbose_name="encoding",
                    ),
                ),
                (
                    "delimiter",
                    models.CharField(
                        choices=[(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "|")],
                        default=",",
                        max_length=1,
                        verbose_name="between columns",
                    ),
                ),
                (
                    "header_line",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="1, unless the bank writes something above them.",
                        verbose_name="line of the column names",
                    ),
                ),
                (
                    "date_format",
                    models.CharField(
                        choices=[
                            ("%Y-%m-%d", "2026-12-31"),
                            ("%Y/%m/%d", "2026/12/31"),
                            ("%Y%m%d", "20261231"),
                            ("%d.%m.%Y", "31.12.2026"),
                            ("%d.%m.%y", "31.12.26"),
                            ("%d/%m/%Y", "31/12/2026"),
                            ("%d/%m/%y", "31/12/26"),
                            ("%d-%m-%Y", "31-12-2026"),
                            ("%m/%d/%Y", "12/31/2026"),
                        ],
                        default="%Y-%m-%d",
                        max_length=8,
                        verbose_name="dates are written",
                    ),
                ),
                (
                    "decimal_mark",
                    models.CharField(
                        choices=[(".", "point: 1,234.56"), (",", "comma: 1.234,56")],
                        default=".",
                        max_length=1,
                        verbose_name="amounts are written with a",
                    ),
                ),
                ("date_column", models.CharField(blank=True, max_length=100, verbose_name="column of the booking day")),
                (
                    "amount_column",
                    models.CharField(
                        blank=True,
                        help_text="Negative where money goes out.",
                        max_length=100,
                        verbose_name="column of the amount",
                    ),
                ),
                (
                    "debit_column",
                    models.CharField(
                        blank=True,
                        help_text="Only where the bank has one of its own.",
                        max_length=100,
                        verbose_name="column of money out",
                    ),
                ),
                (
                    "currency_column",
                    models.CharField(blank=True, max_length=100, verbose_name="column of the currency"),
                ),
                ("text_column", models.CharField(blank=True, max_length=100, verbose_name="column of the text")),
                (
                    "reference_column",
                    models.CharField(blank=True, max_length=100, verbose_name="column of the reference"),
                ),
                ("payer_column", models.CharField(blank=True, max_length=100, verbose_name="column of the payer")),
                (
                    "id_column",
                    models.CharField(
                        blank=True,
                        help_text="Only if no two lines ever have the same one.",
                        max_length=100,
                        verbose_name="column of the bank's own number",
                    ),
                ),
            ],
            options={
                "verbose_name": "bank account",
                "verbose_name_plural": "bank accounts",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="BankStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("sha256", models.CharField(max_length=64)),
                ("listed", models.PositiveIntegerField(verbose_name="lines in the file")),
                ("fresh", models.PositiveIntegerField(verbose_name="lines that were new")),
                ("imported_at", models.DateTimeField(verbose_name="imported at")),
            ],
            options={
                "verbose_name": "bank statement",
                "verbose_name_plural": "bank statements",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="OfflineGift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        default=donations.models.donation.new_reference,
                        editable=False,
                        max_length=16,
                        unique=True,
                        verbose_name="reference",
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[("bank_transfer", "bank transfer"), ("cash", "cash"), ("cheque", "cheque")],
                        max_length=13,
                        verbose_name="way",
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("credited_minor", models.BigIntegerField()),
                ("credited_currency", models.CharField(max_length=3)),
                ("received_on", models.DateField(verbose_name="received on")),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="donor's name")),
                (
                    "email",
                    models.EmailField(
                        blank=True,
                        help_text="Where the receipt is mailed; or empty.",
                        max_length=254,
                        verbose_name="donor's email",
                    ),
                ),
                ("language", models.CharField(default="en", max_length=10, verbose_name="language of the receipt")),
                (
                    "evidence",
                    models.TextField(
                        blank=True,
                        help_text="or else the line of a bank statement",
                        verbose_name="evidence",
                    ),
                ),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed at")),
                ("withdrawn_at", models.DateTimeField(null=True, verbose_name="withdrawn at")),
                ("withdrawal_reason", models.TextField(blank=True, verbose_name="why it was withdrawn")),
                ("reversal_asked_at", models.DateTimeField(null=True, verbose_name="reversal asked for at")),
                ("reversal_reason", models.TextField(blank=True, verbose_name="why it is to be reversed")),
                ("reversed_at", models.DateTimeField(null=True, verbose_name="reversed at")),
            ],
            options={
                "verbose_name": "offline gift",
                "verbose_name_plural": "offline gifts",
                "ordering": ["-pk"],
                "permissions": [
                    ("confirm_offlinegift", "Can confirm or reverse an offline gift that another person recorded")
                ],
            },
        ),
        migrations.CreateModel(
            name="StatementLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(help_text="the same in every statement that lists this line", max_length=64)),
                ("booked_on", models.DateField(verbose_name="booked on")),
                ("amount_minor", models.BigIntegerField(help_text="negative where money went out")),
                ("currency", models.CharField(max_length=3)),
                (
                    "given_minor",
                    models.BigIntegerField(help_text="what the payer's bank was told, where it differs", null=True),
                ),
                ("given_currency", models.CharField(blank=True, max_length=3)),
                ("text", models.TextField(blank=True, verbose_name="text")),
                ("reference", models.TextField(blank=True, verbose_name="reference")),
                ("payer", models.TextField(blank=True, verbose_name="payer")),
                ("bank_id", models.TextField(blank=True, verbose_name="the bank's own number")),
                (
                    "aside",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("debit", "no money came in"),
                            ("payout", "a payout of Stripe's"),
                            ("decided", "a person said so"),
                        ],
                        max_length=7,
                        verbose_name="not a gift",
                    ),
                ),
                ("aside_reason", models.TextField(blank=True, verbose_name="reason")),
                ("set_aside_at", models.DateTimeField(null=True, verbose_name="set aside at")),
            ],
            options={
                "verbose_name": "line of a bank statement",
                "verbose_name_plural": "lines of bank statements",
                "ordering": ["-booked_on", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="donation",
            name="method",
            field=models.CharField(
                choices=[("card", "card"), ("bank_transfer", "bank transfer"), ("cash", "cash"), ("cheque", "cheque")],
                db_default="card",
                default="card",
                max_length=13,
                verbose_name="way",
            ),
        ),
        migrations.AlterField(
            model_name="donation",
            name="bounced",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="the donor's bank took it back after it had succeeded, or it was recorded wrongly and is reversed",
            ),
        ),
        migrations.AlterField(
            model_name="donation",
            name="email",
            field=models.EmailField(blank=True, max_length=254, verbose_name="email"),
        ),
        migrations.AddConstraint(
            model_name="donation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("method", "card"),
                    models.Q(
                        ("checkout_session", None),
                        ("method__in", ["card", "bank_transfer", "cash", "cheque"]),
                        ("payment_intent", None),
                        ("state", "settled"),
                    ),
                    _connector="OR",
                ),
                name="donation_offline_is_booked_and_not_at_stripe",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("format__in", ["csv", "camt"])), name="bank_account_format_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="bankaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("format", "csv"), _negated=True),
                    models.Q(
                        models.Q(("date_column", ""), _negated=True),
                        models.Q(("amount_column", ""), _negated=True),
                        models.Q(("text_column", ""), _negated=True),
                        ("header_line__gt", 0),
                    ),
                    _connector="OR",
                ),
                name="bank_account_csv_names_its_columns",
                violation_error_message="A CSV file is read by its columns of day, amount and text: name them.",
            ),
        ),
        migrations.AddField(
            model_name="bankstatement",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="statements",
                to="donations.bankaccount",
                verbose_name="bank account",
            ),
        ),
        migrations.AddField(
            model_name="bankstatement",
            name="imported_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="imported by",
            ),
        ),
        migrations.AddField(
            model_name="offlinegift",
            name="campaign",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="offline_gifts",
                to="appeal.campaign",
                verbose_name="campaign",
            ),
        ),
        migrations.AddField(
            model_name="offlinegift",
            name="confirmed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="confirmed by",
            ),
        ),
        migrations.AddField(
            model_name="offlinegift",
            name="donation",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="offline",
                to="donations.donation",
                verbose_name="donation",
            ),
        ),
        migrations.AddField(
            model_name="offlinegift",
            name="entry",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.entry",
                verbose_name="entry",
            ),
        ),
        migrations.AddField(
            model_name="offlinegift",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="recorded by",
            ),
        ),
        migrations.AddField(
            model_name="offlinegift",
            name="reversal_asked_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="reversal asked for by",
            ),
        ),
        migrations.AddField(
            model_name="offlinegift",
            name="reversal_entry",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.entry",
                verbose_name="entry of the reversal",
            ),
        ),
        migrations.AddField(
            model_name="offlinegift",
            name="reversed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="reversed by",
            ),
        ),
        migrations.AddField(
            model_name="offlinegift",
            name="withdrawn_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="withdrawn by",
            ),
        ),
        migrations.AddField(
            model_name="statementline",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="donations.bankaccount",
                verbose_name="bank account",
            ),
        ),
        migrations.AddField(
            model_name="statementline",
            name="payout",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="statement_line",
                to="donations.payout",
                verbose_name="payout",
            ),
        ),
        migrations.AddField(
            model_name="statementline",
            name="set_aside_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="set aside by",
            ),
        ),
        migrations.AddField(
            model_name="statementline",
            name="statement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="donations.bankstatement",
                verbose_name="first listed in",
            ),
        ),
        migrations.AddField(
            model_name="offlinegift",
            name="line",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="gifts",
                to="donations.statementline",
                verbose_name="line of a bank statement",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(("fresh__lte", models.F("listed"))), name="bank_statement_lists_what_is_new"
            ),
        ),
        migrations.AddIndex(
            model_name="statementline",
            index=models.Index(
                condition=models.Q(("aside", "")), fields=["booked_on", "id"], name="statement_line_in_play"
            ),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.UniqueConstraint(fields=("account", "key"), name="statement_line_is_kept_once"),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="statement_line_currency_is_a_code"
            ),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("given_currency", ""), ("given_minor", None)),
                    models.Q(("given_currency__regex", "^[A-Z]{3}$"), ("given_minor__gt", 0)),
                    _connector="OR",
                ),
                name="statement_line_given_is_money",
            ),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0), ("aside", "debit"), _connector="OR"),
                name="statement_line_money_out_is_no_gift",
            ),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("aside_reason", ""),
                        ("set_aside_at", None),
                        ("set_aside_by", None),
                        models.Q(("aside", "decided"), _negated=True),
                    ),
                    models.Q(
                        ("aside", "decided"),
                        ("set_aside_at__isnull", False),
                        ("set_aside_by__isnull", False),
                        models.Q(("aside_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="statement_line_decided_means_by_whom_and_why",
            ),
        ),
        migrations.AddIndex(
            model_name="offlinegift",
            index=models.Index(
                condition=models.Q(("confirmed_at", None), ("withdrawn_at", None)),
                fields=["id"],
                name="offline_gift_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinegift",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0), ("credited_minor__gt", 0)),
                name="offline_gift_amounts_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinegift",
            constraint=models.CheckConstraint(
                condition=models.Q(("credited_currency__regex", "^[A-Z]{3}$"), ("currency__regex", "^[A-Z]{3}$")),
                name="offline_gift_currencies_are_codes",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinegift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("currency", models.F("credited_currency")), _negated=True),
                    ("amount_minor", models.F("credited_minor")),
                    _connector="OR",
                ),
                name="offline_gift_in_one_currency_is_one_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinegift",
            constraint=models.CheckConstraint(
                condition=models.Q(("method__in", ["bank_transfer", "cash", "cheque"])),
                name="offline_gift_way_is_offline",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinegift",
            constraint=models.CheckConstraint(
                condition=models.Q(("line__isnull", False), models.Q(("evidence", ""), _negated=True), _connector="OR"),
                name="offline_gift_can_be_checked",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinegift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at", None), ("confirmed_by", None)),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        ("confirmed_by__isnull", False),
                        models.Q(("confirmed_by", models.F("recorded_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="offline_gift_confirmed_by_another_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinegift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at", None), ("donation", None), ("entry", None)),
                    models.Q(("confirmed_at__isnull", False), ("donation__isnull", False), ("entry__isnull", False)),
                    _connector="OR",
                ),
                name="offline_gift_confirmed_means_booked",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinegift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawal_reason", ""), ("withdrawn_at", None), ("withdrawn_by", None)),
                    models.Q(
                        ("withdrawn_at__isnull", False),
                        ("withdrawn_by__isnull", False),
                        models.Q(("withdrawal_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="offline_gift_withdrawn_means_by_whom_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinegift",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn_at", None), ("confirmed_at", None), _connector="OR"),
                name="offline_gift_withdrawn_or_confirmed",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinegift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reversal_asked_at", None), ("reversal_asked_by", None), ("reversal_reason", "")),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        ("reversal_asked_at__isnull", False),
                        ("reversal_asked_by__isnull", False),
                        models.Q(("reversal_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="offline_gift_reversal_asked_means_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinegift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reversal_entry", None), ("reversed_at", None), ("reversed_by", None)),
                    models.Q(
                        ("reversal_asked_at__isnull", False),
                        ("reversal_entry__isnull", False),
                        ("reversed_at__isnull", False),
                        ("reversed_by__isnull", False),
                        models.Q(("reversed_by", models.F("reversal_asked_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="offline_gift_reversed_by_another_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="offlinegift",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reversed_at", None), ("withdrawn_at", None)),
                fields=("line",),
                name="offline_gift_stands_once_for_a_line",
            ),
        ),
        migrations.RunSQL(REFUSE, "DROP FUNCTION donations_refuse_change()"),
        migrations.RunSQL(GIFT_STAYS, GIFT_CHANGES),
        migrations.RunSQL(BOOKED_AS_RECORDED, BOOKED_ANYHOW),
        migrations.RunSQL(ONLY_WITH_A_GIFT, ALSO_WITHOUT_A_GIFT),
        migrations.RunSQL(STATEMENT_STAYS, STATEMENT_CHANGES),
    ]
