"""The cart's laws, by histories of three replicas, and its table, row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cobrowse.core import cart as carts
from cobrowse.core.cart import (
    Cart,
    Count,
    Proposal,
    ProposalStatus,
    absorb,
    has_seen,
    join,
    project,
    quantity,
)
from cobrowse.core.errors import Refusal, Refused
from cobrowse.core.messages import AddCoupon, Increment, Propose, SetQuantity, WriteNote
from tests.core.stage import OTHER_TAB, Stage, canonical, code_of, content

LINES = ("oak", "pine")


@dataclass
class History:
    """Carts of three replicas, and every delta made: what it added and what it covered."""

    carts: list[Cart] = field(default_factory=lambda: [Cart(), Cart(), Cart()])
    deltas: list[Cart] = field(default_factory=list)
    counters: list[int] = field(default_factory=lambda: [0, 0, 0])

    def mutate(self, who: int, make: Callable[[Cart, str], Cart]) -> None:
        self.counters[who] += 1
        delta = make(self.carts[who], carts.make_dot(who + 1, self.counters[who]))
        self.deltas.append(delta)
        absorb(self.carts[who], delta)


def _mutations(line: str, n: int, ts: float, kind: str) -> Callable[[Cart, str], Cart]:
    def make(cart: Cart, dot: str) -> Cart:
        match kind:
            case "increment":
                return carts.increment(cart, line, n, dot, ts)
            case "set":
                return carts.set_quantity(cart, line, abs(n), cart.lines.get(line, {}), dot, ts)
            case "remove":
                return carts.set_quantity(cart, line, 0, cart.lines.get(line, {}), dot, ts)
            case "coupon_add":
                return carts.add_coupon(line, dot)
            case "coupon_remove":
                return carts.remove_coupon(cart, line, cart.coupons.get(line, ()), dot)
            case "note":
                return carts.write_note("gift", f"{n} from {dot}", dot, ts)
            case "propose":
                return carts.propose(Proposal(dot, line, 1, "", "Ginny", ts))
            case "empty":
                return carts.empty(cart, dot)
            case _:
                status: ProposalStatus = "accepted" if n > 0 else "declined"
                for proposal in cart.proposals.values():
                    if proposal.status == "open":
                        return carts.settle_proposal(cart, proposal, status, dot, ts)
                return carts.add_coupon("none", dot)

    return make


KINDS = (
    "increment",
    "increment",
    "set",
    "remove",
    "coupon_add",
    "coupon_remove",
    "note",
    "propose",
    "settle",
    "empty",
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    history = History()
    for _ in range(draw(st.integers(0, 25))):
        who = draw(st.integers(0, 2))
        if draw(st.integers(0, 3)) == 0:
            absorb(history.carts[who], history.carts[draw(st.integers(0, 2))])
            continue
        line, kind = draw(st.sampled_from(LINES)), draw(st.sampled_from(KINDS))
        n, ts = draw(st.integers(-4, 4)), float(draw(st.integers(0, 3)))
        history.mutate(who, _mutations(line, n, ts, kind))
    return history


def joined(deltas: list[Cart]) -> Cart:
    cart = Cart()
    for delta in deltas:
        absorb(cart, delta)
    return cart


@given(histories())
def test_cart1_join_is_commutative_associative_and_idempotent(history: History) -> None:
    a, b, c = history.carts
    assert canonical(join(a, b)) == canonical(join(b, a))
    assert canonical(join(join(a, b), c)) == canonical(join(a, join(b, c)))
    assert canonical(join(a, a)) == canonical(a)


@given(histories())
def test_cart1_join_leaves_its_arguments_alone(history: History) -> None:
    a, b, _ = history.carts
    before = canonical([a, b])
    absorb(join(a, b), history.carts[2])
    assert canonical([a, b]) == before


@given(histories(), st.data())
def test_cart1_any_order_and_any_repeats_make_the_same_cart(history: History, data: st.DataObject) -> None:
    whole = joined(history.deltas)
    shuffled = data.draw(st.permutations([*history.deltas, *history.deltas[::2]]))
    assert canonical(joined(shuffled)) == canonical(whole)
    assert canonical(join(join(history.carts[0], history.carts[1]), history.carts[2])) == canonical(whole)


@given(histories(), st.data())
def test_cart1_a_mutation_is_the_join_with_its_delta_as_an_obvious_model_has_it(
    history: History, data: st.DataObject
) -> None:
    """The model: of the changes that one knows, those count that no other known change covers."""
    known = data.draw(
        st.lists(st.sampled_from(history.deltas), unique_by=id) if history.deltas else st.just([])
    )
    alive: dict[str, dict[str, Count]] = {}
    for delta in known:
        for line, counts in delta.lines.items():
            for dot, count in counts.items():
                if not any(dot in d.context.cloud for d in known if dot not in d.lines.get(line, {})):
                    alive.setdefault(line, {})[dot] = count
    assert canonical(joined(known).lines) == canonical(alive)


@given(histories())
def test_cart1_a_removed_dot_never_returns(history: History) -> None:
    cart = Cart()
    gone: set[str] = set()
    for delta in [*history.deltas, *history.carts, *history.deltas]:
        before = {dot for counts in cart.lines.values() for dot in counts}
        absorb(cart, delta)
        after = {dot for counts in cart.lines.values() for dot in counts}
        gone |= before - after
        assert not gone & after


@given(histories())
def test_cart3_a_quantity_is_never_negative_or_over_the_cap(history: History) -> None:
    cart = joined(history.deltas)
    for line, counts in cart.lines.items():
        assert 0 <= quantity(counts) <= carts.MAX_QUANTITY
        assert project(cart).get(line, 0) == quantity(counts)


def three(kind: str) -> Cart:
    cart = Cart()
    made = (
        carts.increment(cart, "oak", 3, "9.1", 1.0)
        if kind == "inc"
        else carts.set_quantity(cart, "oak", 3, (), "9.1", 1.0)
    )
    absorb(cart, made)
    return cart


def plus(n: int, dot: str = "1.1") -> Callable[[Cart], Cart]:
    return lambda cart: carts.increment(cart, "oak", n, dot, 2.0)


def make(n: int, dot: str = "1.1", ts: float = 2.0) -> Callable[[Cart], Cart]:
    return lambda cart: carts.set_quantity(cart, "oak", n, cart.lines["oak"], dot, ts)


@pytest.mark.parametrize("kind", ["inc", "set"])
@pytest.mark.parametrize(
    ("mine", "theirs", "result"),
    [
        (plus(1), plus(1, "2.1"), 5),
        (make(0), plus(1, "2.1"), 1),
        (make(5), make(2, "2.1", 3.0), 2),
        (make(5, "1.1", 3.0), make(2, "2.1"), 5),
        (make(5), make(2, "2.1"), 2),
        (make(5), plus(1, "2.1"), 6),
        (make(0), make(2, "2.1"), 2),
        (plus(-2), plus(-2, "2.1"), 0),
        (plus(-2), plus(1, "2.1"), 2),
        (plus(-3), plus(1, "2.1"), 1),
    ],
)
def test_cart3_concurrent_operations_on_a_line_with_three(
    kind: str, mine: Callable[[Cart], Cart], theirs: Callable[[Cart], Cart], result: int
) -> None:
    start = three(kind)
    a, b = mine(start), theirs(start)
    one, other = join(join(start, a), b), join(join(start, b), a)
    assert canonical(one) == canonical(other)
    assert quantity(one.lines.get("oak", {})) == result


@pytest.mark.parametrize("kind", ["inc", "set"])
def test_cart5_no_hidden_debt_after_two_concurrent_decrements(kind: str) -> None:
    start = three(kind)
    cart = join(join(start, plus(-2)(start)), plus(-2, "2.1")(start))
    absorb(cart, carts.increment(cart, "oak", 1, "1.2", 3.0))
    assert project(cart) == {"oak": 1}


def test_cart5_no_hidden_debt_after_a_remove_that_had_not_seen_a_decrement() -> None:
    """Found by reading: what a stale remove left below nothing ate the next +1."""
    start = three("inc")
    cart = join(join(start, plus(-1)(start)), make(0, "2.1")(start))
    assert project(cart) == {}
    absorb(cart, carts.increment(cart, "oak", 1, "1.2", 3.0))
    assert project(cart) == {"oak": 1}


def test_cart5_an_increment_that_leaves_nothing_removes_the_line() -> None:
    cart = three("inc")
    absorb(cart, plus(-99)(cart))
    assert cart.lines == {}


@given(st.lists(st.integers(-9, 9), max_size=20))
def test_cart5_one_after_the_other_increments_count_from_nothing(steps: list[int]) -> None:
    cart, expected = Cart(), 0
    for c, n in enumerate(steps, 1):
        absorb(cart, carts.increment(cart, "oak", n, f"1.{c}", float(c)))
        expected = max(0, expected + n)
        assert quantity(cart.lines.get("oak", {})) == expected


def test_cart4_the_cloud_folds_into_the_vector_once_it_is_contiguous() -> None:
    cart = Cart()
    for dot in ("1.3", "1.1", "2.1"):
        absorb(cart, carts.add_coupon("X", dot))
    assert (cart.context.vector, cart.context.cloud) == ({"1": 1, "2": 1}, {"1.3"})
    carts.advance(cart, 1, 2)
    assert (cart.context.vector, cart.context.cloud) == ({"1": 3, "2": 1}, set())
    assert has_seen(cart.context, "1.2")
    assert not has_seen(cart.context, "1.4")


def test_cart6_a_clock_ahead_counts_as_two_seconds_ahead() -> None:
    assert carts.bounded_ts(999.0, 1000.0) == 999.0
    assert carts.bounded_ts(1002.0, 1000.0) == 1002.0
    assert carts.bounded_ts(1e11, 1000.0) == 1002.0


def test_cart7_a_dot_to_come_is_refused() -> None:
    cart = three("inc")
    carts.check_seen(cart, ["9.1"])
    for forged in ("9.2", "1.1", "77.1"):
        with pytest.raises(Refusal) as refused:
            carts.check_seen(cart, ["9.1", forged])
        assert refused.value.code is Refused.UNKNOWN_DOT


def test_cart8_each_bound_refuses_and_what_is_at_it_passes() -> None:
    stage = Stage()
    for _ in range(10):
        stage.lea(Increment("oak", 99))
    stage.lea(Increment("oak", 9))
    assert project(stage.cart) == {"oak": 999}
    assert code_of(stage.lea(Increment("oak", 1))) == "bound"
    assert code_of(stage.lea(Increment("oak", -1))) == ""
    seen = list(stage.cart.lines["oak"])
    assert code_of(stage.lea(SetQuantity("oak", 999, seen))) == ""
    assert code_of(stage.lea(SetQuantity("oak", 2, []))) == ""
    assert code_of(stage.lea(Increment("oak", 99))) == ""
    assert code_of(stage.lea(SetQuantity("oak", 999, []))) == "bound"

    for n in range(199):
        assert code_of(stage.lea(Increment(f"pine{n}", 1))) == ""
    assert len(stage.cart.lines) == carts.MAX_LINES
    for op in (Increment("elm", 1), SetQuantity("elm", 1, [])):
        assert code_of(stage.lea(op)) == "bound"
    assert code_of(stage.lea(Increment("elm", -1))) == ""
    assert code_of(stage.lea(Increment("pine0", 1))) == ""

    for n in range(20):
        assert code_of(stage.lea(AddCoupon(f"SAVE{n}"))) == ""
    assert code_of(stage.lea(AddCoupon("SAVE20"))) == "bound"
    assert code_of(stage.lea(AddCoupon("SAVE0"))) == ""
    for n in range(8):
        assert code_of(stage.lea(WriteNote(f"note{n}", "x"))) == ""
    assert code_of(stage.lea(WriteNote("note8", "x"))) == "bound"
    assert code_of(stage.lea(WriteNote("note0", "y"))) == ""
    for _ in range(20):
        assert code_of(stage.ginny(Propose("oak", 1))) == ""
    assert code_of(stage.ginny(Propose("oak", 1))) == "bound"


@pytest.mark.parametrize("op", [Increment("oak", 1), SetQuantity("oak", 1, [])])
def test_cart8_a_line_has_at_most_32_dots_and_a_fold_makes_room(op: Increment | SetQuantity) -> None:
    stage = Stage()
    for _ in range(32):
        assert code_of(stage.lea(op)) == ""
    assert code_of(stage.lea(op)) == "bound"
    assert len(stage.cart.lines["oak"]) == carts.MAX_DOTS
    assert code_of(stage.lea(SetQuantity("oak", 7, list(stage.cart.lines["oak"])))) == ""
    assert project(stage.cart) == {"oak": 7}
    assert len(stage.cart.lines["oak"]) == 1


def test_cart8_a_coupon_added_again_and_again_is_refused_at_its_bound() -> None:
    stage = Stage()
    codes = [code_of(stage.lea(AddCoupon("SAVE"))) for _ in range(33)]
    assert codes == [""] * 32 + ["bound"]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([1, OTHER_TAB]),
            st.one_of(
                st.builds(Increment, st.sampled_from(LINES), st.sampled_from([-99, -1, 1, 60, 99])),
                st.builds(
                    SetQuantity, st.sampled_from(LINES), st.sampled_from([0, 1, 998, 999]), st.just([])
                ),
            ),
        ),
        max_size=60,
    )
)
def test_cart8_bounds_hold_after_every_entry(steps: list[tuple[int, Increment | SetQuantity]]) -> None:
    stage = Stage()
    for tab, op in steps:
        stage.lea(op, tab)
        for counts in stage.cart.lines.values():
            assert 0 < len(counts) <= carts.MAX_DOTS
            assert carts.raw_sum(counts) <= carts.MAX_QUANTITY


@given(st.permutations([(1.0, "1.1"), (1.0, "2.1"), (0.0, "3.1")]))
def test_cart11_the_note_with_the_greatest_time_then_dot_wins(order: list[tuple[float, str]]) -> None:
    cart = joined([carts.write_note("gift", dot, dot, ts) for ts, dot in order])
    assert cart.notes["gift"].text == "2.1"


def test_cart11_dots_are_compared_as_numbers() -> None:
    cart = joined([carts.write_note("gift", dot, dot, 1.0) for dot in ("10.1", "9.1")])
    assert cart.notes["gift"].text == "10.1"


def test_cart10_a_status_only_rises() -> None:
    made = carts.propose(Proposal("1.1", "oak", 1, "", "Ginny", 1.0))
    start = join(Cart(), made)
    taken = carts.settle_proposal(start, start.proposals["1.1"], "accepted", "2.1", 2.0)
    withdrawn = carts.settle_proposal(start, start.proposals["1.1"], "withdrawn", "1.2", 2.0)
    for order in ([taken, withdrawn], [withdrawn, taken]):
        cart = joined([made, *order, made])
        assert cart.proposals["1.1"].status == "accepted"
        assert project(cart) == {"oak": 1}
    assert content(joined([withdrawn, made])) == content(joined([made, withdrawn]))
