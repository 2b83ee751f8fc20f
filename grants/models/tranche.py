"""Tranches: the parts a grant is paid in, each promised, approved by a second person, sent and confirmed.

What may never happen is refused by the database (`migrations/0002_two_people.py`, `0004_account_rules.py`);
the verbs here say it in words first.
"""

import datetime
import secrets
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from appeal.countries import names_of
from appeal.models import CLOSED_TO_CARDS
from appeal.outgoing import Outgoing, OutgoingQuerySet
from appeal.refusal import Refused
from grants.models.grant import Grant, GrantState
from grants.models.payee_account import PayeeAccount, Route
from ledger.models import Channel, Entry, Fund
from ledger.money import Money


class State(models.TextChoices):
    PLANNED = "planned", _("planned")
    PROMISED = "promised", _("promised")
    APPROVED = "approved", _("approved")
    SENT = "sent", _("sent")
    CONFIRMED = "confirmed", _("confirmed")
    FAILED = "failed", _("failed")
    RELEASED = "released", _("released")


MOVES = {
    State.PLANNED: {State.PROMISED},
    State.PROMISED: {State.APPROVED, State.RELEASED},
    State.APPROVED: {State.SENT, State.RELEASED},
    State.SENT: {State.CONFIRMED, State.FAILED},
    State.FAILED: {State.RELEASED},
    State.CONFIRMED: set(),
    State.RELEASED: set(),
}


def new_key() -> str:
    return secrets.token_urlsafe(24)


class Fingerprint(Func):
    """SHA-256 of the details a person approves, one a line.

    Amount, currency, fund, account and the account's mark; and the fee of the fiscal host, if it goes through one.
    """

    function = "grants_fingerprint"
    output_field = models.CharField(max_length=64)


class TrancheQuerySet(models.QuerySet["Tranche"]):
    def planned(self) -> Self:
        return self.filter(state=State.PLANNED)

    def claiming(self) -> Self:
        """Promised or paid: what a grant's amount is used up by, plans apart."""
        return self.exclude(state__in=[State.PLANNED, State.RELEASED])

    def promised(self) -> Self:
        """Set aside and not on its way: approved or not."""
        return self.filter(state__in=[State.PROMISED, State.APPROVED, State.FAILED])

    def approved(self) -> Self:
        """By all that it needs, and not on its way yet."""
        return self.filter(state=State.APPROVED)

    def sent(self) -> Self:
        """Out of our bank, confirmed or not."""
        return self.filter(state__in=[State.SENT, State.CONFIRMED])

    def confirmed(self) -> Self:
        return self.filter(state=State.CONFIRMED)

    def that_may_become(self, goal: State) -> Self:
        return self.filter(state__in=[state for state, goals in MOVES.items() if goal in goals])


