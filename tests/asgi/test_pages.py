"""Pages, files and the console's JSON, over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cobrowse.asgi.assets import Assets, AssetsMissing
from cobrowse.core.messages import Event, Finish, Item, Page, Say
from tests.conftest import Serve
from tests.serving import EMAIL, LOADER, LocalServer, site

EVERY_PAGE = [
    "/console/",
    "/console/sign-in",
    "/",
    "/nothing-here",
    "/cobrowse.js",
    "/assets/none.js",
    "/healthz",
    "/readyz",
    "/console/api/me",
]


@pytest.mark.parametrize("path", EVERY_PAGE)
async def test_sign5_security_headers_are_on_every_answer(local: LocalServer, path: str) -> None:
    headers = (await local.http.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert f"connect-src 'self' {local.live_url.removesuffix('/live')}" in policy
    assert "img-src 'self' data:;" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


async def test_sign5_they_are_on_the_answer_to_a_fault_too(local: LocalServer) -> None:
    local.faults.expected = True
    await local.change("ALTER TABLE sessions RENAME TO lost")
    answer = await local.http.get("/console/api/me", headers={"cookie": "cobrowse_session=x"})
    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "sessions" not in answer.text


async def test_sign4_pages_and_interface_need_a_session(local: LocalServer) -> None:
    for path in ("/console/", "/console"):
        answer = await local.http.get(path, follow_redirects=True)
        assert str(answer.url).endswith("/console/sign-in")
    for path in (
        "me",
        "products?site=shop&q=a",
        "contacts?q=a",
        "rooms/x/messages?before=1",
        "rooms/x/history",
    ):
        for cookie in ("", "cobrowse_session=", "cobrowse_session=guess", "cobrowse_session=" + "x" * 500):
            answer = await local.http.get(f"/console/api/{path}", headers={"cookie": cookie})
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "not_signed_in"


async def test_the_console_is_served_with_its_files(local: LocalServer) -> None:
    cookie = {"cookie": await local.sign_in(EMAIL, "alcove-and-oak")}
    page = await local.http.get("/console/", headers=cookie)
    assert page.status_code == 200
    assert '<script type="module" src="/assets/console.0A1B2C3D.js"></script>' in page.text
    assert page.headers["cache-control"] == "no-store"
    me = (await local.http.get("/console/api/me", headers=cookie)).json()
    wanted = {"id": "", "name": "Ginny", "email": EMAIL, "role": "csa", "teams": []}
    assert me["agent"] | {"id": ""} == wanted
    assert [each["key"] for each in me["sites"]] == ["shop"]


async def test_files_are_for_every_origin_and_keep(local: LocalServer) -> None:
    loader = await local.http.get("/cobrowse.js")
    assert (loader.content, loader.status_code) == (LOADER, 200)
    assert loader.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert loader.headers["cache-control"] == "public, max-age=300"
    hashed = await local.http.get("/assets/console.0A1B2C3D.js")
    assert "immutable" in hashed.headers["cache-control"]
    for answer in (loader, hashed):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    for name in ("none.js", "..%2fmanifest.json", "manifest.json", "%2e%2e/settings.py"):
        assert (await local.http.get(f"/assets/{name}")).status_code == 404
    assert (await local.http.post("/cobrowse.js")).status_code == 405


async def test_healthz_and_readyz(local: LocalServer) -> None:
    assert (await local.http.get("/healthz")).text == "alive\n"
    assert (await local.http.get("/readyz")).text == "ready\n"


async def test_ready1_readyz_says_when_the_database_does_not_answer(local: LocalServer) -> None:
    await local.change("ALTER TABLE rooms RENAME TO lost")
    answer = await local.http.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "the database does not answer\n")
    assert (await local.http.get("/healthz")).status_code == 200
    await local.change("ALTER TABLE lost RENAME TO rooms")
    assert (await local.http.get("/readyz")).status_code == 200


async def test_ready1_readyz_says_when_nothing_can_be_committed(local: LocalServer) -> None:
    """The database answers who reads it, and takes nothing: as when the disk is full."""
    await local.change(
        "CREATE TRIGGER full BEFORE INSERT ON unfiled BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    answer = await local.http.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "the database does not answer\n")
    await local.change("DROP TRIGGER full")
    assert (await local.http.get("/readyz")).status_code == 200
    assert local.rows("SELECT * FROM unfiled") == []


async def test_the_interface_gives_messages_history_and_contacts(local: LocalServer) -> None:
    shopper = await local.shopper()
    script = "<script>alert(1)</script>"
    entries = [await shopper.done(Say(f"{script} {n}")) for n in range(3)]
    csa = await local.csa_in(shopper.room)
    await csa.done(Finish())
    headers = {"cookie": local.cookie}
    room = f"/console/api/rooms/{shopper.room}"
    page = await local.http.get(f"{room}/messages?before={entries[2].offset}", headers=headers)
    assert page.headers["content-type"] == "application/json"
    said = page.json()["messages"]
    assert [(offset, by[0], text) for offset, _, by, text in said] == [
        (entry.offset, "shopper", f"{script} {n}") for n, entry in enumerate(entries[:2])
    ]
    told = (await local.http.get(f"{room}/history", headers=headers)).json()
    assert told["contact"] == {"email": None, "number": None}
    history = told["conversations"]
    assert [(talk["status"], talk["room"]) for talk in history] == [("closed", shopper.room)]
    contacts = (await local.http.get("/console/api/contacts?q=", headers=headers)).json()["contacts"]
    assert [(contact["room"], contact["conversations"]) for contact in contacts] == [(shopper.room, 1)]
    for before in ("", "-1", "x", "9" * 17, "1.5"):
        answer = await local.http.get(f"{room}/messages?before={before}", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")
    empty = await local.http.get("/console/api/rooms/nobody/messages?before=9", headers=headers)
    assert empty.json() == {"messages": []}


async def test_room8_addresses_that_run_script_never_reach_a_console(local: LocalServer) -> None:
    shopper = await local.shopper()
    csa = await local.csa_in(shopper.room)
    item = Item("desk", "Desk", url="javascript:alert(1)", image="data:text/html,<script>")
    await shopper.do(Event("view_item", Page("javascript:alert(1)", "<script>"), [item]))
    entry = await csa.entry(lambda entry: entry.replica == shopper.joined.replica)
    seen = getattr(entry.fact, "items", [])[0]
    assert (seen.url, seen.image) == ("", "")
    page = getattr(entry.fact, "page", None)
    assert page is not None
    assert not page.path.startswith("javascript:")


async def test_sign5_the_console_loads_nothing_from_anywhere_else(serve: Serve) -> None:
    server = await serve(sites=[site("one", origins=["https://one.example"])])
    for path in ("/console/sign-in", "/console/mirror"):
        policy = (await server.http.get(path)).headers["content-security-policy"]
        assert "one.example" not in policy
        assert "default-src 'none'" in policy
        assert "img-src 'self' data:" in policy or "img-src data: 'self'" in policy


def test_missing_files_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match="make assets"):
        Assets(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(AssetsMissing, match="manifest"):
        Assets(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"cobrowse.js": "gone.js"}))
    with pytest.raises(AssetsMissing, match=r"gone\.js"):
        Assets(tmp_path)
