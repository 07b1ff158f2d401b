"""What the server, the snippet and the command line offer is in the docs: all of it, by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
from starlette.routing import Route

from cobrowse.__main__ import main
from cobrowse.app import create_app
from cobrowse.settings import Settings, Site
from tests.serving import settings_for, small_assets

ROOT = Path(__file__).parents[2]
DOCS = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}
EVERYTHING = "\n".join([(ROOT / "README.md").read_text(), *DOCS.values()])

# GA4's names that the embedding contract speaks of; the snippet passes any name on, so no code lists them.
GA4_EVENTS = frozenset(
    [
        *("page_view", "view_item", "view_item_list", "search", "view_cart"),
        *("add_to_cart", "remove_from_cart", "begin_checkout"),
        *("add_shipping_info", "add_payment_info", "purchase"),
    ]
)
OUR_EVENTS = frozenset(["search_without_result", "coupon_refused", "out_of_stock"])
"""What only the shop's page knows, and GA4 has no name for."""


def source(path: str) -> str:
    return (ROOT / path).read_text()


def found(pattern: str, path: str) -> set[str]:
    """What the pattern's group finds in a source file; finding nothing is a fault of the pattern."""
    names = set(re.findall(pattern, source(path), re.MULTILINE))
    assert names, f"{path}: expected {pattern} to find something"
    return names


def commands(command: click.Command = main, path: str = "cobrowse") -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield path
        return
    for name, each in command.commands.items():
        yield from commands(each, f"{path} {name}")


async def test_every_endpoint_is_in_the_docs(tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path), [], small_assets(tmp_path / "static"))
    async with app.router.lifespan_context(app):
        endpoints = {
            (method, route.path)
            for route in app.routes
            if isinstance(route, Route)
            for method in (route.methods or set()) - {"HEAD"}
        }
    endpoints.add(("GET", "/live"))
    rows = re.findall(r"^\| ([A-Z]+) \| (.+?) \|", DOCS["api.md"], re.MULTILINE)
    documented = {(method, path) for method, paths in rows for path in re.findall(r"`([^`]+)`", paths)}
    assert documented == endpoints


@pytest.mark.parametrize("setting", msgspec.structs.fields(Settings), ids=lambda field: field.name)
def test_every_setting_is_in_the_docs(setting: msgspec.structs.FieldInfo) -> None:
    assert f"| `{setting.name}` |" in DOCS["operating.md"]


@pytest.mark.parametrize("setting", msgspec.structs.fields(Site), ids=lambda field: field.name)
def test_every_setting_of_a_site_is_in_the_docs(setting: msgspec.structs.FieldInfo) -> None:
    assert f"| `{setting.name}` |" in DOCS["operating.md"]


@pytest.mark.parametrize("command", sorted(commands()))
def test_every_command_is_in_the_docs(command: str) -> None:
    assert re.search(rf"(?<![\w-]){command}(?![\w-])", EVERYTHING)


def test_every_session_event_is_in_the_docs() -> None:
    names = GA4_EVENTS | OUR_EVENTS | found(r"happened\('(\w+)'", "web/snippet/core.ts")
    names |= found(r"k: 'event', name: '(\w+)'", "web/snippet/session.ts")
    missing = {name for name in names if f"`{name}`" not in DOCS["api.md"]}
    assert missing == set()
    embedder_needs = (GA4_EVENTS | OUR_EVENTS) - {"page_view"}
    assert {name for name in embedder_needs if f"`{name}`" not in DOCS["embedding.md"]} == set()


def test_every_event_that_the_demo_shop_pushes_is_one_of_them() -> None:
    pushed = set[str]()
    for path in [*(ROOT / "cobrowse" / "demo").glob("*.py"), *(ROOT / "cobrowse" / "demo").rglob("*.js")]:
        pushed |= set(re.findall(r"""["']?event["']?: ["'](\w+)["']""", path.read_text()))
    assert "add_to_cart" in pushed or "begin_checkout" in pushed
    assert pushed <= GA4_EVENTS | OUR_EVENTS


def test_every_verb_of_the_snippet_is_in_the_docs() -> None:
    body = re.search(
        r"^  publish\(\{$(.*?)^  \}\);$", source("web/snippet/core.ts"), re.MULTILINE | re.DOTALL
    )
    assert body
    verbs = set(re.findall(r"^    (\w+)(?:\(|:|,)", body[1], re.MULTILINE))
    assert {"open", "on", "reset"} <= verbs
    assert {verb for verb in verbs if f"('{verb}'" not in DOCS["embedding.md"]} == set()


def test_every_event_to_listen_to_is_in_the_docs() -> None:
    union = re.search(r"export type EventName =(.*?);", source("web/snippet/api.ts"), re.DOTALL)
    assert union
    names = set(re.findall(r"'([\w-]+)'", union[1]))
    listed = re.search(r"^Events of `on`: (.*?)\.$", DOCS["embedding.md"], re.MULTILINE)
    assert listed
    assert set(re.findall(r"`([\w-]+)`", listed[1])) == names


def test_every_kind_of_page_is_in_the_docs_for_embedders_and_for_rules() -> None:
    kinds = re.search(r"^`page.kind` is one of (.*?)\.$", DOCS["rules.md"], re.MULTILINE)
    assert kinds
    for kind in re.findall(r"`(\w+)`", kinds[1]):
        assert f"`{kind}`" in DOCS["embedding.md"]
