"""Inserts that may meet a row that is there: the one statement that SQLAlchemy spells for each back end."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Table, case
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from sqlalchemy.ext.asyncio import AsyncConnection

Insert = sqlite.Insert | postgresql.Insert


def insert_into(conn: AsyncConnection, table: Table) -> Insert:
    """An INSERT with `on_conflict_do_nothing`, `on_conflict_do_update` and `excluded`, for this back end."""
    return insert_for(conn.dialect.name, table)


def insert_for(dialect: str, table: Table) -> Insert:
    """The same by the back end's name, for statements that are built once and used for every batch."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def values_of(row: DataclassInstance) -> dict[str, Any]:
    """The row's fields by name, which are its columns."""
    names = _names(type(row))
    return {name: getattr(row, name) for name in names}


def tuple_of(row: DataclassInstance) -> tuple[Any, ...]:
    """The row's fields in their order, which is the columns'."""
    return tuple([getattr(row, name) for name in _names(type(row))])


@cache
def _names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def greatest(a: ColumnElement[Any], b: ColumnElement[Any]) -> ColumnElement[Any]:
    """The greater of two: `max` is for rows in one back end and for values in the other."""
    return case((a >= b, a), else_=b)


def least(a: ColumnElement[Any], b: ColumnElement[Any]) -> ColumnElement[Any]:
    """The lesser of two."""
    return case((a <= b, a), else_=b)
