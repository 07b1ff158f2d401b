"""What docs/deploy/ promises: the nginx site works with the real one, workers share a port, the files agree."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from asyncio.subprocess import DEVNULL, create_subprocess_shell
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
import yaml
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from cobrowse.commands import engines
from cobrowse.commands.engines import free_port
from cobrowse.core.codec import encode
from cobrowse.core.errors import Close
from cobrowse.core.messages import Hello, Increment, Say
from tests.engines import GRANTS, RedisServer
from tests.nodes.conftest import Rows, StartNode, eventually
from tests.serving import ORIGIN, LocalServer, ServerProcess, needs_built_files, serving, settings_for
from tests.wire import open_peer

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs" / "deploy"


@contextmanager
def running_nginx(folder: Path, nodes: list[int]) -> Iterator[str]:
    port = free_port()
    with engines.nginx(folder / "nginx", port, nodes):
        yield f"http://127.0.0.1:{port}"


async def test_node1_a_shop_behind_nginx_on_two_nodes(
    tmp_path: Path, start_node: StartNode, redis_server: RedisServer
) -> None:
    nodes = {"trusted_proxies": "127.0.0.1", "max_connections_per_address": 6}
    a, b = await start_node(**nodes), await start_node(**nodes)
    with running_nginx(tmp_path, [a.settings.port, b.settings.port]) as url:
        live = url.replace("http", "ws", 1) + "/live"

        async def answers() -> bool:
            try:
                await (await open_peer(live, ORIGIN)).leave()
            except OSError:
                return False
            return True

        await eventually(answers)
        await _each_address_has_its_own_limit(live)
        await eventually(lambda: _each_has(0, a, b))  # they have gone, which takes nginx a moment to see
        home = a.url
        a.url = url
        first = await a.shopper()
        tabs = [await a.shopper(token=first.token) for _ in range(5)]
        await first.done(Increment("desk", 1))
        for tab in tabs:
            await tab.entry(lambda entry: entry.replica == first.joined.replica)
        a.url = home
        assert await _each_has(3, a, b), "nginx spreads connections over the nodes"


async def _each_has(count: int, *nodes: LocalServer) -> bool:
    texts = [(await node.http.get("/metrics")).text for node in nodes]
    return all(f'cobrowse_connections{{role="shopper"}} {float(count)}' in text for text in texts)


async def _each_address_has_its_own_limit(live: str) -> None:
    """Twelve of one address fill both nodes for it, whatever it says of itself, and for nobody else. SPEC sign.7."""
    async with AsyncExitStack() as stack:
        codes = []
        for n in range(15):
            lie = {"x-forwarded-for": f"198.51.100.{n}"}
            address = (f"127.0.0.{2 if n < 13 else 3}", 0)
            opening = connect(
                live, origin=Origin(ORIGIN), additional_headers=lie, proxy=None, local_addr=address
            )
            socket = await stack.enter_async_context(opening)
            try:
                await socket.send(encode(Hello(v=1, role="shopper", site="shop")))
                await socket.recv()
                codes.append(0)
            except ConnectionClosed as closed:
                codes.append(closed.rcvd.code if closed.rcvd else -1)
        assert codes == [*[0] * 12, Close.BUSY, 0, 0]


async def test_node1_workers_share_a_port_and_the_rooms(
    tmp_path: Path, redis_server: RedisServer, database_url: str, rows: Rows
) -> None:
    needs_built_files()
    shared = {"database_url": database_url, "redis_url": redis_server.url}
    server = ServerProcess(settings_for(tmp_path, workers=2, drain_s=0.0, **shared), tmp_path)
    await server.start()
    try:
        await eventually(lambda: _two(server))
        first = await server.shopper()
        tabs = [await server.shopper(token=first.token) for _ in range(9)]
        await first.done(Say("hello"))
        for tab in tabs:
            await tab.entry(lambda entry: entry.replica == first.joined.replica)
        counted = [await _shoppers_by_worker(server) for _ in range(4)]
        assert counted == [counted[0]] * 4, "whichever worker is asked"
        assert (len(counted[0]), sum(counted[0])) == (2, 10)
        await server.let_go()
    finally:
        await server.stop()
    server.assert_no_traceback()
    assert await rows("SELECT text FROM messages") == [("hello",)]


async def _shoppers_by_worker(server: ServerProcess) -> list[float]:
    async with httpx.AsyncClient(
        base_url=server.url
    ) as http:  # a connection of its own, which any worker may get
        text = (await http.get("/metrics")).text
    line = re.compile(r'^cobrowse_connections{role="shopper",worker="[01]"} (.+)$', re.MULTILINE)
    return [float(count) for count in line.findall(text)]


async def _two(server: ServerProcess) -> bool:
    return server.text().count("startup complete") == 2


def test_the_compose_file_sets_what_the_documents_say() -> None:
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    node = composed["services"]["node1"]
    assert set(node["environment"]) >= {"COBROWSE_REDIS_URL", "COBROWSE_DATABASE_URL"}
    assert "noeviction" in composed["services"]["redis"]["command"]
    # The images set themselves up in their own time, and what must wait for them waits.
    assert "127.0.0.1" in composed["services"]["postgres"]["healthcheck"]["test"], "not by its socket alone"
    assert node["depends_on"] == {name: {"condition": "service_healthy"} for name in ("postgres", "redis")}
    for mounted in (node, composed["services"]["nginx"]):
        for volume in mounted["volumes"]:
            assert (DEPLOY / volume.split(":")[0]).is_file()


def test_the_compose_file_starts_again_whatever_has_ended() -> None:
    """Also after a restart of the machine, which starts its containers in any order: none is left out."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert {name: service.get("restart") for name, service in services.items()} == dict.fromkeys(
        ("node1", "node2", "nginx", "redis", "postgres"), "always"
    )
    # A slow first start is none that has failed: compose would give up.
    assert {service["healthcheck"]["start_period"] for service in services.values()} == {"60s"}
    assert "depends_on" not in services["nginx"], "a node is made anew without nginx"


