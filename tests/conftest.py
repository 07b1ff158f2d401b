"""What tests share: servers, and Hypothesis without a deadline, since a busy machine is no fault of the code."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from cobrowse.commands import engines
from tests.engines import PostgresServer, RedisServer, open_folder, running_postgres, running_redis
from tests.serving import (
    LocalServer,
    ServerProcess,
    Shell,
    needs_built_files,
    serving,
    settings_for,
    sign_ginny_up,
)

# The same examples in every run: a change is judged by what it does. `--hypothesis-profile=explore` looks for new ones.
settings.register_profile("explore", deadline=None, print_blob=True)
settings.register_profile("repeatable", settings.get_profile("explore"), derandomize=True)
settings.load_profile("repeatable")

# A port is chosen a moment before somebody listens there: those who run beside us choose among others.
engines.PORTS = engines.PORTS[int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 4 :: 4]


HERE = Path(__file__).parent
FURTHER_TRIES = dict.fromkeys(
    ("asgi", "broker", "commands", "demo", "live", "nodes", "simulate", "storage"), 1
)
FURTHER_TRIES["e2e"] = 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A machine that does other work can starve a server, an engine or a browser: what needs one has further tries.

    The last lines name the tests that needed one, each a fault to be found; `pytest -p no:rerunfailures` gives none.
    The pure core's tests have none anyway.
    """
    for item in items:
        if tries := FURTHER_TRIES.get(item.path.relative_to(HERE).parts[0]):
            item.add_marker(pytest.mark.flaky(reruns=tries))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Function) -> None:
    """A further try has servers, engines and people of its own: what the module shared is made anew."""
    if getattr(item, "execution_count", 1) > 1:
        for definitions in item._fixtureinfo.name2fixturedefs.values():
            for definition in definitions:
                if definition.scope == "module":
                    definition.finish(item._request)  # type: ignore[arg-type] # nothing of a part of a request is used


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Shows what a try that was not the last one failed by."""
    for report in terminalreporter.stats.get("rerun", ()):
        terminalreporter.section(f"tried again: {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run; each test has a database of its own in it."""
    with open_folder() as folder, running_postgres(folder) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One Redis for the tests that do not break it; each has rooms of its own in it."""
    with open_folder() as folder, running_redis(folder) as server:
        yield server


Serve = Callable[..., Awaitable[LocalServer]]


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """Starts servers in this process: `await serve(heartbeat_s=1.0, rules=[...], shell="plain")`."""
    async with AsyncExitStack() as stack:

        async def start(
            *, shell: Shell = "hub", rules: Any = (), agent: bool = True, **changes: Any
        ) -> LocalServer:
            folder = tmp_path / shell
            own = settings_for(folder, **changes)
            running = serving(own, folder, shell=shell, rules=rules, agent=agent)
            return await stack.enter_async_context(running)

        yield start


@pytest.fixture(params=["hub", "plain"])
async def shells(request: pytest.FixtureRequest, serve: Serve) -> LocalServer:
    """A server on each of the two WebSocket shells: what holds on one holds on the other."""
    return await serve(shell=request.param)


@pytest.fixture
async def local(serve: Serve) -> LocalServer:
    """A server in this process."""
    return await serve()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A server in a process of its own, which may be killed and started again. Its log is shown on failure."""
    needs_built_files()
    process = ServerProcess(settings_for(tmp_path), tmp_path)
    await sign_ginny_up(process.settings)
    try:
        await process.start()
        yield process
        await process.let_go()
    finally:
        if process.runs:
            await process.stop()
        print(process.text())
    process.assert_no_traceback()
