"""How fast a CSA may use the shopper's page, and what of it is written down. SPEC mirror.8."""

from __future__ import annotations

from cobrowse.core.control import ACTS_PER_S, BURST_ACTS, KEPT_FROM_HOVER, MAX_BURSTS, QUIET_S, Hand

NOW = 1_000.0


def test_mirror8_steps_are_bounded_and_come_back_with_time() -> None:
    hand = Hand(NOW)
    assert [hand.may("click", NOW) for _ in range(int(BURST_ACTS) + 1)] == [True] * int(BURST_ACTS) + [False]
    assert not hand.may("click", NOW - 5), "a clock that goes back gives nothing"
    assert [hand.may("click", NOW - 4) for _ in range(int(ACTS_PER_S) + 1)] == [True] * int(ACTS_PER_S) + [
        False
    ]


def test_mirror8_hovering_leaves_steps_over_for_what_is_pressed_next() -> None:
    hand = Hand(NOW)
    hovered = [hand.may("hover", NOW) for _ in range(int(BURST_ACTS))]
    assert not hovered[-1], "hovering alone empties nothing"
    assert all(hand.may("click", NOW) for _ in range(int(KEPT_FROM_HOVER) - 1))


def test_mirror8_a_burst_is_written_down_once() -> None:
    hand = Hand(NOW)
    typed = [hand.begins("type", 7, NOW + each) for each in range(20)]
    assert typed == [True] + [False] * 19
    assert hand.begins("click", 7, NOW + 20)
    assert hand.begins("type", 8, NOW + 20)
    assert not hand.begins("type", 7, NOW + 19 + QUIET_S)
    assert hand.begins("type", 7, NOW + 19 + 2 * QUIET_S + 1)


def test_mirror8_scrolling_is_one_burst_wherever_it_is_and_little_is_remembered() -> None:
    hand = Hand(NOW)
    assert [hand.begins("scroll", node, NOW) for node in range(3)] == [True, False, False]
    assert [hand.begins("hover", node, NOW) for node in range(3)] == [True, False, False]
    dragged = [hand.begins(kind, 7, NOW) for kind in ("grab", "drag", "drop")]
    assert dragged == [True, False, False]
    assert all(hand.begins("click", node, NOW) for node in range(MAX_BURSTS + 1))
    assert hand.begins("click", 0, NOW), "the oldest is forgotten, and written down again"
