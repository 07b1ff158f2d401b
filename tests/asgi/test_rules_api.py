"""The rules over HTTP: who may change them, what a change does, why a visitor is offered help, what it earned."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cobrowse.commands.agents import add_agent
from cobrowse.core.messages import Event, Increment, Offered, Page, Settle, Take
from cobrowse.core.rules.limits import Cause
from cobrowse.rulebook import load
from tests.conftest import Serve
from tests.serving import LocalServer
from tests.wire import WITHIN_S, Peer

ROOT = Path(__file__).parents[2]
BASKET = """\
id: basket
title: Left alone
when: cart.distinct_items >= 1
idle: 1 s
offer:
  text:
    en: Can I help?
"""
HELD_OUT = BASKET.replace("id: basket", "id: held-out").replace("idle:", "holdout: 50 %\nidle:")
SUPERVISOR = "vera@shop.example"
OURS = {"x-cobrowse": "console"}

Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def shop(serve: Serve, tmp_path: Path) -> LocalServer:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "basket.yaml").write_text(BASKET)
    server = await serve(rules=load(folder)[0])
    await add_agent(server.settings.database_url, SUPERVISOR, "Vera", "supervisor", "alcove-and-oak")
    return server


@pytest.fixture
async def vera(shop: LocalServer) -> Ask:
    """A supervisor's requests, as the console sends them."""
    return asker(shop, await shop.sign_in(SUPERVISOR, "alcove-and-oak"))


