"""The judge is judged: each wrong history is found wrong, for the right reason; a right one is let through."""

from __future__ import annotations

import pytest

from tests.nodes.history import History, Operation, Outcome, judge


def done(
    name: str,
    at: float,
    ended: float | None,
    offset: int | None = None,
    outcome: Outcome = "ok",
    client: str = "a",
) -> Operation:
    return Operation(name, client, "room", at, outcome, ended, offset)


RIGHT = [done("x", 0, 1, 1), done("y", 2, 3, 2), done("z", 2, 4, 3, client="b")]


def test_a_right_history_passes() -> None:
    history = History([*RIGHT, done("u", 5, None, outcome="unknown")], [("room", [(1, "x"), (2, "y")])])
    log = ["x", "y", "z"]
    assert judge(history, {"room": log}, {"room": log}) == []
    assert judge(history, {"room": [*log, "u"]}, {"room": [*log, "u"]}) == []


@pytest.mark.parametrize(
    ("operations", "log", "seen", "fault"),
    [
        (RIGHT, ["x", "y"], [], "lost: z"),
        (RIGHT, ["x", "y", "z", "x"], [], "twice: x"),
        (RIGHT, ["x", "z", "y"], [], "moved: y"),
        ([*RIGHT, done("f", 5, 6, outcome="fail")], ["x", "y", "z", "f"], [], "ghost: f"),
        (RIGHT, ["x", "y", "z", "w"], [], "invented: w"),
        ([done("x", 0, 1), done("y", 2, 3)], ["y", "x"], [], "reordered: y"),
        ([done("x", 0, 1), done("y", 2, 3, client="b")], ["y", "x"], [], "back in time: y"),
        (RIGHT, ["x", "y", "z"], [(1, "x"), (3, "z")], "gap: a client was told 3 after 1"),
        (RIGHT, ["x", "y", "z"], [(1, "x"), (2, "z")], "taken back: a client was told z at 2"),
        (RIGHT, ["x", "y", "z"], [(1, "x"), (1, "x")], "gap: a client was told 1 after 1"),
    ],
)
def test_a_wrong_history_is_found(
    operations: list[Operation], log: list[str], seen: list[tuple[int, str]], fault: str
) -> None:
    history = History(operations, [("room", seen)] if seen else [])
    faults = judge(history, {"room": log}, {"room": log})
    assert any(found.startswith(fault) for found in faults), faults


@pytest.mark.parametrize("messages", [["x", "y"], ["x", "y", "y", "z"], ["y", "x", "z"], []])
def test_a_database_that_differs_is_found(messages: list[str]) -> None:
    (fault,) = judge(History(list(RIGHT)), {"room": ["x", "y", "z"]}, {"room": messages})
    assert fault.startswith("database:")
