"""How fast one address may come. SPEC wire.11."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cobrowse.core.arrivals import MAX_TRACKED, Arrivals


def test_wire11_a_burst_then_so_many_a_second() -> None:
    arrivals = Arrivals(per_s=10.0, burst=3.0)
    assert [arrivals.wait_s("a", 100.0) for _ in range(5)] == [0, 0, 0, 1, 1]
    assert [arrivals.wait_s("b", 100.0) for _ in range(4)] == [0, 0, 0, 1]
    # A tenth of a second later there is room for one; after three the burst is whole, and no more than whole.
    assert [arrivals.wait_s("a", 100.11) for _ in range(2)] == [0, 1]
    assert [arrivals.wait_s("a", 900.0) for _ in range(4)] == [0, 0, 0, 1]
    assert arrivals.refused == 5


def test_wire11_who_is_slow_is_told_how_long() -> None:
    arrivals = Arrivals(per_s=0.25, burst=1.0)
    assert arrivals.wait_s("a", 0.0) == 0
    assert arrivals.wait_s("a", 0.5) == 4
    assert arrivals.wait_s("a", 3.5) == 1
    assert arrivals.wait_s("a", 4.0) == 0


@given(
    st.lists(st.floats(0.0, 0.5), min_size=1, max_size=200),
    st.floats(0.5, 50.0),
    st.integers(1, 20),
)
def test_wire11_never_more_than_the_burst_and_what_the_time_gives(
    gaps_s: list[float], per_s: float, burst: int
) -> None:
    arrivals, now, let_in = Arrivals(per_s, burst), 1_000.0, 0
    for gap_s in gaps_s:
        now += gap_s
        wait_s = arrivals.wait_s("a", now)
        let_in += not wait_s
        assert let_in <= burst + (now - 1_000.0) * per_s + 1e-3
        assert wait_s <= 1 / per_s + 1


def test_wire11_the_table_is_bounded_and_whoever_came_last_stays() -> None:
    arrivals = Arrivals(per_s=1e-6, burst=1.0)
    for n in range(MAX_TRACKED + 50):
        assert arrivals.wait_s(f"10.0.{n // 256}.{n % 256}", float(n)) == 0
        assert n < 10 or arrivals.wait_s("10.0.0.9", float(n)), "who goes on is not forgotten"
    assert len(arrivals) == MAX_TRACKED
