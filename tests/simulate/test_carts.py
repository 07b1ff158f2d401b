from __future__ import annotations

from cobrowse.simulate.compare import Difference, compare
from cobrowse.simulate.ideal import ideal_carts
from cobrowse.simulate.stream import Event, Visit
from cobrowse.simulate.timetable import timetable


def row(name: str, item: str = "", shopper: str = "u1", at_s: float = 0.0) -> Event:
    return Event(2, "s1", shopper, at_s, name, item, None, "", "")


def test_each_row_does_to_the_ideal_cart_what_is_documented() -> None:
    rows = [row("add_to_cart", "a"), row("add_to_cart", "a"), row("add_to_cart", "b"), row("view_item", "c")]
    assert ideal_carts(rows) == {"u1": {"a": 2, "b": 1}}
    assert ideal_carts([*rows, row("remove_from_cart", "a")]) == {"u1": {"b": 1}}
    assert ideal_carts([*rows, row("remove_from_cart", "never added")]) == {"u1": {"a": 2, "b": 1}}
    assert ideal_carts([*rows, row("purchase", "a")]) == {"u1": {}}
    assert ideal_carts([*rows, row("purchase"), row("add_to_cart", "d")]) == {"u1": {"d": 1}}
    assert ideal_carts([row("add_to_cart"), row("remove_from_cart"), row("compare", "a")]) == {"u1": {}}


def test_each_shopper_has_a_cart_of_their_own() -> None:
    rows = [row("add_to_cart", "a", "u1"), row("add_to_cart", "a", "u2"), row("purchase", "", "u1")]
    assert ideal_carts(rows) == {"u1": {}, "u2": {"a": 1}}


def test_the_ideal_cart_has_the_bounds_of_a_cart() -> None:
    lines = [row("add_to_cart", f"n{n}") for n in range(203)]
    assert len(ideal_carts([*lines, row("add_to_cart", "n0")])["u1"]) == 200
    assert ideal_carts([*lines, row("add_to_cart", "n0")])["u1"]["n0"] == 2
    assert ideal_carts([row("add_to_cart", "a")] * 1001) == {"u1": {"a": 999}}


def test_equal_carts_have_no_difference() -> None:
    carts = {"r1": {"a": 1}, "r2": {}}
    assert compare({"u1": {"a": 1}, "u2": {}}, {"u1": "r1", "u2": "r2"}, carts, carts) == []


def test_every_line_that_differs_is_listed_with_its_three_quantities() -> None:
    ideal = {"u1": {"a": 2, "b/c": 1}, "u2": {"a": 1}}
    server = {"r1": {"a": 1, "b%2Fc": 1}, "r2": {"a": 1}}
    csa = {"r1": {"a": 1, "b%2Fc": 1, "d": 3}, "r2": {"a": 1}}
    assert compare(ideal, {"u1": "r1", "u2": "r2"}, server, csa) == [
        Difference("u1", "r1", "a", 2, 1, 1),
        Difference("u1", "r1", "d", 0, 0, 3),
    ]


def test_a_room_that_one_side_does_not_know_differs_even_when_its_cart_is_empty() -> None:
    assert compare({"u1": {}}, {"u1": "r1"}, {"r1": {}}, {}) == [Difference("u1", "r1", "", 0, 0, None)]
    assert compare({"u1": {"a": 1}}, {"u1": ""}, {}, {}) == [
        Difference("u1", "", "", 0, None, None),
        Difference("u1", "", "a", 1, None, None),
    ]
    assert compare({}, {"u1": "r1"}, {"r1": {}}, {"r1": {}}) == [Difference("u1", "r1", "", None, 0, 0)]


def visit(*at_s: float) -> Visit:
    return Visit("u1", "s1", tuple(row("home", at_s=at) for at in at_s))


def test_recorded_gaps_are_divided_by_the_speed_and_cut_to_the_longest() -> None:
    first, second, third = timetable([visit(0, 60, 6000, 5000), visit(6), visit(60000)], speed=600)
    assert first.after_s == (0.0, 0.1, 2.1, 2.1)
    assert (first.start_s, second.start_s) == (0.0, 0.01)
    assert round(third.start_s - second.start_s, 9) == 0.05


def test_at_speed_0_there_are_no_gaps() -> None:
    departures = timetable([visit(0, 60), visit(90)], speed=0)
    assert [(each.start_s, set(each.after_s)) for each in departures] == [(0.0, {0.0}), (0.0, {0.0})]
