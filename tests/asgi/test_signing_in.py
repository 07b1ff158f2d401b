"""Signing in and out of the console. SPEC sign."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from cobrowse.asgi.signin import COOKIE, TRIES, session_token
from cobrowse.commands.agents import add_agent, change_password, disable_agent, enable_agent
from tests.conftest import Serve
from tests.serving import EMAIL, PASSWORD, LocalServer
from tests.wire import WITHIN_S

SAME_PAGE = "This e-mail address and password do not belong together."


async def me(server: LocalServer, cookie: str) -> int:
    return (await server.http.get("/console/api/me", headers={"cookie": cookie})).status_code


async def test_sign4_the_right_password_opens_a_session(local: LocalServer) -> None:
    answer = await local.post_sign_in(EMAIL.upper(), PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    cookie, *flags = (part.strip().lower() for part in answer.headers["set-cookie"].split(";"))
    assert {"httponly", "samesite=strict", "path=/"} <= set(flags)
    assert "secure" not in flags, "on http a secure cookie would never come back"
    token = answer.headers["set-cookie"].split(";")[0]
    assert await me(local, token) == 200
    assert len(cookie.partition("=")[2]) == 43
    (row,) = local.rows("SELECT id_hash FROM sessions")
    assert row[0] not in token, "the database holds a hash alone"


OTHERS = {
    "JSON": 'prefs={"a":1,"b":[2]}',
    "no name": "=nameless; ; alone",
    "accents": "prénom=Zoë",
    "brackets": "ab[test]=1",
    "backslashes, which http.cookies takes quadratic time for": 'q="' + "\\" * 30_000 + '"',
    "ours as a part of another's name": "not_cobrowse_session=stolen",
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_sign4_other_cookies_do_not_hide_the_session(other: str) -> None:
    """The console often shares a domain with the shop, and with it the shop's cookies."""
    assert session_token(f"{other}; {COOKIE}=abc-_DEF") == "abc-_DEF"
    assert session_token(f"{COOKIE}=abc-_DEF; {other}") == "abc-_DEF"
    assert session_token(other) == ""


async def test_sign4_the_cookie_is_secure_on_https(serve: Serve) -> None:
    server = await serve(public_url="https://help.shop.example")
    server.url = f"http://127.0.0.1:{server.settings.port}"
    form = {"email": EMAIL, "password": PASSWORD}
    async with httpx.AsyncClient(base_url=server.url, timeout=WITHIN_S, trust_env=False) as http:
        answer = await http.post(
            "/console/sign-in", data=form, headers={"origin": "https://help.shop.example"}
        )
        assert answer.status_code == 303
        assert "secure" in answer.headers["set-cookie"].lower()
        assert answer.headers["strict-transport-security"].startswith("max-age=")


async def test_sign4_wrong_password_and_unknown_address_look_the_same(local: LocalServer) -> None:
    wrong = await local.post_sign_in(EMAIL, "not-the-password")
    unknown = await local.post_sign_in("nobody@shop.example", PASSWORD)
    assert wrong.status_code == unknown.status_code == 401
    assert SAME_PAGE in wrong.text
    assert wrong.text.replace(EMAIL, "") == unknown.text.replace("nobody@shop.example", "")
    assert "set-cookie" not in wrong.headers


async def test_sign4_too_many_tries_are_held_back(local: LocalServer) -> None:
    # All at once: none of them may pass because the others had not failed yet.
    answers = await asyncio.gather(*(local.post_sign_in(EMAIL, f"guess-{n}") for n in range(TRIES + 4)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(401) <= TRIES + 1
    held = await local.post_sign_in(EMAIL, PASSWORD)
    assert held.status_code == 429
    assert 0 < int(held.headers["retry-after"]) <= 301
    assert "Too many tries" in held.text
    await add_agent(local.settings.database_url, "omar@shop.example", "Omar", "csa", PASSWORD)
    assert (await local.post_sign_in("omar@shop.example", PASSWORD)).status_code == 303


async def test_sign4_a_disabled_agent_is_out_at_once_and_everywhere(local: LocalServer) -> None:
    csa = await local.csa()
    assert await me(local, local.cookie) == 200
    await disable_agent(local.settings.database_url, EMAIL)
    assert await me(local, local.cookie) == 401
    assert (await local.post_sign_in(EMAIL, PASSWORD)).status_code == 401
    assert await csa.close_code() == 4500


async def test_sign4_a_new_password_shows_out_whoever_had_the_old(local: LocalServer) -> None:
    csa = await local.csa()
    await change_password(local.settings.database_url, EMAIL, "another-and-better")
    assert await csa.close_code() == 4500
    assert await me(local, local.cookie) == 401
    assert (await local.post_sign_in(EMAIL, PASSWORD)).status_code == 401
    assert (await local.post_sign_in(EMAIL, "another-and-better")).status_code == 303
    await disable_agent(local.settings.database_url, EMAIL)
    assert (await local.post_sign_in(EMAIL, "another-and-better")).status_code == 401
    await enable_agent(local.settings.database_url, EMAIL)
    assert (await local.post_sign_in(EMAIL, "another-and-better")).status_code == 303


async def test_sign4_signing_out_ends_the_session(local: LocalServer) -> None:
    cookie = await local.sign_in(EMAIL, PASSWORD)
    other = await local.sign_in(EMAIL, PASSWORD)
    answer = await local.http.post("/console/sign-out", headers={"cookie": cookie, "origin": local.url})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/sign-in")
    assert await me(local, cookie) == 401
    assert await me(local, other) == 200, "the other browser stays signed in"


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/sign-out"])
@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
async def test_sign5_a_foreign_page_cannot_sign_in_or_out(
    local: LocalServer, path: str, headers: dict[str, str]
) -> None:
    cookie = await local.sign_in(EMAIL, PASSWORD)
    form = {"email": EMAIL, "password": PASSWORD}
    answer = await local.http.post(path, data=form, headers={**headers, "cookie": cookie})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert await me(local, cookie) == 200


async def test_sign4_missing_or_odd_fields_are_refused(local: LocalServer) -> None:
    headers = {"origin": local.url}
    forms: list[dict[str, str]] = [
        {},
        {"email": EMAIL},
        {"password": PASSWORD},
        {"email": "", "password": ""},
    ]
    for form in forms:
        assert (await local.http.post("/console/sign-in", data=form, headers=headers)).status_code == 401
    file = await local.http.post(
        "/console/sign-in", data={"email": EMAIL}, files={"password": b"x"}, headers=headers
    )
    assert file.status_code == 400
    large = await local.http.post(
        "/console/sign-in", data={"email": EMAIL, "password": "x" * 9_000}, headers=headers
    )
    assert large.status_code == 413
    raw = await local.http.post("/console/sign-in", content=b"\xff\xfe%zz&&==", headers=headers)
    assert raw.status_code == 401


async def test_sign4_script_in_the_address_stays_text(local: LocalServer) -> None:
    answer = await local.post_sign_in('"><script>alert(1)</script>', "whatever-it-is")
    assert answer.status_code == 401
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text
