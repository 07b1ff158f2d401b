"""Rule files are read again when they change, and the console's texts and switches lie over them."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pytest

from cobrowse.core.rules.rule import Rule
from cobrowse.rulebook import Watcher, combine, load

RULE = """\
id: {id}
title: {title}
when: cart.distinct_items >= 1
priority: {priority}
offer:
  text:
    en: Can I help?
"""


def rule_text(rule_id: str, title: str = "A rule", priority: int = 100) -> str:
    return RULE.format(id=rule_id, title=title, priority=priority)


class Board:
    """What the watcher put in force: each time the ids or titles, and the mistakes."""

    def __init__(self, folder: Path) -> None:
        self.rules: list[Rule] = []
        self.mistakes: list[str] = []
        self.times = 0
        self.edited: dict[str, str] = {}
        self.off: set[str] = set()
        self.watcher = Watcher(folder, load(folder)[0], self.overlay, self.apply)

    def overlay(self) -> tuple[Mapping[str, str], Collection[str]]:
        return self.edited, self.off

    def apply(self, rules: Sequence[Rule], mistakes: Sequence[str]) -> None:
        self.rules, self.mistakes, self.times = list(rules), list(mistakes), self.times + 1

    @property
    def titles(self) -> list[str]:
        return [rule.title for rule in self.rules]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "one", "One")
    return tmp_path


def write(folder: Path, rule_id: str, title: str, priority: int = 100) -> None:
    """Puts a rule in place as an editor does: a new file under the old name, so its time cannot mislead."""
    fresh = folder / f"{rule_id}.new"
    fresh.write_text(rule_text(rule_id, title, priority))
    fresh.replace(folder / f"{rule_id}.yaml")


async def test_rule15_a_changed_a_new_and_a_removed_file_count_without_a_restart(folder: Path) -> None:
    board = Board(folder)
    await board.watcher.look()
    assert board.titles == ["One"]
    write(folder, "one", "One, changed")
    write(folder, "two", "Two", priority=200)
    await board.watcher.look()
    assert board.titles == ["Two", "One, changed"]
    (folder / "two.yaml").unlink()
    await board.watcher.look()
    assert board.titles == ["One, changed"]


async def test_rule15_a_folder_in_which_nothing_changed_is_not_read_again(folder: Path) -> None:
    board = Board(folder)
    for _ in range(3):
        await board.watcher.look()
    assert board.times == 1


async def test_rule15_a_mistake_leaves_all_rules_as_they_were_and_is_said(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    board = Board(folder)
    await board.watcher.look()
    write(folder, "two", "Two")
    (folder / "one.yaml").write_text(rule_text("one").replace("distinct_items", "distinct_itms"))
    with caplog.at_level(logging.ERROR):
        await board.watcher.look()
    assert board.titles == ["One"]
    assert len(board.mistakes) == 1
    assert "one.yaml:3:7" in board.mistakes[0]
    assert "one.yaml:3:7" in caplog.text
    write(folder, "one", "One, mended")
    await board.watcher.look()
    assert (sorted(board.titles), board.mistakes) == (["One, mended", "Two"], [])


async def test_rule15_a_folder_that_is_gone_leaves_the_rules(folder: Path) -> None:
    board = Board(folder)
    await board.watcher.look()
    shutil.rmtree(folder)
    await board.watcher.look()
    assert board.titles == ["One"]
    assert board.mistakes


async def test_edit2_an_edit_replaces_a_file_and_lies_over_the_next_one_too(folder: Path) -> None:
    board = Board(folder)
    board.edited = {"one": rule_text("one", "One, edited"), "mine": rule_text("mine", "Mine", 300)}
    board.watcher.refresh()
    assert board.titles == ["Mine", "One, edited"]
    write(folder, "one", "One, from the file")
    await board.watcher.look()
    assert board.titles == ["Mine", "One, edited"]
    assert [rule.title for rule in board.watcher.files] == ["One, from the file"]
    board.edited = {}
    board.watcher.refresh()
    assert board.titles == ["One, from the file"]


async def test_edit5_files_mistakes_stay_on_show_while_the_console_edits(folder: Path) -> None:
    board = Board(folder)
    (folder / "two.yaml").write_text("id: [")
    await board.watcher.look()
    board.off = {"one"}
    board.watcher.refresh()
    assert [rule.enabled for rule in board.rules] == [False]
    assert len(board.mistakes) == 1


def test_a_text_that_is_no_rule_any_more_leaves_the_files_and_is_told(folder: Path) -> None:
    rules, _ = load(folder)
    found, errors = combine(rules, {"one": "id: one"}, ())
    assert [rule.title for rule in found] == ["One"]
    assert "one (edited in the console):1:1" in str(errors[0])


def test_switching_off_what_is_not_there_changes_nothing(folder: Path) -> None:
    rules, _ = load(folder)
    assert combine(rules, {}, {"nothing"}) == (rules, [])
