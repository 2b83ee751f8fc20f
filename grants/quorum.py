"""How many votes an application needs, which is all that anybody knows of a vote before its close."""

from grants import panel
from grants.models import Application, Member


def voters(application: Application) -> tuple[int, int]:
    """How many members may vote on it, and how many of those who vote stand aside."""
    of_the_call = Member.objects.of(application.call).voters()
    eligible = of_the_call.not_recused(application).count()
    return eligible, of_the_call.count() - eligible


def missing_votes(application: Application) -> int:
    """As many as the quorum lacks; what they say stays sealed."""
    eligible, _recused = voters(application)
    return max(0, panel.votes_needed(eligible, application.call.quorum) - application.votes.that_count().count())
