"""What it looks like when the database or Redis does not answer."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from cobrowse.broker.link import FAILURES

OUTAGES = (*FAILURES, SQLAlchemyError)
"""Their fault, which a line says and trying again mends; anything else is ours, and has a traceback."""
