"""What a rule has earned: the intervals against published values, and laws that any such figure keeps."""

from __future__ import annotations

import random
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobrowse.core.rules.results import (
    MIN_PEOPLE,
    Arm,
    Conclusion,
    revenue_difference,
    sentence,
    share_difference,
    student,
    uplift,
    wilson,
)

# Newcombe 1998, table II, method 10: buyers and people of either arm, then the bounds that he prints.
NEWCOMBE = [
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((6, 7), (2, 7), (0.0582, 0.8062)),
    ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ((0, 10), (0, 20), (-0.1611, 0.2775)),
    ((0, 10), (0, 10), (-0.2775, 0.2775)),
    ((10, 10), (0, 20), (0.6791, 1.0)),
    ((10, 10), (0, 10), (0.6075, 1.0)),
]


def arm_of(spent_minor: list[int]) -> Arm:
    return Arm(
        len(spent_minor),
        sum(1 for spent in spent_minor if spent),
        sum(spent_minor),
        sum(spent * spent for spent in spent_minor),
    )


@st.composite
def arms(draw: st.DrawFn, least: int = 0) -> Arm:
    people = draw(st.integers(least, 50_000))
    buyers = draw(st.integers(0, people))
    spent = draw(st.integers(1, 10_000_00))
    return Arm(people, buyers, buyers * spent, buyers * spent * spent)


@pytest.mark.parametrize(("treated", "control", "bounds"), NEWCOMBE)
def test_result1_the_difference_of_shares_is_newcombes(
    treated: tuple[int, int], control: tuple[int, int], bounds: tuple[float, float]
) -> None:
    found = share_difference(Arm(treated[1], treated[0]), Arm(control[1], control[0]))
    assert (found.low, found.high) == pytest.approx(bounds, abs=6e-5)


@given(arms(), arms())
def test_the_difference_lies_within_its_bounds_and_turns_round_with_the_arms(a: Arm, b: Arm) -> None:
    there, back = share_difference(a, b), share_difference(b, a)
    assert -1 <= there.low <= there.value <= there.high <= 1
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low), abs=1e-12)


@given(arms(least=1), st.integers(2, 20))
def test_more_of_the_same_people_narrow_the_bounds(a: Arm, times: int) -> None:
    more = Arm(a.people * times, a.buyers * times)
    low, high = wilson(a.buyers, a.people)
    closer_low, closer_high = wilson(more.buyers, more.people)
    assert closer_high - closer_low < high - low


def test_result1_a_true_difference_of_nothing_is_missed_by_the_bounds_one_time_in_twenty() -> None:
    """400 experiments in which both arms are alike: the interval must hold 0 in about 95 of 100."""
    draw = random.Random(7)

    def arm(people: int) -> Arm:
        return Arm(people, sum(draw.random() < 0.05 for _ in range(people)))

    held = [share_difference(arm(400), arm(100)) for _ in range(400)]
    covered = sum(1 for each in held if each.low <= 0 <= each.high) / len(held)
    assert 0.92 <= covered <= 0.99


# Student's table, 97.5 %, for degrees of freedom at which an interval may be asked for.
@pytest.mark.parametrize(("freedom", "quantile"), [(10, 2.2281), (30, 2.0423), (100, 1.9840), (1e9, 1.9600)])
def test_students_quantile_is_the_tables(freedom: float, quantile: float) -> None:
    assert student(freedom) == pytest.approx(quantile, abs=2e-4)


def test_result2_the_difference_of_revenue_is_welchs() -> None:
    """Student's sleep data (Biometrika 6, 1908) in tenths of hours; the bounds are those of R's t.test."""
    drug_1 = [7, -16, -2, -12, -1, 34, 37, 8, 0, 20]
    drug_2 = [19, 8, 11, 1, -1, 44, 55, 16, 46, 34]
    found = revenue_difference(arm_of(drug_1), arm_of(drug_2))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((-33.654832, 2.054832), abs=2e-3)


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=50), st.integers(0, 10**12))
def test_the_spread_of_revenue_does_not_depend_on_its_height(spent: list[int], more: int) -> None:
    """In floats the squares of a trillion would swallow the difference; the sums are whole numbers."""
    here, there = arm_of(spent), arm_of([each + more for each in spent])
    assert there.mean_variance == pytest.approx(here.mean_variance, rel=1e-9, abs=1e-9)


@given(arms(least=2), arms(least=2))
def test_revenue_lies_within_its_bounds(a: Arm, b: Arm) -> None:
    found = revenue_difference(a, b)
    if found is not None:
        assert found.low <= found.value <= found.high


def test_result3_nobody_held_out_means_nothing_to_compare_with() -> None:
    found = uplift(Arm(5_000, 400), Arm())
    assert (found.bought, found.conclusion) == (None, Conclusion.NO_HOLDOUT)
    assert "nothing to compare" in sentence(found)


def test_result3_a_small_arm_is_too_early_however_large_the_difference() -> None:
    found = uplift(Arm(900, 900), Arm(MIN_PEOPLE - 1, 0))
    assert (found.conclusion, found.people_needed) == (Conclusion.TOO_EARLY, 1)
    assert sentence(found) == "Too early to tell: 1 more people are needed in the smaller group."


@pytest.mark.parametrize(
    ("treated", "control", "conclusion", "words"),
    [
        (Arm(2_000, 200), Arm(500, 20), Conclusion.MORE, "It sells: 3.6 to 8.0 more"),
        (Arm(2_000, 80), Arm(500, 50), Conclusion.FEWER, "It costs sales"),
        (Arm(2_000, 100), Arm(500, 22), Conclusion.TOO_EARLY, "Too early to tell: anything from"),
        (Arm(80_000, 4_000), Arm(20_000, 1_000), Conclusion.NO_DIFFERENCE, "It makes no difference"),
    ],
)
def test_result3_what_may_be_said(treated: Arm, control: Arm, conclusion: Conclusion, words: str) -> None:
    found = uplift(treated, control)
    assert found.conclusion is conclusion
    assert sentence(found).startswith(words)


@given(arms(), arms())
def test_result3_more_or_fewer_is_said_only_when_the_bounds_agree(a: Arm, b: Arm) -> None:
    found = uplift(a, b)
    assert sentence(found)
    if found.conclusion in (Conclusion.MORE, Conclusion.FEWER):
        assert found.bought is not None
        assert min(a.people, b.people) >= MIN_PEOPLE
        assert (found.bought.low > 0) is (found.conclusion is Conclusion.MORE)
        assert found.bought.low > 0 or found.bought.high < 0


def test_running_totals_are_the_whole() -> None:
    """An arm is made of sums: people who come one after another give what they give together."""
    spent = [0, 1_250, 0, 99, 31_000]
    totals = list(accumulate((arm_of([each]) for each in spent), Arm.__add__))
    assert totals[-1] == arm_of(spent)
