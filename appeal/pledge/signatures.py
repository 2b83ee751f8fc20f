"""Who signs the pledge, how far that is shown, and what they say that they did.

Nothing counts before the mailed link is confirmed, nothing is public before staff have read it, and nobody is named who
does not ask for it. What tells who somebody is lies sealed, and goes when they withdraw; that somebody did stays.
"""

import datetime
import secrets
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.core.validators import validate_email
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from appeal.confirming import plain
from appeal.outgoing import Outgoing, OutgoingQuerySet
from appeal.pledge.texts import PledgeText
from appeal.refusal import Refused
from appeal.sealed import SealedTextField, mark, marks

A_YEAR = datetime.timedelta(days=365)
UNCONFIRMED_STAYS = datetime.timedelta(days=7)


class Kind(models.TextChoices):
    ORGANISATION = "organisation", _("Organisation or group")
    GOVERNMENT = "government", _("Government or public body")
    FUNDER = "funder", _("Funder")
    PERSON = "person", _("Person")


class SignatureState(models.TextChoices):
    ASKED = "asked", _("not confirmed")
    CONFIRMED = "confirmed", _("to be read")
    ACCEPTED = "accepted", _("counts")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Shown(models.TextChoices):
    """How much of it anybody may see."""

    HIDDEN = "hidden", _("Do not show my signature: just count it")
    NAME = "name", _("Show the name and the country")
    WORDS = "words", _("Show the name, the country and what we wrote")


MOVES = {
    SignatureState.ASKED: {SignatureState.CONFIRMED},
    SignatureState.CONFIRMED: {SignatureState.ACCEPTED, SignatureState.REFUSED, SignatureState.WITHDRAWN},
    SignatureState.ACCEPTED: {SignatureState.REFUSED, SignatureState.WITHDRAWN},
    SignatureState.REFUSED: {SignatureState.ACCEPTED, SignatureState.WITHDRAWN},
    SignatureState.WITHDRAWN: set(),
}
STANDING = (SignatureState.CONFIRMED, SignatureState.ACCEPTED)
WORDS = ("name", "contact", "email", "support", "together", "did")
"""What is sealed, and is emptied when it is withdrawn."""
PERSONAL = (*WORDS, "email_mark", "country", "language", "reason")
EMPTIED = dict.fromkeys(PERSONAL, "")


def new_reference() -> str:
    return secrets.token_hex(8)


class SignatureQuerySet(models.QuerySet["Signature"]):
    def of_address(self, email: str) -> Self:
        return self.filter(email_mark__in=marks(plain(email)))

    def standing(self) -> Self:
        """Confirmed and not refused: an address signs once as each kind."""
        return self.filter(state__in=STANDING)

    def to_read(self) -> Self:
        return self.filter(state=SignatureState.CONFIRMED)

    def told(self) -> Self:
        """They say what they did, want it shown, and nobody has read it yet."""
        return self.accepted().filter(shown=Shown.WORDS, told_on__isnull=False, did_shown_at=None)

    def accepted(self) -> Self:
        return self.filter(state=SignatureState.ACCEPTED)

    def listed(self) -> Self:
        return self.accepted().exclude(shown=Shown.HIDDEN)

    def a_year_on(self, today: datetime.date) -> Self:
        """To be asked what they did."""
        asked = PledgeMail.objects.filter(what=Told.FOLLOW_UP).values("signature")
        return self.accepted().filter(signed_on__lte=today - A_YEAR).exclude(pk__in=asked)

    def forgettable(self, now: datetime.datetime) -> Self:
        return self.filter(state=SignatureState.ASKED, created_at__lt=now - UNCONFIRMED_STAYS)


