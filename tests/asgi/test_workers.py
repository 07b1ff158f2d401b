"""The figures of all workers behind one port, from whichever is asked."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from cobrowse.asgi.metrics import FoundCollector
from cobrowse.asgi.workers import Worker, merged


def figures(entries: int) -> bytes:
    registry = CollectorRegistry()
    Counter("cobrowse_entries", "Entries", ["room"], registry=registry).labels('a "b"\\').inc(entries)
    Histogram("cobrowse_delay_seconds", "Delay", buckets=[0.1], registry=registry).observe(0.05)
    return generate_latest(registry)


def test_each_sample_names_its_worker_and_each_metric_stands_once() -> None:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FoundCollector(merged({1: figures(5), 0: figures(3)})))
    lines = generate_latest(registry).decode().splitlines()
    assert [line for line in lines if line.startswith("cobrowse_entries_total")] == [
        r'cobrowse_entries_total{room="a \"b\"\\",worker="0"} 3.0',
        r'cobrowse_entries_total{room="a \"b\"\\",worker="1"} 5.0',
    ]
    assert lines.count("# TYPE cobrowse_entries_total counter") == 1
    assert 'cobrowse_delay_seconds_bucket{le="0.1",worker="1"} 1.0' in lines
    assert lines.count("# TYPE cobrowse_delay_seconds histogram") == 1


async def test_a_worker_that_says_nothing_is_left_out(tmp_path: Path) -> None:
    asking, telling, mute, _ = (Worker(tmp_path, number, 4) for number in range(4))
    told = figures(7)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(mute.socket(mute.number)))
        listening.listen()
        async with telling.telling(lambda: told):
            assert await asking.figures_of_others() == {1: told}


async def test_a_folder_whose_name_is_too_long_costs_the_figures_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    asking, told = Worker(folder, 0, 2), Worker(folder, 1, 2)
    async with told.telling(lambda: figures(1)):
        assert await asking.figures_of_others() == {}
    assert "cannot be told" in caplog.text
