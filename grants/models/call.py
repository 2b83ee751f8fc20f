"""Calls for applications: what may be asked for, by whom, until when, and by which criteria it is judged.

A call is prepared by one person and frozen when it is published (`migrations/0006_calls.py`): what people answer and
are judged by stays as they read it. Only its end may be moved, and only to a later moment.
"""

import datetime
import secrets
from typing import Any, Self
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import ExpressionWrapper, F, Q, Sum, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appeal.languages import known_language
from appeal.models import Campaign
from appeal.refusal import Refused
from ledger.models import Fund
from ledger.money import Money

MOST_QUESTIONS = 12
ALL_WEIGHTS = 100
MOST_POINTS = 5


class Access(models.TextChoices):
    OPEN = "open", _("open to all")
    INVITED = "invited", _("by invitation")


class Stage(models.TextChoices):
    """How far it is. Whether a published call takes applications is a matter of its hours."""

    DRAFT = "draft", _("being written")
    PUBLISHED = "published", _("published")
    REVIEW = "review", _("being read")
    VOTE = "vote", _("being voted on")
    DECIDED = "decided", _("decided")
    ALLOCATED = "allocated", _("allocated")


STAGE_MOVES = {
    Stage.DRAFT: {Stage.PUBLISHED},
    Stage.PUBLISHED: {Stage.REVIEW},
    Stage.REVIEW: {Stage.VOTE},
    Stage.VOTE: {Stage.DECIDED},
    Stage.DECIDED: {Stage.ALLOCATED},
    Stage.ALLOCATED: set(),
}


def known_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("“%(name)s” is no time zone. One is written like Asia/Bangkok."), params={"name": name})


def new_invitation() -> str:
    return secrets.token_urlsafe(16)


class CallQuerySet(models.QuerySet["Call"]):
    def published(self) -> Self:
        return self.exclude(stage=Stage.DRAFT)

    def for_all(self) -> Self:
        """Those that the public list names."""
        return self.published().filter(access=Access.OPEN)

    def taking(self, now: datetime.datetime) -> Self:
        """Open at this moment, the minutes of grace apart."""
        return self.filter(stage=Stage.PUBLISHED, opens__lte=now, closes__gt=now)

    def reachable(self, invitation: str) -> Self:
        """Open to all, or this is its invitation."""
        return self.published().filter(Q(access=Access.OPEN) | Q(invitation=invitation))

    def over(self, now: datetime.datetime) -> Self:
        """No application can come any more."""
        minutes = ExpressionWrapper(F("grace") * Value(datetime.timedelta(minutes=1)), models.DurationField())
        return self.annotate(end=ExpressionWrapper(F("closes") + minutes, models.DateTimeField())).filter(end__lte=now)


