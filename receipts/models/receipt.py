"""A receipt: what was given, when and by whom, as of the day of issue. It is voided or replaced, never edited."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from appeal.sealed import SealedTextField
from donations.kept import DonationAndKept, disturbed, with_kept
from donations.models import Donation
from donations.models.donation import ALPHABET
from ledger.money import Money
from receipts import wording
from receipts.models.fiscal_year import DonorYear, FiscalYear
from receipts.models.issuer import IssuerProfile
from receipts.models.particulars import HeldGift
from receipts.models.text import IssuerText, TextKind, text_of
from receipts.schemes import SCHEMES, Scheme

RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))


def new_key() -> str:
    """130 random bits: the donor's own page is found by who was given its address."""
    return "".join(secrets.choice(ALPHABET) for _ in range(26))


def new_code() -> str:
    """80 random bits, short enough to type from paper. It opens the verify page only."""
    return "".join(secrets.choice(ALPHABET) for _ in range(16))


class State(models.TextChoices):
    VALID = "valid", _("valid")
    VOID = "void", _("void")
    REPLACED = "replaced", _("replaced")


class Kind(models.TextChoices):
    RECEIPT = "receipt", _("receipt")
    ACKNOWLEDGEMENT = "acknowledgement", _("acknowledgement")
    STATEMENT = "statement", _("annual statement")


@dataclass(frozen=True, slots=True)
class Donor:
    """Who a receipt is made out to. Name or address for mail may be empty; the rest is there if the issuer needs it."""

    name: str
    email: str
    address: str = ""
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class Advantage:
    """What a donor was given in return, and its value in the currency of the gift."""

    minor: int = 0
    what: str = ""


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def valid(self) -> Self:
        return self.filter(voided_at__isnull=True)

    def for_tax(self) -> Self:
        return self.exclude(kind=Kind.ACKNOWLEDGEMENT)

    def due(self, now: datetime) -> Self:
        return self.valid().filter(retry_at__lte=now).order_by("retry_at", "pk")

    def to_render(self, now: datetime) -> Self:
        return self.due(now).filter(document=None)

    def to_mail(self, now: datetime) -> Self:
        return self.due(now).unmailed().exclude(document=None)

    def unmailed(self) -> Self:
        """Still to go out. One without an address never does: it is for staff to print."""
        return self.valid().filter(mailed_at=None).exclude(donor_email="")

    def stuck(self) -> Self:
        """Tried and failed: a person should look."""
        return self.valid().exclude(problem="")


def gifts_without_receipt() -> models.QuerySet[DonationAndKept]:
    """Settled gifts that no receipt was ever issued for. One waits that a person has to look at first, or that is held.

    Cash of nobody we know, without a name or an address, gets none: there is nobody to make it out to.
    """
    unsaid = Donation.objects.settled().filter(review="", receipts=None, statement_lines=None)
    of_somebody = unsaid.exclude(name="", email="")
    held = HeldGift.objects.waiting().filter(donation=OuterRef("pk"))
    return with_kept(of_somebody).filter(~Exists(held), kept_minor__gt=0)


def gifts_with_a_wrong_receipt() -> models.QuerySet[DonationAndKept]:
    """Gifts whose money went back, or came again, since their receipt. What staff have voided stays."""
    now_valid = Receipt.objects.valid().filter(donation=OuterRef("pk")).values("amount_minor")
    by_staff = Receipt.objects.filter(donation=OuterRef("pk"), voided_by__isnull=False, replaced_by=None)
    said = with_kept(disturbed().exclude(receipts=None)).annotate(said_minor=Coalesce(Subquery(now_valid), 0))
    return said.exclude(said_minor=F("kept_minor")).exclude(Exists(by_staff))


def receipts_to_decide_on(year: FiscalYear) -> models.QuerySet["Receipt"]:
    """Receipts of this year that are open to void or replace: what they say of a gift is no longer what was kept."""
    wrong = gifts_with_a_wrong_receipt().values("pk")
    said = Receipt.objects.filter(given_on__range=(year.first_day, year.last_day), replaced_by=None)
    return said.filter(
        Q(donation__in=wrong) | Q(lines__donation__in=gifts_on_a_wrong_statement().values("pk"))
    ).distinct()


def gifts_on_a_wrong_statement() -> models.QuerySet[DonationAndKept]:
    """Gifts whose money went back, or came again, since their annual statement. What staff have voided stays."""
    lines = Receipt.objects.filter(lines__donation=OuterRef("pk"))
    now_valid = lines.valid().values("lines__amount_minor")
    by_staff = lines.filter(voided_by__isnull=False, replaced_by=None)
    said = with_kept(disturbed().exclude(statement_lines=None)).annotate(said_minor=Coalesce(Subquery(now_valid), 0))
    return said.exclude(said_minor=F("kept_minor")).exclude(Exists(by_staff))


