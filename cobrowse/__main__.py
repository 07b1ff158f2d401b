"""The command line."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from cobrowse import __version__, rulebook
from cobrowse.core.errors import CobrowseError
from cobrowse.settings import Settings, load, with_workers
from cobrowse.simulate.command import command as simulate

P = ParamSpec("P")

SETTINGS_FILE = "cobrowse.toml"


def plainly(run: Callable[P, None]) -> Callable[P, None]:
    """Turns an error that we raise on purpose into one line and exit status 1."""

    @wraps(run)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            run(*args, **kwargs)
        except CobrowseError as error:
            raise click.ClickException(str(error)) from None

    return wrapped


def settings_at(path: Path | None) -> Settings:
    """The settings from the file named, else from cobrowse.toml if it is here, else from the environment alone."""
    if path is None and Path(SETTINGS_FILE).is_file():
        path = Path(SETTINGS_FILE)
    return load(path)


settings_option = click.option(
    "--settings",
    "settings_path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="COBROWSE_SETTINGS",
    help=f"The settings file (default: {SETTINGS_FILE}, if there is one here).",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Cobrowse: a shared cart, live chat and offers of help for your own shop."""


@main.command()
@settings_option
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes on this machine (default: the setting)."
)
@plainly
def serve(settings_path: Path | None, workers: int | None) -> None:
    """Run the server."""
    from cobrowse.commands.serve import serve as run

    settings = settings_at(settings_path)
    run(settings if workers is None else with_workers(settings, workers))


@main.command()
@click.option("--port", default=8000, show_default=True, help="The server's port.")
@click.option("--shop-port", default=8001, show_default=True, help="The demo shop's port.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".cobrowse-demo"),
    show_default=True,
    help="Where the demo keeps its databases.",
)
@click.option(
    "--rules",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder of rule files (default: the shipped ones).",
)
@click.option(
    "--nodes",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    help="More than one: with Redis, PostgreSQL and nginx of this machine, and nothing kept.",
)
@plainly
def demo(port: int, shop_port: int, folder: Path, rules: Path | None, nodes: int) -> None:
    """Run the server and a demo shop, ready to click."""
    if nodes > 1:
        from cobrowse.commands import cluster

        cluster.run(nodes, port, shop_port, rules)
    else:
        from cobrowse.commands.demo import run

        run(port, shop_port, folder, rules)


@main.command()
@settings_option
@plainly
def migrate(settings_path: Path | None) -> None:
    """Bring the database to this version's tables."""
    from cobrowse.storage.engine import migrate as run

    settings = settings_at(settings_path)
    asyncio.run(run(settings.database_url))
    click.echo("The database is up to date.")


@main.group()
def agent() -> None:
    """The people who work in the console."""


@agent.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The name that shoppers see.")
@click.option("--role", type=click.Choice(["csa", "supervisor", "admin"]), default="csa", show_default=True)
@click.password_option(envvar="COBROWSE_PASSWORD")
@settings_option
@plainly
def agent_add(email: str, name: str, role: str, password: str, settings_path: Path | None) -> None:
    """Add an agent who signs in with EMAIL."""
    from cobrowse.commands.agents import add_agent

    asyncio.run(add_agent(settings_at(settings_path).database_url, email, name, role, password))
    click.echo(f"{name} can sign in now.")


@agent.command("list")
@settings_option
@plainly
def agent_list(settings_path: Path | None) -> None:
    """List the agents."""
    from cobrowse.commands.agents import every_agent

    for each in asyncio.run(every_agent(settings_at(settings_path).database_url)):
        state = "disabled" if each.disabled_at else each.role
        click.echo(f"{each.email}\t{each.name}\t{state}")


@agent.command("disable")
@click.argument("email")
@settings_option
@plainly
def agent_disable(email: str, settings_path: Path | None) -> None:
    """Shut an agent out, at once and everywhere."""
    from cobrowse.commands.agents import disable_agent

    asyncio.run(disable_agent(settings_at(settings_path).database_url, email))
    click.echo(f"{email} cannot sign in any more.")


@agent.command("enable")
@click.argument("email")
@settings_option
@plainly
def agent_enable(email: str, settings_path: Path | None) -> None:
    """Let an agent who was shut out sign in again."""
    from cobrowse.commands.agents import enable_agent

    asyncio.run(enable_agent(settings_at(settings_path).database_url, email))
    click.echo(f"{email} can sign in again.")


@agent.command("password")
@click.argument("email")
@click.password_option(envvar="COBROWSE_PASSWORD")
@settings_option
@plainly
def agent_password(email: str, password: str, settings_path: Path | None) -> None:
    """Set a new password; open consoles of this agent are shown out."""
    from cobrowse.commands.agents import change_password

    asyncio.run(change_password(settings_at(settings_path).database_url, email, password))
    click.echo(f"{email} signs in with the new password from now on.")


@main.group("rules")
def rules_group() -> None:
    """The rules that offer help."""


@rules_group.command("check")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--visits",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Recorded visits (CSV): warn of a path that none of them has been to.",
)
@plainly
def rules_check(folder: Path | None, visits: Path | None) -> None:
    """Check every rule in FOLDER (default: the shipped ones); all mistakes at once."""
    from cobrowse.commands.rules import check

    sys.exit(1 if check(folder or rulebook.SHIPPED, visits) else 0)


@rules_group.command("test")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@plainly
def rules_test(folder: Path | None) -> None:
    """Run the scenarios beside the rules in FOLDER (default: the shipped ones)."""
    from cobrowse.commands.rules import test

    sys.exit(1 if test(folder or rulebook.SHIPPED) else 0)


@rules_group.command("replay")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--recorded", is_flag=True, help="Replay what this server has seen, instead of a FILE.")
@click.option("--rules", type=click.Path(path_type=Path, file_okay=False), help="The rules to try.")
@click.option("--against", type=click.Path(path_type=Path, file_okay=False), help="Rules to compare with.")
@click.option("--csas", default=2, show_default=True, type=click.IntRange(0, 1_000), help="Free CSAs.")
@click.option(
    "--chart", type=click.Path(path_type=Path, dir_okay=False), help="Write a chart here: .html or .svg."
)
@settings_option
@plainly
def rules_replay(
    file: Path | None,
    recorded: bool,
    rules: Path | None,
    against: Path | None,
    csas: int,
    chart: Path | None,
    settings_path: Path | None,
) -> None:
    """Run rules over recorded visits: a CSV FILE, or --recorded."""
    from cobrowse.commands.rules import replay

    if recorded == (file is not None):
        raise click.UsageError("expected a FILE of recorded visits, or --recorded")
    settings = settings_at(settings_path) if recorded else None
    replay(rules or rulebook.SHIPPED, file, settings, against, csas, chart)


main.add_command(simulate)

if __name__ == "__main__":
    logging.captureWarnings(capture=True)
    main()
