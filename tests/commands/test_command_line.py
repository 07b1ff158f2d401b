"""What the command line says when something is wrong: one clear message, exit status 1, no traceback."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cobrowse.commands import engines
from cobrowse.commands.engines import free_port
from tests.serving import as_toml, needs_built_files, settings_for


class Outcome:
    """How a command ended, and all that it said."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text


def run(folder: Path, *words: str, **environ: str) -> Outcome:
    """Runs `cobrowse ...` in a process of its own, in an empty folder."""
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "cobrowse", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": root, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Outcome(done.returncode, done.stdout + done.stderr)


def refused(outcome: Outcome, *parts: str) -> None:
    assert outcome.status == 1, outcome.text
    assert "Traceback" not in outcome.text, outcome.text
    for part in parts:
        assert part in outcome.text, (part, outcome.text)


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    path = tmp_path / "cobrowse.toml"
    path.write_text(as_toml(settings_for(tmp_path)))
    return path


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def test_help_lists_every_command(tmp_path: Path) -> None:
    outcome = run(tmp_path, "--help")
    assert outcome.status == 0
    for name in ("agent", "demo", "migrate", "rules", "serve", "simulate"):
        assert f"\n  {name} " in outcome.text
    for words in (["agent", "--help"], ["rules", "--help"], ["serve", "--help"], ["--version"]):
        assert run(tmp_path, *words).status == 0


def test_a_port_in_use_is_named(settings_file: Path, tmp_path: Path) -> None:
    import socket

    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        outcome = run(tmp_path, "serve", "--settings", str(settings_file), COBROWSE_PORT=str(port))
    refused(outcome, f"port {port}", "in use")


def test_an_address_that_is_not_ours_is_named(settings_file: Path, tmp_path: Path) -> None:
    refused(run(tmp_path, "serve", COBROWSE_HOST="192.0.2.1"), "192.0.2.1")
    refused(run(tmp_path, "serve", COBROWSE_HOST="no such host"), "no such host")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("port = ", 'port = "high" # ', "$.port"),
        ("heartbeat_s = 30.0", "heartbeat_s = 0", "$.heartbeat_s"),
        ('csa_edits = "ask"', 'csa_edits = "maybe"', "$.sites[0].csa_edits"),
        ('currency = "GBP"', 'currency = "pounds"', "$.sites[0].currency"),
        ("chats_per_csa", "chats_per_cat", "known settings: "),
        ('key = "shop"', 'key = "the shop"', "$.sites[0].key"),
        ('"http://shop.example"', '"shop.example"', "expected an origin"),
        ('"http://shop.example"', '"http://shop.example/path"', "expected an origin"),
        ('secret = ""', 'secret = "short"', "32 bytes"),
        ("port = ", "port = = ", "not TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(
    settings_file: Path, tmp_path: Path, before: str, after: str, said: str
) -> None:
    change(settings_file, before, after)
    outcome = run(tmp_path, "serve", "--settings", str(settings_file))
    refused(outcome, said, "cobrowse.toml")


def test_two_sites_of_one_key_are_refused(settings_file: Path, tmp_path: Path) -> None:
    site = settings_file.read_text().partition("[[sites]]")[2]
    settings_file.write_text(settings_file.read_text() + "\n[[sites]]" + site)
    refused(run(tmp_path, "serve"), "one site a key", "'shop'")


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    refused(run(tmp_path, "serve", "--settings", "gone.toml"), "gone.toml", "cannot be read")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    refused(run(tmp_path, "serve", "--settings", "bytes.toml"), "bytes.toml", "not TOML")
    refused(run(tmp_path, "serve", COBROWSE_PORT=str(free_port())), "[[sites]]")


def test_a_rule_with_mistakes_is_shown_by_line_and_column(settings_file: Path, tmp_path: Path) -> None:
    needs_built_files()
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "bad.yaml").write_text(
        "id: bad\ntitle: Bad\nwhen: cart.valu > 3\noffer:\n  text:\n    en: Hello\n"
    )
    refused(run(tmp_path, "serve", COBROWSE_RULES=str(rules)), "bad.yaml:3:", "cart.valu")
    refused(
        run(tmp_path, "rules", "check", str(rules)), "bad.yaml:3:", "Good rules: 0. Files with mistakes: 1."
    )
    refused(run(tmp_path, "serve", COBROWSE_RULES=str(tmp_path / "none")), "none", "folder")


def test_a_newer_database_is_left_alone(settings_file: Path, tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").status == 0
    with closing(sqlite3.connect(tmp_path / "cobrowse.db")) as conn:
        conn.execute("UPDATE alembic_version SET version_num = 'r9999'")
        conn.commit()
    refused(run(tmp_path, "serve"), "r9999")
    refused(run(tmp_path, "migrate"), "r9999")


def test_a_file_that_is_no_database_is_left_alone(settings_file: Path, tmp_path: Path) -> None:
    (tmp_path / "cobrowse.db").write_bytes(b"these are not the pages of a database" * 200)
    refused(run(tmp_path, "serve"), "cannot open the database")
    refused(run(tmp_path, "serve", COBROWSE_DATABASE_URL="sqlite://"), "expected a file")
    refused(run(tmp_path, "serve", COBROWSE_DATABASE_URL="mysql://x/y"), "mysql")
    away = run(tmp_path, "serve", COBROWSE_DATABASE_URL="postgresql://u:hidden@127.0.0.1:9/x")
    refused(away, "no database server answers at 127.0.0.1:9")
    assert "hidden" not in away.text


def test_an_unusable_secret_is_refused(settings_file: Path, tmp_path: Path) -> None:
    needs_built_files()
    (tmp_path / "cobrowse.secret").write_bytes(b"")
    refused(run(tmp_path, "serve"), "cobrowse.secret", "32 bytes")


def test_agents_are_added_once_listed_and_disabled(settings_file: Path, tmp_path: Path) -> None:
    add = ("agent", "add", "ginny@shop.example", "--name", "Ginny")
    assert run(tmp_path, *add, COBROWSE_PASSWORD="alcove-and-oak").status == 0
    refused(run(tmp_path, *add, COBROWSE_PASSWORD="alcove-and-oak"), "e-mail address")
    refused(
        run(tmp_path, "agent", "add", "no-address", "--name", "X", COBROWSE_PASSWORD="alcove-and-oak"),
        "e-mail",
    )
    refused(
        run(tmp_path, "agent", "add", "a@b.example", "--name", "X", COBROWSE_PASSWORD="short"), "8 to 256"
    )
    assert "ginny@shop.example\tGinny\tcsa" in run(tmp_path, "agent", "list").text
    refused(run(tmp_path, "agent", "disable", "nobody@shop.example"), "agent list")
    assert run(tmp_path, "agent", "disable", "ginny@shop.example").status == 0
    assert "disabled" in run(tmp_path, "agent", "list").text
    assert run(tmp_path, "agent", "enable", "ginny@shop.example").status == 0
    assert "ginny@shop.example\tGinny\tcsa" in run(tmp_path, "agent", "list").text


def test_a_program_that_several_nodes_need_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(engines, "PLACES", ())
    with pytest.raises(engines.EngineMissing, match=r"redis-server: .* apt-get install redis-server"):
        engines.program("redis-server", "redis-server")
