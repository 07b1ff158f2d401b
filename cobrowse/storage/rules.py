"""What the console changed of the rule files, and the history of every rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cobrowse.storage.schema import rule_changes, rule_overrides
from cobrowse.storage.upsert import insert_into, values_of

Kind = Literal["file", "edit", "restore", "delete", "on", "off"]


@dataclass(frozen=True, slots=True)
class Override:
    """What stands against a rule's file: another text (None: the file's), or that it is off.

    `based_on`: the version of the file that the edit began from; "" when there was no file.
    """

    rule: str
    off: bool = False
    source: str | None = None
    based_on: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a rule: its text since then, and the agent, whose fields are "" where a file changed."""

    rule: str
    at: float
    kind: Kind
    version: str
    source: str
    agent: str = ""
    agent_name: str = ""
    number: int = 0


async def overrides(conn: AsyncConnection) -> dict[str, Override]:
    """Every override by its rule."""
    rows = await conn.execute(select(rule_overrides).order_by(rule_overrides.c.rule))
    return {row.rule: Override(**row._mapping) for row in rows}


async def override(conn: AsyncConnection, wanted: Override) -> None:
    """Keeps the override in place of the one before; one that changes nothing is taken away."""
    if not wanted.off and wanted.source is None:
        await conn.execute(delete(rule_overrides).where(rule_overrides.c.rule == wanted.rule))
        return
    statement = insert_into(conn, rule_overrides).values(values_of(wanted))
    new = statement.excluded
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=[rule_overrides.c.rule],
            set_={"off": new.off, "source": new.source, "based_on": new.based_on},
        )
    )


async def note(conn: AsyncConnection, change: Change) -> None:
    """Adds the change to the rule's history, under the next number.

    Two nodes that note the same file at the same time make one change of it.
    """
    highest = await conn.execute(
        select(func.max(rule_changes.c.number)).where(rule_changes.c.rule == change.rule)
    )
    numbered = replace(change, number=(highest.scalar() or 0) + 1)
    statement = insert_into(conn, rule_changes).values(values_of(numbered))
    await conn.execute(
        statement.on_conflict_do_nothing(index_elements=[rule_changes.c.rule, rule_changes.c.number])
    )


async def history(conn: AsyncConnection, rule: str, limit: int) -> list[Change]:
    """The rule's changes, the latest first."""
    rows = await conn.execute(
        select(rule_changes)
        .where(rule_changes.c.rule == rule)
        .order_by(rule_changes.c.number.desc())
        .limit(limit)
    )
    return [Change(**row._mapping) for row in rows]


async def file_versions(conn: AsyncConnection) -> dict[str, str]:
    """The version of each rule's file, as it was last noted."""
    latest = (
        select(rule_changes.c.rule, func.max(rule_changes.c.number).label("number"))
        .where(rule_changes.c.kind == "file")
        .group_by(rule_changes.c.rule)
        .subquery()
    )
    rows = await conn.execute(
        select(rule_changes.c.rule, rule_changes.c.version).join(
            latest, (rule_changes.c.rule == latest.c.rule) & (rule_changes.c.number == latest.c.number)
        )
    )
    return {row.rule: row.version for row in rows}
