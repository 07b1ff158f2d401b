"""The shopper's leave to look at their page: who may see it, how far, until when. SPEC mirror.5."""

from __future__ import annotations

from cobrowse.core.errors import Refusal, Refused
from cobrowse.core.messages import AskShare, Author, Conversation, Share, ShareLevel, Sharing, SiteView

SHARE_EXPIRES_S = 3600.0
"""A call that lasts longer asks again."""

LEAVE_AFTER_S = 20.0
"""A page load, or a tunnel on the train, is no leave: who is gone for longer has gone."""

LEVELS: tuple[ShareLevel, ...] = ("none", "view", "point", "control")


def ask(sharing: Sharing, author: Author, op: AskShare, site: SiteView) -> Sharing:
    """What stands after a CSA has asked.

    Raises Refusal where the site shares no pages, and when a level is skipped: each is asked for by itself.
    """
    if site.page_sharing == "never":
        raise Refusal(Refused.INVALID, "this site does not share pages")
    held = sharing.level if sharing.to is not None and sharing.to.id == author.id else "none"
    if LEVELS.index(op.level) > LEVELS.index(held) + 1:
        raise Refusal(
            Refused.INVALID, f"expected to hold {LEVELS[LEVELS.index(op.level) - 1]} before asking for more"
        )
    return Sharing(sharing.level, sharing.to, sharing.at, sharing.expires_at, author, op.level)


def share(sharing: Sharing, talk: Conversation, op: Share, site: SiteView, now: float) -> Sharing:
    """What stands after the shopper has given leave, or ended it.

    Raises Refusal when the CSA whom it names has neither asked nor the conversation, when nobody has asked for so much,
    or where the site shares no pages.
    """
    if op.level == "none":
        return Sharing()
    if site.page_sharing == "never":
        raise Refusal(Refused.INVALID, "this site does not share pages")
    most = max("view", sharing.level, sharing.asked_level, key=LEVELS.index)
    if LEVELS.index(op.level) > LEVELS.index(most):
        raise Refusal(Refused.INVALID, f"expected at most {most}: a CSA asks for each level by itself")
    host = talk.taken_by if talk.status == "open" else None
    for csa in (sharing.asked, host, sharing.to):
        if csa is not None and csa.id == op.to:
            return Sharing(op.level, csa, now, now + SHARE_EXPIRES_S)
    raise Refusal(Refused.INVALID, "the leave must name a CSA who has asked for it or has the conversation")


def lets(sharing: Sharing, csa: Author, level: ShareLevel, now: float) -> bool:
    """Whether this CSA may go so far now."""
    return (
        sharing.to is not None
        and sharing.to.id == csa.id
        and csa.role == "csa"
        and now < sharing.expires_at
        and LEVELS.index(sharing.level) >= LEVELS.index(level)
    )
