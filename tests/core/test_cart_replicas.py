"""Three replicas and the server that orders; what they send and get is lost, repeated and reordered."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cobrowse.core import cart as carts
from cobrowse.core import room
from cobrowse.core.cart import Cart, absorb, join, make_dot
from cobrowse.core.messages import (
    AddCoupon,
    AnyOperation,
    CartChanged,
    Increment,
    RemoveCoupon,
    SetQuantity,
    WriteNote,
)
from tests.core.stage import LEA, Stage, code_of, content

LINES = ("oak", "pine", "elm")


@dataclass
class Tab:
    """A client: what it has got of the log, and what it has not seen acknowledged."""

    replica: int
    confirmed: Cart = field(default_factory=Cart)
    got: set[int] = field(default_factory=set)
    pending: list[tuple[int, AnyOperation]] = field(default_factory=list)
    c: int = 0
    online: bool = True

    def shown(self) -> Cart:
        """The optimistic view: what is confirmed, with the own pending operations on it."""
        cart = join(self.confirmed, Cart())
        for c, op in self.pending:
            dot = make_dot(self.replica, c)
            match op:
                case Increment(line=line, n=n):
                    absorb(cart, carts.increment(cart, line, n, dot, 0.0))
                case SetQuantity(line=line, n=n, seen=seen):
                    absorb(cart, carts.set_quantity(cart, line, n, seen, dot, 0.0))
                case AddCoupon(code=code):
                    absorb(cart, carts.add_coupon(code, dot))
                case _:
                    pass
        return cart


class Replicas(RuleBasedStateMachine):
    """At the end all are equal, and each operation has had its effect exactly once."""

    @initialize()
    def start(self) -> None:
        self.stage = Stage()
        self.tabs = [Tab(replica) for replica in (1, 2, 3)]
        self.on_the_way: list[tuple[int, int, AnyOperation]] = []

    def _send(self, tab: Tab, op: AnyOperation) -> None:
        tab.c += 1
        tab.pending.append((tab.c, op))
        if tab.online:
            self.on_the_way.append((tab.replica, tab.c, op))

    @rule(who=st.integers(0, 2), line=st.sampled_from(LINES), n=st.integers(-3, 3))
    def increment(self, who: int, line: str, n: int) -> None:
        self._send(self.tabs[who], Increment(line, n))

    @rule(who=st.integers(0, 2), line=st.sampled_from(LINES), n=st.integers(0, 9))
    def set(self, who: int, line: str, n: int) -> None:
        tab = self.tabs[who]
        self._send(tab, SetQuantity(line, n, list(tab.shown().lines.get(line, {}))[: carts.MAX_DOTS]))

    @rule(who=st.integers(0, 2), code=st.sampled_from(["A", "B"]), add=st.booleans())
    def coupon(self, who: int, code: str, add: bool) -> None:
        tab = self.tabs[who]
        seen = list(tab.shown().coupons.get(code, ()))[: carts.MAX_DOTS]
        self._send(tab, AddCoupon(code) if add else RemoveCoupon(code, seen))

    @rule(who=st.integers(0, 2), text=st.sampled_from(["x", "y"]))
    def note(self, who: int, text: str) -> None:
        self._send(self.tabs[who], WriteNote("gift", text))

    @rule(who=st.integers(0, 2))
    def a_refused_operation(self, who: int) -> None:
        self._send(self.tabs[who], RemoveCoupon("A", ["999.1"]))

    @rule(data=st.data(), lose=st.booleans(), again=st.booleans())
    def carry_up(self, data: st.DataObject, lose: bool, again: bool) -> None:
        if self.on_the_way:
            index = data.draw(st.integers(0, len(self.on_the_way) - 1))
            frame = self.on_the_way[index] if again else self.on_the_way.pop(index)
            if not lose:
                self._arrive(*frame)

    def _arrive(self, replica: int, c: int, op: AnyOperation) -> None:
        if c == room.last_counter(self.stage.state, replica) + 1:
            self.stage.now += 1.0
            self.stage.do(LEA, op, replica)

    @rule(who=st.integers(0, 2), data=st.data())
    def carry_down(self, who: int, data: st.DataObject) -> None:
        """Any entries, in any order, some again: a join does not mind."""
        tab = self.tabs[who]
        if tab.online and self.stage.log:
            picks = st.lists(st.integers(0, len(self.stage.log) - 1), max_size=6)
            self._deliver(tab, data.draw(picks))

    def _deliver(self, tab: Tab, indices: list[int]) -> None:
        for index in indices:
            entry = self.stage.log[index]
            tab.got.add(index)
            if isinstance(entry.fact, CartChanged):
                absorb(tab.confirmed, entry.fact.delta)
            if entry.replica == tab.replica:
                tab.pending = [(c, op) for c, op in tab.pending if c != entry.c]

    @rule(who=st.integers(0, 2), online=st.booleans())
    def connect(self, who: int, online: bool) -> None:
        tab = self.tabs[who]
        if online and not tab.online:
            self.on_the_way += [(tab.replica, c, op) for c, op in tab.pending]
        tab.online = online

    @invariant()
    def no_quantity_is_out_of_bounds(self) -> None:
        for cart in (self.stage.cart, *(tab.confirmed for tab in self.tabs)):
            assert all(0 < n <= carts.MAX_QUANTITY for n in carts.project(cart).values())

    @invariant()
    def the_server_has_no_cloud(self) -> None:
        assert not self.stage.cart.context.cloud

    def teardown(self) -> None:
        for tab in self.tabs:
            for c, op in list(tab.pending):
                self._arrive(tab.replica, c, op)
        for tab in self.tabs:
            self._deliver(tab, [index for index in range(len(self.stage.log)) if index not in tab.got])
            assert content(tab.confirmed) == content(self.stage.cart)
            assert tab.pending == []
            answers = [entry.c for entry in self.stage.log if entry.replica == tab.replica]
            assert answers == list(range(1, tab.c + 1))
        refused = {code_of(entry) for entry in self.stage.log}
        assert refused <= {"", "unknown_dot", "bound"}


Replicas.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)


class TestCart1Room3Replicas(Replicas.TestCase):  # type: ignore[misc, valid-type]
    """SPEC cart.1, cart.4, room.3."""


def test_room3_a_repeat_after_a_lost_acknowledgement_adds_nothing() -> None:
    """The shortest such history, told by hand."""
    machine = Replicas()
    machine.start()
    machine.increment(0, "oak", 2)
    frame = machine.on_the_way[0]
    machine._arrive(*frame)
    machine.connect(0, False)
    machine.connect(0, True)
    machine._arrive(*machine.on_the_way[-1])
    assert carts.project(machine.stage.cart) == {"oak": 2}
    machine.teardown()


def test_cart7_a_set_may_name_the_dot_of_an_own_operation_that_was_refused() -> None:
    """A client's optimistic view holds dots whose operation the server then declines."""
    stage = Stage()
    assert code_of(stage.lea(SetQuantity("oak", 1, ["999.1"]))) == "unknown_dot"
    assert code_of(stage.lea(SetQuantity("oak", 2, ["1.1"]))) == ""