def in_open_years(gifts: models.QuerySet[DonationAndKept]) -> models.QuerySet[DonationAndKept]:
    """Without those whose last paper is of a closed year: a person decides on that."""
    last = Receipt.objects.filter(Q(donation=OuterRef("pk")) | Q(lines__donation=OuterRef("pk")), replaced_by=None)
    closed = FiscalYear.objects.closed_over(OuterRef("given_on"))
    return gifts.exclude(Exists(last.filter(Exists(closed))))


class Receipt(models.Model):
    """The columns above `mailed_at` are a snapshot that PostgreSQL keeps as it is; so are the words of its issuer."""

    number = models.CharField(_("number"), max_length=24, unique=True)
    key = models.CharField(max_length=26, unique=True, default=new_key, editable=False)
    code = models.CharField(max_length=16, unique=True, default=new_code, editable=False)
    donation = models.ForeignKey(
        Donation, models.PROTECT, null=True, related_name="receipts", verbose_name=_("donation")
    )
    of_year = models.ForeignKey(
        DonorYear, models.PROTECT, null=True, related_name="statements", verbose_name=_("donor's year")
    )
    issuer = models.ForeignKey(IssuerProfile, models.PROTECT, related_name="receipts", verbose_name=_("issuer"))
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    kind = models.CharField(_("kind"), max_length=15, choices=Kind, default=Kind.RECEIPT, db_default=Kind.RECEIPT)
    text = models.ForeignKey(
        IssuerText,
        models.PROTECT,
        null=True,
        related_name="receipts",
        verbose_name=_("text"),
        help_text=_("none, where it is the statement of the issuer's profile"),
    )
    donor_name = models.CharField(_("donor's name"), max_length=100, blank=True)
    donor_email = models.EmailField(_("donor's email"))
    donor_address = SealedTextField(blank=True, db_default="")
    donor_tax_id = SealedTextField(blank=True, db_default="")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    advantage_minor = models.BigIntegerField(_("value given in return"), default=0, db_default=0)
    advantage = models.CharField(_("given in return"), max_length=200, blank=True, db_default="")
    purpose = models.CharField(_("given to"), max_length=120)
    given_on = models.DateField(_("given on"), help_text=_("Where the issuer is."))
    issued_on = models.DateField(_("issued on"), help_text=_("Where the issuer is."))
    issued_at = models.DateTimeField(_("issued at"))
    language = models.CharField(_("language"), max_length=10)

    mailed_at = models.DateTimeField(_("mailed at"), null=True)
    voided_at = models.DateTimeField(_("voided at"), null=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("voided by"),
        help_text=_("nobody, where the gift's money went back"),
    )
    void_reason = models.TextField(_("reason"), blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    retry_at = models.DateTimeField(db_default=Now())
    problem = models.TextField(_("problem"), blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-pk"]
        permissions = [("void_receipt", "Can void or replace a receipt")]
        constraints = [
            models.CheckConstraint(name="receipt_amount_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="receipt_advantage_has_a_name_and_leaves_something",
                condition=Q(advantage_minor=0, advantage="")
                | Q(advantage_minor__gt=0, advantage_minor__lt=F("amount_minor")) & ~Q(advantage=""),
            ),
            models.CheckConstraint(name="receipt_currency_is_iso", condition=Q(currency__regex=r"^[A-Z]{3}$")),
            models.UniqueConstraint(
                name="receipt_first_once_for_a_gift", fields=["donation"], condition=Q(replaces__isnull=True)
            ),
            models.UniqueConstraint(
                name="receipt_valid_once_for_a_gift", fields=["donation"], condition=Q(voided_at__isnull=True)
            ),
            models.UniqueConstraint(
                name="statement_first_once_for_a_year", fields=["of_year"], condition=Q(replaces__isnull=True)
            ),
            models.UniqueConstraint(
                name="statement_valid_once_for_a_year", fields=["of_year"], condition=Q(voided_at__isnull=True)
            ),
            models.CheckConstraint(
                name="receipt_is_for_a_gift_or_a_year",
                condition=Q(kind="statement", donation=None, of_year__isnull=False, advantage_minor=0)
                | Q(kind__in=["receipt", "acknowledgement"], donation__isnull=False, of_year=None),
            ),
            models.CheckConstraint(
                name="receipt_voided_means_why",
                condition=Q(voided_at=None, voided_by=None, void_reason="")
                | Q(voided_at__isnull=False) & ~Q(void_reason=""),
            ),
        ]
        indexes = [
            models.Index(
                name="receipt_not_mailed",
                fields=["retry_at", "id"],
                condition=Q(mailed_at__isnull=True, voided_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("receipts:receipt", args=[self.key])

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def eligible(self) -> Money:
        """What of it is a gift for tax: without what was given in return."""
        return Money(self.amount_minor - self.advantage_minor, self.currency)

    @property
    def title(self) -> str:
        said = {"number": self.number}
        if self.kind == Kind.ACKNOWLEDGEMENT:
            return _now("Acknowledgement %(number)s") % said
        if self.kind == Kind.STATEMENT:
            return _now("Annual statement %(number)s") % said
        return _now("Receipt %(number)s") % said

    @property
    def donor(self) -> Donor:
        return Donor(self.donor_name, self.donor_email, self.donor_address, self.donor_tax_id)

    @property
    def given_in_return(self) -> Advantage:
        return Advantage(self.advantage_minor, self.advantage)

    @property
    def scheme(self) -> Scheme:
        return SCHEMES[self.issuer.scheme]

    @property
    def names_eligible_amount(self) -> bool:
        return self.kind == Kind.RECEIPT and (self.scheme.names_eligible_amount or self.advantage_minor > 0)

    @property
    def gift(self) -> Donation:
        """What it is for. An annual statement is for many, which stand on its lines."""
        if self.donation is None:
            raise ValueError(f"{self} is for a year")
        return self.donation

    @property
    def for_a_year(self) -> bool:
        return self.kind == Kind.STATEMENT

    @property
    def says_much(self) -> bool:
        """More lines than usual, so that they have to stand closer for one page."""
        return bool(self.for_a_year or self.names_eligible_amount or self.donor_address or self.donor_tax_id)

    @property
    def returned(self) -> str:
        """What was given in return, in words."""
        if not self.advantage_minor:
            return _now("nothing")
        value = Money(self.advantage_minor, self.currency).format(self.language)
        return f"{self.advantage} ({value})"

    @property
    def words(self) -> str:
        """The issuer's words, with what this paper says put in."""
        return wording.filled(self.text.words if self.text else self.issuer.statement, self.said())

    @property
    def words_language(self) -> str:
        return self.text.language if self.text else self.issuer.language

    def said(self) -> dict[str, str]:
        """What each name in braces stands for, in the language of the words."""
        language = self.words_language
        with translation.override(language):
            given_on, issued_on = (date_format(day, "DATE_FORMAT") for day in (self.given_on, self.issued_on))
            returned = self.returned
        return {
            "donor_name": self.donor_name or self.donor_email,
            "amount": self.amount.format(language),
            "eligible_amount": self.eligible.format(language),
            "advantage": returned,
            "number": self.number,
            "given_on": given_on,
            "issued_on": issued_on,
            "purpose": self.purpose,
            "place_of_issue": self.issuer.place_of_issue,
            "legal_name": self.issuer.legal_name,
            "registration": self.issuer.registration,
            "signatory": self.issuer.signatory,
            **self.days_said(language),
        }

    def days_said(self, language: str) -> dict[str, str]:
        """Of an annual statement: which days it is for."""
        if self.of_year is None:
            return {}
        year = self.of_year.year
        with translation.override(language):
            first, last = (date_format(day, "DATE_FORMAT") for day in (year.first_day, year.last_day))
        return {"first_day": first, "last_day": last}

    def replacing_words(self) -> IssuerText | None:
        """What the issuer states on a receipt in the place of another."""
        return text_of(self.issuer, TextKind.REPLACEMENT, self.words_language) if self.replaces_id else None

    @property
    def replacing(self) -> str:
        text = self.replacing_words()
        if text is None or self.replaces is None:
            return ""
        return wording.filled(text.words, self.said() | {"replaces": self.replaces.number})

    @property
    def state(self) -> State:
        if self.voided_at is None:
            return State.VALID
        return State.REPLACED if self.replacement() else State.VOID

    @property
    def verify_url(self) -> str:
        """The whole address: it is printed."""
        return settings.PUBLIC_URL + reverse("receipts:verify", args=[self.code])

    @property
    def verify_address(self) -> str:
        """The same without scheme and code, as people type it."""
        return self.verify_url.partition("://")[2].removesuffix(f"{self.code}/")

    @property
    def own_url(self) -> str:
        """The whole address of the donor's page: it is mailed."""
        return settings.PUBLIC_URL + self.get_absolute_url()

    def replacement(self) -> "Receipt | None":
        return getattr(self, "replaced_by", None)

    def void(self, *, by: User | None, reason: str, now: datetime) -> None:
        """Take it back for good. Refused where that has been done, or no reason is given."""
        if not reason.strip():
            raise Refused(_now("Say why the receipt is void."))
        still_valid = Receipt.objects.valid().filter(pk=self.pk)
        if not still_valid.update(voided_at=now, voided_by=by, void_reason=reason.strip()):
            raise Refused(_now("Receipt %(number)s is void already.") % {"number": self.number})
        self.refresh_from_db()

    def mailed(self, now: datetime) -> None:
        Receipt.objects.filter(pk=self.pk).update(mailed_at=now, tries=0, problem="")

    def begin_again(self) -> None:
        """What stood in the way is gone."""
        Receipt.objects.filter(pk=self.pk).update(tries=0, retry_at=Now(), problem="")

    def put_off(self, now: datetime, problem: str) -> None:
        """It stays and is tried again, ever more rarely."""
        pause = RETRY_AFTER[min(self.tries, len(RETRY_AFTER) - 1)]
        Receipt.objects.filter(pk=self.pk).update(tries=self.tries + 1, retry_at=now + pause, problem=problem[:2000])
