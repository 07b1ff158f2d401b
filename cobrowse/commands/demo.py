"""`cobrowse demo`: the server and a demo shop, on two ports and so two origins, in one process."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from pathlib import Path

import click
import uvicorn
import uvloop

from cobrowse import rulebook
from cobrowse.commands.agents import add_agent
from cobrowse.commands.past import fill, write_visits
from cobrowse.commands.serve import listen, prepare
from cobrowse.core.messages import MaskRule
from cobrowse.demo.shop import create_shop
from cobrowse.settings import Settings, Site
from cobrowse.storage.errors import EmailTaken

SITE_KEY = "demo"
VISITS = "visits.csv"
EMAIL = "ginny@demo.example"
PASSWORD = "alcove-and-oak"  # noqa: S105 - printed on start, for a demo on loopback only

_OF_THE_FORM = "h1, h2, legend, label, button, .summary"
"""What a form says to everybody, the same words whoever fills it in; and beside it the basket once more."""

MIRROR = [
    MaskRule("unmask", "body > header a, nav a, footer :is(h2, p, a), [data-toast]"),
    MaskRule("unmask", "h1, h2, h3, legend, label, option, button, th, dt"),
    MaskRule("unmask", "main :is(p, li, td, dd, figcaption, summary, a, .with-unit span)"),
    MaskRule("unmask", "main .options [type=radio], main .filters :is(select, [type=checkbox])"),
    MaskRule("mask", "main .total", "/search*"),
    MaskRule(
        "mask", f"main :not({_OF_THE_FORM}, :is({_OF_THE_FORM}) *), main :is(input, select)", "/checkout*"
    ),
    MaskRule("mask", "main *", "/order*"),
    MaskRule("mask", "main *", "/contact*"),
]
"""Lets out what this shop shows everybody, and nothing where it speaks of one person."""


def demo_settings(port: int, shop_port: int, folder: Path, rules: Path | None) -> Settings:
    return Settings(
        rules=str(rules or ""),
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        database_url=f"sqlite:///{folder / 'cobrowse.db'}",
        sites=[
            Site(
                key=SITE_KEY,
                name="Alcove & Oak",
                origins=[f"http://127.0.0.1:{shop_port}"],
                accent="#2a5748",
                greeting="Hello! Ask us anything: sizes, stock, delivery.",
                phone="0113 496 0142",
                mirror=MIRROR,
                product_feed_url=f"http://127.0.0.1:{shop_port}/feed.json",
            )
        ],
        private_file_hosts="127.0.0.1",
        log_level="warning",
    )


def run(port: int, shop_port: int, folder: Path, rules: Path | None) -> None:
    """Serves both until SIGINT. Raises CobrowseError."""
    logging.basicConfig(level="WARNING", format="%(levelname)s %(name)s: %(message)s")
    folder.mkdir(parents=True, exist_ok=True)
    settings = demo_settings(port, shop_port, folder, rules)
    sockets = [listen(settings.host, port), listen(settings.host, shop_port)]
    try:
        server = prepare(settings)
        asyncio.run(_begin(settings, folder, rules or rulebook.SHIPPED))
        shop = create_shop(server_url=settings.public_url, site_key=SITE_KEY, database=folder / "shop.db")
        shop_server = uvicorn.Server(
            uvicorn.Config(shop, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
        )
        click.echo(
            f"\n  Shop      http://127.0.0.1:{shop_port}/\n"
            f"  Console   http://127.0.0.1:{port}/console/\n"
            f"  Sign in   {EMAIL}   {PASSWORD}\n\n"
            "  Open the shop in one window and the console in another. Ctrl+C stops both.\n"
            f"  Try rules on made-up visits:  cobrowse rules replay {folder / VISITS} --chart chart.html\n"
        )
        uvloop.run(_both(server, shop_server, sockets))
    except KeyboardInterrupt:
        click.echo("Stopped.")
    finally:
        for each in sockets:
            each.close()


async def _begin(settings: Settings, folder: Path, rules: Path) -> None:
    """Ginny can sign in, and there is a past to look at: made-up visits, and what the rules did in them."""
    try:
        await add_agent(settings.database_url, EMAIL, "Ginny", "supervisor", PASSWORD)
    except EmailTaken:
        return
    found, _ = rulebook.load(rules)
    write_visits(folder / VISITS, found, time.time())
    await fill(settings.database_url, folder / VISITS, found, SITE_KEY)


async def _both(server: uvicorn.Server, shop: uvicorn.Server, sockets: list[socket.socket]) -> None:
    """Runs both; when one stops, so does the other."""

    async def until_stopped(one: uvicorn.Server, bound: socket.socket, other: uvicorn.Server) -> None:
        try:
            await one.serve(sockets=[bound])
        finally:
            other.should_exit = True

    async with asyncio.TaskGroup() as group:
        group.create_task(until_stopped(server, sockets[0], shop))
        group.create_task(until_stopped(shop, sockets[1], server))