def asker(server: LocalServer, cookie: str) -> Ask:
    async def ask(method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent = {"cookie": cookie, "origin": server.url, **OURS, **headers}
        content = None if body is None else json.dumps(body)
        return await server.http.request(method, f"/console/api/{path}", content=content, headers=sent)

    return ask


async def rules_of(ask: Ask) -> dict[str, Any]:
    return {rule["id"]: rule for rule in (await ask("GET", "rules")).json()["rules"]}


async def until(ask: Ask, path: str, key: str, enough: Callable[[Any], bool]) -> Any:
    """What is under the key once it is enough: the log is durable a moment after it is seen."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            found = (await ask("GET", path)).json().get(key)
            if enough(found):
                return found
            await asyncio.sleep(0.02)


async def fill_cart(shopper: Peer) -> None:
    await shopper.done(Event("page_view", Page("/desk", "A desk", "product")))
    await shopper.done(Increment("desk", 1))


# Who may


async def test_edit1_a_csa_sees_the_rules_and_changes_none(shop: LocalServer) -> None:
    ask = asker(shop, await shop.sign_in("ginny@shop.example", "alcove-and-oak"))
    listed = (await ask("GET", "rules")).json()
    assert [rule["id"] for rule in listed["rules"]] == ["basket"]
    assert listed["may_edit"] is False
    for method, path, body in (
        ("PUT", "rules/basket", {"source": BASKET, "version": "x"}),
        ("PUT", "rules/basket/switch", {"enabled": False}),
        ("POST", "rules/basket/restore", {"version": "x"}),
    ):
        answer = await ask(method, path, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert (await rules_of(ask))["basket"]["enabled"] is True


async def test_edit1_nobody_reads_without_signing_in(shop: LocalServer) -> None:
    for path in (
        "rules",
        "rules/basket/versions",
        "rules/basket/results",
        "rooms/x/why",
        "rooms/x/decisions",
    ):
        assert (await shop.http.get(f"/console/api/{path}")).status_code == 401


async def test_edit1_changes_come_from_our_own_pages_only(vera: Ask) -> None:
    switch = {"enabled": False}
    assert (await vera("PUT", "rules/basket/switch", switch, **{"x-cobrowse": ""})).status_code == 403
    foreign = await vera("PUT", "rules/basket/switch", switch, origin="http://evil.example")
    assert foreign.status_code == 403
    assert (await rules_of(vera))["basket"]["enabled"] is True


async def test_a_body_of_another_shape_or_size_is_refused_in_words(vera: Ask) -> None:
    bodies: list[Any] = [{}, {"enabled": "no"}, {"enabled": False, "more": 1}, [], 7]
    for body in bodies:
        answer = await vera("PUT", "rules/basket/switch", body)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == "expected a JSON object with enabled"
    assert (await vera("POST", "rules/check", {"source": "#" * 300_000})).status_code == 400


# Changing


async def test_edit2_a_switch_counts_at_once_and_is_on_record(vera: Ask) -> None:
    off = (await vera("PUT", "rules/basket/switch", {"enabled": False})).json()["rule"]
    assert (off["enabled"], off["switchable"]) == (False, True)
    on = (await vera("PUT", "rules/basket/switch", {"enabled": True})).json()["rule"]
    assert on["enabled"] is True
    await vera("PUT", "rules/basket/switch", {"enabled": True})  # nothing changes, nothing is noted
    changes = await until(vera, "rules/basket/versions", "versions", lambda found: len(found) >= 3)
    assert sorted((change["kind"], change["by"]) for change in changes) == [
        ("file", ""),
        ("off", "Vera"),
        ("on", "Vera"),
    ]
    assert (await vera("PUT", "rules/nothing/switch", {"enabled": True})).status_code == 404


async def test_edit2_an_edit_runs_at_once_and_the_file_can_be_had_back(vera: Ask) -> None:
    before = (await rules_of(vera))["basket"]
    text = BASKET.replace("Left alone", "Left quite alone")
    edited = (await vera("PUT", "rules/basket", {"source": text, "version": before["version"]})).json()[
        "rule"
    ]
    assert (edited["title"], edited["edited"], edited["source"]) == ("Left quite alone", True, text)
    assert (await rules_of(vera))["basket"] == {**edited, "recent": {"causes": {}, "accepted": 0}}
    restored = await vera("POST", "rules/basket/restore", {"version": edited["version"]})
    assert {**restored.json()["rule"], "recent": before["recent"]} == before
    kinds = [change["kind"] for change in (await vera("GET", "rules/basket/versions")).json()["versions"]]
    assert kinds[:2] == ["restore", "edit"]


async def test_edit3_an_edit_of_an_older_text_is_refused(vera: Ask) -> None:
    version = (await rules_of(vera))["basket"]["version"]
    first = BASKET.replace("idle: 1 s", "idle: 2 s")
    assert (await vera("PUT", "rules/basket", {"source": first, "version": version})).status_code == 200
    late = BASKET.replace("idle: 1 s", "idle: 3 s")
    answer = await vera("PUT", "rules/basket", {"source": late, "version": version})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "stale")
    assert (await vera("POST", "rules/basket/restore", {"version": version})).status_code == 409
    assert (await rules_of(vera))["basket"]["source"] == first


async def test_edit3_two_edits_at_the_same_time_are_not_both_taken(vera: Ask) -> None:
    version = (await rules_of(vera))["basket"]["version"]
    texts = [BASKET.replace("idle: 1 s", f"idle: {n} s") for n in range(2, 8)]
    answers = await asyncio.gather(
        *(vera("PUT", "rules/basket", {"source": text, "version": version}) for text in texts)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5


async def test_edit4_a_text_with_mistakes_is_refused_with_all_of_them(vera: Ask) -> None:
    version = (await rules_of(vera))["basket"]["version"]
    wrong = BASKET.replace("cart.distinct_items", "cart.distinct_itms").replace("idle: 1 s", "idle: soon")
    checked = (await vera("POST", "rules/check", {"source": wrong})).json()
    assert [(mistake["line"], mistake["column"]) for mistake in checked["mistakes"]] == [(3, 7), (4, 7)]
    assert checked["id"] is None
    answer = await vera("PUT", "rules/basket", {"source": wrong, "version": version})
    assert answer.status_code == 422
    assert answer.json()["mistakes"] == checked["mistakes"]
    other = await vera("PUT", "rules/basket", {"source": HELD_OUT, "version": version})
    assert (other.status_code, other.json()["error"]["code"]) == (422, "other_id")
    assert (await vera("POST", "rules/check", {"source": BASKET})).json()["mistakes"] == []


async def test_edit2_a_new_rule_is_made_and_deleted(vera: Ask) -> None:
    new = BASKET.replace("id: basket", "id: my-own")
    made = (await vera("PUT", "rules/my-own", {"source": new, "version": ""})).json()["rule"]
    assert (made["has_file"], made["edited"]) == (False, True)
    assert (await vera("PUT", "rules/my-own", {"source": new, "version": ""})).status_code == 409
    gone = await vera("POST", "rules/my-own/restore", {"version": made["version"]})
    assert gone.json() == {"rule": None}
    assert set(await rules_of(vera)) == {"basket"}
    kinds = [change["kind"] for change in (await vera("GET", "rules/my-own/versions")).json()["versions"]]
    assert kinds == ["delete", "edit"]


# Why, and what it earned


async def test_why_names_the_rule_that_waits_and_then_what_was_decided(shop: LocalServer, vera: Ask) -> None:
    await shop.csa()
    shopper = await shop.shopper()
    room = shopper.room
    await shopper.done(Event("page_view", Page("/desk", "A desk", "product")))
    (waiting,) = (await vera("GET", f"rooms/{room}/why")).json()["verdicts"]
    assert (waiting["cause"], waiting["due"]) == ("when", None)
    assert waiting["operands"] == [
        {
            "source": "cart.distinct_items >= 1",
            "holds": False,
            "values": {"cart.distinct_items": "0"},
        }
    ]
    await shopper.done(Increment("desk", 1))
    answer = (await vera("GET", f"rooms/{room}/why")).json()
    (ready,) = answer["verdicts"]
    assert ready["cause"] in ("idle", "fires", "offered", "offer-open")
    if ready["cause"] == "idle":
        assert 0 < ready["due"] - answer["now"] <= 1
    await shopper.fact(Offered)
    (decided,) = await until(vera, f"rooms/{room}/decisions", "decisions", bool)
    assert (decided["rule"], decided["title"], decided["cause"]) == ("basket", "Left alone", "fires")
    assert decided["outcome"] == "open"
    assert decided["operands"][0]["holds"] is True
    older = f"rooms/{room}/decisions?before={decided['offset']}"
    assert (await vera("GET", older)).json() == {"decisions": []}
    assert (await vera("GET", f"rooms/{room}/decisions?before=x")).status_code == 400


async def test_why_of_somebody_who_is_not_here_says_so(vera: Ask) -> None:
    assert (await vera("GET", "rooms/nobody/why")).status_code == 404
    assert (await vera("GET", "rooms/nobody/decisions")).json() == {"decisions": []}


async def test_result4_an_accepted_offer_and_its_order_are_the_rules(shop: LocalServer, vera: Ask) -> None:
    csa = await shop.csa()
    shopper = await shop.shopper()
    await fill_cart(shopper)
    entry = await shopper.fact(Offered)
    await shopper.done(Settle(f"{entry.replica}.{entry.c}", accept=True))
    await csa.enter(shopper.room)
    await csa.done(Take())
    for _ in range(2):  # the last page is loaded twice
        await shopper.done(Event("purchase", value_minor=12_900, params={"transaction_id": "A-1"}))
    await until(vera, "rules/basket/results", "arms", lambda arms: arms["shown"]["orders"] == 1)
    found = (await vera("GET", "rules/basket/results?days=7")).json()
    assert (found["shown"], found["outcomes"], found["chats"]) == (1, {"accepted": 1}, 1)
    assert found["arms"] == {
        "shown": {"people": 1, "buyers": 1, "orders": 1, "revenue_minor": 12_900},
        "control": {"people": 0, "buyers": 0, "orders": 0, "revenue_minor": 0},
    }
    assert found["conclusion"] == "no-holdout"
    assert found["uplift"] is None
    recent = (await rules_of(vera))["basket"]
    assert recent["recent"] == {"causes": {"fires": 1}, "accepted": 1}
    assert [each["version"] for each in found["versions"]] == [recent["version"]]
    of_it = (await vera("GET", f"rules/basket/results?version={recent['version']}")).json()
    assert (of_it["shown"], of_it["arms"]) == (1, found["arms"])
    of_another = (await vera("GET", "rules/basket/results?version=0123456789ab")).json()
    assert (of_another["shown"], of_another["arms"]["shown"]["people"]) == (0, 0)
    assert of_another["versions"] == found["versions"]


async def test_result4_who_is_held_out_is_counted_and_sees_nothing(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "held"
    folder.mkdir()
    (folder / "held-out.yaml").write_text(HELD_OUT)
    server = await serve(rules=load(folder)[0])
    await server.csa()
    ask = asker(server, server.cookie)
    shoppers = [await server.shopper() for _ in range(12)]
    for shopper in shoppers:
        await fill_cart(shopper)
    arms = await until(
        ask,
        "rules/held-out/results",
        "arms",
        lambda arms: arms["control"]["people"] >= 1 and arms["shown"]["people"] >= 1,
    )
    assert arms["control"]["buyers"] == 0
    found = (await ask("GET", "rules/held-out/results")).json()
    assert (found["conclusion"], found["sentence"][:17]) == ("too-early", "Too early to tell")
    assert found["people_needed"] == 100 - min(arm["people"] for arm in found["arms"].values())


async def test_a_period_that_is_none_is_refused(vera: Ask) -> None:
    for days in ("0", "366", "-1", "a week", "30.5"):
        assert (await vera("GET", f"rules/basket/results?days={days}")).status_code == 400


# The console's words


@pytest.mark.parametrize("file", ["words_rules.ts", "words_rules_de.ts"])
def test_the_console_has_words_for_every_cause(file: str) -> None:
    source = (ROOT / "agent_ui" / "src" / file).read_text()
    table = source[source.index("const causes") : source.index("};")]
    assert set(re.findall(r"^  '?([a-z-]+)'?:", table, re.MULTILINE)) == {str(cause) for cause in Cause}
