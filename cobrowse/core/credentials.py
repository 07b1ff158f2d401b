"""Signed, stateless tokens: who a visitor is, which replica a tab has, what leave a CSA has. SPEC sign.

JSON Web Tokens (RFC 7519) with HMAC-SHA256 over one secret; `aud` keeps the kinds apart. The algorithm is fixed
here, never read from the token. Time is an argument: PyJWT's own clock is not used.
"""

from __future__ import annotations

import hmac
from typing import Any, NamedTuple

import jwt
import msgspec

from cobrowse.core.errors import Close, PeerError

VISITOR_VALID_S = 400 * 86400
VISITOR_RENEW_AFTER_S = 86400
REPLICA_VALID_S = 86400
PREVIEW_VALID_S = 900
MIN_SECRET_BYTES = 32
_ALGORITHM = "HS256"


class VisitorToken(msgspec.Struct, frozen=True):
    """A visitor of one site; the visitor's identifier is the room's."""

    site: str
    visitor: str
    issued_at: float

    def is_stale(self, now: float) -> bool:
        """Valid, but old enough to be renewed."""
        return now - self.issued_at > VISITOR_RENEW_AFTER_S


class Life(NamedTuple):
    """One connection of a tab. `number` is one more each time that the replica comes back: the greater is the later,
    whichever nodes they are at and whenever word of them comes. SPEC node.6.
    """

    replica: int
    number: int = 1

    def next(self) -> Life:
        return Life(self.replica, self.number + 1)


class ReplicaToken(msgspec.Struct, frozen=True):
    """The replica that one tab (or one console) has in one room. `holder`: the visitor or the agent."""

    room: str
    life: Life
    holder: str


def _sign(secret: bytes, audience: str, now: float, valid_s: float, claims: dict[str, Any]) -> str:
    stamped = {**claims, "aud": audience, "iat": int(now), "exp": int(now + valid_s)}
    return jwt.encode(stamped, secret, _ALGORITHM)


def _open(secret: bytes, audience: str, now: float, token: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            audience=audience,
            options={
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "require": ["exp", "aud"],
            },
        )
    except jwt.InvalidTokenError:
        raise PeerError(Close.BAD_TOKEN, f"not a {audience} token that this server signed") from None
    expires = claims["exp"]
    if not isinstance(expires, int) or expires <= now:
        raise PeerError(Close.BAD_TOKEN, f"this {audience} token has expired")
    return claims


def sign_visitor(secret: bytes, token: VisitorToken) -> str:
    claims = {"sub": token.visitor, "site": token.site}
    return _sign(secret, "visitor", token.issued_at, VISITOR_VALID_S, claims)


def open_visitor(secret: bytes, text: str, site: str, now: float) -> VisitorToken:
    """The visitor that this token proves. SPEC sign.2.

    Raises PeerError(BAD_TOKEN): forged, expired, or another site's.
    """
    claims = _open(secret, "visitor", now, text)
    visitor, of_site, issued = claims.get("sub"), claims.get("site"), claims.get("iat")
    if not isinstance(visitor, str) or of_site != site or not isinstance(issued, int):
        raise PeerError(Close.BAD_TOKEN, "this visitor token is for another site")
    return VisitorToken(site, visitor, issued)


class GrantToken(msgspec.Struct, frozen=True):
    """The shopper's leave for one CSA to see their page: what the server has signed of it. Times are whole seconds."""

    room: str
    csa: str
    level: str
    origin: str
    issued_at: int
    expires_at: int


def sign_grant(secret: bytes, token: GrantToken) -> str:
    claims = {"sub": token.csa, "room": token.room, "level": token.level, "origin": token.origin}
    return _sign(secret, "grant", token.issued_at, token.expires_at - token.issued_at, claims)


def holds_grant(secret: bytes, text: str, token: GrantToken) -> bool:
    """Whether the text proves just this leave, of another neither its CSA nor its room, level, origin or time."""
    return hmac.compare_digest(text.encode(), sign_grant(secret, token).encode())


def sign_preview(secret: bytes, site: str, now: float) -> str:
    return _sign(secret, "preview", now, PREVIEW_VALID_S, {"site": site})


def open_preview(secret: bytes, text: str, site: str, now: float) -> None:
    """Returns if this is a preview of the site's masking. SPEC preview.2.

    Raises PeerError(BAD_TOKEN): forged, expired, or another site's.
    """
    if _open(secret, "preview", now, text).get("site") != site:
        raise PeerError(Close.BAD_TOKEN, "this preview is of another site")


def digest_code(secret: bytes, digits: str) -> str:
    """What is kept of a code that is read out: without the secret a million guesses say nothing of it. SPEC code.1.

    Codes are looked up by it, so that how long a look-up takes says nothing of the digits either.
    """
    return hmac.digest(secret, b"code:" + digits.encode(), "sha256").hex()


def sign_replica(secret: bytes, token: ReplicaToken, now: float) -> str:
    claims = {
        "sub": token.holder,
        "room": token.room,
        "replica": token.life.replica,
        "life": token.life.number,
    }
    return _sign(secret, "replica", now, REPLICA_VALID_S, claims)


def open_replica(secret: bytes, text: str, room: str, holder: str, now: float) -> Life | None:
    """The life that this token proves for this holder in this room; None if it proves none. SPEC sign.3."""
    try:
        claims = _open(secret, "replica", now, text)
    except PeerError:
        return None
    replica, number = claims.get("replica"), claims.get("life", 0)
    if claims.get("room") != room or claims.get("sub") != holder:
        return None
    return Life(replica, number) if isinstance(replica, int) and isinstance(number, int) else None
