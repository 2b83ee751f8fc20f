"""The panel's arithmetic: no float, no accident of order."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.panel import PLACES, Outcome, Standing, outcome, ranks, score, shared_out, votes_needed, weighed

STANDINGS = st.lists(st.builds(Standing, st.sampled_from(Outcome), st.integers(0, 500)), max_size=12)


@pytest.mark.parametrize(
    ("eligible", "quorum", "needed"),
    [(7, 50, 4), (6, 50, 3), (3, 50, 2), (3, 1, 2), (1, 100, 2), (0, 50, 2), (5, 67, 4), (100, 33, 33)],
)
def test_a_quorum_is_rounded_up_and_never_below_two(eligible: int, quorum: int, needed: int) -> None:
    assert votes_needed(eligible, quorum) == needed


@given(st.integers(0, 400), st.integers(1, 100))
def test_a_quorum_is_the_least_number_that_is_enough(eligible: int, quorum: int) -> None:
    needed = votes_needed(eligible, quorum)
    assert needed * 100 >= eligible * quorum
    assert needed == 2 or (needed - 1) * 100 < eligible * quorum
    assert needed <= max(2, eligible)


@given(st.integers(0, 50), st.integers(0, 50))
def test_the_majority_of_the_votes_cast_decides(yes: int, no: int) -> None:
    assert outcome(yes, no) == (Outcome.RESERVE if yes == no else Outcome.FUNDED if yes > no else Outcome.DECLINED)
    opposite = {Outcome.FUNDED: Outcome.DECLINED, Outcome.DECLINED: Outcome.FUNDED, Outcome.RESERVE: Outcome.RESERVE}
    assert outcome(no, yes) == opposite[outcome(yes, no)]


def test_points_count_as_much_as_their_criterion_weighs() -> None:
    assert weighed({1: 5, 2: 0}, {1: 60, 2: 40}) == 300
    assert weighed({1: 5, 2: 5}, {1: 60, 2: 40}) == 500


@given(st.lists(st.integers(0, 500), min_size=1, max_size=5))
def test_a_score_is_the_mean_rounded_half_up(reviews: list[int]) -> None:
    mean, given = Fraction(sum(reviews), len(reviews)), score(reviews)
    assert -Fraction(1, 2) <= mean - given < Fraction(1, 2)


def test_no_review_is_no_score() -> None:
    assert score([]) == 0


@given(STANDINGS)
def test_ranks_follow_the_outcome_then_the_score(standings: list[Standing]) -> None:
    given = ranks(standings)
    for one, rank in zip(standings, given, strict=True):
        for other, its_rank in zip(standings, given, strict=True):
            key, its_key = (PLACES.index(one.outcome), -one.score), (PLACES.index(other.outcome), -other.score)
            assert (rank < its_rank) == (key < its_key)


def test_equals_have_the_same_rank_and_the_next_counts_them() -> None:
    funded, reserve = Standing(Outcome.FUNDED, 300), Standing(Outcome.RESERVE, 500)
    assert ranks([funded, reserve, Standing(Outcome.FUNDED, 301), funded]) == [2, 4, 1, 2]


@given(
    st.dictionaries(st.integers(1, 9), st.integers(0, 4), max_size=9),
    st.dictionaries(st.integers(1, 6), st.integers(0, 5), max_size=6),
    st.sets(st.tuples(st.integers(1, 9), st.integers(1, 6)), max_size=25),
)
def test_each_application_is_read_by_as_many_as_it_can_and_never_by_who_is_barred(
    wanted: dict[int, int], readers: dict[int, int], barred: set[tuple[int, int]]
) -> None:
    pairs = shared_out(wanted, readers, barred)
    assert len(pairs) == len(set(pairs))
    assert not set(pairs) & barred
    for application, number in wanted.items():
        possible = sum((application, reader) not in barred for reader in readers)
        assert sum(one == application for one, _reader in pairs) == min(number, possible)


@given(st.integers(0, 30), st.integers(1, 8), st.integers(1, 5))
def test_where_nobody_is_barred_the_work_is_even(applications: int, readers: int, each: int) -> None:
    wanted, idle = dict.fromkeys(range(applications), each), dict.fromkeys(range(readers), 0)
    loads = [sum(who == reader for _one, who in shared_out(wanted, idle, set())) for reader in range(readers)]
    assert max(loads) - min(loads) <= 1
