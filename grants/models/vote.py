"""The sealed vote of a panel, and what it decided.

Until the vote is closed nobody learns a choice, not even who made it; then the choices are counted, once, and the
decision stands (`migrations/0011_panel_rules.py`).
"""

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from appeal.sealed import SealedTextField
from grants.models.application import Application
from grants.models.call import Call
from grants.models.panel import Member, Recusal
from grants.panel import Outcome


class Choice(models.TextChoices):
    YES = "yes", _("Yes, fund it")
    NO = "no", _("No, do not fund it")


class VoteQuerySet(models.QuerySet["Vote"]):
    def that_count(self) -> Self:
        aside = Recusal.objects.filter(application=OuterRef("application"), member=OuterRef("member"))
        return self.filter(~Exists(aside))


class Vote(models.Model):
    """One member's choice about one application; it may change until the vote is closed."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="votes")
    member = models.ForeignKey(Member, models.PROTECT, related_name="votes")
    choice = SealedTextField(choices=Choice)

    objects = VoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        default_permissions = ()
        permissions = [("vote", "Can vote on applications, as a member of their panel")]
        constraints = [
            models.UniqueConstraint(name="vote_is_one_of_each_member", fields=["application", "member"]),
            models.CheckConstraint(name="vote_says_something", condition=Q(choice__empty=False)),
        ]

    def __str__(self) -> str:
        return f"{self.application_id}, {self.member_id}"


class Rationale(models.Model):
    """Why, in the panel's words, written before the count and therefore true of either outcome. The group reads it."""

    application = models.OneToOneField(
        Application, models.PROTECT, related_name="rationale", verbose_name=_("application")
    )
    text = models.TextField(_("reason"))
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="rationale_says_something", condition=~Q(text=""))]

    def __str__(self) -> str:
        return f"{self.application}"


class DecisionQuerySet(models.QuerySet["Decision"]):
    def of(self, call: Call) -> Self:
        return self.filter(application__call_id=call.pk)

    def in_turn(self) -> Self:
        """By rank. Of equals the smaller amount comes first, so that more groups are reached; then the reference,
        which is random and was drawn before anybody read anything.
        """
        return self.order_by("rank", "application__amount_minor", "application__reference")


class Decision(models.Model):
    """What the panel decided on one application, with what it rests on. It is never changed."""

    application = models.OneToOneField(
        Application, models.PROTECT, related_name="decision", verbose_name=_("application")
    )
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    yes = models.PositiveSmallIntegerField(_("yes"))
    no = models.PositiveSmallIntegerField(_("no"))
    eligible = models.PositiveSmallIntegerField(_("members who could vote"))
    recused = models.PositiveSmallIntegerField(_("members who stood aside"))
    score = models.PositiveSmallIntegerField(_("score"), help_text=_("In hundredths of a point, 0 to 500."))
    rank = models.PositiveSmallIntegerField(_("rank"))
    rationale = models.TextField(_("reason"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"))

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["rank", "pk"]
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="decision_is_the_majoritys",
                condition=Q(outcome=Outcome.FUNDED, yes__gt=F("no"))
                | Q(outcome=Outcome.RESERVE, yes=F("no"))
                | Q(outcome=Outcome.DECLINED, yes__lt=F("no")),
            ),
            models.CheckConstraint(name="decision_score_is_0_to_500", condition=Q(score__lte=500)),
            models.CheckConstraint(name="decision_says_why", condition=~Q(rationale="")),
        ]

    def __str__(self) -> str:
        return f"{self.application}: {self.get_outcome_display()}"

    @property
    def points(self) -> Decimal:
        """The score as people read it: 4.27 of 5."""
        return Decimal(self.score).scaleb(-2)
