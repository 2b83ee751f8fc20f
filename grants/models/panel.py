"""Who reads and decides on a call, what they are tied to, and where they have to stand aside.

A recusal is never undone (`migrations/0011_panel_rules.py`): whoever stands aside sees no more of that application.
"""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appeal.refusal import Refused
from appeal.sealed import SealedTextField
from grants.models.application import Application
from grants.models.call import Call, Stage


class Panel(Call):
    """A call, as those who lead its reading and its vote see it."""

    class Meta:
        proxy = True
        verbose_name = _("panel")
        verbose_name_plural = _("panels")
        permissions = [("lead_panel", "Can lead a panel: its members, readings, vote and reasons")]

    @property
    def is_over(self) -> bool:
        return self.stage in {Stage.DECIDED, Stage.ALLOCATED}


class Kind(models.TextChoices):
    """What two people can have in common that makes one no judge of the other."""

    ORGANISATION = "organisation", _("an organisation or group")
    MAIL = "mail", _("a mail address")
    PHONE = "phone", _("a telephone number")
    ACCOUNT = "account", _("a bank account or mobile money number")
    HOST = "host", _("an organisation that receives money for groups")


class MemberQuerySet(models.QuerySet["Member"]):
    def of(self, call: Call) -> Self:
        return self.filter(call_id=call.pk)

    def readers(self) -> Self:
        return self.filter(may_read=True)

    def voters(self) -> Self:
        return self.filter(may_vote=True)

    def not_recused(self, application: Application) -> Self:
        return self.exclude(recusals__application=application)

    def undecided(self) -> Self:
        """Of calls on which they may still have a say."""
        return self.exclude(call__stage__in=[Stage.DECIDED, Stage.ALLOCATED])


class Member(models.Model):
    """A person on the panel of one call."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="members", verbose_name=_("call"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships", verbose_name=_("person")
    )
    may_read = models.BooleanField(_("reads and scores"), default=True)
    may_vote = models.BooleanField(_("votes"), default=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by"))
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("member of a panel")
        verbose_name_plural = _("members of panels")
        constraints = [
            models.UniqueConstraint(
                name="member_is_on_a_panel_once",
                fields=["call", "person"],
                violation_error_message=_("This person is on the panel already."),
            ),
            models.CheckConstraint(
                name="member_reads_or_votes",
                condition=Q(may_read=True) | Q(may_vote=True),
                violation_error_message=_("A member reads, or votes, or both."),
            ),
        ]

    def __str__(self) -> str:
        return self.person.get_full_name() or self.person.get_username()

    def in_words(self) -> str:
        """What they do and have done, in sums that name no application."""
        roles = [_("reads")] * self.may_read + [_("votes")] * self.may_vote
        return _("%(roles)s; %(done)s of %(assigned)s reviews submitted; stands aside from %(recused)s") % {
            "roles": ", ".join(str(role) for role in roles),
            "done": self.reviews.submitted().count(),
            "assigned": self.reviews.count(),
            "recused": self.recusals.count(),
        }

    def declare(self, application: Application, reason: str, *, by: User) -> "Recusal":
        """Stand aside from this application, for good."""
        if not reason.strip():
            raise Refused(_("Say in a few words how you are tied to this group."))
        if Recusal.objects.filter(application=application, member=self).exists():
            raise Refused(_("This conflict is on record already."))
        return Recusal.objects.create(
            application=application, member=self, how=How.DECLARED, reason=reason, recorded_by=by
        )


class Tie(models.Model):
    """What a person is tied to, as a keyed mark alone: nobody can read it back, and it can only be compared."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="ties", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    mark = models.CharField(max_length=64, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    class Meta:
        ordering = ["person", "kind", "pk"]
        verbose_name = _("tie")
        verbose_name_plural = _("ties")
        constraints = [
            models.CheckConstraint(name="tie_kind_is_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="tie_is_marked", condition=Q(mark__regex=r"^[0-9a-f]{64}$")),
            models.UniqueConstraint(name="tie_is_recorded_once", fields=["person", "kind", "mark"]),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_kind_display()}"


class How(models.TextChoices):
    DETECTED = "detected", _("found by comparing")
    DECLARED = "declared", _("declared by the member")


class Recusal(models.Model):
    """A member stands aside from one application: does not see it, and does not count for its quorum."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="recusals", verbose_name=_("application"))
    member = models.ForeignKey(Member, models.PROTECT, related_name="recusals", verbose_name=_("member"))
    how = models.CharField(_("how it is known"), max_length=8, choices=How)
    kind = models.CharField(_("what they have in common"), max_length=12, choices=Kind, blank=True)
    reason = SealedTextField(_("reason"), blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("recusal")
        verbose_name_plural = _("recusals")
        constraints = [
            models.UniqueConstraint(name="recusal_is_recorded_once", fields=["application", "member"]),
            models.CheckConstraint(
                name="recusal_says_why",
                condition=Q(how=How.DETECTED, kind__in=Kind.values) | Q(how=How.DECLARED, kind="", reason__empty=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application}, {self.member}"

    @property
    def because(self) -> str:
        """In words that name nobody."""
        if self.how == How.DECLARED:
            return str(How.DECLARED.label)
        return str(_("the same: %(kind)s") % {"kind": self.get_kind_display()})
