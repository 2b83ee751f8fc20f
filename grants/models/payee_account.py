"""Where the money of a grant goes: an initiative's accounts, and the organisations that receive money for others.

An account is recorded once and never edited (`migrations/0004_account_rules.py`): another one is another row. The
first one of an initiative can be paid at once; each later one waits, while the old contact is told.
"""

import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from appeal.countries import country_is_iso
from appeal.outgoing import Outgoing, OutgoingQuerySet
from appeal.refusal import Refused
from appeal.sealed import SealedTextField, mark, marks
from grants.models.initiative import Initiative

LATELY = datetime.timedelta(days=30)
SHOWN = 4
ISO = r"^[A-Z]{2}$"
MARK = r"^[0-9a-f]{64}$"


class Route(models.TextChoices):
    """How money reaches an initiative."""

    BANK = "bank", _("bank transfer")
    HOST = "host", _("through a fiscal host")
    TRANSFER_SERVICE = "transfer_service", _("money-transfer service")
    MOBILE_MONEY = "mobile_money", _("mobile money")


AT_A_BANK = (Route.BANK, Route.HOST)


class FiscalHost(models.Model):
    """An organisation that receives money for an initiative that has no account, and passes it on."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    country = models.CharField(_("country"), max_length=2)
    registration = models.CharField(_("registration number"), max_length=100)
    fee = models.DecimalField(
        _("fee, per cent"), max_digits=4, decimal_places=2, help_text=_("What it keeps of each payment. 0 if nothing.")
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("fiscal host")
        verbose_name_plural = _("fiscal hosts")
        constraints = [
            country_is_iso("fiscal_host"),
            models.CheckConstraint(
                name="fiscal_host_fee_is_a_part",
                condition=Q(fee__gte=0, fee__lt=50),
                violation_error_message=_("Give a fee from 0 to less than 50 per cent."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


def alike_number(number: str) -> str:
    """Its letters and digits: what is the same, however it is spaced."""
    return "".join(letter for letter in number if letter.isalnum()).upper()


def has_what_it_needs() -> Q:
    """By its way; or it is from before there were fields for it, and can only be paid by hand."""
    in_a_bank = Q(number__empty=False, bank_country__regex=ISO, country__regex=ISO) & ~Q(bank_name="")
    return (
        Q(details__empty=False)
        | Q(route__in=AT_A_BANK, number_mark__regex=MARK) & in_a_bank
        | Q(route=Route.TRANSFER_SERVICE, number_mark__regex=MARK, phone__empty=False, country__regex=ISO)
        & Q(town__empty=False)
        & ~Q(provider="")
        | Q(route=Route.MOBILE_MONEY, number_mark__regex=MARK, phone__empty=False) & ~Q(provider="")
    )


class PayeeAccountQuerySet(models.QuerySet["PayeeAccount"]):
    def record(self, initiative: Initiative, *, by: User, payee: str, **facts: Any) -> "PayeeAccount":
        """A new account. The database says since when it can be paid; unless it is at once, the old contact is told."""
        account = self.model(initiative=initiative, payee=payee, recorded_by=by, recorded_at=timezone.now(), **facts)
        account.mark = mark(account.whole)
        account.mark_number()
        with transaction.atomic():
            account.save(force_insert=True)
            account.refresh_from_db()
            if account.payable_from > account.recorded_at:
                Notice.objects.tell_of_account(account)
            return account

    def with_number(self, number: str) -> Self:
        """Every account with this account number or telephone number, however it was typed."""
        return self.filter(number_mark__in=marks(alike_number(number)) if alike_number(number) else [])

    def of(self, initiative: Initiative) -> Self:
        """The newest first."""
        return self.filter(initiative=initiative).order_by("-pk")


class PayeeAccount(models.Model):
    """Whose account, and where: what its way needs, by which the bank or the service finds it.

    What identifies a person is sealed. `mark` is a keyed hash of all that directs money, for approvals; `number_mark`
    is one of its number alone, so that the same number is found in two accounts. `details` is what it was before there
    were fields for it.
    """

    initiative = models.ForeignKey(Initiative, models.PROTECT, related_name="accounts", verbose_name=_("initiative"))
    route = models.CharField(_("way"), max_length=16, choices=Route, default=Route.BANK)
    host = models.ForeignKey(
        FiscalHost, models.PROTECT, null=True, blank=True, related_name="accounts", verbose_name=_("fiscal host")
    )
    payee = SealedTextField(
        _("payee"), max_length=140, help_text=_("The account holder's name, as the bank or the service has it.")
    )
    number = SealedTextField(
        _("account number"),
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text=_("The IBAN, where the bank has one."),
    )
    bic = models.CharField(
        _("BIC"),
        max_length=11,
        blank=True,
        default="",
        db_default="",
        help_text=_("Also called SWIFT code. Needed unless there is an IBAN."),
    )
    bank_name = models.CharField(_("bank"), max_length=140, blank=True, default="", db_default="")
    bank_country = models.CharField(_("country of the bank"), max_length=2, blank=True, default="", db_default="")
    provider = models.CharField(
        _("service"),
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text=_("The money-transfer service, or the mobile money."),
    )
    phone = SealedTextField(
        _("telephone number"),
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text=_("With + and the country's code, like +62 812 3456 7890."),
    )
    country = models.CharField(_("country of the payee"), max_length=2, blank=True, default="", db_default="")
    town = SealedTextField(
        _("town of the payee"),
        max_length=35,
        blank=True,
        default="",
        db_default="",
        help_text=_("With a money-transfer service: where the money is collected."),
    )
    details = SealedTextField(_("account, as it was written down"), blank=True, default="", db_default="")
    number_mark = models.CharField(max_length=64, editable=False, blank=True, default="", db_default="")
    mark = models.CharField(max_length=64, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded at"))
    payable_from = models.DateTimeField(_("can be paid from"), db_default=models.functions.Now())

    objects = PayeeAccountQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("payee account")
        verbose_name_plural = _("payee accounts")
        permissions = [("see_payeeaccount", "Can see whose account it is, and where")]
        constraints = [
            models.CheckConstraint(name="payee_account_route_is_known", condition=Q(route__in=Route.values)),
            models.CheckConstraint(
                name="payee_account_host_means_its_route",
                condition=Q(route=Route.HOST, host__isnull=False) | ~Q(route=Route.HOST) & Q(host=None),
                violation_error_message=_("Choose the fiscal host, if the money goes through one, and only then."),
            ),
            models.CheckConstraint(name="payee_account_is_marked", condition=Q(mark__regex=MARK)),
            models.CheckConstraint(name="payee_account_has_what_its_way_needs", condition=has_what_it_needs()),
            models.CheckConstraint(
                name="payee_account_bic_is_one",
                condition=Q(bic="") | Q(bic__regex=r"^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$"),
            ),
        ]

    def __str__(self) -> str:
        """Without any of its number: this is read by more people than may see an account."""
        day = date_format(timezone.localtime(self.recorded_at), "DATE_FORMAT")
        return str(_("%(way)s, of %(day)s") % {"way": self.get_route_display(), "day": day})

    @property
    def end(self) -> str:
        """The last letters of its number, by which a treasurer tells two accounts apart."""
        written = (self.number or self.phone or self.details).splitlines()
        number = max(written, key=lambda line: sum(letter.isdecimal() for letter in line))
        return "".join(letter for letter in number if letter.isalnum())[-SHOWN:]

    def mark_number(self) -> None:
        alike = alike_number(self.number or self.phone)
        self.number_mark = mark(alike) if alike else ""

    @property
    def whole(self) -> str:
        """All that directs money, a fact a line; one from before is its payee and its details."""
        if self.details:
            return f"{self.payee}\n{self.details}"
        at_the_bank = (self.number, self.bic, self.bank_name, self.bank_country)
        facts = (self.route, self.host_id or "", self.payee, *at_the_bank, self.provider, self.phone)
        return "\n".join(str(fact) for fact in (*facts, self.country, self.town))

    @property
    def facts(self) -> list[str]:
        """What a person reads before they pay to it, a line each."""
        at_the_bank = (self.number, self.bic, self.bank_name, self.bank_country)
        said = (*self.details.splitlines(), self.provider, self.phone, *at_the_bank, self.town, self.country)
        return [fact for fact in said if fact]

    def waits(self, now: datetime.datetime) -> bool:
        return now < self.payable_from


class Look(models.Model):
    """Somebody was shown an account, or how an initiative can be reached. It stays on record."""

    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("seen by"))
    seen_at = models.DateTimeField(_("seen at"), auto_now_add=True)
    initiative = models.ForeignKey(Initiative, models.PROTECT, related_name="looks", verbose_name=_("initiative"))
    account = models.ForeignKey(
        PayeeAccount, models.PROTECT, null=True, related_name="looks", verbose_name=_("payee account")
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("look at what is sealed")
        verbose_name_plural = _("looks at what is sealed")

    def __str__(self) -> str:
        return f"{self.seen_by}, {self.initiative}"


class Change(models.TextChoices):
    ACCOUNT = "account", _("the account that it is paid on")
    CONTACT = "contact", _("the address that it is written to")


class NoticeQuerySet(OutgoingQuerySet["Notice"]):
    def to_mail(self) -> Self:
        return super().to_mail().filter(address__empty=False)

    def to_call(self) -> Self:
        """Of groups that have no address; nothing is paid to a new account of theirs before that."""
        return self.filter(address__empty=True, called_at=None)

    def tell_of_account(self, account: PayeeAccount) -> None:
        """Whoever was the contact lately: a thief may have changed that first. Without an address, somebody calls."""
        initiative = account.initiative
        since = timezone.now() - LATELY
        former = self.filter(initiative=initiative, change=Change.CONTACT, created_at__gt=since)
        for address in {initiative.email, *(notice.address for notice in former)}:
            self.create(initiative=initiative, change=Change.ACCOUNT, account=account, address=address)

    def tell_of_contact(self, initiative: Initiative, former: str) -> None:
        self.create(initiative=initiative, change=Change.CONTACT, address=former)


class Notice(Outgoing):
    """A mail to whoever was the contact before a change that could be a thief's; without an address, a call to them."""

    initiative = models.ForeignKey(Initiative, models.PROTECT, related_name="notices", verbose_name=_("initiative"))
    change = models.CharField(_("change"), max_length=10, choices=Change)
    account = models.ForeignKey(
        PayeeAccount, models.PROTECT, null=True, related_name="notices", verbose_name=_("payee account")
    )
    address = SealedTextField(_("address"), blank=True)
    called_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("called by")
    )
    called_at = models.DateTimeField(_("called at"), null=True)
    said = models.TextField(_("what they said"), blank=True, db_default="")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.CheckConstraint(
                name="notice_of_an_account_names_it",
                condition=Q(change=Change.ACCOUNT, account__isnull=False) | Q(change=Change.CONTACT, account=None),
            ),
            models.CheckConstraint(
                name="notice_called_means_by_a_person",
                condition=Q(called_by=None, called_at=None, said="")
                | Q(called_by__isnull=False, called_at__isnull=False, address__empty=True) & ~Q(said=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.initiative}: {self.get_change_display()}"

    @property
    def is_to_call(self) -> bool:
        return not self.address and self.called_at is None

    def called(self, *, by: User, said: str) -> None:
        """A person has told them, and writes down what they said to it."""
        waiting = Notice.objects.to_call().filter(pk=self.pk)
        if not waiting.update(called_by=by, called_at=timezone.now(), said=said):
            raise Refused(_("Nobody has to be called about this any more."))
