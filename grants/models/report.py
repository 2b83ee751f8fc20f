"""What an initiative tells us of its grant: when it is due, what was done in their words and in a few numbers.

It is written like an application, by a link and in parts, and is fixed once it is sent (`migrations/0012_reports.py`).
"""

import datetime
from collections.abc import Mapping
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appeal.languages import known_language
from appeal.outgoing import Outgoing, OutgoingQuerySet
from appeal.refusal import Refused
from appeal.sealed import SealedTextField
from appeal.stories import Story
from grants.models.application import Mode
from grants.models.grant import Grant, GrantState, Publication
from grants.models.keys import new_key
from ledger.money import Money

SOON, LATE = datetime.timedelta(days=14), datetime.timedelta(days=7)


class ReportState(models.TextChoices):
    DUE = "due", _("due")
    RECEIVED = "received", _("received")
    ACCEPTED = "accepted", _("accepted")


REPORT_MOVES = {
    ReportState.DUE: {ReportState.RECEIVED},
    ReportState.RECEIVED: {ReportState.ACCEPTED, ReportState.DUE},
    ReportState.ACCEPTED: set(),
}


class ReportQuerySet(models.QuerySet["Report"]):
    def due(self) -> Self:
        """Of grants that go on."""
        return self.filter(state=ReportState.DUE, grant__state=GrantState.ACCEPTED)

    def reminded_by_mail(self) -> Self:
        """Due ones of initiatives that have an address."""
        return self.due().filter(grant__initiative__email__empty=False)

    def late(self, today: datetime.date) -> Self:
        return self.due().filter(due_on__lt=today)

    def to_publish(self) -> Self:
        """Accepted, and the initiative wants it shown."""
        return self.filter(state=ReportState.ACCEPTED, consented_on__isnull=False, story=None)


