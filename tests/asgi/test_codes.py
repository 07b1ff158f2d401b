"""The six digits that are read out on the telephone: one room, once, and not to be guessed. SPEC code."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from cobrowse.app import secret_beside
from cobrowse.core.credentials import digest_code
from cobrowse.core.messages import AskShare, Shared
from cobrowse.live.codes import CODES_A_ROOM, TRIES_A_CSA, TRIES_OF_ALL, VALID_S, Codes, TooMany
from cobrowse.storage.engine import open_database
from tests.conftest import Serve
from tests.serving import EMAIL, ORIGIN, PASSWORD, LocalServer, site

START = 1_000_000.0


async def ask(server: LocalServer, token: str, origin: str = ORIGIN, key: str = "shop") -> httpx.Response:
    body = {"site": key, "token": token}
    return await server.http.post("/code", json=body, headers={"origin": origin})


async def use(server: LocalServer, digits: str, **changed: str) -> httpx.Response:
    cookie = server.cookie or await server.sign_in(EMAIL, PASSWORD)
    headers = {"cookie": cookie, "origin": server.url, "x-cobrowse": "console", **changed}
    return await server.http.post("/console/api/codes", json={"digits": digits}, headers=headers)


def wrong(digits: str, n: int = 1) -> str:
    return f"{(int(digits) + n) % 10**6:06d}"


async def test_code1_a_csa_who_types_it_in_reaches_the_room_once(local: LocalServer) -> None:
    shopper = await local.shopper()
    given = await ask(local, shopper.token)
    assert given.status_code == 200
    assert given.headers["access-control-allow-origin"] == ORIGIN
    said = given.json()
    assert len(said["digits"]) == 6
    assert said["digits"].isdecimal()
    csa = await local.csa()
    spaced = f"{said['digits'][:3]} {said['digits'][3:]}"
    led = await use(local, spaced)
    assert led.json() == {"room": shopper.room, "site": "shop"}
    await csa.enter(shopper.room)
    await csa.do(AskShare("view"))
    asked = (await shopper.fact(Shared)).fact
    assert isinstance(asked, Shared)
    assert (asked.act, asked.csa) == ("asked", csa.welcome.you)
    assert (await use(local, said["digits"])).status_code == 404, "it is used once"


async def test_code1_only_the_visitor_on_a_page_of_the_shop_gets_one(serve: Serve) -> None:
    server = await serve(sites=[site(), site("quiet", page_sharing="never")])
    shopper = await server.shopper()
    assert (await ask(server, shopper.token, origin="https://evil.example")).status_code == 403
    assert (await ask(server, "forged")).status_code == 403
    assert (await ask(server, shopper.token, key="quiet")).status_code == 403
    assert (await ask(server, shopper.token, key="nowhere")).status_code == 403
    assert server.rows("SELECT count(*) FROM join_codes") == [(0,)]


async def test_code1_what_is_kept_of_it_says_nothing_without_the_secret(local: LocalServer) -> None:
    shopper = await local.shopper()
    digits = (await ask(local, shopper.token)).json()["digits"]
    ((kept,),) = local.rows("SELECT digest FROM join_codes")
    secret = secret_beside(local.settings)
    assert kept == digest_code(secret, digits)
    assert kept != digest_code(secret[::-1], digits)
    assert digits not in kept or len(kept) == 64
    assert len({digest_code(secret, f"{n:06d}") for n in range(1000)}) == 1000


async def test_code1_only_a_signed_in_csa_on_our_own_page_may_try(local: LocalServer) -> None:
    assert (await use(local, "123456", cookie="")).status_code == 401
    assert (await use(local, "123456", origin="https://evil.example")).status_code == 403
    assert (await use(local, "123456", **{"x-cobrowse": "x"})).status_code == 403
    assert (await use(local, "12345")).status_code == 400
    assert (await use(local, "１２３４５６")).status_code == 400
    assert local.rows("SELECT count(*) FROM join_tries") == [(0,)], "none of these was a try"


async def test_code2_after_five_wrong_ones_a_csa_waits_and_a_right_one_does_not_help(
    local: LocalServer,
) -> None:
    shopper = await local.shopper()
    digits = ""
    for n in range(1, TRIES_A_CSA):
        digits = (await ask(local, shopper.token)).json()["digits"]
        assert (await use(local, wrong(digits, n))).status_code == 404
    assert (await use(local, digits)).status_code == 200
    digits = (await ask(local, shopper.token)).json()["digits"]
    assert (await use(local, wrong(digits))).status_code == 404
    late = await use(local, digits)
    assert late.status_code == 429, "the right one in between wiped nothing"
    assert int(late.headers["retry-after"]) > 0


async def codes_of(server: LocalServer, **changes: Any) -> tuple[Codes, Any]:
    engine = await open_database(server.settings.database_url)
    return Codes(engine, b"a secret of at least thirty-two bytes"), engine


async def test_code2_many_tries_at_once_at_two_nodes_are_no_more_than_a_few(local: LocalServer) -> None:
    (here, engine), (there, other) = await codes_of(local), await codes_of(local)
    code = await here.give("r1", "shop", START)
    tries = [node.use("a", "A", wrong(code.digits, n), START) for n in range(1, 8) for node in (here, there)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(answer is None for answer in answers) <= TRIES_A_CSA
    assert all(answer is None or isinstance(answer, TooMany) for answer in answers)
    await engine.dispose()
    await other.dispose()


async def test_code2_all_csas_together_are_held_back_too(local: LocalServer) -> None:
    codes, engine = await codes_of(local)
    code = await codes.give("r1", "shop", START)
    for n in range(TRIES_OF_ALL):
        assert await codes.use(f"agent{n // 3}", "A", wrong(code.digits, n + 1), START) is None
    with pytest.raises(TooMany):
        await codes.use("fresh", "A", code.digits, START)
    assert await codes.use("fresh", "A", code.digits, START + 601) is None, "by then it is over"
    code = await codes.give("r1", "shop", START + 601)
    assert await codes.use("fresh", "A", code.digits, START + 602) is not None
    await engine.dispose()


async def test_code3_a_code_lasts_five_minutes_and_the_next_one_ends_it(local: LocalServer) -> None:
    codes, engine = await codes_of(local)
    first = await codes.give("r1", "shop", START)
    assert first.expires_at == START + VALID_S
    assert await codes.use("a", "A", first.digits, START + VALID_S) is None
    second = await codes.give("r1", "shop", START + 301)
    third = await codes.give("r1", "shop", START + 302)
    assert await codes.use("b", "B", second.digits, START + 303) is None or second.digits == third.digits
    assert await codes.use("b", "B", third.digits, START + 303) is not None
    await engine.dispose()


async def test_code3_a_room_gets_no_endless_codes(local: LocalServer) -> None:
    codes, engine = await codes_of(local)
    for n in range(CODES_A_ROOM):
        await codes.give("r1", "shop", START + n)
    with pytest.raises(TooMany):
        await codes.give("r1", "shop", START + CODES_A_ROOM)
    await codes.give("r2", "shop", START + CODES_A_ROOM)
    await codes.give("r1", "shop", START + 700)
    await engine.dispose()


async def test_code3_a_code_given_at_one_node_is_good_at_another(local: LocalServer) -> None:
    here, engine = await codes_of(local)
    there, other = await codes_of(local)
    code = await here.give("r1", "shop", START)
    used = await asyncio.gather(*(each.use("a", "A", code.digits, START + 1) for each in (here, there)))
    assert [joined.room for joined in used if joined is not None] == ["r1"]
    await engine.dispose()
    await other.dispose()
