"""What conditions become: typed Python, and the function that it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cobrowse.core.rules.cel import runtime
from cobrowse.core.rules.cel.overloads import Type

MAX_CLOCK_S: Final = 90 * 86_400
"""A bound keeps every timer within the reach of every clock."""

NAMESPACE: Final[dict[str, Any]] = {
    "runtime": runtime,
    "__builtins__": {"len": len, "any": any, "all": all, "sum": sum},
}


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that expressions may speak of: its type, its Python, and the only values there are, if few.

    A clock counts whole seconds up from the instant that `source` is.
    """

    type: Type
    source: str
    values: tuple[str, ...] = ()
    clock: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """Python for an expression; `fails` if it may raise NoValue."""

    source: str
    type: Type
    fails: bool = False


def any_fails(*codes: Code) -> bool:
    """Whether any of these may raise NoValue."""
    return any(code.fails for code in codes)


def compile_code(names: Mapping[str, object], function: str, source: str) -> Callable[..., Any]:
    """The function of that name in `source`, which is our own translation and never a person's text."""
    found: dict[str, Any] = {**NAMESPACE, **names}
    exec(compile(source, "<rules>", "exec"), found)  # noqa: S102
    made: Callable[..., Any] = found[function]
    return made


def reached(variable: Variable, seconds: int) -> str:
    """The code that asks whether a clock has come to so many seconds."""
    return f"({variable.source} + {seconds} <= now)" if seconds > 0 else "(True)"


def clock_use(name: str) -> str:
    """What is wrong with a clock that is not compared with a number."""
    expected = f"expected it compared with a number of seconds up to {MAX_CLOCK_S}, as in {name} > 60"
    return f"{name} grows by itself: {expected}"
