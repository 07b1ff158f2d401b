"""The shopper's leave to look at their page: who may see it, how far, until when, what is kept. SPEC share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from cobrowse.core.credentials import GrantToken, holds_grant, sign_grant
from cobrowse.core.errors import Refusal, Refused
from cobrowse.core.messages import (
    AskRecord,
    AskShare,
    Author,
    Conversation,
    LetRecord,
    PageAsk,
    PageGrant,
    Recording,
    Share,
    Shared,
    ShareLevel,
    Sharing,
    SiteView,
)

SHARE_EXPIRES_S = 3600.0
"""A call that lasts longer asks again."""

LEAVE_AFTER_S = 20.0
"""A page load, or a tunnel on the train, is no leave: who is gone for longer has gone."""

MAX_GRANTS = 4
"""CSAs who may see a page at once: a shopper must be able to read who they are."""

MAX_ASKS = 4

LEVELS: tuple[ShareLevel, ...] = ("none", "view", "point", "control")


def grant_of(sharing: Sharing, csa: Author) -> PageGrant | None:
    """The leave that this CSA has, over or not."""
    return next((grant for grant in sharing.grants if grant.to.id == csa.id), None)


def reaches(level: ShareLevel, wanted: ShareLevel) -> bool:
    """Whether a level holds another."""
    return LEVELS.index(level) >= LEVELS.index(wanted)


def lets(grant: PageGrant | None, csa: Author, level: ShareLevel, now: float) -> bool:
    """Whether this leave is this CSA's, goes so far, and is not over."""
    return (
        grant is not None
        and grant.to.id == csa.id
        and csa.role == "csa"
        and now < grant.expires_at
        and reaches(grant.level, level)
    )


def is_proven(grant: PageGrant, room: str, secret: bytes) -> bool:
    """Whether the server has signed just this leave, for this room. SPEC share.2."""
    return holds_grant(secret, grant.token, _claims(grant, room))


def _claims(grant: PageGrant, room: str) -> GrantToken:
    return GrantToken(room, grant.to.id, grant.level, grant.origin, int(grant.at), int(grant.expires_at))


class Place(NamedTuple):
    """Where something is asked or said: in which room, as which of its dots, on a page of which origin, and when."""

    room: str
    dot: str
    origin: str
    site: SiteView
    secret: bytes
    now: float


def decide(
    op: Share | AskShare | LetRecord | AskRecord,
    sharing: Sharing,
    talk: Conversation,
    author: Author,
    place: Place,
) -> Shared:
    """What stands after one of them has been said. Raises Refusal. SPEC share.1, record.1."""
    match op:
        case Share():
            return share(sharing, talk, op, place)
        case AskShare():
            return ask(sharing, author, op, place)
        case LetRecord():
            return let_record(sharing, op, place)
        case AskRecord():
            return ask_recording(sharing, author, place)


# What CSAs ask


def ask(sharing: Sharing, author: Author, op: AskShare, place: Place) -> Shared:
    """A CSA asks for the next level. Raises Refusal: a level left out, too many who ask, no sharing here."""
    _check_site(place.site)
    held = _level(sharing, author, place.now)
    if LEVELS.index(op.level) > LEVELS.index(held) + 1:
        raise Refusal(Refused.INVALID, f"ask to {LEVELS[LEVELS.index(held) + 1]} the page first")
    asks = [each for each in sharing.asks if each.by.id != author.id]
    if len(asks) >= MAX_ASKS:
        raise Refusal(Refused.BOUND, f"at most {MAX_ASKS} CSAs ask at once")
    asked = [*asks, PageAsk(author, op.level)]
    return Shared(replace(sharing, asks=asked), "asked", author, op.level)


def ask_recording(sharing: Sharing, author: Author, place: Place) -> Shared:
    """A CSA who sees the page asks to record it. Raises Refusal where that may not be. SPEC record.1."""
    _check_recording(place.site)
    if _level(sharing, author, place.now) == "none":
        raise Refusal(Refused.NOT_GRANTED, "ask to view the page first")
    if sharing.recording is not None:
        raise Refusal(Refused.INVALID, "this page is being recorded already")
    return Shared(replace(sharing, recording_asked=author), "recording_asked", author)


def hand_over(sharing: Sharing, before: Author | None, author: Author, now: float) -> Sharing | None:
    """What stands when a CSA takes the conversation over from another who may see the page; None: as before.

    The new one asks in the place of the other, whose leave goes on until the shopper has answered. SPEC share.6.
    """
    held = _level(sharing, before, now) if before is not None else "none"
    if before is None or before.id == author.id or held == "none" or _level(sharing, author, now) != "none":
        return None
    others = [each for each in sharing.asks if each.by.id not in (author.id, before.id)][: MAX_ASKS - 1]
    return replace(sharing, asks=[*others, PageAsk(author, held, before)])


