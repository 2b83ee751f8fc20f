"""What readers make of an application: points and reasons for each criterion, blind until their own are in."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from appeal.outgoing import Outgoing, OutgoingQuerySet
from appeal.refusal import Refused
from appeal.sealed import SealedTextField
from grants.models.application import Application, ApplicationState
from grants.models.call import MOST_POINTS, Criterion, Stage
from grants.models.panel import Member, Recusal

Given = Mapping[Criterion, tuple[int | None, str]]
A_WHILE = datetime.timedelta(minutes=15)
BEFORE_THE_VOTE = (Stage.DRAFT, Stage.PUBLISHED, Stage.REVIEW)


class ReviewQuerySet(models.QuerySet["Review"]):
    def that_count(self) -> Self:
        """Those of members who have stood aside count for nothing."""
        aside = Recusal.objects.filter(application=OuterRef("application"), member=OuterRef("member"))
        return self.filter(~Exists(aside))

    def submitted(self) -> Self:
        return self.filter(submitted_at__isnull=False)

    def to_do(self) -> Self:
        return self.filter(submitted_at=None, application__call__stage=Stage.REVIEW)

    def of(self, person: User) -> Self:
        """Assigned to this person; nothing from which they stand aside, or that its group took back."""
        return self.that_count().filter(member__person=person, application__state=ApplicationState.ELIGIBLE)

    def of_others(self, application: Application, person: User | int) -> Self:
        """Of the others, what this person may see: nothing before their own is in, or the vote has opened."""
        others = self.that_count().submitted().filter(application=application).exclude(member__person=person)
        if application.recusals.filter(member__person=person).exists():
            return self.none()
        own = self.submitted().filter(application=application, member__person=person)
        return others if application.call.stage not in BEFORE_THE_VOTE or own.exists() else self.none()


class Review(models.Model):
    """One reader's reading of one application; its row is the assignment. Submitted once, then fixed."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="reviews", verbose_name=_("application"))
    member = models.ForeignKey(Member, models.PROTECT, related_name="reviews", verbose_name=_("reader"))
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(_("assigned at"), auto_now_add=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        default_permissions = ()
        permissions = [("read_applications", "Can read and score applications that are assigned to them")]
        constraints = [models.UniqueConstraint(name="review_is_assigned_once", fields=["application", "member"])]

    def __str__(self) -> str:
        return f"{self.application}, {self.member_id}"

    @property
    def is_submitted(self) -> bool:
        return self.submitted_at is not None

    @transaction.atomic
    def write(self, given: Given) -> None:
        """Keep points and reasons, whole or in part, while it is a draft."""
        locked = Review.objects.select_for_update().get(pk=self.pk)
        if locked.is_submitted:
            raise Refused(_("This review has been submitted, so it cannot change any more."))
        if locked.application.call.stage != Stage.REVIEW:
            raise Refused(_("The reading of this call is over."))
        for criterion, (points, reason) in given.items():
            Score.objects.update_or_create(
                review=self, criterion=criterion, defaults={"points": points, "reason": reason}
            )

    def submit(self, now: datetime.datetime) -> None:
        """Send it, once. Refused says what it lacks."""
        if lack := self.lacks():
            raise Refused(lack)
        sent = Review.objects.filter(pk=self.pk, submitted_at=None).update(submitted_at=now)
        self.refresh_from_db()
        if not sent:
            raise Refused(_("This review has been submitted already."))

    def lacks(self) -> str:
        """The first criterion without points, or without a reason; empty if there is none."""
        scores = {score.criterion_id: score for score in self.scores.all()}
        for criterion in self.application.call.criteria.all():
            score = scores.get(criterion.pk)
            if score is None or score.points is None:
                return str(_("Give points for “%(criterion)s”.") % {"criterion": criterion})
            if not score.reason:
                return str(_("Say why you give these points for “%(criterion)s”.") % {"criterion": criterion})
        return ""


class Score(models.Model):
    """Points for one criterion, and why. In a draft either may be missing."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="scores")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+")
    points = models.PositiveSmallIntegerField(_("points"), null=True, validators=[MaxValueValidator(MOST_POINTS)])
    reason = SealedTextField(_("why"), blank=True)

    class Meta:
        ordering = ["criterion__number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="score_is_given_once", fields=["review", "criterion"]),
            models.CheckConstraint(name="score_is_0_to_5", condition=Q(points__gte=0, points__lte=MOST_POINTS)),
        ]

    def __str__(self) -> str:
        return f"{self.review_id}, {self.criterion_id}"


class ReadingNoticeQuerySet(OutgoingQuerySet["ReadingNotice"]):
    def tell(self, members: Iterable[Member], now: datetime.datetime) -> None:
        """One mail for all that they are given within a quarter of an hour."""
        rows = [ReadingNotice(member=member, retry_at=now + A_WHILE) for member in members if member.person.email]
        self.bulk_create(rows, ignore_conflicts=True)


class ReadingNotice(Outgoing):
    """A mail to a member of a panel: something waits for your reading."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="notices", verbose_name=_("member"))

    objects = ReadingNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail to a reader")
        verbose_name_plural = _("mails to readers")
        constraints = [
            models.UniqueConstraint(
                name="reading_notice_waits_once", fields=["member"], condition=Q(mailed_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.member}"
