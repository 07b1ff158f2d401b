"""The shop's SQLite file: stock, carts and orders. Every function here blocks; the pages call it in a thread."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .catalogue import Catalogue

CART_LIFE_S = 90 * 24 * 3600
_BUSY_TIMEOUT_S = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS stock (
  item_id TEXT NOT NULL, item_variant TEXT NOT NULL, quantity INTEGER NOT NULL CHECK (quantity >= 0),
  PRIMARY KEY (item_id, item_variant)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS carts (
  cart_id TEXT PRIMARY KEY, code TEXT NOT NULL DEFAULT '', delivery TEXT NOT NULL DEFAULT '', changed_at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS cart_lines (
  line INTEGER PRIMARY KEY, cart_id TEXT NOT NULL REFERENCES carts ON DELETE CASCADE,
  item_id TEXT NOT NULL, item_variant TEXT NOT NULL, quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 99),
  UNIQUE (cart_id, item_id, item_variant)
) STRICT;
CREATE TABLE IF NOT EXISTS orders (
  number TEXT PRIMARY KEY, cart_id TEXT NOT NULL, placed_at REAL NOT NULL,
  delivery TEXT NOT NULL, payment TEXT NOT NULL, code TEXT NOT NULL,
  subtotal_minor INTEGER NOT NULL, discount_minor INTEGER NOT NULL, delivery_minor INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS order_lines (
  number TEXT NOT NULL REFERENCES orders, item_id TEXT NOT NULL, item_variant TEXT NOT NULL,
  price_minor INTEGER NOT NULL, quantity INTEGER NOT NULL
) STRICT;
"""


class Ledger:
    """Opens transactions on one SQLite file. Any thread may use it, as each transaction has its own connection."""

    def __init__(self, database: Path, catalogue: Catalogue) -> None:
        self._database = database
        database.parent.mkdir(parents=True, exist_ok=True)
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
        with self.writing() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO stock VALUES (?, ?, ?)",
                [
                    (p.item_id, v.item_variant, v.opening_stock)
                    for p in catalogue.products
                    for v in p.variants
                ],
            )
            connection.execute("DELETE FROM carts WHERE changed_at < ?", (time.time() - CART_LIFE_S,))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one consistent state."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its start; committed at the end, undone on any exception."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._database, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            yield connection
        finally:
            connection.close()


def stock_levels(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """How many of each (item_id, item_variant) are left."""
    rows = connection.execute("SELECT item_id, item_variant, quantity FROM stock")
    return {(row["item_id"], row["item_variant"]): row["quantity"] for row in rows}


def stock_level(connection: sqlite3.Connection, item_id: str, item_variant: str) -> int:
    """How many of one variant are left; 0 when it is unknown."""
    row = connection.execute(
        "SELECT quantity FROM stock WHERE item_id = ? AND item_variant = ?", (item_id, item_variant)
    ).fetchone()
    return int(row["quantity"]) if row else 0
