"""Applications: written over days on a cheap phone, sent once, and from then on as they were sent.

Nobody has an account. Whoever has the code, on paper or in a mailed link, may go on writing for 90 days after the last
word. What was sent is fixed by the database (`migrations/0007_applications.py`).
"""

import datetime
import secrets
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.core.validators import validate_email
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appeal.languages import known_language
from appeal.outgoing import Outgoing, OutgoingQuerySet
from appeal.refusal import Refused
from appeal.sealed import SealedTextField, mark, marks
from grants.models.call import Call, Question, Rule, Stage
from grants.models.initiative import Initiative, Region, region_of
from grants.models.keys import new_reference
from ledger.money import Money

AN_HOUR = datetime.timedelta(hours=1)
LINKS_AN_HOUR = 3
KEPT = datetime.timedelta(days=90)
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read for another: no 0 O, no 1 I L
GROUPS = 4


class ApplicationState(models.TextChoices):
    DRAFT = "draft", _("being written")
    SUBMITTED = "submitted", _("sent")
    WITHDRAWN = "withdrawn", _("withdrawn")
    ELIGIBLE = "eligible", _("eligible")
    REFUSED = "refused", _("not eligible")


APPLICATION_MOVES = {
    ApplicationState.DRAFT: {ApplicationState.SUBMITTED},
    ApplicationState.SUBMITTED: {
        ApplicationState.ELIGIBLE,
        ApplicationState.REFUSED,
        ApplicationState.WITHDRAWN,
    },
    ApplicationState.ELIGIBLE: {ApplicationState.REFUSED, ApplicationState.WITHDRAWN},
    ApplicationState.REFUSED: {ApplicationState.ELIGIBLE},
    ApplicationState.WITHDRAWN: set(),
}


class Mode(models.TextChoices):
    """How the words came to be here."""

    WRITTEN = "written", _("We write it ourselves")
    SPOKEN = "spoken", _("We speak, and a helper writes it down")
    ON_BEHALF = "on_behalf", _("A helper writes it for us")


class Consent(models.TextChoices):
    WRITTEN = "written", _("in writing")
    VERBAL = "verbal", _("by word of mouth, before a witness")


