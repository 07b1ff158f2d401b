"""What docs/deploy/ promises: the nginx site works with the real one, workers share a port, the files agree."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from cobrowse.core.messages import Increment, Say
from tests.engines import GRANTS, RedisServer, free_port
from tests.nodes.conftest import SECRET, Rows, StartNode, eventually
from tests.serving import ORIGIN, ServerProcess, needs_built_files, settings_for
from tests.wire import open_peer

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs" / "deploy"


@contextmanager
def running_nginx(folder: Path, nodes: list[int]) -> Iterator[str]:
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    assert program, "expected nginx: run `make tools` (Debian: apt-get install nginx-light)"
    port = free_port()
    site = (DEPLOY / "nginx.conf").read_text().replace("listen 8080", f"listen 127.0.0.1:{port}")
    for shipped, node in zip((8000, 8001), nodes, strict=True):
        site = site.replace(f"127.0.0.1:{shipped} ", f"127.0.0.1:{node} ")
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log stderr error; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{site}\n}}\n"
    )
    process = subprocess.Popen([program, "-c", str(whole), "-p", str(folder)])
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def test_node1_a_shop_behind_nginx_on_two_nodes(
    tmp_path: Path, start_node: StartNode, redis_server: RedisServer
) -> None:
    a, b = await start_node(), await start_node()
    with running_nginx(tmp_path, [a.settings.port, b.settings.port]) as url:
        live = url.replace("http", "ws", 1) + "/live"

        async def answers() -> bool:
            try:
                await (await open_peer(live, ORIGIN)).leave()
            except OSError:
                return False
            return True

        await eventually(answers)
        home = a.url
        a.url = url
        first = await a.shopper()
        tabs = [await a.shopper(token=first.token) for _ in range(5)]
        await first.done(Increment("desk", 1))
        for tab in tabs:
            await tab.entry(lambda entry: entry.replica == first.joined.replica)
        a.url = home
        for node in (a, b):
            text = (await node.http.get("/metrics")).text
            assert 'cobrowse_connections{role="shopper"} 3.0' in text, (
                "nginx spreads connections over the nodes"
            )


async def test_node1_workers_share_a_port_and_the_rooms(
    tmp_path: Path, redis_server: RedisServer, database_url: str, rows: Rows
) -> None:
    needs_built_files()
    shared = {"database_url": database_url, "redis_url": redis_server.url, "secret": SECRET}
    server = ServerProcess(settings_for(tmp_path, workers=2, drain_s=0.0, **shared), tmp_path)
    await server.start()
    try:
        await eventually(lambda: _two(server))
        first = await server.shopper()
        tabs = [await server.shopper(token=first.token) for _ in range(9)]
        await first.done(Say("hello"))
        for tab in tabs:
            await tab.entry(lambda entry: entry.replica == first.joined.replica)
        await server.let_go()
    finally:
        await server.stop()
    server.assert_no_traceback()
    assert await rows("SELECT text FROM messages") == [("hello",)]


async def _two(server: ServerProcess) -> bool:
    return server.text().count("startup complete") == 2


def test_the_compose_file_sets_what_the_documents_say() -> None:
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    node = composed["services"]["node1"]
    assert set(node["environment"]) >= {"COBROWSE_REDIS_URL", "COBROWSE_DATABASE_URL", "COBROWSE_SECRET"}
    assert "noeviction" in composed["services"]["redis"]["command"]
    for mounted in (node, composed["services"]["nginx"]):
        for volume in mounted["volumes"]:
            assert (DEPLOY / volume.split(":")[0]).is_file()


def test_both_nginx_files_are_the_same_but_for_the_nodes() -> None:
    alone, composed = ((DEPLOY / name).read_text() for name in ("nginx.conf", "nginx.compose.conf"))
    assert alone.replace("127.0.0.1:8000", "node1:8000").replace("127.0.0.1:8001", "node2:8000") == composed


@pytest.mark.parametrize("grant", [grant for grant in GRANTS if grant.startswith("+")])
def test_the_documents_list_what_the_redis_user_of_the_tests_may(grant: str) -> None:
    assert grant in (ROOT / "docs" / "operating.md").read_text("utf-8")
