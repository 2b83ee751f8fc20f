import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("donations", "0001_initial"),
        ("ledger", "0003_chart"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="donation",
            name="bounced",
            field=models.BooleanField(
                default=False, db_default=False, help_text="the donor's bank took it back after it had succeeded"
            ),
        ),
        migrations.AddIndex(
            model_name="donation",
            index=models.Index(condition=models.Q(("bounced", True)), fields=["id"], name="donation_bounced"),
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_id", models.CharField(max_length=255, unique=True)),
                ("status", models.CharField(max_length=40)),
                ("created_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("amount_minor", models.BigIntegerField(help_text="in the donor's currency")),
                ("currency", models.CharField(max_length=3)),
                ("reason", models.CharField(help_text="Stripe's word", max_length=60)),
                ("answer_by", models.DateTimeField(help_text="until when Stripe takes evidence", null=True)),
                ("lost_minor", models.BigIntegerField(default=0, help_text="booked as lost, in the fund's currency")),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FraudWarning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_id", models.CharField(max_length=255, unique=True)),
                ("status", models.CharField(max_length=40)),
                ("created_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("actionable", models.BooleanField(help_text="not yet paid back or disputed")),
                ("decided_at", models.DateTimeField(null=True)),
                ("decision", models.TextField(blank=True, verbose_name="decision")),
            ],
            options={
                "verbose_name": "fraud warning",
                "verbose_name_plural": "fraud warnings",
            },
        ),
        migrations.CreateModel(
            name="Payout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_id", models.CharField(max_length=255, unique=True)),
                ("status", models.CharField(max_length=40)),
                ("created_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("amount_minor", models.BigIntegerField(help_text="negative where Stripe takes money from the bank")),
                ("currency", models.CharField(max_length=3)),
                ("automatic", models.BooleanField(help_text="only of these Stripe says what they are made of")),
                ("composed", models.BooleanField(help_text="Stripe has finished saying so")),
                ("arrival_on", models.DateField()),
                (
                    "failure_transaction",
                    models.CharField(
                        blank=True, help_text="the balance transaction that brought it back", max_length=255
                    ),
                ),
                ("explained", models.BooleanField(default=False, help_text="its balance transactions add up to it")),
                ("problem", models.TextField(blank=True, verbose_name="problem")),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stripe_id", models.CharField(max_length=255, unique=True)),
                ("status", models.CharField(max_length=40)),
                ("created_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("failure_reason", models.CharField(blank=True, max_length=100)),
                (
                    "booked",
                    models.BooleanField(
                        default=False, help_text="its money has left Stripe's balance, and is not back"
                    ),
                ),
                (
                    "fee_covered_minor",
                    models.BigIntegerField(
                        default=0,
                        help_text="of the fee that Stripe keeps, what the general fund bore; in the fund's currency",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RefundRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reason", models.TextField(verbose_name="reason")),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("approved_at", models.DateTimeField(null=True, verbose_name="approved at")),
                ("dropped_at", models.DateTimeField(null=True, verbose_name="dropped at")),
                ("problem", models.TextField(blank=True, verbose_name="why Stripe refused it")),
            ],
            options={
                "verbose_name": "refund request",
                "verbose_name_plural": "refund requests",
                "ordering": ["-pk"],
                "permissions": [("approve_refundrequest", "Can approve a refund")],
            },
        ),
        migrations.RemoveConstraint(
            model_name="balancetransaction",
            name="balance_transaction_explained_or_not",
        ),
        migrations.AlterField(
            model_name="balancetransaction",
            name="problem",
            field=models.TextField(blank=True, help_text="why it waits under suspense"),
        ),
        migrations.AddField(
            model_name="dispute",
            name="donation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="disputes", to="donations.donation"
            ),
        ),
        migrations.AddField(
            model_name="fraudwarning",
            name="decided_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="fraudwarning",
            name="donation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="fraud_warnings", to="donations.donation"
            ),
        ),
        migrations.AddField(
            model_name="payout",
            name="arrival",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="payout",
            name="spread",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
            ),
        ),
        migrations.AddField(
            model_name="balancetransaction",
            name="payout",
            field=models.ForeignKey(
                help_text="which took it to our bank",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transactions",
                to="donations.payout",
            ),
        ),
        migrations.AddIndex(
            model_name="balancetransaction",
            index=models.Index(fields=["source"], name="balance_tx_source"),
        ),
        migrations.AddField(
            model_name="balancetransaction",
            name="explained",
            field=models.BooleanField(db_default=False, default=False, help_text="by two people, out of suspense"),
        ),
        migrations.AddConstraint(
            model_name="balancetransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("donation__isnull", False),
                    (
                        "kind__in",
                        ["payout", "payout_failure", "payout_cancel", "stripe_fee", "stripe_fx_fee", "tax_fee"],
                    ),
                    ("explained", True),
                    models.Q(("problem", ""), _negated=True),
                    _connector="OR",
                ),
                name="balance_transaction_explained_or_not",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="donation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="donations.donation"
            ),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="approved_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="approved by",
            ),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="asked by",
            ),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="donation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refund_requests",
                to="donations.donation",
                verbose_name="donation",
            ),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="dropped_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="dropped by",
            ),
        ),
        migrations.AddField(
            model_name="refundrequest",
            name="refund",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="request",
                to="donations.refund",
                verbose_name="Stripe's refund",
            ),
        ),
        migrations.AddConstraint(
            model_name="fraudwarning",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None), ("decision", "")),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("decision", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="fraud_warning_decided_means_by_whom_and_how",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="refund_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="refund_request_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="refund_request_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_at", None), ("approved_by", None)),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        models.Q(("approved_by", models.F("asked_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="refund_request_approved_by_another_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("dropped_at", None), ("dropped_by", None)),
                    models.Q(("dropped_at__isnull", False), ("dropped_by__isnull", False)),
                    _connector="OR",
                ),
                name="refund_request_dropped_means_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("dropped_at", None), ("approved_at", None), _connector="OR"),
                name="refund_request_dropped_or_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("refund", None), ("approved_at__isnull", False), _connector="OR"),
                name="refund_request_sent_means_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="balancetransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("explained", False), ("problem", ""), _connector="OR"),
                name="balance_transaction_explained_means_no_problem",
            ),
        ),
        migrations.AddField(
            model_name="donation",
            name="resolved",
            field=models.TextField(
                blank=True,
                db_default="",
                help_text="what reviews said that are over, one a line: it opens no new one",
            ),
        ),
        migrations.CreateModel(
            name="Explanation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "meaning",
                    models.CharField(
                        choices=[
                            ("gift", "a gift to an appeal, or one that goes back"),
                            ("cost", "a cost of ours"),
                            ("bank", "between our bank and Stripe"),
                        ],
                        max_length=10,
                        verbose_name="what it was",
                    ),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("proposed_at", models.DateTimeField(verbose_name="proposed at")),
                ("approved_at", models.DateTimeField(null=True, verbose_name="approved at")),
                ("dropped_at", models.DateTimeField(null=True, verbose_name="dropped at")),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="approved by",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="appeal.campaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "dropped_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="dropped by",
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entry",
                        verbose_name="entry",
                    ),
                ),
                (
                    "movement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="explanations",
                        to="donations.balancetransaction",
                        verbose_name="balance transaction",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "explanation",
                "verbose_name_plural": "explanations",
                "ordering": ["-pk"],
                "permissions": [("approve_explanation", "Can approve an explanation")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("dropped_at", None)),
                        fields=("movement",),
                        name="explanation_stands_once_for_a_movement",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("campaign__isnull", False), ("meaning", "gift")),
                            models.Q(models.Q(("meaning", "gift"), _negated=True), ("campaign__isnull", True)),
                            _connector="OR",
                        ),
                        name="explanation_of_a_gift_names_its_campaign",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="explanation_has_a_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at", None), ("approved_by", None)),
                            models.Q(
                                ("approved_at__isnull", False),
                                ("approved_by__isnull", False),
                                models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="explanation_approved_by_another_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("dropped_at", None), ("dropped_by", None)),
                            models.Q(("dropped_at__isnull", False), ("dropped_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="explanation_dropped_means_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("dropped_at", None), ("approved_at", None), _connector="OR"),
                        name="explanation_dropped_or_approved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("entry", None), ("approved_at__isnull", False), _connector="OR"),
                        name="explanation_booked_means_approved",
                    ),
                ],
            },
        ),
    ]
