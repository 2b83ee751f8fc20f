"""The vote: opened when all is read, sealed while it is open, and counted once, when it is closed with its quorum."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from appeal.refusal import Refused
from grants import conflicts, panel
from grants.models import Application, Call, Choice, Decision, Member, Rationale, Stage, Vote
from grants.quorum import missing_votes, voters


@dataclass(frozen=True, slots=True)
class Tally:
    """The count of one application, which exists only while a vote is being closed."""

    application: Application
    yes: int
    no: int
    eligible: int
    recused: int
    score: int

    @property
    def standing(self) -> panel.Standing:
        return panel.Standing(panel.outcome(self.yes, self.no), self.score)


def open_vote(call: Call, *, by: User) -> None:
    """Refused says what is missing."""
    conflicts.detect(call, by=by)
    with transaction.atomic():
        locked = Call.objects.select_for_update().get(pk=call.pk)
        if locked.stage == Stage.REVIEW and (lacks := what_lacks(locked, by)):
            raise Refused(" ".join(lacks))
        call.move(Stage.VOTE)


def what_lacks(call: Call, reader: User) -> list[str]:
    """Why the vote cannot open yet, in sentences; empty if it can."""
    lacks = []
    if unscreened := call.applications.to_screen().count():
        text = ngettext(
            "%(number)s application is not screened.", "%(number)s applications are not screened.", unscreened
        )
        lacks.append(text % {"number": unscreened})
    for application in call.applications.eligible():
        words: dict[str, Any] = {"application": named(application, reader)}
        if (missing := call.readers - application.reviews.that_count().submitted().count()) > 0:
            text = ngettext(
                "%(application)s lacks %(number)s review.", "%(application)s lacks %(number)s reviews.", missing
            )
            lacks.append(text % {**words, "number": missing})
        if Member.objects.of(call).voters().not_recused(application).count() < panel.LEAST_VOTES:
            lacks.append(_("%(application)s has fewer than two members who may vote on it.") % words)
    return lacks


def named(application: Application, reader: User) -> str:
    """Its reference, unless this person must not know of it."""
    if application.recusals.filter(member__person=reader).exists():
        return str(_("An application from which you stand aside"))
    return application.reference


@transaction.atomic
def cast(application: Application, person: User, choice: Choice) -> None:
    """Seal this member's choice; another one replaces it, as long as the vote is open."""
    call = Call.objects.select_for_update(no_key=True).get(pk=application.call_id)
    member = Member.objects.of(call).voters().filter(person=person).first()
    if member is None:
        raise Refused(_("Only voting members of this call's panel vote."))
    if application.recusals.filter(member=member).exists():
        raise Refused(_("You stand aside from this application, so you do not vote on it."))
    if call.stage != Stage.VOTE or not call.applications.eligible().filter(pk=application.pk).exists():
        raise Refused(_("The vote on this application is not open."))
    Vote.objects.bulk_create(
        [Vote(application=application, member=member, choice=choice)],
        update_conflicts=True,
        unique_fields=["application", "member"],
        update_fields=["choice"],
    )


@transaction.atomic
def write_reason(application: Application, text: str, *, by: User) -> None:
    """What the group will read, whichever way the vote goes."""
    call = Call.objects.select_for_update(no_key=True).get(pk=application.call_id)
    if not text.strip():
        raise Refused(_("Write the reason. The group reads it."))
    if application.recusals.filter(member__person=by).exists():
        raise Refused(_("You stand aside from this application."))
    if call.stage not in {Stage.REVIEW, Stage.VOTE}:
        raise Refused(_("Reasons are written before the votes are counted."))
    Rationale.objects.update_or_create(application=application, defaults={"text": text, "written_by": by})


def close(call: Call, *, by: User) -> None:
    """Count, decide and rank, all at once. Without a quorum or a reason for each application nothing is decided."""
    conflicts.detect(call, by=by)
    with transaction.atomic():
        locked = Call.objects.select_for_update().get(pk=call.pk)
        if locked.stage == Stage.VOTE:
            if lacks := what_lacks_to_close(locked, by):
                raise Refused(" ".join(lacks))
            decide([tally(one) for one in locked.applications.eligible()], by=by)
        call.move(Stage.DECIDED)


def what_lacks_to_close(call: Call, reader: User) -> list[str]:
    lacks = []
    for application in call.applications.eligible().select_related("call"):
        words: dict[str, Any] = {"application": named(application, reader)}
        if missing := missing_votes(application):
            text = ngettext(
                "%(application)s lacks %(number)s vote.", "%(application)s lacks %(number)s votes.", missing
            )
            lacks.append(text % {**words, "number": missing})
        if not Rationale.objects.filter(application=application).exists():
            lacks.append(_("%(application)s has no reason yet.") % words)
    return lacks


def tally(application: Application) -> Tally:
    choices = [Choice(vote.choice) for vote in application.votes.that_count()]
    eligible, recused = voters(application)
    return Tally(
        application, choices.count(Choice.YES), choices.count(Choice.NO), eligible, recused, score_of(application)
    )


def score_of(application: Application) -> int:
    weights = {criterion.pk: criterion.weight for criterion in application.call.criteria.all()}
    reviews = application.reviews.that_count().submitted().prefetch_related("scores")
    points = [{score.criterion_id: score.points or 0 for score in review.scores.all()} for review in reviews]
    return panel.score([panel.weighed(given, weights) for given in points])


def decide(tallies: list[Tally], *, by: User) -> None:
    now, ranks = timezone.now(), panel.ranks([tally.standing for tally in tallies])
    Decision.objects.bulk_create(
        Decision(
            application=tally.application,
            outcome=tally.standing.outcome,
            yes=tally.yes,
            no=tally.no,
            eligible=tally.eligible,
            recused=tally.recused,
            score=tally.score,
            rank=rank,
            rationale=tally.application.rationale.text,
            decided_by=by,
            decided_at=now,
        )
        for tally, rank in zip(tallies, ranks, strict=True)
    )