# What the shopper says


def share(sharing: Sharing, talk: Conversation, op: Share, place: Place) -> Shared:
    """The shopper gives leave, says no, or ends it.

    Raises Refusal when the CSA whom it names has neither asked nor the conversation, when it goes further than was
    asked, or where the site shares no pages.
    """
    if op.level == "none":
        return _end(sharing, op.to)
    _check_site(place.site)
    now = place.now
    asked = next((each for each in sharing.asks if each.by.id == op.to), None)
    held = next((grant for grant in sharing.grants if grant.to.id == op.to), None)
    host = talk.taken_by if talk.status == "open" else None
    csa = asked.by if asked else held.to if held else host
    if csa is None or csa.id != op.to:
        raise Refusal(
            Refused.INVALID, "the leave must name a CSA who has asked for it or has the conversation"
        )
    may = asked.level if asked else held.level if held and now < held.expires_at else "view"
    if not reaches(may, op.level):
        raise Refusal(Refused.INVALID, "the leave goes further than was asked for")
    replaced = asked.instead_of.id if asked and asked.instead_of else op.to
    others = [grant for grant in sharing.grants if grant.to.id not in (op.to, replaced)]
    if len(others) >= MAX_GRANTS:
        raise Refusal(Refused.BOUND, f"at most {MAX_GRANTS} CSAs see a page at once")
    given = PageGrant(csa, op.level, now, now + SHARE_EXPIRES_S, place.origin, "")
    given = replace(given, token=sign_grant(place.secret, _claims(given, place.room)))
    asks = [each for each in sharing.asks if each.by.id != op.to]
    stands = replace(sharing, grants=[*others, given], asks=asks)
    return Shared(stands, "granted", csa, op.level)


def let_record(sharing: Sharing, op: LetRecord, place: Place) -> Shared:
    """The shopper lets be recorded what is seen, says no, or ends it. Raises Refusal. SPEC record.1."""
    asked, running = sharing.recording_asked, sharing.recording
    quiet = replace(sharing, recording_asked=None)
    if not op.on:
        if running is not None:
            return Shared(replace(quiet, recording=None), "recording_ended", running.by)
        return Shared(quiet, "recording_declined", asked)
    _check_recording(place.site)
    if asked is None or _level(sharing, asked, place.now) == "none":
        raise Refusal(Refused.INVALID, "nobody who sees the page has asked to record it")
    recording = Recording(f"{place.room}.{place.dot}", asked, place.now)
    return Shared(replace(quiet, recording=recording), "recording_granted", asked)


def _end(sharing: Sharing, csa_id: str) -> Shared:
    """No to a CSA's question, or the end of their leave; with no CSA named, the end of everything."""
    if not csa_id:
        return Shared(Sharing(), "ended")
    asked = next((each for each in sharing.asks if each.by.id == csa_id), None)
    if asked is not None:
        asks = [each for each in sharing.asks if each is not asked]
        return Shared(replace(sharing, asks=asks), "declined", asked.by, asked.level)
    ended = [grant for grant in sharing.grants if grant.to.id == csa_id]
    return Shared(_without(sharing, ended), "ended", ended[0].to if ended else None)


# What time does


def overdue(sharing: Sharing, now: float) -> Shared | None:
    """What stands when leaves have run out; None while none has."""
    over = [grant for grant in sharing.grants if now >= grant.expires_at]
    if not over:
        return None
    return Shared(_without(sharing, over), "expired", over[0].to if len(over) == 1 else None)


def filled(sharing: Sharing) -> Shared:
    """What stands when a recording has reached its bound."""
    running = sharing.recording
    return Shared(replace(sharing, recording=None), "recording_full", running.by if running else None)


def _without(sharing: Sharing, gone: Sequence[PageGrant]) -> Sharing:
    """The same without some leaves: a recording goes on only while somebody may see what it shows."""
    grants = [grant for grant in sharing.grants if grant not in gone]
    if not grants:
        return Sharing(asks=sharing.asks)
    return replace(sharing, grants=grants)


def _level(sharing: Sharing, csa: Author, now: float) -> ShareLevel:
    held = grant_of(sharing, csa)
    return held.level if held is not None and now < held.expires_at else "none"


def _check_site(site: SiteView) -> None:
    if site.page_sharing == "never":
        raise Refusal(Refused.INVALID, "this site does not share pages")


def _check_recording(site: SiteView) -> None:
    _check_site(site)
    if site.page_recording == "never":
        raise Refusal(Refused.INVALID, "this site does not record pages")
