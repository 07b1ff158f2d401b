"""Imports point one way, the core stays pure, and no module outgrows its reader.

The tables below are the architecture: a part that they do not name fails until it is given its place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# part of cobrowse/ -> the other parts that it may import; core <- {broker, storage} <- live <- asgi <- app
SERVER_ARROWS: dict[str, frozenset[str]] = {
    "__init__": frozenset(),
    "core": frozenset(),
    "broker": frozenset({"core"}),
    "storage": frozenset({"core"}),
    "settings": frozenset({"core"}),
    "rulebook": frozenset({"core"}),
    "live": frozenset({"core", "broker", "storage", "settings"}),
    "asgi": frozenset({"core", "broker", "storage", "live", "settings"}),
    "app": frozenset({"core", "broker", "storage", "live", "asgi", "settings", "rulebook"}),
    "simulate": frozenset({"core"}),
    "demo": frozenset(),
    "commands": frozenset({"core", "storage", "asgi", "app", "settings", "rulebook", "demo", "simulate"}),
    "__main__": frozenset({"__init__", "core", "storage", "settings", "rulebook", "commands", "simulate"}),
}
IMPURE_MODULES = frozenset(
    {"asyncio", "time", "random", "secrets", "logging", "socket", "os", "pathlib", "threading"}
    | {"subprocess", "multiprocessing", "concurrent", "sqlite3", "sqlalchemy", "starlette"}
    | {"httpx", "httpcore", "redis", "uvicorn", "websockets"}
)
IMPURE_CALLS = frozenset(
    {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "open", "print", "input"}
)

# folder -> the folders it may import, those it may import types of, and the packages
BROWSER_ARROWS: dict[str, tuple[frozenset[str], frozenset[str], frozenset[str]]] = {
    "web/core": (frozenset(), frozenset(), frozenset()),
    "web/snippet": (frozenset({"web/core"}), frozenset(), frozenset()),
    "web/adapters": (frozenset({"web/core"}), frozenset({"web/snippet"}), frozenset()),
    "web/widget": (
        frozenset({"web/core", "web/snippet"}),
        frozenset(),
        frozenset({"preact", "@preact/signals"}),
    ),
    "web/mirror": (
        frozenset({"web/core"}),
        frozenset({"web/snippet"}),
        frozenset({"@rrweb/record"}),
    ),
    "web/control": (
        frozenset({"web/core", "web/mirror"}),
        frozenset({"web/snippet"}),
        frozenset(),
    ),
    "agent_ui": (
        frozenset({"web/core"}),
        frozenset(),
        frozenset({"preact", "@preact/signals", "@rrweb/replay"}),
    ),
}
BROWSER_IMPORT = re.compile(
    r"""(?:^|;)\s*(?P<kind>import|export)\s+(?P<type>type\s)?(?:[^'";]*?\sfrom\s*)?['"](?P<path>[^'"]+)['"]"""
    r"""|\bimport\(\s*['"](?P<dynamic>[^'"]+)['"]""",
    re.MULTILINE,
)

MAX_LINES = 400
MEASURED_SUFFIXES = frozenset({".py", ".ts", ".tsx", ".css"})


def part_of(module: str) -> str:
    """The part of cobrowse/ that a dotted module name belongs to: cobrowse.core.cart -> core."""
    return [*module.split("."), "__init__"][1]


def imported(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Each module that the source names in an import, with its line; `package` resolves the relative ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                anchor = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*anchor, base] if base else anchor)
            if base == "cobrowse":
                # `from cobrowse import __version__` is a name of the package, `import app` a module in it
                names = [alias.name for alias in node.names]
                yield from ((node.lineno, base if n == "__version__" else f"{base}.{n}") for n in names)
            else:
                yield node.lineno, base


def server_faults(root: Path) -> list[str]:
    """Every wrong arrow and impurity below root/cobrowse, as `path:line: what is wrong`."""
    faults: list[str] = []
    for path in sorted((root / "cobrowse").rglob("*.py")):
        where = path.relative_to(root)
        names = where.with_suffix("").parts
        package = ".".join(names[:-1])
        part = part_of(".".join(names))
        if part not in SERVER_ARROWS:
            faults.append(f"{where}:1: {part} has no place in SERVER_ARROWS")
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for line, module in imported(tree, package):
            top = module.split(".")[0]
            target = part_of(module)
            if top == "cobrowse" and target != part and target not in SERVER_ARROWS[part] | {"__init__"}:
                faults.append(f"{where}:{line}: {part} must not import {target}")
            if part == "core" and top in IMPURE_MODULES:
                faults.append(f"{where}:{line}: core must not import {top}")
        if part == "core":
            faults += [f"{where}:{line}: core must not call {name}" for line, name in impure_calls(tree)]
    return faults


