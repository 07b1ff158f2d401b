"""The figures of all workers behind one port: each tells its own on a socket in a folder that only they can open.

The system gives each request to any of them, so that whoever is asked must ask the others.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

ANSWER_WITHIN_S = 3.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """One of `count` workers, numbered from 0, and where they tell each other their figures."""

    folder: Path
    number: int
    count: int

    def socket(self, number: int) -> Path:
        return self.folder / f"{number}.sock"

    @asynccontextmanager
    async def telling(self, figures: Callable[[], bytes]) -> AsyncIterator[None]:
        """Whoever of the others asks is told the figures, in Prometheus' text format."""

        async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError):  # whoever asked has gone
                writer.write(figures())
                writer.close()
                await writer.wait_closed()

        try:
            server = await asyncio.start_unix_server(tell, self.socket(self.number))
        except OSError as error:  # such as a path that is too long for a socket's name
            logger.error("the other workers cannot be told this one's figures: %s", error)
            yield
        else:
            try:
                yield
            finally:
                server.close()

    async def figures_of_others(self) -> dict[int, bytes]:
        """What the other workers say, by their numbers. Nothing of one that does not answer within three seconds: that
        its figures are absent is how Prometheus knows.
        """
        others = [number for number in range(self.count) if number != self.number]
        answers = await asyncio.gather(*map(self._ask, others))
        return {number: answer for number, answer in zip(others, answers, strict=True) if answer}

    async def _ask(self, number: int) -> bytes:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                reader, writer = await asyncio.open_unix_connection(self.socket(number))
                try:
                    return await reader.read(-1)
                finally:
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()
        except (OSError, TimeoutError):
            logger.warning("worker %d does not tell its figures within %g s", number, ANSWER_WITHIN_S)
            return b""


def merged(figures: Mapping[int, bytes]) -> Iterable[Metric]:
    """All workers' figures, each sample with a label of its worker."""
    families: dict[str, Metric] = {}
    for number, text in sorted(figures.items()):
        for family in text_string_to_metric_families(text.decode()):
            one = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                one.samples.append(sample._replace(labels=sample.labels | {"worker": str(number)}))
    return families.values()