async def test_the_compose_file_asks_a_node_whether_it_is_ready(tmp_path: Path) -> None:
    """As the container does it, with the port exchanged: 0 from a node that is ready, else not."""
    node = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["node1"]
    command = node["healthcheck"]["test"].replace("python ", f"{sys.executable} ", 1)
    assert "8000" in command

    async def judged(port: int) -> int:
        asking = await create_subprocess_shell(command.replace("8000", str(port)), stderr=DEVNULL)
        return await asking.wait()

    async with serving(settings_for(tmp_path), tmp_path) as server:
        assert await judged(server.settings.port) == 0
    assert await judged(server.settings.port) != 0


def test_nginx_in_the_compose_file_asks_the_containers_own_name_server(tmp_path: Path) -> None:
    """Its command, run by this machine's shell: the first name server goes into the template, by the name there."""
    nginx = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["nginx"]
    assert nginx["volumes"] == ["./nginx.compose.conf:/etc/nginx/templates/default.conf.template:ro"]
    shell, option, script = nginx["command"]
    (tmp_path / "resolv.conf").write_text("search shop\nnameserver 127.0.0.11\nnameserver 192.0.2.53\n")
    (tmp_path / "start").write_text('#!/bin/sh\necho "$NAME_SERVER" "$@"\n')
    (tmp_path / "start").chmod(0o755)
    script = script.replace("$$", "$").replace("/etc/resolv.conf", f"{tmp_path}/resolv.conf")
    script = script.replace("/docker-entrypoint.sh", f"{tmp_path}/start")
    ran = subprocess.run([shell, option, script], capture_output=True, text=True, check=True)
    assert ran.stdout == "127.0.0.11 nginx -g daemon off;\n"
    assert "resolver ${NAME_SERVER} valid=5s" in (DEPLOY / "nginx.compose.conf").read_text()


@pytest.mark.parametrize(
    ("name", "nodes", "resolver"),
    [
        ("nginx.conf", ["127.0.0.1:8000", "127.0.0.1:8001"], ""),
        ("nginx.compose.conf", ["node1:8000", "node2:8000"], "${NAME_SERVER}"),
    ],
)
def test_the_nginx_files_are_the_site_that_is_tested_here(name: str, nodes: list[str], resolver: str) -> None:
    assert (DEPLOY / name).read_text() == engines.nginx_site("8080", nodes, resolver)


@pytest.mark.parametrize("grant", [grant for grant in GRANTS if grant.startswith("+")])
def test_the_documents_list_what_the_redis_user_of_the_tests_may(grant: str) -> None:
    assert grant in (ROOT / "docs" / "operating.md").read_text("utf-8")


def test_the_systemd_unit_is_one(tmp_path: Path) -> None:
    """By systemd's own judgement, where this machine has it; the program is not where a server has it."""
    unit = (DEPLOY / "cobrowse.service").read_text()
    assert unit.count("ExecStart=/opt/cobrowse/bin/cobrowse serve ") == 1
    copy = tmp_path / "cobrowse.service"
    copy.write_text(unit.replace("ExecStart=/opt/cobrowse/bin/cobrowse", "ExecStart=/bin/true"))
    if judge := shutil.which("systemd-analyze"):
        judged = subprocess.run(
            [judge, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
        )
        assert (judged.returncode, judged.stderr) == (0, "")


def test_the_container_gets_nothing_of_this_checkout_but_the_source() -> None:
    """Whatever git leaves out as an environment or a build, the image is made without."""
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".git", ".venv", "node_modules", "cobrowse/static"} <= set(ignored)


def test_the_container_file_copies_what_is_there() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    for path in (path for paths in copied for path in paths):
        assert (ROOT / path).exists(), path
    assert any(line.startswith("USER ") and "root" not in line for line in lines)
    assert [line.split()[0] for line in lines if line.startswith(("ENTRYPOINT", "CMD"))] == [
        "ENTRYPOINT",
        "CMD",
    ]