def impure_calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Each call in the source that reads a clock or does I/O, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ".".join(ast.unparse(node.func).split(".")[-2:])
            if name in IMPURE_CALLS:
                yield node.lineno, name


def folder_of(path: str) -> str:
    """The folder of BROWSER_ARROWS that a path belongs to: web/core/cart.ts -> web/core."""
    parts = path.split("/")
    return parts[0] if parts[0] == "agent_ui" else "/".join(parts[:2])


def browser_modules(root: Path) -> Iterator[Path]:
    """The shipped TypeScript below web/ and agent_ui/: no tests, no declarations, no tool's settings."""
    for top in ("web", "agent_ui"):
        for path in sorted((root / top).rglob("*.ts*")):
            tool = path.name.endswith((".test.ts", ".test.tsx", ".fixture.ts", ".d.ts", ".config.ts"))
            if path.suffix in {".ts", ".tsx"} and not tool and "node_modules" not in path.parts:
                yield path


def browser_faults(root: Path) -> list[str]:
    """Every wrong arrow below root/web and root/agent_ui, as `path:line: what is wrong`."""
    faults: list[str] = []
    for path in browser_modules(root):
        where = path.relative_to(root).as_posix()
        folder = folder_of(where)
        if folder not in BROWSER_ARROWS:
            faults.append(f"{where}:1: {folder} has no place in BROWSER_ARROWS")
            continue
        folders, type_folders, packages = BROWSER_ARROWS[folder]
        text = path.read_text(encoding="utf-8")
        for found in BROWSER_IMPORT.finditer(text):
            name = found["path"] or found["dynamic"]
            line = text.count("\n", 0, found.end()) + 1
            if not name.startswith("."):
                if package_of(name) not in packages:
                    faults.append(f"{where}:{line}: {folder} must not import {name}")
                continue
            target = folder_of((path.parent / name).resolve().relative_to(root.resolve()).as_posix())
            allowed = folders | {folder} | (type_folders if found["type"] else frozenset())
            if target not in allowed:
                what = "types of " if found["type"] else ""
                faults.append(f"{where}:{line}: {folder} must not import {what}{target}")
    return faults


def package_of(specifier: str) -> str:
    """The package that an import names: preact/hooks -> preact, @preact/signals -> itself."""
    parts = specifier.split("/")
    return "/".join(parts[:2]) if specifier.startswith("@") else parts[0]


def size_faults(root: Path) -> list[str]:
    """Every shipped module of more than MAX_LINES lines, as `path: its lines`."""
    faults: list[str] = []
    for top in ("cobrowse", "web", "agent_ui"):
        for path in sorted((root / top).rglob("*")):
            where = path.relative_to(root)
            built = where.parts[:2] == ("cobrowse", "static") or "node_modules" in where.parts
            if path.suffix not in MEASURED_SUFFIXES or built or ".test." in path.name:
                continue
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > MAX_LINES:
                faults.append(f"{where}: {lines} lines, at most {MAX_LINES} are allowed")
    return faults


def test_server_imports_point_one_way_and_the_core_is_pure() -> None:
    assert server_faults(ROOT) == []


def test_browser_imports_point_one_way() -> None:
    assert browser_faults(ROOT) == []


def test_no_module_outgrows_its_reader() -> None:
    assert size_faults(ROOT) == []


# The judge is judged: each wrong line, put into a tree of its own, is found; each right one is let through.


