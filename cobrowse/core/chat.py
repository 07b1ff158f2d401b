"""The room's conversation: who may say, take and finish, and what that makes of it. SPEC chat."""

from __future__ import annotations

from cobrowse.core.errors import Refusal, Refused
from cobrowse.core.messages import Author, Conversation, Entry, Message, ReadUpTo, Said

MAX_MESSAGES_IN_VIEW = 200


def is_live(conversation: Conversation) -> bool:
    return conversation.status in ("waiting", "open")


def check_say(conversation: Conversation, author: Author) -> None:
    """A shopper may always speak (it opens a conversation); a CSA only into one that is live. SPEC chat.2."""
    if author.role == "csa" and not is_live(conversation):
        raise Refusal(Refused.INVALID, "there is no open conversation: invite the shopper instead")


def check_live(conversation: Conversation) -> None:
    if not is_live(conversation):
        raise Refusal(Refused.INVALID, "there is no open conversation")


def begin(conversation: Conversation, at: float, reason: str = "", taken_by: Author | None = None) -> None:
    """Starts the next conversation. The messages before stay: a customer's story is one story."""
    conversation.number += 1
    conversation.status = "open" if taken_by else "waiting"
    conversation.opened_at = at
    conversation.reason = reason
    conversation.taken_by = taken_by


def add_message(conversation: Conversation, message: Message) -> None:
    conversation.messages.append(message)
    del conversation.messages[:-MAX_MESSAGES_IN_VIEW]


def apply_said(conversation: Conversation, entry: Entry, fact: Said) -> None:
    if not is_live(conversation):
        begin(conversation, entry.at)
    if entry.by.role == "csa" and conversation.status == "waiting":
        apply_taken(conversation, entry.by)
    add_message(conversation, Message(entry.offset, entry.at, entry.by, fact.text))
    conversation.read[entry.by.role] = entry.offset


def apply_taken(conversation: Conversation, by: Author) -> None:
    if is_live(conversation):
        conversation.status = "open"
        conversation.taken_by = by


def apply_finished(conversation: Conversation) -> None:
    conversation.status = "closed"


def apply_read(conversation: Conversation, by: Author, fact: ReadUpTo) -> None:
    conversation.read[by.role] = max(conversation.read.get(by.role, 0), fact.upto)


def unread_by_csa(conversation: Conversation) -> int:
    """How many of the shopper's messages no CSA has read."""
    seen = conversation.read.get("csa", 0)
    return sum(
        1 for message in conversation.messages if message.by.role == "shopper" and message.offset > seen
    )
