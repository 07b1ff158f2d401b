from __future__ import annotations

from pathlib import Path

from cobrowse.rulebook import load, render_errors
from tests.core.rules.drafts import draft

ROOT = Path(__file__).parents[3]


def test_the_shipped_rules_are_right() -> None:
    rules, errors = load(ROOT / "rules")
    assert render_errors(errors) == ""
    assert len(rules) == 9
    assert all(rule.enabled for rule in rules)
    for rule in rules:
        assert Path(rule.place.file).stem == rule.id
        for texts in rule.wordings.values():
            assert {locale for locale, _ in texts.sources} >= {"en", "de"}
    basket = next(rule for rule in rules if rule.id == "abandoned-basket")
    assert (basket.idle_s, basket.expires_s) == (90.0, 600.0)


def test_a_bad_file_does_not_keep_the_others_out(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(draft(rule_id="low", more="priority: 1\n"))
    (tmp_path / "b.yml").write_text(draft(rule_id="high", more="priority: 900\n"))
    (tmp_path / "c.yaml").write_text("id: low\n")
    (tmp_path / "d.yaml").write_text(draft(rule_id="low"))
    (tmp_path / "e.yaml").write_bytes(b"id: x\ntitle: \xff\n")
    (tmp_path / "f.yaml").mkdir()
    (tmp_path / "g.yaml").write_bytes(b"#" * 65_537)
    (tmp_path / "notes.txt").write_text("no rule")
    rules, errors = load(tmp_path)
    assert [rule.id for rule in rules] == ["high", "low"]
    lines = render_errors(errors).splitlines()
    for line, expected in zip(
        [line for line in lines if "is missing" not in line],
        [
            f"d.yaml:1:5: the id low is taken by {tmp_path / 'a.yaml'}",
            "e.yaml:2:8: expected UTF-8",
            "f.yaml:1:1: cannot be read",
            "g.yaml:1:1: expected at most 65536 bytes",
        ],
        strict=True,
    ):
        assert expected in line
    assert sum(line.startswith(f"{tmp_path / 'c.yaml'}:1:1: the key") for line in lines) == 3


def test_a_missing_folder_is_said() -> None:
    rules, errors = load(Path("no-such-folder"))
    assert rules == []
    assert render_errors(errors) == "no-such-folder:1:1: expected a folder of rules, found none"
