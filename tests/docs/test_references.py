"""What the docs point at is there; and nothing that is kept says where it was written."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)|(?:src|srcset|href)=\"(?P<attribute>[^\"]+)\"")
FENCE = re.compile(r"^ *```\w*\n(?P<code>.*?)^ *```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = re.compile(r"[a-z]+:")
MAX_PICTURES_BYTES = 2_500_000

MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:home|Users)/[\w.-]+/|(?<![\w.:/-])/(?:root|work|mnt)/\w")
REGISTRY_HOST = re.compile(
    r"--(?:extra-)?index-url|^\s*registry\s*=\s*http|\"resolved\": \"http|^[\w.-]+ @ http", re.MULTILINE
)


def prose(page: Path) -> str:
    """The page without its fenced code, whose links are examples."""
    return FENCE.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[str]:
    for match in LINK.finditer(prose(page)):
        target = match["target"] or match["attribute"]
        if not ELSEWHERE.match(target):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_and_picture_is_there(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} points at {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name} points at {link}"


def test_the_readme_leads_to_every_page() -> None:
    reached = {(ROOT / link.partition("#")[0]).resolve() for link in links(ROOT / "README.md")}
    assert {page for page in PAGES[1:] if page.resolve() not in reached} == set()


def test_every_picture_is_shown_somewhere_and_all_are_small() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    pictures = [path for path in (ROOT / "docs" / "images").iterdir() if path.suffix in (".png", ".svg")]
    assert {path.name for path in pictures if path.resolve() not in shown} == set()
    assert sum(path.stat().st_size for path in pictures) <= MAX_PICTURES_BYTES


def test_every_make_command_in_the_docs_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= targets
    for page in PAGES:
        text = page.read_text()
        code = [*re.findall(r"`([^`\n]+)`", text), *(match["code"] for match in FENCE.finditer(text))]
        named = {name for each in code for name in re.findall(r"(?:^|\n|&& )\s*make ([a-z]+)", each)}
        assert named <= targets, page.name


def kept_files() -> list[Path]:
    """The files that git keeps, and the new ones that it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def kept_texts() -> Iterator[tuple[Path, str]]:
    for path in kept_files():
        content = path.read_bytes()
        if b"\0" not in content[:8192]:
            yield path, content.decode(errors="replace")


def test_no_kept_file_names_a_folder_of_somebodys_machine() -> None:
    found = {str(path.relative_to(ROOT)) for path, text in kept_texts() if MACHINE_PATH.search(text)}
    assert found == set()


def test_no_kept_file_names_a_package_registry() -> None:
    found = {str(path.relative_to(ROOT)) for path, text in kept_texts() if REGISTRY_HOST.search(text)}
    assert found == set()