def plant(root: Path, path: str, text: str) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("broker/memory.py", "import cobrowse.storage.journal", "1: broker must not import storage"),
        ("storage/carts.py", "from cobrowse.broker import contract", "1: storage must not import broker"),
        ("core/cart.py", "from cobrowse.live.hub import Hub", "1: core must not import live"),
        ("core/rules/facts.py", "from ...live import hub", "1: core must not import live"),
        ("core/cart.py", "from cobrowse import settings", "1: core must not import settings"),
        ("core/cart.py", "def f():\n    import time", "2: core must not import time"),
        ("core/chat.py", "from os.path import join", "1: core must not import os"),
        ("core/chat.py", "import datetime\ndatetime.datetime.now()", "2: core must not call datetime.now"),
        ("core/chat.py", "from datetime import date\ndate.today()", "2: core must not call date.today"),
        ("core/chat.py", "open('x')", "1: core must not call open"),
        ("live/room.py", "import cobrowse.asgi.pages", "1: live must not import asgi"),
        ("asgi/pages.py", "import cobrowse.app", "1: asgi must not import app"),
        ("demo/shop.py", "from cobrowse.core import cart", "1: demo must not import core"),
        ("simulate/visits.py", "from cobrowse.storage import carts", "1: simulate must not import storage"),
        ("app.py", "from cobrowse.demo.shop import create_shop", "1: app must not import demo"),
        ("misc.py", "", "1: misc has no place in SERVER_ARROWS"),
    ],
)
def test_a_wrong_server_import_is_found(tmp_path: Path, path: str, text: str, fault: str) -> None:
    plant(tmp_path, f"cobrowse/{path}", text)
    assert server_faults(tmp_path) == [f"cobrowse/{path}:{fault}"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("core/rules/facts.py", "from ..cart import Cart\nfrom cobrowse.core.chat import Chat\nimport cel"),
        ("core/cart.py", "from datetime import datetime, UTC\ndatetime.fromtimestamp(0, UTC)"),
        (
            "live/room.py",
            "import asyncio\nfrom cobrowse.broker import contract\nfrom cobrowse.core import cart",
        ),
        ("asgi/pages.py", "import cobrowse.live.hub\nfrom cobrowse.settings import Settings"),
        ("__main__.py", "from cobrowse import __version__\nfrom cobrowse.commands.serve import serve"),
    ],
)
def test_a_right_server_import_passes(tmp_path: Path, path: str, text: str) -> None:
    plant(tmp_path, f"cobrowse/{path}", text)
    assert server_faults(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("web/core/link.ts", "import { h } from 'preact';", "1: web/core must not import preact"),
        ("web/core/link.ts", "\nexport * from '../widget/x';", "2: web/core must not import web/widget"),
        (
            "web/snippet/core.ts",
            "import '@preact/signals';",
            "1: web/snippet must not import @preact/signals",
        ),
        ("web/snippet/core.ts", "f(import('../widget/panel'));", "1: web/snippet must not import web/widget"),
        (
            "web/snippet/api.ts",
            "import {\n  a,\n} from '../widget/panel';",
            "3: web/snippet must not import web/widget",
        ),
        (
            "web/core/cart.ts",
            "import type { A } from '../snippet/api';",
            "1: web/core must not import types of web/snippet",
        ),
        (
            "agent_ui/src/main.tsx",
            "import { a } from '../../web/widget/a';",
            "1: agent_ui must not import web/widget",
        ),
        ("web/odd/a.ts", "", "1: web/odd has no place in BROWSER_ARROWS"),
    ],
)
def test_a_wrong_browser_import_is_found(tmp_path: Path, path: str, text: str, fault: str) -> None:
    plant(tmp_path, path, text)
    assert browser_faults(tmp_path) == [f"{path}:{fault}"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("web/core/codec.ts", "import { a } from './cart';"),
        ("web/core/codec.test.ts", "import fc from 'fast-check';"),
        ("web/snippet/core.ts", "import { Link } from '../core/link';\nimport(base + PANEL_FILE);"),
        ("web/widget/panel.tsx", "import type { Api } from '../snippet/api';\nimport 'preact/hooks';"),
        ("agent_ui/src/main.tsx", "import './console.css';\nimport { Cart } from '../../web/core/cart';"),
    ],
)
def test_a_right_browser_import_passes(tmp_path: Path, path: str, text: str) -> None:
    plant(tmp_path, path, text)
    assert browser_faults(tmp_path) == []


def test_a_module_of_401_lines_is_found_and_one_of_400_passes(tmp_path: Path) -> None:
    plant(tmp_path, "cobrowse/core/cart.py", "x = 1\n" * 400)
    plant(tmp_path, "cobrowse/static/core.css", "a {}\n" * 900)
    assert size_faults(tmp_path) == []
    plant(tmp_path, "web/widget/panel.css", "a {}\n" * 401)
    assert size_faults(tmp_path) == ["web/widget/panel.css: 401 lines, at most 400 are allowed"]
