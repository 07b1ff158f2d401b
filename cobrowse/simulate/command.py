"""`cobrowse simulate FILE`: the command line. docs/simulate.md."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click

from cobrowse.simulate.options import Options
from cobrowse.simulate.timetable import DEFAULT_IDLE_S, DEFAULT_SPEED

INTERRUPTED = 130

DEMO_SITE = "demo"
DEMO_SIGN_IN = ("ginny@demo.example", "alcove-and-oak")


@click.command("simulate")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--server", default="http://127.0.0.1:8000", show_default=True, help="The Cobrowse server.")
@click.option("--site", default=DEMO_SITE, show_default=True, help="The key of the site to shop at.")
@click.option(
    "--origin", default="http://127.0.0.1:8001", show_default=True, help="An origin of that site's pages."
)
@click.option("--email", envvar="COBROWSE_EMAIL", show_envvar=True, help="A CSA's email address.")
@click.option("--password", envvar="COBROWSE_PASSWORD", show_envvar=True, help="And password.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=DEFAULT_SPEED,
    show_default=True,
    help="How much faster than recorded; 0: as fast as answers come.",
)
@click.option(
    "--idle",
    "idle_s",
    type=click.FloatRange(min=0),
    default=DEFAULT_IDLE_S,
    show_default=True,
    help="The longest wait between two events of a visit, in seconds.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1500),
    default=200,
    show_default=True,
    help="The most shoppers at once.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Replay only the first so many visits.")
@click.option("--csas", type=click.IntRange(1, 100), help="CSA connections [default: one for 500 shoppers]")
@click.option("--chaos", is_flag=True, help="Cut random connections all the while.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Expect this file's carts instead: to see the comparison fail.",
)
def command(
    file: Path,
    server: str,
    site: str,
    origin: str,
    email: str | None,
    password: str | None,
    speed: float,
    idle_s: float,
    concurrency: int,
    limit: int | None,
    csas: int | None,
    chaos: bool,
    against: Path | None,
) -> None:
    """Replay recorded shoppers from FILE, a CSV click-stream, and compare every cart afterwards.

    Exit status: 0 when the file's, the server's and the CSA's carts are equal, 1 when not, 2 when it could not be run.
    """
    for name, address in (("--server", server), ("--origin", origin)):
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
            raise click.BadParameter("expected an origin such as http://127.0.0.1:8000", param_hint=name)
    if email is None and password is None and site == DEMO_SITE:
        email, password = DEMO_SIGN_IN
    if not email or not password:
        raise click.UsageError(
            "expected a CSA's --email and --password (or COBROWSE_EMAIL, COBROWSE_PASSWORD)"
        )
    options = Options(
        file=file,
        server=server.rstrip("/"),
        site=site,
        origin=origin.rstrip("/"),
        email=email,
        password=password,
        speed=speed,
        idle_s=idle_s,
        concurrency=concurrency,
        limit=limit,
        csas=csas,
        chaos=chaos,
        against=against,
    )
    from cobrowse.simulate.run import simulate  # here: the other commands need none of what it loads

    try:
        sys.exit(asyncio.run(simulate(options)))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
