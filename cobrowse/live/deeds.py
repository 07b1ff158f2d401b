"""What the log says of a shopper's page, as deeds for the audit: who, when, what, about whom. SPEC audit.2."""

from __future__ import annotations

from cobrowse.core.messages import Author, Controlled, Looked, Shared, Taken
from cobrowse.live.publication import Publication
from cobrowse.storage.audit import Deed

TOLD = (Shared, Looked, Controlled, Taken)


def deed_of(record: Publication) -> Deed | None:
    """The deed that an entry is; None for entries that have nothing to do with the page."""
    fact, by = record.entry.fact, record.entry.by
    match fact:
        case Shared(act=act, csa=csa, level=level):
            return _deed(record, act, by, csa, "" if level == "none" else level)
        case Looked(csa=csa, on=on):
            return _deed(record, "looked" if on else "looked_away", csa, csa, "")
        case Controlled(csa=csa, kind=kind):
            return _deed(record, "controlled", csa, csa, kind)
        case Taken(sharing=sharing) if sharing is not None:
            asked = next((ask for ask in sharing.asks if ask.by.id == by.id), None)
            return _deed(record, "asked", by, by, asked.level if asked else "")
        case _:
            return None


def _deed(record: Publication, kind: str, by: Author, csa: Author | None, detail: str) -> Deed:
    entry = record.entry
    key = f"{record.room}.{entry.offset:012d}"
    about = csa or Author("csa")
    return Deed(
        key, entry.at, record.site, record.room, kind, by.role, by.id, by.name, about.id, about.name, detail
    )
