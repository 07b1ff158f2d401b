"""What the console changed of the rule files: kept in the database, followed by every node. SPEC edit."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cobrowse.core.rules.rule import Rule
from cobrowse.live.tick import tick
from cobrowse.storage import rules
from cobrowse.storage.agents import Agent
from cobrowse.storage.engine import reading
from cobrowse.storage.rules import Change, Kind, Override

FOLLOW_EVERY_S = 2.0

logger = logging.getLogger(__name__)


class Stale(Exception):
    """The rule has changed since the text that was edited; `version` is what it is now ("" for gone)."""

    def __init__(self, version: str) -> None:
        super().__init__("the rule has changed since")
        self.version = version


def version_of(source: str) -> str:
    """The version of a rule's text, as `Rule.version` has it."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


class Files(Protocol):
    """The rules on this node's disk, and who lays the overrides over them."""

    files: list[Rule]

    def refresh(self) -> None: ...


class Overrides:
    """The overrides as this node last read them. `follow` comes first."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._shared = engine.dialect.name != "sqlite"  # a SQLite database has one server
        self._behind = True
        self._files: Files
        self._held: dict[str, Override] = {}
        self._noted: dict[str, str] | None = None

    def follow(self, files: Files) -> None:
        """From now on the overrides stand against these files, which are refreshed whenever they change."""
        self._files = files

    def of(self, rule: str) -> Override:
        """What stands against a rule's file."""
        return self._held.get(rule, Override(rule))

    def overlay(self) -> tuple[Mapping[str, str], frozenset[str]]:
        """The texts that replace those of files or come beside them, by rule, and the rules that are off."""
        edited = {rule: held.source for rule, held in self._held.items() if held.source is not None}
        return edited, frozenset(rule for rule, held in self._held.items() if held.off)

    def file(self, rule: str) -> Rule | None:
        """The rule as its file says, None when no file has it."""
        return next((each for each in self._files.files if each.id == rule), None)

    async def run(self, now: Callable[[], float]) -> None:
        """Follows what other nodes and the files change, until it is cancelled."""
        while True:
            try:
                if self._shared or self._behind:
                    await self.refresh()
                await self.note_files(now())
            except (SQLAlchemyError, OSError) as error:
                logger.warning("the rules' overrides could not be read: %s", type(error).__name__)
            await tick(FOLLOW_EVERY_S)

    async def refresh(self) -> None:
        """Reads the overrides anew."""
        self._behind = True
        async with reading(self._engine) as conn:
            held = await rules.overrides(conn)
        self._behind = False
        if held != self._held:
            self._held = held
            self._files.refresh()

    async def note_files(self, now: float) -> None:
        """Adds to the history each file whose text is another than when it was last noted."""
        if self._noted is None:
            async with reading(self._engine) as conn:
                self._noted = await rules.file_versions(conn)
        fresh = [rule for rule in self._files.files if self._noted.get(rule.id) != rule.version]
        if not fresh:
            return
        async with self._engine.begin() as conn:
            # Another node may have noted the same file a moment ago.
            noted = await rules.file_versions(conn)
            for rule in fresh:
                if noted.get(rule.id) != rule.version:
                    await rules.note(conn, Change(rule.id, now, "file", rule.version, rule.source))
        self._noted |= {rule.id: rule.version for rule in fresh}

    async def edit(self, rule: Rule, based_on: str, agent: Agent, now: float) -> None:
        """Keeps the rule's text from now on, for every node. Raises Stale if `based_on` is not its version."""
        file = self.file(rule.id)
        same = file is not None and file.version == rule.version
        source = None if same else rule.source
        async with self._engine.begin() as conn:
            held = await self._current(conn, rule.id, based_on)
            wanted = replace(held, source=source, based_on="" if same or file is None else file.version)
            await rules.override(conn, wanted)
            await self._note(conn, rule.id, "edit", rule.source, agent, now)
        await self.refresh()

    async def restore(self, rule: str, based_on: str, agent: Agent, now: float) -> None:
        """Gives the rule its file's text again; a rule without a file is gone. Raises Stale."""
        file = self.file(rule)
        async with self._engine.begin() as conn:
            held = await self._current(conn, rule, based_on)
            left = replace(held, source=None, based_on="") if file else Override(rule)
            await rules.override(conn, left)
            await self._note(
                conn, rule, "restore" if file else "delete", file.source if file else "", agent, now
            )
        await self.refresh()

    async def switch(self, rule: Rule, enabled: bool, agent: Agent, now: float) -> None:
        """Switches the rule on or off, for every node."""
        async with self._engine.begin() as conn:
            held = (await rules.overrides(conn)).get(rule.id, Override(rule.id))
            if held.off is not enabled:
                return
            await rules.override(conn, replace(held, off=not enabled))
            await self._note(conn, rule.id, "on" if enabled else "off", rule.source, agent, now)
        await self.refresh()

    async def _current(self, conn: AsyncConnection, rule: str, based_on: str) -> Override:
        """The override as the database has it. Raises Stale if the text it leads to is not `based_on`."""
        held = (await rules.overrides(conn)).get(rule, Override(rule))
        file = self.file(rule)
        source = held.source if held.source is not None else file.source if file else None
        version = "" if source is None else version_of(source)
        if version != based_on:
            raise Stale(version)
        return held

    async def _note(
        self, conn: AsyncConnection, rule: str, kind: Kind, source: str, agent: Agent, now: float
    ) -> None:
        version = version_of(source) if source else ""
        await rules.note(conn, Change(rule, now, kind, version, source, agent.id, agent.name))