class Call(models.Model):
    """An invitation to apply for a part of one fund's money."""

    slug = models.SlugField(_("address"), max_length=60, unique=True, help_text=_("Its part of the web address."))
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(
        _("summary"), max_length=300, help_text=_("What the money is for, in a sentence or two.")
    )
    guidance = models.TextField(
        _("guidance"), help_text=_("Plain text for the first page. An empty line starts a new paragraph.")
    )
    campaign = models.ForeignKey(Campaign, models.PROTECT, verbose_name=_("campaign"), related_name="calls")
    fund = models.ForeignKey(Fund, models.PROTECT, verbose_name=_("fund"), related_name="+")
    currency = models.CharField(max_length=3)
    ceiling_minor = models.BigIntegerField()
    most_minor = models.BigIntegerField()
    access = models.CharField(_("who may apply"), max_length=7, choices=Access, default=Access.OPEN)
    invitation = models.CharField(max_length=32, unique=True, default=new_invitation, editable=False)
    languages = ArrayField(models.CharField(max_length=12, validators=[known_language]), verbose_name=_("languages"))
    countries = ArrayField(
        models.CharField(max_length=2), verbose_name=_("countries"), default=list, blank=True, db_default=[]
    )
    opens = models.DateTimeField(_("opens"))
    closes = models.DateTimeField(_("closes"))
    time_zone = models.CharField(_("time zone"), max_length=40, validators=[known_zone])
    grace = models.PositiveSmallIntegerField(
        _("minutes of grace"), default=15, help_text=_("For those who were still writing when it closed: 0 to 60.")
    )
    readers = models.PositiveSmallIntegerField(
        _("reviews of each application"), default=2, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    quorum = models.PositiveSmallIntegerField(
        _("quorum, per cent"), default=50, help_text=_("Of the members who may vote on an application.")
    )
    stage = models.CharField(_("stage"), max_length=9, choices=Stage, default=Stage.DRAFT)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("prepared by")
    )
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(_("published at"), null=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["-closes", "-pk"]
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        permissions = [
            ("publish_call", "Can publish a call, move its end, and begin to read"),
            ("divide_call", "Can divide the money of a call that is decided"),
        ]
        constraints = [
            models.CheckConstraint(name="call_stage_is_known", condition=Q(stage__in=Stage.values)),
            models.CheckConstraint(name="call_access_is_known", condition=Q(access__in=Access.values)),
            models.CheckConstraint(
                name="call_closes_after_it_opens",
                condition=Q(closes__gt=F("opens")),
                violation_error_message=_("It has to close after it opens."),
            ),
            models.CheckConstraint(
                name="call_ceiling_holds_a_grant",
                condition=Q(most_minor__gt=0, ceiling_minor__gte=F("most_minor")),
                violation_error_message=_("The most for one group must be above zero, and within the ceiling."),
            ),
            models.CheckConstraint(name="call_grace_is_minutes", condition=Q(grace__lte=60)),
            models.CheckConstraint(name="call_readers_are_a_few", condition=Q(readers__gte=1, readers__lte=5)),
            models.CheckConstraint(name="call_quorum_is_a_part", condition=Q(quorum__gte=1, quorum__lte=100)),
            models.CheckConstraint(
                name="call_published_means_by_a_person",
                condition=Q(stage=Stage.DRAFT, published_by=None, published_at=None)
                | ~Q(stage=Stage.DRAFT) & Q(published_by__isnull=False, published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        address = reverse("grants:call", args=[self.slug])
        return address if self.access == Access.OPEN else f"{address}?invitation={self.invitation}"

    @property
    def ceiling(self) -> Money:
        return Money(self.ceiling_minor, self.currency)

    @property
    def most(self) -> Money:
        return Money(self.most_minor, self.currency)

    @property
    def last_moment(self) -> datetime.datetime:
        return self.closes + datetime.timedelta(minutes=self.grace)

    def takes(self, now: datetime.datetime) -> bool:
        return self.stage == Stage.PUBLISHED and self.opens <= now < self.closes

    def still_takes(self, now: datetime.datetime) -> bool:
        """From those who have begun: the minutes of grace count."""
        return self.stage == Stage.PUBLISHED and self.opens <= now < self.last_moment

    def publish(self, *, by: User) -> None:
        """From now on people read it, and it stays as they read it. Refused says what it lacks."""
        if lack := self.lacks():
            raise Refused(lack)
        self.move(Stage.PUBLISHED, published_by=by, published_at=timezone.now())

    def lacks(self) -> str:
        """The first thing it cannot be published without; empty if it has all."""
        weights = self.criteria.aggregate(total=Sum("weight"))["total"] or 0
        if not self.questions.exists():
            return str(_("Write at least one question."))
        if not self.rules.exists():
            return str(_("Write at least one rule of eligibility."))
        if weights != ALL_WEIGHTS:
            return str(_("The weights of the criteria come to %(sum)s. They have to come to 100.") % {"sum": weights})
        return ""

    def begin_reading(self, now: datetime.datetime) -> None:
        """Nothing comes in any more: screen and review."""
        if now < self.last_moment:
            raise Refused(_("It still takes applications. Wait until it is closed and its minutes of grace are over."))
        self.move(Stage.REVIEW)

    def extend(self, closes: datetime.datetime) -> None:
        """Close later. Earlier would break a promise to whoever is writing."""
        later = Call.objects.filter(pk=self.pk, stage=Stage.PUBLISHED, closes__lt=closes)
        if not later.update(closes=closes):
            raise Refused(_("The end of a published call can only be moved to a later moment."))
        self.refresh_from_db()

    def move(self, goal: Stage, **facts: Any) -> None:
        """Take the step unless somebody was faster: the row count decides."""
        ready = [stage for stage, goals in STAGE_MOVES.items() if goal in goals]
        moved = Call.objects.filter(pk=self.pk, stage__in=ready).update(stage=goal, **facts)
        self.refresh_from_db()
        if not moved:
            words = {"stage": self.get_stage_display(), "goal": goal.label}
            raise Refused(_("This call is “%(stage)s”, so it cannot become “%(goal)s”.") % words)


class Question(models.Model):
    """What is asked of everyone, in plain language; one page each."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="questions")
    number = models.PositiveSmallIntegerField(_("number"))
    text = models.CharField(_("question"), max_length=200)
    hint = models.CharField(_("hint"), max_length=300, blank=True)
    most_words = models.PositiveSmallIntegerField(
        _("at most so many words"), default=200, validators=[MinValueValidator(10), MaxValueValidator(500)]
    )
    optional = models.BooleanField(_("may be left empty"), default=False)

    class Meta:
        ordering = ["call", "number"]
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        constraints = [
            models.UniqueConstraint(name="question_number_is_its_own", fields=["call", "number"]),
            models.CheckConstraint(
                name="question_is_one_of_twelve",
                condition=Q(number__gte=1, number__lte=MOST_QUESTIONS),
                violation_error_message=_("Number the questions from 1 to 12."),
            ),
            models.CheckConstraint(
                name="question_words_are_a_few", condition=Q(most_words__gte=10, most_words__lte=500)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.text}"


class Criterion(models.Model):
    """What is judged, how much it weighs of 100, and what no, some and full points mean in words."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="criteria")
    number = models.PositiveSmallIntegerField(_("number"))
    name = models.CharField(_("name"), max_length=80)
    weight = models.PositiveSmallIntegerField(_("weight"), help_text=_("All of them together come to 100."))
    none = models.CharField(_("0 points mean"), max_length=200)
    some = models.CharField(_("3 points mean"), max_length=200)
    full = models.CharField(_("5 points mean"), max_length=200)

    class Meta:
        ordering = ["call", "number"]
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        constraints = [
            models.UniqueConstraint(name="criterion_number_is_its_own", fields=["call", "number"]),
            models.CheckConstraint(name="criterion_weighs_a_part", condition=Q(weight__gte=1, weight__lte=ALL_WEIGHTS)),
        ]

    def __str__(self) -> str:
        return self.name


class Rule(models.Model):
    """Who may apply: a question with yes or no, the answer it takes, and what we tell whoever answers otherwise."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="rules")
    number = models.PositiveSmallIntegerField(_("number"))
    question = models.CharField(_("question"), max_length=200)
    wanted = models.BooleanField(_("the answer has to be"), choices=[(True, _("yes")), (False, _("no"))], default=True)
    reason = models.CharField(
        _("reason"), max_length=300, help_text=_("Why another answer means that they cannot apply, in plain words.")
    )

    class Meta:
        ordering = ["call", "number"]
        verbose_name = _("rule of eligibility")
        verbose_name_plural = _("rules of eligibility")
        constraints = [models.UniqueConstraint(name="rule_number_is_its_own", fields=["call", "number"])]

    def __str__(self) -> str:
        return self.question
