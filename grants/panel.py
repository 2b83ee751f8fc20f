"""How a panel decides: quorum, majority, score, rank, and who reads what. Functions of values, whole numbers only."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

LEAST_VOTES = 2


class Outcome(models.TextChoices):
    """In the order in which money is given: the reserve list comes after what the panel wants to fund."""

    FUNDED = "funded", _("to be funded")
    RESERVE = "reserve", _("on the reserve list")
    DECLINED = "declined", _("declined")


PLACES = list(Outcome)


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one application, as far as ranks go by it."""

    outcome: Outcome
    score: int


def votes_needed(eligible: int, quorum: int) -> int:
    """Of `eligible` members, `quorum` per cent rounded up; a single person never decides."""
    return max(LEAST_VOTES, -(-eligible * quorum // 100))


def outcome(yes: int, no: int) -> Outcome:
    """The majority of the votes cast; a tie goes on the reserve list."""
    if yes == no:
        return Outcome.RESERVE
    return Outcome.FUNDED if yes > no else Outcome.DECLINED


def weighed(points: Mapping[int, int], weights: Mapping[int, int]) -> int:
    """One review, 0 to 500: weights come to 100, points are 0 to 5."""
    return sum(weights[criterion] * given for criterion, given in points.items())


def score(reviews: Sequence[int]) -> int:
    """The mean of the reviews in hundredths of a point, halves rounded up; 0 where there is none."""
    return (2 * sum(reviews) + len(reviews)) // (2 * len(reviews)) if reviews else 0


def ranks(standings: Sequence[Standing]) -> list[int]:
    """1 is the best. Who stands alike has the same rank, and the next one counts them: 1, 2, 2, 4."""
    keys = [(PLACES.index(standing.outcome), -standing.score) for standing in standings]
    return [1 + sum(other < key for other in keys) for key in keys]


def shared_out(
    wanted: Mapping[int, int], readers: Mapping[int, int], barred: Set[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Pairs of application and reader: each application its wanted number of readers, the work spread evenly.

    `readers` says how much each has already; `barred` are the pairs that must not be. The applications with the
    fewest possible readers choose first, and each takes whoever has least to read.
    """
    load = dict(readers)
    possible = {one: [reader for reader in readers if (one, reader) not in barred] for one in wanted}
    pairs = []
    for one in sorted(wanted, key=lambda one: (len(possible[one]), one)):
        for reader in sorted(possible[one], key=lambda reader: (load[reader], reader))[: wanted[one]]:
            load[reader] += 1
            pairs.append((one, reader))
    return pairs
