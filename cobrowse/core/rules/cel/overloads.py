"""CEL's operators and functions by the types they take: what each gives, its Python, whether it may fail."""

from __future__ import annotations

from typing import Any, Final

Type = Any
"""A scalar's name ("int", "string" ...), ("list", item) or ("map", key, value); "any" for what nothing is known of."""

NUMBERS: Final = ("int", "double")
ORDERED: Final = ("int", "double", "string", "bool", "duration", "timestamp")

ARITHMETIC: Final[dict[tuple[str, Type, Type], tuple[Type, str, bool]]] = {
    **{(sign, "int", "int"): ("int", f"runtime.whole({{}} {sign} {{}})", True) for sign in "+-*"},
    **{(sign, "double", "double"): ("double", f"({{}} {sign} {{}})", False) for sign in "+-*"},
    ("/", "int", "int"): ("int", "runtime.divide({}, {})", True),
    ("%", "int", "int"): ("int", "runtime.modulo({}, {})", True),
    ("/", "double", "double"): ("double", "runtime.ratio({}, {})", False),
    ("+", "string", "string"): ("string", "({} + {})", False),
    ("+", "duration", "duration"): ("duration", "runtime.span({} + {})", True),
    ("-", "duration", "duration"): ("duration", "runtime.span({} - {})", True),
    ("-", "timestamp", "timestamp"): ("duration", "runtime.span({} - {})", True),
    ("+", "timestamp", "duration"): ("timestamp", "runtime.moment_at({} + {})", True),
    ("+", "duration", "timestamp"): ("timestamp", "runtime.moment_at({} + {})", True),
    ("-", "timestamp", "duration"): ("timestamp", "runtime.moment_at({} - {})", True),
}

Overload = tuple[tuple[str, ...], Type, str, bool]

_SIZE: Final[tuple[Overload, ...]] = tuple(
    ((kind,), "int", "len({})", False) for kind in ("string", "list", "map")
)

FUNCTIONS: Final[dict[str, tuple[Overload, ...]]] = {
    "size": _SIZE,
    "int": (
        (("int",), "int", "{}", False),
        (("double",), "int", "runtime.truncate({})", True),
        (("string",), "int", "runtime.read_int({})", True),
        (("timestamp",), "int", "({} // runtime.SECOND)", False),
    ),
    "double": (
        (("double",), "double", "{}", False),
        (("int",), "double", "({} * 1.0)", False),
        (("string",), "double", "runtime.read_double({})", True),
    ),
    "string": (
        (("string",), "string", "{}", False),
        (("int",), "string", "'%d' % {}", False),
        (("bool",), "string", "('true' if {} else 'false')", False),
    ),
    "duration": (
        (("duration",), "duration", "{}", False),
        (("string",), "duration", "runtime.read_duration({})", True),
    ),
    "timestamp": (
        (("timestamp",), "timestamp", "{}", False),
        (("string",), "timestamp", "runtime.read_timestamp({})", True),
        (("int",), "timestamp", "runtime.moment_at({} * runtime.SECOND)", True),
    ),
}

_CALENDAR: Final = (
    "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear",
    "getHours", "getMinutes", "getSeconds", "getMilliseconds",
)  # fmt: skip
_SPENT: Final = ("getHours", "getMinutes", "getSeconds", "getMilliseconds")

METHODS: Final[dict[str, tuple[Overload, ...]]] = {
    "size": _SIZE,
    "startsWith": ((("string", "string"), "bool", "{}.startswith({})", False),),
    "endsWith": ((("string", "string"), "bool", "{}.endswith({})", False),),
    "contains": ((("string", "string"), "bool", "({1} in {0})", False),),
    "matches": ((("string", "string"), "bool", "", False),),
    **{
        name: (
            (("timestamp",), "int", f"runtime.calendar({{}}, {name!r})", True),
            (
                ("timestamp", "string"),
                "int",
                f"runtime.calendar({{}}, {name!r}, runtime.read_zone({{}}))",
                True,
            ),
            *(((("duration",), "int", f"runtime.spent({{}}, {name!r})", False),) if name in _SPENT else ()),
        )
        for name in _CALENDAR
    },
}


def shown(kind: Type) -> str:
    """The type in words: int, list of string."""
    match kind:
        case ("list", item):
            return "list" if item in ("any", "string") else f"list of {shown(item)}"
        case ("map", *_):
            return "map"
    return str(kind)


def fits(a: Type, b: Type) -> bool:
    """Whether the two are one type; the items of an empty list are of any."""
    if a == b or "any" in (a, b):
        return True
    if isinstance(a, tuple) and isinstance(b, tuple) and a[0] == b[0]:
        return all(fits(x, y) for x, y in zip(a[1:], b[1:], strict=True))
    return False


def wider(a: Type, b: Type) -> Type:
    if a == "any":
        return b
    if isinstance(a, tuple) and isinstance(b, tuple):
        return (a[0], *(wider(x, y) for x, y in zip(a[1:], b[1:], strict=True)))
    return a


def comparable(a: Type, b: Type) -> bool:
    return fits(a, b) or (a in NUMBERS and b in NUMBERS)
