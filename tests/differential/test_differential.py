"""The browser's core and the server's core agree: random histories run through both."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cobrowse.core.codec import decode_client, encode
from cobrowse.core.errors import Refusal
from cobrowse.core.line import line_id, parse_line_id
from cobrowse.core.messages import Do, Joined, News, Position
from tests.vectors.canonical import dump
from tests.vectors.every_fact import every_fact, view_after
from tests.vectors.histories import AUTHORS, cart_script, room_history, run_cart_script, seen_by

ROOT = Path(__file__).resolve().parents[2]
EXCHANGE = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
chance = st.randoms(use_true_random=False)

Browser = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The browser's code in one Node process: takes a task, gives its answer."""
    node = shutil.which("node") or pytest.fail("node is needed: make setup")
    bundle = tmp_path_factory.mktemp("differential") / "driver.mjs"
    esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
    source = ROOT / "tests" / "differential" / "driver.ts"
    options = ["--bundle", "--platform=node", "--format=esm", f"--outfile={bundle}", "--log-level=error"]
    subprocess.run([str(esbuild), str(source), *options], check=True, timeout=60)
    with subprocess.Popen([node, bundle], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        asked, answered = child.stdin, child.stdout

        def ask(task: dict[str, Any]) -> Any:
            asked.write(msgspec.json.encode(task).decode() + "\n")
            asked.flush()
            return json.loads(answered.readline())

        yield ask
        asked.close()


def as_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


@EXCHANGE
@given(random=chance, steps=st.integers(1, 80))
def test_cart1_replicas_that_lose_repeat_and_reorder_agree_with_the_browser(
    browser: Browser, random: Random, steps: int
) -> None:
    script = cart_script(random, steps)
    assert dump(browser({"script": script})) == dump(run_cart_script(script))


@EXCHANGE
@given(random=chance, steps=st.integers(1, 80), role=st.sampled_from(["shopper", "csa"]))
def test_room7_a_browser_that_follows_the_log_sees_what_a_fresh_one_sees(
    browser: Browser, random: Random, steps: int, role: str
) -> None:
    history = room_history(random, steps)
    # The first tab asks for what it asked for; a CSA looks on. Both hear of it in packets of any size.
    replica = 1 if role == "shopper" else 3
    asked = history.own if role == "shopper" else []
    packets = []
    entries = history.seen_by(replica)
    while entries:
        size = random.randint(1, 7)
        # Now and then one is repeated.
        packets += [encode(News("r1", entries[:size]))] * random.choice([1, 1, 2])
        entries = entries[size:]
    joined = Joined("r1", replica, "resume", history.last, history.start, [], view=history.before[role])
    answer = browser(
        {
            "room": {
                "you": AUTHORS[replica - 1],
                "joined": as_text(encode(joined)),
                "asked": asked,
                "last": history.last if role == "shopper" else 0,
                "news": [as_text(packet) for packet in packets],
            }
        }
    )
    assert dump(answer["view"]) == dump(history.after[role])
    assert answer["confirmed"]
    assert dump(answer["position"]) == dump(history.end)
    assert answer["undelivered"] == 0
    sent = [decode_client(base64.b64decode(frame)) for frame in answer["sent"]]
    assert sent == [Do("r1", history.last + n, at, op) for n, (at, op) in enumerate(asked, start=1)]


@pytest.mark.parametrize("replica", [2, 3])
def test_room7_after_each_kind_of_fact_a_browser_sees_what_a_fresh_one_sees(
    browser: Browser, replica: int
) -> None:
    """From each moment of a history that has them all, by one entry: nothing later hides what was missed."""
    log = every_fact()
    role = AUTHORS[replica - 1].role
    before, position, last = view_after([], role), Position("e1", 0, 0), 0
    for upto, entry in enumerate(log, 1):
        joined = Joined("r1", replica, "resume", last, position, [], view=before)
        news = encode(News("r1", seen_by([entry], replica)))
        task = {"you": AUTHORS[replica - 1], "joined": as_text(encode(joined)), "asked": [], "last": last}
        answer = browser({"room": {**task, "news": [as_text(news)]}})
        before, position = view_after(log[:upto], role), Position("e1", entry.offset, entry.hash)
        last += entry.replica == replica
        assert dump(answer["view"]) == dump(before), type(entry.fact).__name__
        assert dump(answer["position"]) == dump(position)


@EXCHANGE
@given(
    sku=st.text(min_size=1, max_size=8),
    options=st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=4),
    personal=st.text(max_size=6),
)
def test_cart2_line_identifiers_are_the_same_text(
    browser: Browser, sku: str, options: dict[str, str], personal: str
) -> None:
    options.pop("__proto__", None)
    text = line_id(sku, options, personal)
    assert browser({"line": [sku, options, personal]}) == text
    assert browser({"text": text}) == parse_line_id(text)._asdict()


@EXCHANGE
@given(text=st.text(alphabet="ab%2fé41?=&#'~ ", max_size=12))
def test_cart2_any_text_is_an_identifier_to_both_or_to_neither(browser: Browser, text: str) -> None:
    try:
        expected = parse_line_id(text)._asdict()
    except Refusal:
        expected = None
    assert browser({"text": text}) == expected
