"""Previews of masking: for supervisors, on the shop's own pages, for a quarter of an hour. SPEC preview."""

from __future__ import annotations

import time

import httpx
import pytest

from cobrowse.app import secret_beside
from cobrowse.core.credentials import PREVIEW_VALID_S, sign_preview
from cobrowse.core.messages import MaskRule
from tests.conftest import Serve
from tests.serving import EMAIL, ORIGIN, PASSWORD, LocalServer, site


async def previews(server: LocalServer) -> httpx.Response:
    cookie = server.cookie or await server.sign_in(EMAIL, PASSWORD)
    return await server.http.get("/console/api/previews", headers={"cookie": cookie})


async def open_(server: LocalServer, token: str, origin: str = ORIGIN, key: str = "shop") -> httpx.Response:
    return await server.http.post("/preview", json={"site": key, "token": token}, headers={"origin": origin})


async def test_preview1_only_those_who_supervise_get_addresses(local: LocalServer) -> None:
    refused = await local.http.get("/console/api/previews")
    assert refused.status_code == 401
    await local.csa()
    await local.change("UPDATE agents SET role = 'csa'")
    assert (await previews(local)).status_code == 403
    await local.change("UPDATE agents SET role = 'supervisor'")
    given = await previews(local)
    assert given.status_code == 200
    pages = given.json()["previews"][0]["pages"]
    assert all("/#cobrowse-preview=" in page for page in pages)
    assert [page for page in pages if page.startswith(ORIGIN)]


async def test_preview1_a_token_opens_its_sites_rules_to_its_pages_alone(serve: Serve) -> None:
    rule = MaskRule("mask", ".account")
    server = await serve(sites=[site(mirror=[rule]), site("other")])
    await server.csa()
    await server.change("UPDATE agents SET role = 'admin'")
    page = next(
        page for page in (await previews(server)).json()["previews"][0]["pages"] if page.startswith(ORIGIN)
    )
    token = page.partition("=")[2]
    opened = await open_(server, token)
    assert opened.headers["access-control-allow-origin"] == ORIGIN
    assert opened.json() == {"rules": [{"do": "mask", "select": ".account"}], "catalogue": True}
    assert (await open_(server, token, origin="https://evil.example")).status_code == 403
    assert (await open_(server, token, key="other")).status_code == 403
    assert (await open_(server, token + "x")).status_code == 403
    assert (await open_(server, (await server.shopper()).token)).status_code == 403


@pytest.mark.parametrize(("age_s", "status"), [(PREVIEW_VALID_S - 60, 200), (PREVIEW_VALID_S + 1, 403)])
async def test_preview1_it_runs_out(local: LocalServer, age_s: int, status: int) -> None:
    secret = secret_beside(local.settings)
    assert (await open_(local, sign_preview(secret, "shop", time.time() - age_s))).status_code == status