def new_code() -> str:
    """20 letters of 31 in four groups: nobody guesses one of 99 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _letter in range(5)) for _group in range(GROUPS))


def plain_code(typed: str) -> str:
    """What is marked of a code however it was typed: in small letters, with spaces, without the lines between."""
    return "code:" + "".join(letter for letter in typed.upper() if letter.isalnum())


def plain_address(email: str) -> str:
    return "address:" + email.strip().lower()


class ApplicationQuerySet(models.QuerySet["Application"]):
    def begin(self, call: Call, country: str, answers: dict[Rule, bool], language: str) -> "Application":
        """A new draft of somebody who may apply. Its code is told on the next page."""
        code = new_code()
        with transaction.atomic():
            application = self.create(
                call=call,
                country=country,
                region=region_of(country),
                language=language,
                languages=[language],
                currency=call.currency,
                code=code,
                code_mark=mark(plain_code(code)),
            )
            Eligibility.objects.bulk_create(
                Eligibility(application=application, rule=rule, yes=yes) for rule, yes in answers.items()
            )
        return application

    def with_code(self, typed: str, now: datetime.datetime) -> "Application | None":
        return self.resumable(now).filter(code_mark__in=marks(plain_code(typed))).first()

    def at_address(self, email: str, now: datetime.datetime) -> Self:
        return self.resumable(now).filter(email_mark__in=marks(plain_address(email)))

    def drafts(self) -> Self:
        return self.filter(state=ApplicationState.DRAFT)

    def sent(self) -> Self:
        """Whatever became of them."""
        return self.exclude(state=ApplicationState.DRAFT)

    def eligible(self) -> Self:
        return self.filter(state=ApplicationState.ELIGIBLE)

    def to_screen(self) -> Self:
        return self.filter(state=ApplicationState.SUBMITTED)

    def open_to(self, person: User | int) -> Self:
        """Whoever stands aside from an application sees nothing of it, whatever else they may."""
        return self.exclude(recusals__member__person=person)

    def resumable(self, now: datetime.datetime) -> Self:
        """Sent ones always; a draft for 90 days after its last word."""
        return self.filter(~Q(state=ApplicationState.DRAFT) | Q(saved_at__gt=now - KEPT))

    def forgettable(self, now: datetime.datetime) -> Self:
        return self.drafts().filter(saved_at__lte=now - KEPT)

    def forget(self) -> None:
        """Drafts, with all that was said in them."""
        with transaction.atomic():
            for application in self.drafts().select_for_update():
                for said in (
                    application.messages,
                    application.answers,
                    application.eligibility,
                    application.attachments,
                ):
                    said.all().delete()
                application.delete()


class Application(models.Model):
    """One group's request to one call."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="applications", verbose_name=_("call"))
    reference = models.CharField(_("reference"), max_length=16, unique=True, default=new_reference, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=ApplicationState, default=ApplicationState.DRAFT)
    code = SealedTextField(editable=False)
    code_mark = models.CharField(max_length=64, unique=True, editable=False)
    saved_at = models.DateTimeField(_("last saved at"), auto_now_add=True)

    name = SealedTextField(_("name of the group"), max_length=200, blank=True)
    public_alias = models.CharField(_("name for the public"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=2)
    region = models.CharField(_("region"), max_length=20, choices=Region, blank=True)
    place = SealedTextField(_("exact place"), max_length=200, blank=True)
    languages = ArrayField(models.CharField(max_length=12, validators=[known_language]), verbose_name=_("languages"))
    registration = SealedTextField(_("registration number"), max_length=100, blank=True)
    why_unregistered = models.TextField(_("why there is no registration"), blank=True)
    host_name = SealedTextField(_("who receives money for the group"), max_length=200, blank=True)

    contact = SealedTextField(_("contact person"), max_length=200, blank=True)
    email = SealedTextField(_("contact email"), max_length=254, blank=True, validators=[validate_email])
    email_mark = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    phone = SealedTextField(_("telephone"), max_length=40, blank=True)

    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    purpose = models.CharField(_("purpose"), max_length=300, blank=True)

    language = models.CharField(_("language"), max_length=12, validators=[known_language])
    mode = models.CharField(_("how it was written"), max_length=9, choices=Mode, default=Mode.WRITTEN)
    helper = SealedTextField(_("helper"), max_length=200, blank=True)
    consent = models.CharField(_("consent"), max_length=7, choices=Consent, blank=True)
    witness = SealedTextField(_("witness"), max_length=200, blank=True)
    consented_on = models.DateField(_("consent given on"), null=True)

    submitted_at = models.DateTimeField(_("sent at"), null=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)
    screened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    screened_at = models.DateTimeField(_("screened at"), null=True)
    screening = models.TextField(_("why"), blank=True, help_text=_("The group reads this."))
    initiative = models.ForeignKey(
        Initiative, models.PROTECT, null=True, related_name="applications", verbose_name=_("initiative")
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        permissions = [("screen_applications", "Can say whether an application is eligible")]
        constraints = [
            models.CheckConstraint(name="application_state_is_known", condition=Q(state__in=ApplicationState.values)),
            models.CheckConstraint(name="application_amount_is_positive", condition=Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="application_country_is_iso_alpha_2", condition=Q(country__regex=r"^[A-Z]{2}$")
            ),
            models.CheckConstraint(
                name="application_sent_means_dated",
                condition=Q(state=ApplicationState.DRAFT, submitted_at=None)
                | ~Q(state=ApplicationState.DRAFT) & Q(submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="application_sent_means_complete",
                condition=Q(state=ApplicationState.DRAFT)
                | Q(name__empty=False) & ~Q(region="") & ~Q(purpose="") & Q(amount_minor__isnull=False)
                & (Q(email__empty=False) | Q(phone__empty=False))
                & (Q(registration__empty=False) | ~Q(why_unregistered="")),
            ),
            models.CheckConstraint(
                name="application_helped_means_consented",
                condition=Q(state=ApplicationState.DRAFT)
                | Q(mode=Mode.WRITTEN)
                | Q(helper__empty=False) & Q(consented_on__isnull=False)
                & (Q(consent=Consent.WRITTEN) | Q(consent=Consent.VERBAL) & Q(witness__empty=False)),
            ),
            models.CheckConstraint(
                name="application_withdrawn_means_dated",
                condition=Q(state=ApplicationState.WITHDRAWN, withdrawn_at__isnull=False)
                | ~Q(state=ApplicationState.WITHDRAWN) & Q(withdrawn_at=None),
            ),
            models.CheckConstraint(
                name="application_screened_means_by_a_person",
                condition=Q(screened_by=None, screened_at=None, screening="")
                & ~Q(state__in=[ApplicationState.ELIGIBLE, ApplicationState.REFUSED])
                | Q(screened_by__isnull=False, screened_at__isnull=False)
                & ~Q(state__in=[ApplicationState.DRAFT, ApplicationState.SUBMITTED]),
            ),
            models.CheckConstraint(
                name="application_refused_means_told_why",
                condition=~Q(state=ApplicationState.REFUSED) | ~Q(screening=""),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("grants:application", args=[self.reference])

    @property
    def amount(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)

    @property
    def is_draft(self) -> bool:
        return self.state == ApplicationState.DRAFT

    @property
    def can_be_withdrawn(self) -> bool:
        moves = APPLICATION_MOVES[ApplicationState(self.state)]
        return ApplicationState.WITHDRAWN in moves and self.call.stage not in {Stage.DECIDED, Stage.ALLOCATED}

    @property
    def kept_until(self) -> datetime.datetime:
        return self.saved_at + KEPT

    def reseal(self) -> None:
        """Its marks by the first key; that, and the key of what is sealed, is all that changes."""
        self.code_mark = mark(plain_code(self.code))
        self.email_mark = mark(plain_address(self.email)) if self.email else ""

    def save_facts(self, **facts: Any) -> None:
        """Keep what one page says, while it is a draft; each save gives another 90 days."""
        if "email" in facts:
            facts["email_mark"] = mark(plain_address(facts["email"])) if facts["email"] else ""
        kept = Application.objects.drafts().filter(pk=self.pk).update(**facts, saved_at=timezone.now())
        self.refresh_from_db()
        if not kept:
            raise Refused(_("This application has been sent, so it cannot change any more."))

    @transaction.atomic
    def answer(self, question: Question, text: str, original: str = "") -> None:
        self.save_facts()
        Answer.objects.update_or_create(
            application=self, question=question, defaults={"text": text, "original": original}
        )

    def submit(self, now: datetime.datetime) -> None:
        """Send it, once. Twice changes nothing; after the call's last moment it is refused."""
        if not self.call.still_takes(now):
            raise Refused(self.too_late(now))
        try:
            with transaction.atomic():
                drafts = Application.objects.drafts().filter(pk=self.pk)
                if drafts.update(state=ApplicationState.SUBMITTED, submitted_at=now):
                    self.tell(Told.SENT)
        except IntegrityError as error:
            if "while its call takes it" in str(error):  # it closed in between
                raise Refused(self.too_late(now)) from error
            raise
        self.refresh_from_db()

    def too_late(self, now: datetime.datetime) -> str:
        if now < self.call.opens:
            return str(_("This call is not open yet. What you wrote is kept."))
        return str(_("This call is closed. It takes no more applications. What you wrote is kept."))

    def send_link(self, now: datetime.datetime) -> None:
        """Mail the link to go on, three times an hour at most."""
        if self.messages.links_lately(now).count() < LINKS_AN_HOUR:
            self.tell(Told.LINK)

    def withdraw(self, now: datetime.datetime) -> None:
        """The group takes it back, until the panel has voted."""
        if self.call.stage in {Stage.DECIDED, Stage.ALLOCATED}:
            raise Refused(_("It has been decided, so it cannot be taken back any more."))
        self.move(ApplicationState.WITHDRAWN, withdrawn_at=now)

    def screen(self, *, eligible: bool, by: User, why: str = "") -> None:
        """Somebody has read whether it may be considered at all. A refusal says why, and the group reads it."""
        goal = ApplicationState.ELIGIBLE if eligible else ApplicationState.REFUSED
        if not eligible and not why:
            raise Refused(_("Say why. The group reads it."))
        again = self.state == ApplicationState.REFUSED
        with transaction.atomic():
            self.move(goal, screened_by=by, screened_at=timezone.now(), screening=why)
            if again or not eligible:
                self.tell(Told.AGAIN if eligible else Told.REFUSED)

    def tell(self, what: "Told") -> None:
        """By mail, if there is an address; a worker writes it."""
        if self.email:
            Message.objects.create(application=self, what=what)

    def move(self, goal: ApplicationState, **facts: Any) -> None:
        """Take the step unless somebody was faster: the row count decides."""
        ready = [state for state, goals in APPLICATION_MOVES.items() if goal in goals]
        moved = Application.objects.filter(pk=self.pk, state__in=ready).update(state=goal, **facts)
        self.refresh_from_db()
        if not moved:
            words = {"state": self.get_state_display(), "goal": goal.label}
            raise Refused(_("This application is “%(state)s”, so it cannot become “%(goal)s”.") % words)


class Told(models.TextChoices):
    """What a group is told by mail."""

    LINK = "link", _("the link to go on")
    SENT = "sent", _("that it was sent")
    REFUSED = "refused", _("that it is not eligible")
    AGAIN = "again", _("that it is eligible after all")
    DECLINED = "declined", _("that the panel did not choose it")
    RESERVE = "reserve", _("that it is on the reserve list")
    AWARDED = "awarded", _("that a grant is offered")
    CANCELLED = "cancelled", _("that its grant is cancelled")


class MessageQuerySet(OutgoingQuerySet["Message"]):
    def links_lately(self, now: datetime.datetime) -> Self:
        return self.filter(what=Told.LINK, created_at__gt=now - AN_HOUR)


class Message(Outgoing):
    """A mail to a group about its application."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="messages")
    what = models.CharField(_("what it says"), max_length=9, choices=Told)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail to an applicant")
        verbose_name_plural = _("mails to applicants")
        constraints = [
            models.UniqueConstraint(
                name="message_that_it_was_sent_is_one", fields=["application"], condition=Q(what=Told.SENT)
            )
        ]

    def __str__(self) -> str:
        return f"{self.application}, {self.what}"


class Answer(models.Model):
    """What the group said. Where a helper translated it, their own words stand beside it."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="answers")
    question = models.ForeignKey(Question, models.PROTECT, related_name="answers")
    text = SealedTextField(_("answer"), blank=True)
    original = SealedTextField(_("in the original words"), blank=True)

    class Meta:
        ordering = ["question__number"]
        constraints = [
            models.UniqueConstraint(name="answer_is_given_once", fields=["application", "question"]),
        ]

    def __str__(self) -> str:
        return f"{self.application}, {self.question_id}"


class Eligibility(models.Model):
    """What the group answered to a rule."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="eligibility")
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="+")
    yes = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(name="eligibility_is_said_once", fields=["application", "rule"])]

    def __str__(self) -> str:
        return f"{self.application}, {self.rule_id}"


class Translation(models.Model):
    """An answer in another language, by one of us; the answer itself stays as it was given."""

    answer = models.ForeignKey(Answer, models.PROTECT, related_name="translations")
    language = models.CharField(_("language"), max_length=12, validators=[known_language])
    text = SealedTextField(_("translation"))
    translated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    translated_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.answer}, {self.language}"