class Report(models.Model):
    """One of a grant's reports; the last of them is the final one.

    Each day that it is asked for is a `turn`, which has reminders of its own.
    """

    grant = models.ForeignKey(Grant, models.PROTECT, related_name="reports", verbose_name=_("grant"))
    number = models.PositiveSmallIntegerField(_("number"))
    due_on = models.DateField(_("due on"))
    turn = models.PositiveSmallIntegerField(default=1, db_default=1, editable=False)
    final = models.BooleanField(_("final"), default=True)
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=ReportState, default=ReportState.DUE)

    language = models.CharField(_("language"), max_length=12, validators=[known_language], blank=True)
    mode = models.CharField(_("how it was written"), max_length=9, choices=Mode, default=Mode.WRITTEN)
    text = SealedTextField(_("what was done"), blank=True)
    original = SealedTextField(_("in the original words"), blank=True)
    spent_minor = models.BigIntegerField(null=True)
    submitted_at = models.DateTimeField(_("sent at"), null=True)

    asked = models.TextField(_("what we still ask"), blank=True, help_text=_("The group reads this."))
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(_("accepted at"), null=True)

    consent_of = SealedTextField(_("who agrees that it is shown"), max_length=200, blank=True)
    consented_on = models.DateField(_("consent given on"), null=True)
    story = models.OneToOneField(Story, models.PROTECT, null=True, related_name="+", editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["grant", "number"]
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        permissions = [("publish_report", "Can publish a report's story")]
        constraints = [
            models.UniqueConstraint(name="report_number_is_its_own", fields=["grant", "number"]),
            models.UniqueConstraint(name="report_is_final_once", fields=["grant"], condition=Q(final=True)),
            models.CheckConstraint(name="report_state_is_known", condition=Q(state__in=ReportState.values)),
            models.CheckConstraint(name="report_spent_is_not_negative", condition=Q(spent_minor__gte=0)),
            models.CheckConstraint(
                name="report_received_means_told",
                condition=Q(state=ReportState.DUE)
                | Q(submitted_at__isnull=False, text__empty=False, spent_minor__isnull=False),
            ),
            models.CheckConstraint(
                name="report_accepted_means_by_a_person",
                condition=Q(state=ReportState.ACCEPTED, accepted_by__isnull=False, accepted_at__isnull=False)
                | ~Q(state=ReportState.ACCEPTED) & Q(accepted_by=None, accepted_at=None),
            ),
            models.CheckConstraint(
                name="report_consent_is_somebodys",
                condition=Q(consented_on=None) | Q(consent_of__empty=False),
            ),
            models.CheckConstraint(
                name="report_story_means_accepted", condition=Q(story=None) | Q(state=ReportState.ACCEPTED)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant.reference}, {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("grants:report", args=[self.key])

    @property
    def spent(self) -> Money | None:
        return None if self.spent_minor is None else Money(self.spent_minor, self.grant.currency)

    @property
    def is_due(self) -> bool:
        return self.state == ReportState.DUE

    def hold_open(self) -> None:
        """Keep it from being sent until this transaction ends; refused once it was."""
        if not Report.objects.select_for_update(no_key=True).filter(pk=self.pk, state=ReportState.DUE).exists():
            raise Refused(_("This report has been sent, so it cannot change any more."))

    def save_facts(self, **facts: Any) -> None:
        """Keep what was written so far; refused once it was sent."""
        if not Report.objects.filter(pk=self.pk, state=ReportState.DUE).update(**facts):
            raise Refused(_("This report has been sent, so it cannot change any more."))
        self.refresh_from_db()

    def submit(self, now: datetime.datetime) -> None:
        """Send it, once. Twice changes nothing."""
        Report.objects.filter(pk=self.pk, state=ReportState.DUE).update(
            state=ReportState.RECEIVED, submitted_at=now, asked=""
        )
        self.refresh_from_db()

    def accept(self, *, by: User) -> None:
        self._move(ReportState.ACCEPTED, accepted_by=by, accepted_at=timezone.now())

    @transaction.atomic
    def ask_again(self, what: str, *, until: datetime.date) -> None:
        """It is due again; what they wrote stays, and they are told by mail what is still asked."""
        self._move(ReportState.DUE, asked=what, due_on=until, turn=F("turn") + 1)
        self.reminders.create(turn=self.turn, when=When.ASKED)

    def postpone(self, until: datetime.date) -> None:
        """It is due on a later day, with reminders for that one."""
        due = Report.objects.filter(pk=self.pk, state=ReportState.DUE, due_on__lt=until)
        if not due.update(due_on=until, turn=F("turn") + 1):
            raise Refused(_("A report that has not come can be postponed to a later day."))
        self.refresh_from_db()

    def consent(self, who: str, on: datetime.date) -> None:
        """They agree that the story may be shown."""
        Report.objects.filter(pk=self.pk).update(consent_of=who, consented_on=on)
        self.refresh_from_db()

    @transaction.atomic
    def publish(
        self, *, title: str, text: str, language: str, on: datetime.date, photos: Mapping[str, str] | None = None
    ) -> None:
        """Show the story on the appeal's page, in these words; the month is all it tells of the time.

        Of the photos that the group agreed to, those are shown whose keys come with words for what they show.
        """
        grant = Grant.objects.select_for_update(no_key=True).get(pk=self.grant_id)
        if grant.publication == Publication.EMBARGO:
            raise Refused(_("Nothing is shown of this grant until the danger is over."))
        held = Report.objects.to_publish().select_for_update(of=["self"]).filter(pk=self.pk).first()
        if held is None:
            raise Refused(_("A story is shown when its report is accepted and the initiative agrees, and once."))
        held.story = Story.objects.create(
            campaign=grant.campaign, title=title, text=text, language=language, month=on.replace(day=1)
        )
        Report.objects.filter(pk=self.pk).update(story=held.story)
        for photo in held.photos.to_show():
            if words := (photos or {}).get(photo.key):
                held.story.show_photo(photo.content, words)
        self.refresh_from_db()

    @transaction.atomic
    def withdraw_consent(self) -> None:
        """At any time; what is shown of it is taken down at once, also what was published a moment ago."""
        Report.objects.filter(pk=self.pk).update(consented_on=None)
        self.refresh_from_db()
        if self.story:
            self.story.take_down()

    def _move(self, goal: ReportState, **facts: Any) -> None:
        ready = [state for state, goals in REPORT_MOVES.items() if goal in goals]
        moved = Report.objects.filter(pk=self.pk, state__in=ready).update(state=goal, **facts)
        self.refresh_from_db()
        if not moved:
            words = {"state": self.get_state_display(), "goal": goal.label}
            raise Refused(_("This report is “%(state)s”, so it cannot become “%(goal)s”.") % words)


class Measure(models.TextChoices):
    """The few numbers that are asked of everybody, so that they can be added up."""

    PEOPLE = "people", _("people reached")
    WOMEN = "women", _("of them women and girls")
    CHILDREN = "children", _("of them children")
    HOUSEHOLDS = "households", _("households")
    MEALS = "meals", _("meals")
    NIGHTS = "nights", _("nights of shelter")
    LESSONS = "lessons", _("lessons or sessions")
    CASES = "cases", _("people helped with papers or the law")


class Figure(models.Model):
    """A number of a report, counted or estimated."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="figures")
    measure = models.CharField(_("measure"), max_length=10, choices=Measure)
    number = models.PositiveIntegerField(_("number"))
    estimate = models.BooleanField(_("estimate"), default=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        constraints = [
            models.UniqueConstraint(name="figure_is_measured_once", fields=["report", "measure"]),
            models.CheckConstraint(name="figure_measure_is_known", condition=Q(measure__in=Measure.values)),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.get_measure_display()}"


class When(models.TextChoices):
    SOON = "soon", _("two weeks before it is due")
    ASKED = "asked", _("when it is asked for again")
    TODAY = "today", _("when it is due")
    LATE = "late", _("a week after it was due")


class ReminderQuerySet(OutgoingQuerySet["Reminder"]):
    def to_mail(self) -> Self:
        """Of reports that are still due, on the day that the reminder is for."""
        return super().to_mail().filter(turn=F("report__turn"), report__in=Report.objects.reminded_by_mail())

    def ask_for(self, today: datetime.date) -> None:
        """Each due report is reminded of the nearest of its moments that has come, and of each of them once."""
        for when, since in ((When.LATE, today - LATE), (When.TODAY, today), (When.SOON, today + SOON)):
            said = Reminder.objects.filter(report=OuterRef("pk"), turn=OuterRef("turn"), when__in=later_than(when))
            due = Report.objects.reminded_by_mail().filter(~Exists(said), due_on__lte=since)
            rows = [Reminder(report=report, turn=report.turn, when=when) for report in due]
            self.bulk_create(rows, ignore_conflicts=True)


def later_than(when: When) -> list[When]:
    """What makes this one needless: itself, and any that comes after it."""
    return list(When)[list(When).index(when) :]


class Reminder(Outgoing):
    """A mail that asks for a report."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="reminders")
    turn = models.PositiveSmallIntegerField(default=1, db_default=1)
    when = models.CharField(_("when"), max_length=5, choices=When)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [models.UniqueConstraint(name="reminder_is_sent_once", fields=["report", "turn", "when"])]

    def __str__(self) -> str:
        return f"{self.report}, {self.when}"


class Variation(models.Model):
    """A change of plan that the initiative asked for: written by one of us, decided by another, and kept."""

    grant = models.ForeignKey(Grant, models.PROTECT, related_name="variations", verbose_name=_("grant"))
    text = models.TextField(_("what changes, and why"))
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"), auto_now_add=True)
    agreed = models.BooleanField(_("agreed"), null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("variation")
        verbose_name_plural = _("variations")
        permissions = [("decide_variation", "Can decide on a variation that another person wrote")]
        constraints = [
            models.CheckConstraint(
                name="variation_is_decided_by_another_person",
                condition=Q(agreed=None, decided_by=None, decided_at=None)
                | Q(agreed__isnull=False, decided_at__isnull=False) & ~Q(decided_by=F("proposed_by")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.grant.reference}: {self.text[:40]}"

    def decide(self, *, agreed: bool, by: User) -> None:
        if by.pk == self.proposed_by_id:
            raise Refused(_("You wrote this variation, so another person has to decide on it."))
        open_ones = Variation.objects.filter(pk=self.pk, agreed=None)
        if not open_ones.update(agreed=agreed, decided_by=by, decided_at=timezone.now()):
            raise Refused(_("This variation is decided already."))
        self.refresh_from_db()


class LateReportOverride(models.Model):
    """Somebody let a tranche be paid although a report is late, and said why."""

    tranche = models.ForeignKey("grants.Tranche", models.PROTECT, related_name="overrides")
    reason = models.TextField(_("reason"))
    overridden_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    overridden_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("payment in spite of a late report")
        verbose_name_plural = _("payments in spite of a late report")
        constraints = [models.CheckConstraint(name="late_report_override_says_why", condition=~Q(reason=""))]

    def __str__(self) -> str:
        return f"{self.tranche_id}"
