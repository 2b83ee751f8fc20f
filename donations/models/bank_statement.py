"""Bank accounts, and the lines of their statements: each kept once, however often the bank lists it.

What a line says never changes and no line is deleted: the database refuses it (`migrations/0003_offline.py`).
"""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from donations.models.payout import Payout
from ledger.money import Money


class Format(models.TextChoices):
    CSV = "csv", "CSV"
    CAMT = "camt", "CAMT.053 (XML)"


ENCODINGS = [
    ("utf-8-sig", "UTF-8"),
    ("utf-16", "UTF-16"),
    ("cp1252", "Windows-1252"),
    ("iso8859-15", "ISO 8859-15"),
    ("cp1256", "Windows-1256"),
    ("cp932", "Windows-31J"),
    ("gb18030", "GB 18030"),
    ("cp949", "Windows-949"),
    ("cp874", "Windows-874"),
]
DATES = [
    ("%Y-%m-%d", "2026-12-31"),
    ("%Y/%m/%d", "2026/12/31"),
    ("%Y%m%d", "20261231"),
    ("%d.%m.%Y", "31.12.2026"),
    ("%d.%m.%y", "31.12.26"),
    ("%d/%m/%Y", "31/12/2026"),
    ("%d/%m/%y", "31/12/26"),
    ("%d-%m-%Y", "31-12-2026"),
    ("%m/%d/%Y", "12/31/2026"),
]
DELIMITERS = [(",", _("comma")), (";", _("semicolon")), ("\t", _("tab")), ("|", "|")]
DECIMALS = [(".", _("point: 1,234.56")), (",", _("comma: 1.234,56"))]