class Tranche(models.Model):
    """One payment to come. Its entries in the books are promise, payment, and return or release if it goes wrong."""

    grant = models.ForeignKey(Grant, models.PROTECT, related_name="tranches")
    number = models.PositiveSmallIntegerField(_("number"))
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="+", editable=False)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    account = models.ForeignKey(
        PayeeAccount, models.PROTECT, null=True, related_name="tranches", verbose_name=_("payee account")
    )
    account_mark = models.CharField(max_length=64, blank=True, editable=False)
    host_fee_minor = models.BigIntegerField(null=True, editable=False)
    fingerprint = models.GeneratedField(
        expression=Fingerprint(
            F("amount_minor"), F("currency"), F("fund"), F("account"), F("account_mark"), F("host_fee_minor")
        ),
        output_field=models.CharField(max_length=64),
        db_persist=True,
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED)
    confirmation_key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)

    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"), null=True)
    promise_entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+")
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    sent_on = models.DateField(_("sent on"), null=True)
    bank_reference = models.CharField(_("reference"), max_length=100, blank=True)
    payment_entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+")
    confirmed_on = models.DateField(_("confirmed on"), null=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="replacement", verbose_name=_("instead of"), editable=False
    )
    return_entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+")
    release_entry = models.OneToOneField(Entry, models.PROTECT, null=True, related_name="+")

    objects = TrancheQuerySet.as_manager()

    class Meta:
        ordering = ["grant", "number"]
        verbose_name = _("tranche")
        verbose_name_plural = _("tranches")
        constraints = [
            models.UniqueConstraint(name="tranche_number_is_unique_in_its_grant", fields=["grant", "number"]),
            models.CheckConstraint(name="tranche_amount_is_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(name="tranche_state_is_known", condition=Q(state__in=State.values)),
            models.CheckConstraint(
                name="tranche_account_has_its_mark",
                condition=Q(account=None, account_mark="") | Q(account__isnull=False) & ~Q(account_mark=""),
            ),
            models.CheckConstraint(
                name="tranche_approved_means_to_an_account",
                condition=Q(state__in=[State.PLANNED, State.PROMISED, State.RELEASED]) | Q(account__isnull=False),
            ),
            models.CheckConstraint(
                name="tranche_promised_means_booked_by_a_person",
                condition=Q(state=State.PLANNED, promise_entry=None, proposed_by=None, proposed_at=None)
                | ~Q(state=State.PLANNED)
                & Q(promise_entry__isnull=False, proposed_by__isnull=False, proposed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="tranche_sent_means_paid_with_evidence",
                condition=Q(payment_entry=None, sent_by=None, sent_on=None, bank_reference="")
                & ~Q(state__in=[State.SENT, State.CONFIRMED, State.FAILED])
                | Q(payment_entry__isnull=False, sent_by__isnull=False, sent_on__isnull=False)
                & ~Q(bank_reference="")
                & ~Q(state__in=[State.PLANNED, State.PROMISED, State.APPROVED]),
            ),
            models.CheckConstraint(
                name="tranche_confirmed_means_dated",
                condition=Q(state=State.CONFIRMED, confirmed_on__isnull=False)
                | ~Q(state=State.CONFIRMED) & Q(confirmed_on=None),
            ),
            models.CheckConstraint(
                name="tranche_returned_means_failed",
                condition=Q(payment_entry=None, return_entry=None)
                | Q(return_entry=None, state__in=[State.SENT, State.CONFIRMED])
                | Q(payment_entry__isnull=False, return_entry__isnull=False, state__in=[State.FAILED, State.RELEASED]),
            ),
            models.CheckConstraint(
                name="tranche_released_means_booked",
                condition=Q(state=State.RELEASED, release_entry__isnull=False)
                | ~Q(state=State.RELEASED) & Q(release_entry=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant.reference}-{self.number}"

    def get_absolute_url(self) -> str:
        """The initiative's own link: whoever has it may confirm that the money came."""
        return reverse("grants:confirm", args=[self.confirmation_key])

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_confirmed(self) -> bool:
        return self.state == State.CONFIRMED

    @property
    def host_fee(self) -> Money:
        """What its fiscal host keeps of it; the database writes it down when the account is proposed."""
        shown = getattr(self, "evidence", None)
        return Money((shown or self).host_fee_minor or 0, self.currency)

    @property
    def arriving(self) -> Money:
        """What the initiative receives: what its fiscal host has passed on, or is to."""
        passed_on = getattr(self, "onward", None)
        return passed_on.amount if passed_on else self.amount - self.host_fee

    @property
    def awaits_onward(self) -> bool:
        """A fiscal host has it, and has not shown yet that it passed it on."""
        shown = getattr(self, "evidence", None)
        return bool(shown and shown.route == Route.HOST and not hasattr(self, "onward"))

    @property
    def is_exception(self) -> bool:
        """The bank's money goes where card money must not."""
        return self.fund.channel == Channel.BANK and any(code in CLOSED_TO_CARDS for code in self.countries)

    @property
    def countries(self) -> list[str]:
        """Those that its money touches: of the initiative, its account, the account's bank, and its fiscal host."""
        touched = [self.grant.initiative.country]
        if self.account:
            touched += [self.account.country, self.account.bank_country]
            touched += [self.account.host.country] if self.account.host else []
        return [code for code in dict.fromkeys(touched) if code]

    @property
    def approvals_needed(self) -> int:
        """By people other than its proposer; the database counts for itself, by `grants_approvals_needed`."""
        by_service = self.account is not None and self.account.route == Route.TRANSFER_SERVICE
        return 2 if by_service or self.is_exception else 1

    @property
    def approvals_standing(self) -> int:
        return self.approvals.filter(standing=True, fingerprint=self.fingerprint).count()

    def plan_again(self) -> "Tranche":
        """Another of the same amount to the same account, instead of this one."""
        grant = Grant.objects.select_for_update(of=["self"]).get(pk=self.grant_id)
        same = ("fund_id", "amount_minor", "currency", "account_id", "account_mark")
        return Tranche.objects.create(
            grant=grant, number=grant.next_number(), replaces=self, **{name: getattr(self, name) for name in same}
        )

    def plan_to(self, account: PayeeAccount) -> None:
        """What is to be promised will be paid there."""
        self._refuse_another_groups(account)
        planned = Tranche.objects.planned().filter(pk=self.pk)
        if not planned.update(account=account, account_mark=account.mark):
            raise self.refusal(State.PROMISED)
        self.refresh_from_db()

    def redirect_to(self, account: PayeeAccount, *, by: User, at: datetime.datetime) -> None:
        """Pay another account. Whoever changes it is the proposer now, and every approval so far is void."""
        self._refuse_another_groups(account)
        changeable = Tranche.objects.filter(pk=self.pk, state__in=[State.PROMISED, State.APPROVED])
        if not changeable.update(account=account, account_mark=account.mark, proposed_by=by, proposed_at=at):
            raise Refused(_("The account can change only before the money is sent."))
        self.refresh_from_db()

    def _refuse_another_groups(self, account: PayeeAccount) -> None:
        if account.initiative_id != self.grant.initiative_id:
            raise Refused(_("This account is another initiative's."))

    def refuse_without_account(self) -> None:
        if self.account is None:
            raise Refused(_("Choose the account that this is to be paid to."))

    def refuse_unless_accepted(self) -> None:
        if self.grant.state != GrantState.ACCEPTED:
            words = {"state": self.grant.get_state_display()}
            raise Refused(
                _("This grant is “%(state)s”: a payment is for one that its initiative has accepted.") % words
            )

    def refuse_unless_open(self) -> None:
        if self.grant.state not in {GrantState.OFFERED, GrantState.ACCEPTED}:
            words = {"state": self.grant.get_state_display()}
            raise Refused(_("This grant is “%(state)s”: no money is set aside for it any more.") % words)

    def refuse_part_of_an_offer(self) -> None:
        if self.grant.is_offered:
            raise Refused(_("This is part of an offer that the group can still accept. Take the whole offer back."))

    def refuse_unless_it_came_back(self) -> None:
        if self.state != State.FAILED:
            words = {"state": self.get_state_display()}
            raise Refused(_("This tranche is “%(state)s”: only what came back is paid again.") % words)

    def refuse_while_a_report_is_late(self, today: datetime.date) -> None:
        """Unless somebody said why it is to be paid all the same."""
        late = self.grant.reports.late(today).first()
        if late and not self.overrides.exists():
            day = date_format(late.due_on, "DATE_FORMAT")
            raise Refused(_("A report of this grant was due on %(day)s and has not come.") % {"day": day})

    def pay_in_spite(self, *, reason: str, by: User) -> None:
        """A late report does not hold up this payment; the reason stays on record."""
        self.overrides.create(reason=reason, overridden_by=by)

    def refuse_while_its_account_waits(self, now: datetime.datetime) -> None:
        """A new account is paid only when its initiative has had the time to say that it is not theirs."""
        if self.account and self.account.waits(now):
            day = date_format(timezone.localtime(self.account.payable_from), "DATETIME_FORMAT")
            raise Refused(_("This account is new. It can be paid from %(day)s.") % {"day": day})
        if self.account and self.account.notices.to_call().exists():
            raise Refused(
                _("This account is new, and the group has no mail. Call them first, and record what they said.")
            )

    def refuse_without_legal_basis(self) -> None:
        if self.is_exception and not hasattr(self.grant, "legal_basis"):
            words = {"country": names_of(code for code in self.countries if code in CLOSED_TO_CARDS)}
            raise Refused(
                _("Money for %(country)s needs a legal basis. Record it first; then two people have to approve.")
                % words
            )

    @transaction.atomic
    def approve(self, *, by: User, seen: str) -> None:
        """Another person has read the details whose fingerprint is `seen`, and agrees to exactly these.

        With enough of them the tranche is approved.
        """
        self.hold_for(State.APPROVED)
        self._refuse_as_approver(by)
        self.refuse_without_account()
        self.refuse_unless_accepted()
        self.refuse_while_a_report_is_late(timezone.localdate())
        self.refuse_excluded_country()
        self.refuse_without_legal_basis()
        if self.fingerprint != seen:
            raise self.refusal(State.APPROVED)
        self.approvals.create(approved_by=by, proposed_by_id=self.proposed_by_id, fingerprint=seen)  # type: ignore[misc]
        if self.approvals_standing >= self.approvals_needed:
            self.move(State.APPROVED)

    def _refuse_as_approver(self, person: User) -> None:
        if person.pk == self.proposed_by_id:
            raise Refused(_("You proposed this payment, so another person has to approve it."))
        if self.approvals.filter(standing=True, approved_by=person).exists():
            raise Refused(_("You have approved this payment. One more person has to."))

    def confirm(self, on: datetime.date) -> None:
        """The initiative says the money came."""
        if self.awaits_onward:
            raise Refused(_("The fiscal host has not shown yet that it passed the money on."))
        self.move(State.CONFIRMED, confirmed_on=on)

    def refuse_excluded_country(self) -> None:
        """Where the initiative is, its account, the account's bank or its fiscal host."""
        if excluded := [code for code in self.countries if self.fund.excludes(code)]:
            words = {"fund": self.fund.name, "country": names_of(excluded)}
            raise Refused(_("“%(fund)s” must not pay anybody in %(country)s. Choose another fund.") % words)

    def move(self, goal: State, **facts: Any) -> None:
        """Take the step unless somebody was faster: the row count decides."""
        ready = Tranche.objects.that_may_become(goal).filter(pk=self.pk)
        if not ready.update(state=goal, **facts):
            raise self.refusal(goal)
        self.refresh_from_db()

    def hold_for(self, goal: State) -> None:
        """Lock the row until the transaction ends; whoever comes second finds it moved on and is refused."""
        if not list(Tranche.objects.that_may_become(goal).filter(pk=self.pk).select_for_update(of=["self"])):
            raise self.refusal(goal)
        self.refresh_from_db()

    def refusal(self, goal: State) -> Refused:
        self.refresh_from_db()
        if goal in MOVES[State(self.state)]:
            return Refused(_("The payment details have changed since you looked. Please read them again."))
        words = {"state": self.get_state_display(), "goal": goal.label}
        return Refused(_("This tranche is already “%(state)s”, so it cannot become “%(goal)s”.") % words)


class PaymentNoticeQuerySet(OutgoingQuerySet["PaymentNotice"]):
    def to_mail(self) -> Self:
        """Of payments that are still on their way."""
        return super().to_mail().filter(tranche__state=State.SENT)


class PaymentNotice(Outgoing):
    """A mail to an initiative: money is on its way, and by this link you say that it came."""

    tranche = models.OneToOneField(Tranche, models.PROTECT, related_name="notice", verbose_name=_("tranche"))

    objects = PaymentNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment notice")
        verbose_name_plural = _("payment notices")

    def __str__(self) -> str:
        return f"{self.tranche}"


class Approval(models.Model):
    """Who agreed to which details. It stands until the details change, and stays on record after that."""

    tranche = models.ForeignKey(Tranche, models.PROTECT, related_name="approvals")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(_("approved at"), auto_now_add=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64)
    standing = models.BooleanField(_("stands"), default=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.CheckConstraint(name="approval_is_by_another_person", condition=~Q(approved_by=F("proposed_by"))),
            models.UniqueConstraint(
                name="approval_stands_once_a_person", fields=["tranche", "approved_by"], condition=Q(standing=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tranche}, {self.approved_by}"
