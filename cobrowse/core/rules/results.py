"""What a rule has earned: those whom it chose and showed the offer, against those whom it chose and held out.

Both arms are counted from the moment at which the rule would have fired, whatever came of it afterwards: who
dismissed the offer or never saw it stays in its arm (intention to treat), so nothing but chance tells the arms apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95
Z: Final = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)

MIN_PEOPLE: Final = 100
"""Fewer in an arm say nothing, whatever the interval: one family's orders could make the figure."""

SLIGHT: Final = 0.01
"""A difference of less than one buyer in a hundred is called none once the interval is that narrow."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: how many people, how many of them bought within the window, and for how much in all.

    `revenue_squares` is the sum over the people of the square of what each spent: the spread comes from it.
    """

    people: int = 0
    buyers: int = 0
    revenue_minor: int = 0
    revenue_squares: int = 0

    def __add__(self, other: Arm) -> Arm:
        """Both together: no person may be in both."""
        return Arm(
            self.people + other.people,
            self.buyers + other.buyers,
            self.revenue_minor + other.revenue_minor,
            self.revenue_squares + other.revenue_squares,
        )

    @property
    def share(self) -> float:
        """The part of them who bought; 0 for nobody."""
        return self.buyers / self.people if self.people else 0.0

    @property
    def mean_minor(self) -> float:
        """What one of them spent on average; 0 for nobody."""
        return self.revenue_minor / self.people if self.people else 0.0

    @property
    def mean_variance(self) -> float:
        """The variance of that average (minor units squared); 0 for fewer than two people."""
        if self.people < 2:
            return 0.0
        n, total = self.people, self.revenue_minor
        # Whole numbers up to the last step: squares of large revenues would cancel in floats.
        return (n * self.revenue_squares - total * total) / (n * n * (n - 1))


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds between which it lies with `CONFIDENCE`."""

    value: float
    low: float
    high: float


class Conclusion(StrEnum):
    """What may be said of a rule by now."""

    NO_HOLDOUT = "no-holdout"
    TOO_EARLY = "too-early"
    MORE = "more"
    FEWER = "fewer"
    NO_DIFFERENCE = "no-difference"


@dataclass(frozen=True, slots=True)
class Uplift:
    """What the offer changed: the share who bought (0.02 is two in a hundred more), and the revenue a person.

    `people_needed` is how many the smaller arm still lacks before anything is said.
    """

    bought: Interval | None
    revenue_minor: Interval | None
    conclusion: Conclusion
    people_needed: int


def wilson(successes: int, n: int, z: float = Z) -> tuple[float, float]:
    """The bounds of a share by the score interval of Wilson, 1927; (0, 1) for nobody."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = successes / n, z * z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At the ends the bound is exact, which the rounding of the square root is not.
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == n else min(1.0, middle + half)
    return low, high


def share_difference(treated: Arm, control: Arm, z: float = Z) -> Interval:
    """The difference of the shares who bought, by Newcombe's hybrid score interval (method 10 of his paper).

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17 (1998), 873-890. It holds its promise also for few buyers, where the textbook's does not.
    """
    p, q = treated.share, control.share
    p_low, p_high = wilson(treated.buyers, treated.people, z)
    q_low, q_high = wilson(control.buyers, control.people, z)
    low = p - q - math.hypot(p - p_low, q_high - q)
    high = p - q + math.hypot(p_high - p, q - q_low)
    return Interval(p - q, max(-1.0, low), min(1.0, high))


def revenue_difference(treated: Arm, control: Arm) -> Interval | None:
    """The difference of the revenue a person in minor units, by Welch's interval; None where none spent differently.

    B. L. Welch, Biometrika 34 (1947), 28-35: the arms may differ in size and in spread.
    """
    a, b = treated.mean_variance, control.mean_variance
    if treated.people < 2 or control.people < 2 or a + b <= 0:
        return None
    freedom = (a + b) ** 2 / (a * a / (treated.people - 1) + b * b / (control.people - 1))
    value = treated.mean_minor - control.mean_minor
    half = student(freedom) * math.sqrt(a + b)
    return Interval(value, value - half, value + half)


def student(freedom: float, z: float = Z) -> float:
    """The quantile of Student's distribution where the normal one has `z` (Abramowitz and Stegun, 26.7.5)."""
    z3, z5, z7 = z**3, z**5, z**7
    return (
        z
        + (z3 + z) / (4 * freedom)
        + (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom**2)
        + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * freedom**3)
    )


def uplift(treated: Arm, control: Arm) -> Uplift:
    """What the offer changed, and what may be said of it. Nothing is said on less than `MIN_PEOPLE` an arm."""
    if control.people == 0:
        return Uplift(None, None, Conclusion.NO_HOLDOUT, 0)
    bought = share_difference(treated, control)
    needed = max(0, MIN_PEOPLE - min(treated.people, control.people))
    return Uplift(bought, revenue_difference(treated, control), _conclude(bought, needed), needed)


def _conclude(bought: Interval, needed: int) -> Conclusion:
    if needed:
        return Conclusion.TOO_EARLY
    if bought.low > 0:
        return Conclusion.MORE
    if bought.high < 0:
        return Conclusion.FEWER
    return Conclusion.NO_DIFFERENCE if max(-bought.low, bought.high) < SLIGHT else Conclusion.TOO_EARLY


def sentence(found: Uplift) -> str:
    """The conclusion in plain words, for whoever has no words of their own."""
    bought = found.bought
    if bought is None:
        return "Nobody is held out, so there is nothing to compare with."
    low, high = 100 * bought.low, 100 * bought.high
    match found.conclusion:
        case Conclusion.MORE:
            return f"It sells: {low:.1f} to {high:.1f} more of 100 people bought when shown the offer."
        case Conclusion.FEWER:
            return (
                f"It costs sales: {-high:.1f} to {-low:.1f} fewer of 100 people bought when shown the offer."
            )
        case Conclusion.NO_DIFFERENCE:
            return "It makes no difference to who buys: less than 1 of 100 people either way."
        case _ if found.people_needed:
            return f"Too early to tell: {found.people_needed} more people are needed in the smaller group."
        case _:
            return f"Too early to tell: anything from {-low:.1f} fewer to {high:.1f} more of 100 people."
