"""What a panel decided, as far as anybody may read it: counts, reasons, ranks; never who voted how or stood aside."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from grants.models import Application, Call, Decision, Outcome


@dataclass(frozen=True, slots=True)
class Result:
    application: Application
    outcome: Outcome
    yes: int
    no: int
    eligible: int
    recused: int
    """Of the voting members."""
    recusals: tuple[tuple[str, int], ...]
    """Why members, readers among them, stood aside, and how many: words that name nobody."""
    score: Decimal
    """0 to 5, in hundredths."""
    rank: int
    among: int
    """How many applications have a rank."""
    rationale: str


def of(application: Application) -> Result | None:
    """None as long as the panel has not decided on it."""
    decision = Decision.objects.filter(application=application).first()
    return made(decision, Decision.objects.of(application.call).count()) if decision else None


def of_call(call: Call) -> list[Result]:
    """In turn; empty until the vote is closed."""
    decisions = list(Decision.objects.of(call).in_turn().select_related("application"))
    return [made(decision, len(decisions)) for decision in decisions]


def made(decision: Decision, among: int) -> Result:
    reasons = Counter(recusal.because for recusal in decision.application.recusals.all())
    return Result(
        application=decision.application,
        outcome=Outcome(decision.outcome),
        yes=decision.yes,
        no=decision.no,
        eligible=decision.eligible,
        recused=decision.recused,
        recusals=tuple(sorted(reasons.items())),
        score=decision.points,
        rank=decision.rank,
        among=among,
        rationale=decision.rationale,
    )
