"""Who asks to join: as little as it takes to answer them, sealed, by their consent, for as long as they like.

Nothing here is ever public: in some places it is dangerous to be known as a refugee, or as a member.
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
from appeal.refusal import Refused
from appeal.sealed import SealedTextField, mark, marks

UNCONFIRMED_STAYS = datetime.timedelta(days=7)
DECLINED_STAYS = datetime.timedelta(days=90)


class Kind(models.TextChoices):
    REFUGEE = "refugee", _("Member: a refugee")
    GROUP = "group", _("Member: a group led by refugees")
    VOLUNTEER = "volunteer", _("Volunteer")


class JoinState(models.TextChoices):
    ASKED = "asked", _("not confirmed")
    NEW = "new", _("to be answered")
    TALKING = "talking", _("we are in touch")
    JOINED = "joined", _("joined")
    DECLINED = "declined", _("declined")
    ERASED = "erased", _("erased")


MOVES = {
    JoinState.ASKED: {JoinState.NEW},
    JoinState.NEW: {JoinState.TALKING, JoinState.JOINED, JoinState.DECLINED, JoinState.ERASED},
    JoinState.TALKING: {JoinState.JOINED, JoinState.DECLINED, JoinState.ERASED},
    JoinState.JOINED: {JoinState.DECLINED, JoinState.ERASED},
    JoinState.DECLINED: {JoinState.TALKING, JoinState.ERASED},
    JoinState.ERASED: set(),
}
UNANSWERED = (JoinState.ASKED, JoinState.NEW)
STANDING = (JoinState.NEW, JoinState.TALKING, JoinState.JOINED)
SEALED = ("name", "contact", "email", "words")
PERSONAL = (*SEALED, "email_mark", "country", "language", "consent", "reason")
"""What is emptied when it is erased."""


def new_reference() -> str:
    return secrets.token_hex(8)


class JoinRequestQuerySet(models.QuerySet["JoinRequest"]):
    def of_address(self, email: str) -> Self:
        return self.filter(email_mark__in=marks(plain(email)))

    def standing(self) -> Self:
        """Confirmed and not declined: an address joins once as each kind."""
        return self.filter(state__in=STANDING)

    def to_answer(self) -> Self:
        return self.filter(state=JoinState.NEW)

    def talking(self) -> Self:
        return self.filter(state=JoinState.TALKING)

    def joined(self) -> Self:
        return self.filter(state=JoinState.JOINED)

    def unconfirmed_for_long(self, now: datetime.datetime) -> Self:
        return self.filter(state=JoinState.ASKED, created_at__lt=now - UNCONFIRMED_STAYS)

    def declined_for_long(self, now: datetime.datetime) -> Self:
        return self.filter(state=JoinState.DECLINED, answered_at__lt=now - DECLINED_STAYS)


class JoinRequest(models.Model):
    """One address asks to join, in one way. It counts from when it is confirmed, until whoever asked erases it."""

    reference = models.CharField(_("reference"), max_length=16, unique=True, default=new_reference, editable=False)
    kind = models.CharField(_("wants to be"), max_length=9, choices=Kind)
    state = models.CharField(_("state"), max_length=8, choices=JoinState, default=JoinState.ASKED)
    language = models.CharField(_("language"), max_length=12, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)

    name = SealedTextField(_("name"), blank=True)
    contact = SealedTextField(_("whom to ask for"), blank=True)
    email = SealedTextField(_("email"), blank=True, validators=[validate_email])
    email_mark = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    words = SealedTextField(_("what they write"), blank=True)
    consent = models.TextField(_("what they agreed to, as they read it"), blank=True)

    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    confirmed_on = models.DateField(_("confirmed on"), null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered at"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    erased_on = models.DateField(_("erased on"), null=True)

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("request to join")
        verbose_name_plural = _("requests to join")
        permissions = [("answer_joinrequest", "Can read who asks to join, and answer them")]
        constraints = [
            models.CheckConstraint(name="join_kind_is_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="join_state_is_known", condition=Q(state__in=JoinState.values)),
            models.CheckConstraint(
                name="join_country_is_iso_alpha_2", condition=Q(country="") | Q(country__regex="^[A-Z]{2}$")
            ),
            models.UniqueConstraint(
                name="join_is_one_of_its_address_and_kind",
                fields=["email_mark", "kind"],
                condition=Q(state__in=STANDING),
            ),
            models.CheckConstraint(
                name="join_has_an_address_and_consent_until_erased",
                condition=Q(state=JoinState.ERASED)
                | Q(email__empty=False, name__empty=False, email_mark__regex="^[0-9a-f]{64}$") & ~Q(consent=""),
            ),
            models.CheckConstraint(
                name="join_erased_means_emptied",
                condition=Q(erased_on=None) & ~Q(state=JoinState.ERASED)
                | Q(
                    state=JoinState.ERASED,
                    erased_on__isnull=False,
                    **dict.fromkeys(("email_mark", "country", "language", "consent", "reason"), ""),
                    **{f"{name}__empty": True for name in SEALED},
                ),
            ),
            models.CheckConstraint(
                name="join_counts_from_a_day_on",
                condition=Q(state=JoinState.ASKED, confirmed_on=None)
                | ~Q(state=JoinState.ASKED) & Q(confirmed_on__isnull=False),
            ),
            models.CheckConstraint(
                name="join_answered_means_by_whom",
                condition=Q(state=JoinState.ERASED)
                | Q(state__in=UNANSWERED, answered_by=None, answered_at=None)
                | ~Q(state__in=UNANSWERED) & Q(answered_by__isnull=False, answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="join_declined_means_with_a_reason", condition=~Q(state=JoinState.DECLINED) | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        """Without a name: this is what logs and lists of mails call it."""
        return f"{self.get_kind_display()}, {self.reference}"

    @property
    def is_erased(self) -> bool:
        return self.state == JoinState.ERASED

    def mark_again(self) -> list[str]:
        """The mark that its address is found by, made with the first key."""
        self.email_mark = mark(plain(self.email)) if self.email else ""
        return ["email_mark"]

    @transaction.atomic
    def confirm(self, today: datetime.date) -> None:
        """Whoever reads the mail of the address agrees, and gets the link by which they see and erase it."""
        self._move(JoinState.NEW, confirmed_on=today)
        self.mails.create(what=Told.RECEIVED)

    def talk(self, *, by: User) -> None:
        """Somebody of us writes to them. No mail of ours goes out: theirs does."""
        self._move(JoinState.TALKING, answered_by=by, answered_at=timezone.now(), reason="")

    @transaction.atomic
    def welcome(self, *, by: User) -> None:
        self._move(JoinState.JOINED, answered_by=by, answered_at=timezone.now(), reason="")
        self.mails.create(what=Told.JOINED)

    @transaction.atomic
    def decline(self, reason: str, *, by: User) -> None:
        """Not now, or no more. They read the reason; after DECLINED_STAYS, nothing of it is left."""
        self._move(JoinState.DECLINED, answered_by=by, answered_at=timezone.now(), reason=reason)
        self.mails.create(what=Told.DECLINED)

    @transaction.atomic
    def erase(self, today: datetime.date) -> None:
        """Nothing that tells who it was is kept; that somebody asked, and when, is. Twice changes nothing."""
        if self.is_erased:
            return
        self._move(JoinState.ERASED, erased_on=today, **dict.fromkeys(PERSONAL, ""))
        self.mails.filter(mailed_at=None).delete()

    def _move(self, goal: JoinState, **facts: Any) -> None:
        """Take the step unless somebody was faster: the row count decides."""
        ready = [state for state, goals in MOVES.items() if goal in goals]
        moved = JoinRequest.objects.filter(pk=self.pk, state__in=ready).update(state=goal, **facts)
        self.refresh_from_db()
        if not moved:
            words = {"state": self.get_state_display(), "goal": goal.label}
            raise Refused(_now("This request is “%(state)s”, so it cannot become “%(goal)s”.") % words)


class Told(models.TextChoices):
    CONFIRM = "confirm", _("the link to confirm it")
    ALREADY = "already", _("that it is known already")
    RECEIVED = "received", _("that it is received")
    JOINED = "joined", _("that they joined")
    DECLINED = "declined", _("that it is declined")


class JoinMailQuerySet(OutgoingQuerySet["JoinMail"]):
    def to_address(self, email: str, since: datetime.datetime) -> Self:
        """Those that strangers can cause, by typing the address."""
        found = self.filter(request__email_mark__in=marks(plain(email)), what__in=[Told.CONFIRM, Told.ALREADY])
        return found.filter(created_at__gt=since)


class JoinMail(Outgoing):
    """A mail to whoever asks to join. It holds no word that was typed into a form, and nothing that names anybody."""

    request = models.ForeignKey(JoinRequest, models.PROTECT, related_name="mails", verbose_name=_("request to join"))
    what = models.CharField(_("what it says"), max_length=8, choices=Told)

    objects = JoinMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail to who asks to join")
        verbose_name_plural = _("mails to who asks to join")
        constraints = [models.CheckConstraint(name="join_mail_is_of_a_known_kind", condition=Q(what__in=Told.values))]

    def __str__(self) -> str:
        return f"{self.request}, {self.what}"
