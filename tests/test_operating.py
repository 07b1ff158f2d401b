"""Every setting is described in docs/operating.md, with its default, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from cobrowse.settings import Settings, Site

PAGE = (Path(__file__).parent.parent / "docs" / "operating.md").read_text("utf-8")


def described(heading: str) -> dict[str, str]:
    """The rows of the first table under a heading: setting -> default as written."""
    section = PAGE.partition(f"\n### {heading}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    assert section, f"expected a heading {heading}"
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) \|", section, re.MULTILINE))


def defaults(kind: type[msgspec.Struct]) -> dict[str, object]:
    return {
        field.name: None
        if field.required
        else field.default
        if field.default is not msgspec.NODEFAULT
        else field.default_factory()
        for field in msgspec.structs.fields(kind)
    }


def written(value: object) -> str:
    """A default as the page writes it."""
    if value is None:
        return "needed"
    if isinstance(value, bool):
        return f"`{value}`".lower()
    if isinstance(value, str):
        return f'`"{value}"`'
    return "none" if value in ([], {}) else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def test_every_setting_of_the_server_is_described_with_its_default() -> None:
    expected = {name: written(value) for name, value in defaults(Settings).items()}
    assert described("The server") == expected


def test_every_setting_of_a_site_is_described_with_its_default() -> None:
    expected = {name: written(value) for name, value in defaults(Site).items()}
    assert described("A site: `[[sites]]`") == expected
