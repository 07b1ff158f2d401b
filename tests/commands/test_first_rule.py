"""docs/rules.md, "Your first rule in ten minutes", followed to the letter: typed, saved and read."""

from __future__ import annotations

import asyncio
import re
import shlex
import sqlite3
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

from cobrowse.__main__ import main
from cobrowse.commands.demo import VISITS
from cobrowse.commands.past import MEASURED, fill, write_visits
from cobrowse.core.rules.results import MIN_PEOPLE
from cobrowse.rulebook import SHIPPED, load
from cobrowse.storage.engine import migrate

ROOT = Path(__file__).parents[2]
GUIDE = (
    (ROOT / "docs" / "rules.md")
    .read_text()
    .partition("## Your first rule in ten minutes")[2]
    .partition("\n## ")[0]
)
FILE = re.compile(r"Save this as `([^`]+)`:\n\n( *)```yaml\n(.*?)\n *```", re.DOTALL)
COMMAND = re.compile(r"```sh\n(.*?)\n *```", re.DOTALL)
NOW = 1_800_000_000.0


def type_in(command: str) -> str:
    """Does what the line says; what it prints."""
    words = shlex.split(command)
    if words[:2] == ["mkdir", "-p"]:
        Path(words[2]).mkdir(parents=True)
        return ""
    assert words[0] == "cobrowse"
    result = CliRunner().invoke(main, words[1:], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


def test_the_guide_works_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path(".cobrowse-demo")
    folder.mkdir()
    write_visits(folder / VISITS, load(SHIPPED)[0], NOW)
    steps = re.split(r"\n(?=\d\. )", GUIDE)[1:]
    assert [step[0] for step in steps] == list("1234567")
    said: list[str] = []
    for step in steps:
        for name, _, text in FILE.findall(step):
            Path(name).write_text(dedent(text) + "\n")
        said += [type_in(command.strip()) for command in COMMAND.findall(step)]
    made, checked, tested, replayed = said
    assert (made, checked) == ("", "Good rules: 1. Files with mistakes: 0. Scenarios: 0.\n")
    assert tested == "Scenarios as expected: 2 of 2.\n"
    assert f"`{checked.strip()}`" in GUIDE
    assert f"`{tested.strip()}`" in GUIDE
    row = next(line for line in replayed.splitlines() if "long-look" in line)
    fired, control = (int(cell) for cell in row.split("│")[2:4])
    assert fired > 10
    assert control > 0
    assert "<svg" in Path("chart.html").read_text()


def test_the_mistake_of_the_guide_is_told_with_its_place_and_the_right_name(tmp_path: Path) -> None:
    ((_, _, text),) = FILE.findall(re.split(r"\n(?=\d\. )", GUIDE)[2])
    rules = tmp_path / "my-rules"
    rules.mkdir()
    (rules / "long-look.yaml").write_text(dedent(text).replace("visit.pages", "visit.page") + "\n")
    result = CliRunner().invoke(main, ["rules", "check", str(rules)])
    assert result.exit_code == 1
    assert "long-look.yaml:4:3: when: unknown fact visit.page; did you mean visit.pages?" in result.output


def test_the_demo_begins_with_a_past_that_has_both_arms(tmp_path: Path) -> None:
    rules = load(SHIPPED)[0]
    write_visits(tmp_path / VISITS, rules, NOW)
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    asyncio.run(migrate(url))
    assert asyncio.run(fill(url, tmp_path / VISITS, rules, "demo"))
    with sqlite3.connect(tmp_path / "demo.db") as conn:
        counted = dict(
            conn.execute(
                "SELECT cause, count(DISTINCT room) FROM decisions WHERE rule = ? GROUP BY cause", (MEASURED,)
            )
        )
    assert min(counted["fires"], counted["control"]) >= MIN_PEOPLE
