"""What the hub must know of the settings."""

from __future__ import annotations

import msgspec

from cobrowse.core.messages import MaskRule, SiteView
from cobrowse.core.protocol import Limits
from cobrowse.core.rules.hours import Hours
from cobrowse.core.rules.limits import Limits as OfferLimits


class HubSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`redis_url` is "" for the only node. `mask_rules`: by site, what the mirror lets out; `page_files`: which files
    its pages bring. `identity_secrets`: what the shops sign their customers with; `hours`: when they are open. Seconds.
    """

    secret: bytes
    sites: dict[str, SiteView]
    origins: dict[str, frozenset[str]]
    console_origin: str
    limits: Limits
    max_outbox_bytes: int
    max_connections: int
    max_connections_per_address: int
    room_idle_s: float
    chats_per_csa: int
    offer_limits: OfferLimits
    mask_rules: dict[str, list[MaskRule]] = {}
    page_files: dict[str, list[str]] = {}
    identity_secrets: dict[str, bytes] = {}
    hours: dict[str, Hours] = {}
    redis_url: str = ""
    redis_replicas: int = 0
    drain_s: float = 0.0