class BankAccount(models.Model):
    """An account of ours, and how its statements are to be read. That stays as it is once one was imported."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    number = models.CharField(
        _("number"),
        max_length=40,
        blank=True,
        help_text=_("IBAN or account number. A CAMT.053 file of another account is then refused."),
    )
    currency = models.CharField(
        _("currency"), max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$", _("Write it like USD."))]
    )
    format = models.CharField(_("format of its statements"), max_length=4, choices=Format)
    encoding = models.CharField(_("encoding"), max_length=10, choices=ENCODINGS, default="utf-8-sig")
    delimiter = models.CharField(_("between columns"), max_length=1, choices=DELIMITERS, default=",")
    header_line = models.PositiveSmallIntegerField(
        _("line of the column names"), default=1, help_text=_("1, unless the bank writes something above them.")
    )
    date_format = models.CharField(_("dates are written"), max_length=8, choices=DATES, default="%Y-%m-%d")
    decimal_mark = models.CharField(_("amounts are written with a"), max_length=1, choices=DECIMALS, default=".")
    date_column = models.CharField(_("column of the booking day"), max_length=100, blank=True)
    amount_column = models.CharField(
        _("column of the amount"), max_length=100, blank=True, help_text=_("Negative where money goes out.")
    )
    debit_column = models.CharField(
        _("column of money out"), max_length=100, blank=True, help_text=_("Only where the bank has one of its own.")
    )
    currency_column = models.CharField(_("column of the currency"), max_length=100, blank=True)
    text_column = models.CharField(_("column of the text"), max_length=100, blank=True)
    reference_column = models.CharField(_("column of the reference"), max_length=100, blank=True)
    payer_column = models.CharField(_("column of the payer"), max_length=100, blank=True)
    id_column = models.CharField(
        _("column of the bank's own number"),
        max_length=100,
        blank=True,
        help_text=_("Only if no two lines ever have the same one."),
    )

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="bank_account_format_is_known", condition=Q(format__in=Format.values)),
            models.CheckConstraint(
                name="bank_account_csv_names_its_columns",
                condition=~Q(format=Format.CSV)
                | ~Q(date_column="") & ~Q(amount_column="") & ~Q(text_column="") & Q(header_line__gt=0),
                violation_error_message=_("A CSV file is read by its columns of day, amount and text: name them."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        names = [name.casefold() for name in self.columns().values() if name]
        if len(names) != len(set(names)):
            raise ValidationError(_("Each column can stand for one thing only."))

    def columns(self) -> dict[str, str]:
        """Which column holds what; empty where the bank has none."""
        roles = ("date", "amount", "debit", "currency", "text", "reference", "payer", "id")
        return {role: str(getattr(self, f"{role}_column")).strip() for role in roles}


class BankStatement(models.Model):
    """A file that was imported. The file itself is not kept, every line of it is."""

    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="statements", verbose_name=_("bank account"))
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64)
    listed = models.PositiveIntegerField(_("lines in the file"))
    fresh = models.PositiveIntegerField(_("lines that were new"))
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("imported by")
    )
    imported_at = models.DateTimeField(_("imported at"))

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="bank_statement_lists_what_is_new", condition=Q(fresh__lte=F("listed")))
        ]

    def __str__(self) -> str:
        return f"{self.account}, {self.pk}"


class Aside(models.TextChoices):
    """Why a line is not a gift."""

    DEBIT = "debit", _("no money came in")
    PAYOUT = "payout", _("a payout of Stripe's")
    DECIDED = "decided", _("a person said so")


class StatementLineQuerySet(models.QuerySet["StatementLine"]):
    def queue(self) -> Self:
        """Money that came in, and nobody has said yet what it is."""
        return self.filter(aside="").exclude(pk__in=StatementLine.objects.gifts().values("pk"))

    def gifts(self) -> Self:
        """Recorded as a gift, confirmed or not."""
        return self.filter(gifts__isnull=False, gifts__withdrawn_at=None, gifts__reversed_at=None)

    def not_gifts(self) -> Self:
        return self.exclude(aside="")

    def needing_a_person(self) -> Self:
        return self.queue()


class StatementLine(models.Model):
    """One movement on our account, as the bank wrote it. Payer and text are people's own: they go into no log."""

    account = models.ForeignKey(
        BankAccount, models.PROTECT, related_name="lines", verbose_name=_("bank account"), db_index=False
    )
    statement = models.ForeignKey(
        BankStatement, models.PROTECT, related_name="lines", verbose_name=_("first listed in")
    )
    key = models.CharField(max_length=64, help_text=_("the same in every statement that lists this line"))
    booked_on = models.DateField(_("booked on"))
    amount_minor = models.BigIntegerField(help_text=_("negative where money went out"))
    currency = models.CharField(max_length=3)
    given_minor = models.BigIntegerField(null=True, help_text=_("what the payer's bank was told, where it differs"))
    given_currency = models.CharField(max_length=3, blank=True)
    text = models.TextField(_("text"), blank=True)
    reference = models.TextField(_("reference"), blank=True)
    payer = models.TextField(_("payer"), blank=True)
    bank_id = models.TextField(_("the bank's own number"), blank=True)
    payout = models.OneToOneField(
        Payout, models.PROTECT, null=True, related_name="statement_line", verbose_name=_("payout")
    )
    aside = models.CharField(_("not a gift"), max_length=7, choices=Aside, blank=True)
    aside_reason = models.TextField(_("reason"), blank=True)
    set_aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("set aside by")
    )
    set_aside_at = models.DateTimeField(_("set aside at"), null=True)

    objects = StatementLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a bank statement")
        verbose_name_plural = _("lines of bank statements")
        ordering = ["-booked_on", "-pk"]
        constraints = [
            models.UniqueConstraint(name="statement_line_is_kept_once", fields=["account", "key"]),
            models.CheckConstraint(name="statement_line_currency_is_a_code", condition=Q(currency__regex="^[A-Z]{3}$")),
            models.CheckConstraint(
                name="statement_line_given_is_money",
                condition=Q(given_minor=None, given_currency="")
                | Q(given_minor__gt=0, given_currency__regex="^[A-Z]{3}$"),
            ),
            models.CheckConstraint(
                name="statement_line_money_out_is_no_gift", condition=Q(amount_minor__gt=0) | Q(aside=Aside.DEBIT)
            ),
            models.CheckConstraint(
                name="statement_line_decided_means_by_whom_and_why",
                condition=Q(set_aside_by=None, set_aside_at=None, aside_reason="") & ~Q(aside=Aside.DECIDED)
                | Q(aside=Aside.DECIDED, set_aside_by__isnull=False, set_aside_at__isnull=False) & ~Q(aside_reason=""),
            ),
        ]
        indexes = [models.Index(name="statement_line_in_play", fields=["booked_on", "id"], condition=Q(aside=""))]

    def __str__(self) -> str:
        return f"{self.account}, {self.booked_on}, {self.amount.format()}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def given(self) -> Money:
        """What the donor gave: as their bank was told, or else what ours credited."""
        return self.amount if self.given_minor is None else Money(self.given_minor, self.given_currency)

    @property
    def waiting(self) -> bool:
        """As the rows of `gifts` say, which a list has fetched for all of its lines."""
        return not self.aside and not any(gift.stands for gift in self.gifts.all())

    def hold_for_a_gift(self) -> None:
        """Lock it for one gift; Refused where it is none, or somebody was faster."""
        if not StatementLine.objects.queue().filter(pk=self.hold().pk).exists():
            raise Refused(_now("This line waits no more: it is recorded as a gift, or is none."))

    @transaction.atomic
    def set_aside(self, *, by: User, reason: str) -> None:
        """It is not a gift, and a person says why."""
        if not reason.strip():
            raise Refused(_now("Say why it is not a gift."))
        self.hold_for_a_gift()
        self._save(aside=Aside.DECIDED, aside_reason=reason.strip(), set_aside_by=by, set_aside_at=timezone.now())

    @transaction.atomic
    def reconsider(self) -> None:
        """It may be a gift after all: back to the queue. Money that went out never is."""
        if self.hold().aside not in {Aside.PAYOUT, Aside.DECIDED}:
            raise Refused(_now("Only what was taken for no gift goes back to the queue."))
        self._save(aside="", aside_reason="", set_aside_by=None, set_aside_at=None, payout=None)

    def hold(self) -> "StatementLine":
        return StatementLine.objects.select_for_update(of=("self",)).get(pk=self.pk)

    def _save(self, **changes: object) -> None:
        StatementLine.objects.filter(pk=self.pk).update(**changes)
        self.refresh_from_db()
