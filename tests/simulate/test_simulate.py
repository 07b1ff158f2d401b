"""The whole command against a real server over real connections."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cobrowse.commands.engines import free_port
from cobrowse.core.cart import project
from cobrowse.core.messages import Increment
from cobrowse.simulate.client import Client
from cobrowse.simulate.command import command
from cobrowse.simulate.csa import NotSignedIn, fresh_carts, sign_in
from cobrowse.simulate.link import Stopped
from cobrowse.simulate.stream import read_events
from tests.simulate.conftest import OTTO, Server

HEADER = "session_id,user_id,ts,event,item_id,price\n"
ANSWER_WITHIN_S = 60.0


def run_at(url: str, file: Path, *options: str) -> Result:
    address = ["--server", url, "--origin", Server.origin, "--site", Server.site]
    return CliRunner().invoke(
        command, [str(file), *address, "--email", Server.email, "--password", Server.password, *options]
    )


def run(server: Server, file: Path, *options: str) -> Result:
    return run_at(server.url, file, *options)


def test_real_shoppers_leave_three_equal_carts(replay_server: Server) -> None:
    result = run(replay_server, OTTO, "--speed", "6000", "--idle", "0.02")
    assert result.exit_code == 0, result.output
    for row in ("Visits │ 84", "Shoppers │ 15", "Events │ 357", "Operations │ 377", "Carts │ all equal"):
        assert row in " ".join(result.output.split())
    assert "Seen live by a CSA │ 377 operations" in " ".join(result.output.split())


def test_a_dropped_row_is_seen(replay_server: Server, tmp_path: Path) -> None:
    rows = gzip.decompress(OTTO.read_bytes()).decode().splitlines(keepends=True)
    kept = {event.row for event in read_events(OTTO) if event.name == "add_to_cart" and event.shopper == "4"}
    dropped = max(kept)
    less = tmp_path / "less.csv"
    less.write_text("".join(line for number, line in enumerate(rows, 1) if number != dropped))
    item = rows[dropped - 1].split(",")[4]
    result = run(replay_server, OTTO, "--speed", "0", "--against", str(less))
    assert result.exit_code == 1, result.output
    assert f"line {item}: file 0, server 1, CSA 1" in result.output
    assert "1 lines differ" in result.output


def test_cut_connections_lose_and_repeat_nothing(replay_server: Server) -> None:
    result = run(replay_server, OTTO, "--speed", "6000", "--idle", "0.2", "--chaos")
    assert result.exit_code == 0, result.output
    cuts = next(line for line in result.output.splitlines() if "Connections cut" in line)
    assert int(cuts.split("│")[2]) > 0


def test_dirt_and_bounds_end_in_equal_carts(replay_server: Server, tmp_path: Path) -> None:
    at = "2024-01-06T11:35:26Z"
    rows = [f"s1,many-lines,{at},add_to_cart,n{n},0" for n in range(203)]
    rows += [f"s2,many-pieces,{at},add_to_cart,a b/ä,1.99"] * 60
    rows += [f"s2,many-pieces,{at},remove_from_cart,a b/ä,1.99"] * 2
    rows += [f"s2,many-pieces,{at},add_to_cart,a b/ä,1.99"] * 30
    rows += [f"s3,odd,{at},{event}" for event in ("remove_from_cart,x,", "purchase,y,0", "add_to_cart,,")]
    rows += [f"{session},odd,{at},add_to_cart,z," for session in ("s3", "s4", "s3", "s4")]
    rows += [f"s5,buyer,{at},{event}" for event in ("add_to_cart,z,1", "purchase,z,1", "add_to_cart,q,1")]
    rows += [f"s6,looker,{at},checkout_bug,,"]
    file = tmp_path / "dirt.csv"
    file.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    result = run(replay_server, file)
    assert result.exit_code == 0, result.output
    flat = " ".join(result.output.split())
    assert "Operations declined │ 3 bound" in flat
    assert "Visits │ 8" in flat
    assert "Carts compared │ 5 (4 with something in)" in flat


async def test_wire5_operations_on_their_way_when_the_line_is_cut_count_once(replay_server: Server) -> None:
    server = replay_server
    tab = Client(server.url, server.origin, "shopper", site=server.site)
    async with tab.connected():
        await tab.until(lambda: tab.own.joined, ANSWER_WITHIN_S)
        replica = tab.own.replica
        for line in ("a", "b", "c"):
            for n in range(20):
                await tab.do(Increment(line, 1))
                if n == 10:
                    top = tab.own.position
                    assert top is not None
                    await tab.until(lambda top=top: tab.own.position != top, ANSWER_WITHIN_S)  # type: ignore[misc]
                    tab.link.cut()
        await tab.settled(ANSWER_WITHIN_S)
    assert tab.link.connects > 1
    assert tab.own.replica == replica
    async with tab.connected():
        await tab.do(Increment("a", 1))
        await tab.settled(ANSWER_WITHIN_S)
    cookie = await sign_in(server.url, server.email, server.password)
    carts, offsets = await fresh_carts(server.url, cookie, [tab.own.room])
    assert carts == {tab.own.room: {"a": 21, "b": 20, "c": 20}}
    assert project(tab.own.cart) == carts[tab.own.room]
    assert offsets == {tab.own.room: 61}


async def test_wire6_what_was_acknowledged_is_still_there_after_the_server_is_killed(tmp_path: Path) -> None:
    server = Server(tmp_path)
    tab = Client(server.url, server.origin, "shopper", site=server.site)
    try:
        async with tab.connected():
            await tab.until(lambda: tab.own.joined, ANSWER_WITHIN_S)
            for n in range(100):
                await tab.do(Increment(f"n{n % 20}", 1))
            await tab.until(lambda: tab.own.last > 0, ANSWER_WITHIN_S)
            for n in range(100):
                await tab.do(Increment(f"n{n % 20}", 1))
            server.kill()  # before this loop could write the last hundred
            await asyncio.to_thread(server.start)
            await tab.settled(ANSWER_WITHIN_S)
        cookie = await sign_in(server.url, server.email, server.password)
        carts, offsets = await fresh_carts(server.url, cookie, [tab.own.room])
    finally:
        server.stop()
    assert tab.link.connects > 1
    assert carts == {tab.own.room: {f"n{n}": 10 for n in range(20)}}
    assert offsets == {tab.own.room: 200}


async def test_wire9_a_client_that_is_told_to_stop_does_not_come_back(replay_server: Server) -> None:
    tab = Client(replay_server.url, replay_server.origin, "shopper", site="nowhere")
    with pytest.raises(Stopped, match="4504") as caught:
        async with tab.connected():
            await tab.until(lambda: tab.own.joined, ANSWER_WITHIN_S)
    assert caught.value.code == 4504
    assert tab.link.connects == 1


async def test_a_wrong_password_is_said_so(replay_server: Server) -> None:
    with pytest.raises(NotSignedIn, match="expected the console to sign this CSA in, got HTTP 401"):
        await sign_in(replay_server.url, replay_server.email, "wrong")


def test_what_cannot_be_replayed_is_exit_status_2(replay_server: Server, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(HEADER + "s1,u1,yesterday,home,,\n")
    result = run(replay_server, file)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"cobrowse simulate: {file}:2: ts: expected a time" in result.stderr
    file.write_text(HEADER)
    assert run(replay_server, file).exit_code == 2
    assert run(replay_server, tmp_path / "none.csv").exit_code == 2


def test_a_server_that_is_not_there_is_exit_status_2() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    result = run_at(nowhere, OTTO)
    assert result.exit_code == 2
    assert f"{nowhere}: expected a Cobrowse server, got ConnectError" in result.stderr


def test_a_site_needs_a_sign_in_of_its_own() -> None:
    result = CliRunner(env={"COBROWSE_EMAIL": None}).invoke(command, [str(OTTO), "--site", "shop"])
    assert result.exit_code == 2
    assert "expected a CSA's --email and --password" in result.stderr
    result = CliRunner().invoke(command, [str(OTTO), "--server", "127.0.0.1:8000"])
    assert "expected an origin such as http://127.0.0.1:8000" in result.stderr