class Signature(models.Model):
    """One address signs one version of the pledge, as one kind. What was signed stays as it was."""

    text = models.ForeignKey(PledgeText, models.PROTECT, related_name="signatures", verbose_name=_("text signed"))
    reference = models.CharField(_("reference"), max_length=16, unique=True, default=new_reference, editable=False)
    kind = models.CharField(_("signs as"), max_length=12, choices=Kind)
    state = models.CharField(_("state"), max_length=9, choices=SignatureState, default=SignatureState.ASKED)
    shown = models.CharField(_("how much is shown"), max_length=6, choices=Shown, default=Shown.HIDDEN)
    language = models.CharField(_("language of its mails"), max_length=12, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)

    name = SealedTextField(_("name"), blank=True)
    contact = SealedTextField(_("who signs for it"), blank=True)
    email = SealedTextField(_("email"), blank=True, validators=[validate_email])
    email_mark = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    support = SealedTextField(_("how they will support refugee-led initiatives"), blank=True)
    together = SealedTextField(_("how to strengthen communities together"), blank=True)

    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    signed_on = models.DateField(_("signed on"), null=True)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    reason = models.TextField(_("reason"), blank=True)

    did = SealedTextField(_("what they did since"), blank=True)
    told_on = models.DateField(_("told on"), null=True)
    did_shown_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    did_shown_at = models.DateTimeField(_("what they did is shown since"), null=True)

    objects = SignatureQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        permissions = [("moderate_signature", "Can read what signers wrote, and show or refuse it")]
        constraints = [
            models.CheckConstraint(name="signature_kind_is_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="signature_state_is_known", condition=Q(state__in=SignatureState.values)),
            models.CheckConstraint(name="signature_shown_is_known", condition=Q(shown__in=Shown.values)),
            models.CheckConstraint(
                name="signature_country_is_iso_alpha_2", condition=Q(country="") | Q(country__regex="^[A-Z]{2}$")
            ),
            models.UniqueConstraint(
                name="signature_is_one_of_its_address_and_kind",
                fields=["email_mark", "kind"],
                condition=Q(state__in=STANDING),
            ),
            models.CheckConstraint(
                name="signature_has_an_address_until_withdrawn",
                condition=Q(state=SignatureState.WITHDRAWN) | Q(email__empty=False, email_mark__regex="^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(
                name="signature_withdrawn_means_emptied",
                condition=Q(withdrawn_on=None) & ~Q(state=SignatureState.WITHDRAWN)
                | Q(
                    state=SignatureState.WITHDRAWN,
                    withdrawn_on__isnull=False,
                    shown=Shown.HIDDEN,
                    told_on=None,
                    **dict.fromkeys(("email_mark", "country", "language", "reason"), ""),
                    **{f"{name}__empty": True for name in WORDS},
                ),
            ),
            models.CheckConstraint(
                name="signature_counts_from_a_day_on",
                condition=Q(state=SignatureState.ASKED, signed_on=None)
                | ~Q(state=SignatureState.ASKED) & Q(signed_on__isnull=False),
            ),
            models.CheckConstraint(
                name="signature_shown_means_named", condition=Q(shown=Shown.HIDDEN) | Q(name__empty=False)
            ),
            models.CheckConstraint(
                name="signature_of_no_person_means_named",
                condition=Q(kind=Kind.PERSON) | Q(state=SignatureState.WITHDRAWN) | Q(name__empty=False),
            ),
            models.CheckConstraint(
                name="signature_decided_means_by_a_person",
                condition=Q(state=SignatureState.WITHDRAWN)
                | Q(
                    state__in=[SignatureState.ACCEPTED, SignatureState.REFUSED],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                )
                | Q(state__in=[SignatureState.ASKED, SignatureState.CONFIRMED], decided_by=None, decided_at=None),
            ),
            models.CheckConstraint(
                name="signature_refused_means_with_a_reason",
                condition=~Q(state=SignatureState.REFUSED) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="signature_told_means_said",
                condition=Q(state=SignatureState.WITHDRAWN)
                | Q(told_on=None, did__empty=True)
                | Q(told_on__isnull=False, did__empty=False),
            ),
            models.CheckConstraint(
                name="signature_what_was_done_is_shown_by_a_person",
                condition=Q(did_shown_by=None, did_shown_at=None)
                | Q(did_shown_by__isnull=False, did_shown_at__isnull=False, did__empty=False),
            ),
        ]

    def __str__(self) -> str:
        """Without a name: this is what logs and lists of mails call it."""
        return f"{self.get_kind_display()}, {self.reference}"

    @property
    def is_listed(self) -> bool:
        return self.state == SignatureState.ACCEPTED and self.shown != Shown.HIDDEN

    @property
    def counts(self) -> bool:
        return self.state == SignatureState.ACCEPTED

    @property
    def is_withdrawn(self) -> bool:
        return self.state == SignatureState.WITHDRAWN

    def asks(self, today: datetime.date) -> bool:
        """Whether its page asks what was done since."""
        return self.counts and self.signed_on is not None and self.signed_on <= today - A_YEAR

    def mark_again(self) -> list[str]:
        """The mark that its address is found by, made with the first key."""
        self.email_mark = mark(plain(self.email)) if self.email else ""
        return ["email_mark"]

    def confirm(self, today: datetime.date) -> None:
        """Whoever reads the mail of the address says that it is theirs. Staff read it next."""
        self._move(SignatureState.CONFIRMED, signed_on=today)

    @transaction.atomic
    def accept(self, *, by: User) -> None:
        """It counts, and is shown as far as its signer wishes; they are told."""
        self._move(SignatureState.ACCEPTED, decided_by=by, decided_at=timezone.now(), reason="")
        self.mails.create(what=Told.ACCEPTED)

    @transaction.atomic
    def refuse(self, reason: str, *, by: User) -> None:
        """It does not count, or no more, and nothing of it is public; its signer reads the reason."""
        self._move(SignatureState.REFUSED, decided_by=by, decided_at=timezone.now(), reason=reason)
        self.mails.create(what=Told.REFUSED)

    @transaction.atomic
    def withdraw(self, today: datetime.date) -> None:
        """Nothing of it is public at once, and nothing that tells who it was is kept. Twice changes nothing."""
        if self.is_withdrawn:
            return
        undone: dict[str, Any] = {"told_on": None, "did_shown_by": None, "did_shown_at": None, "shown": Shown.HIDDEN}
        self._move(SignatureState.WITHDRAWN, withdrawn_on=today, **undone, **EMPTIED)
        self.mails.filter(mailed_at=None).delete()

    def show_as(self, shown: Shown) -> None:
        """Its signer says how much anybody may see."""
        rows = Signature.objects.filter(pk=self.pk).exclude(state=SignatureState.WITHDRAWN)
        if shown != Shown.HIDDEN and not self.name:
            raise Refused(_now("You signed without a name, so there is none to show."))
        rows.update(shown=shown)
        self.refresh_from_db()

    def tell(self, did: str, today: datetime.date) -> None:
        """Its signer says what they did since. Staff read it before it is shown, each time it is written anew."""
        rows = Signature.objects.accepted().filter(pk=self.pk)
        rows.update(did=did, told_on=today, did_shown_by=None, did_shown_at=None)
        self.refresh_from_db()

    def show_did(self, *, by: User) -> None:
        shown = Signature.objects.told().filter(pk=self.pk).update(did_shown_by=by, did_shown_at=timezone.now())
        self.refresh_from_db()
        if not shown:
            raise Refused(_now("There is nothing to show: it is shown already, or its signer does not want it shown."))

    def _move(self, goal: SignatureState, **facts: Any) -> None:
        """Take the step unless somebody was faster: the row count decides."""
        ready = [state for state, goals in MOVES.items() if goal in goals]
        moved = Signature.objects.filter(pk=self.pk, state__in=ready).update(state=goal, **facts)
        self.refresh_from_db()
        if not moved:
            words = {"state": self.get_state_display(), "goal": goal.label}
            raise Refused(_now("This signature is “%(state)s”, so it cannot become “%(goal)s”.") % words)


class Told(models.TextChoices):
    CONFIRM = "confirm", _("the link to confirm it")
    ALREADY = "already", _("that it is signed already")
    ACCEPTED = "accepted", _("that it counts")
    REFUSED = "refused", _("that it is refused")
    FOLLOW_UP = "follow_up", _("the question what was done")


class PledgeMailQuerySet(OutgoingQuerySet["PledgeMail"]):
    def to_address(self, email: str, since: datetime.datetime) -> Self:
        """Those that strangers can cause, by typing the address."""
        asked_for = [Told.CONFIRM, Told.ALREADY]
        found = self.filter(signature__email_mark__in=marks(plain(email)), what__in=asked_for)
        return found.filter(created_at__gt=since)


class PledgeMail(Outgoing):
    """A mail to a signer. It holds no word that was typed into a form: strangers can have it sent to anybody."""

    signature = models.ForeignKey(Signature, models.PROTECT, related_name="mails", verbose_name=_("signature"))
    what = models.CharField(_("what it says"), max_length=9, choices=Told)

    objects = PledgeMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail to a signer")
        verbose_name_plural = _("mails to signers")
        constraints = [
            models.CheckConstraint(name="pledge_mail_is_of_a_known_kind", condition=Q(what__in=Told.values)),
            models.UniqueConstraint(
                name="pledge_mail_asks_once_what_was_done", fields=["signature"], condition=Q(what=Told.FOLLOW_UP)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signature}, {self.what}"
