"""Who the shop says a visitor is: a proof that its server signed, never the page's own word. SPEC sign.6.

Two forms, both with the site's `identity_secret`: a JSON Web Token (RFC 7519, HMAC-SHA256) with the customer's number
in `sub`, an end in `exp`, and what the shop tells of them; or `NUMBER:HASH` with the HMAC-SHA256 of
"cobrowse:NUMBER" in hexadecimal. The prefix keeps a customer's number from ever being read as a token.
"""

from __future__ import annotations

import hmac
from typing import Annotated, Any, Final

import jwt
import msgspec
from msgspec import Meta

from cobrowse.core.errors import Refusal, Refused
from cobrowse.core.messages import Known
from cobrowse.core.messages.bounds import PLAIN
from cobrowse.core.rules.memory import as_text

PREFIX: Final = b"cobrowse:"
ALGORITHM: Final = "HS256"

MAX_NUMBER_CHARS: Final = 128
Number = Annotated[str, Meta(min_length=1, max_length=MAX_NUMBER_CHARS, pattern=PLAIN)]
Word = Annotated[str, Meta(max_length=120, pattern=PLAIN)]
Address = Annotated[str, Meta(max_length=254, pattern=PLAIN)]
Value = Annotated[float, Meta(ge=0, le=1e12)]


class Claims(msgspec.Struct, frozen=True):
    """What a token tells; claims that we do not know are left out."""

    sub: Number
    exp: Annotated[int, Meta(ge=0)]
    name: Word = ""
    email: Address = ""
    orders: Annotated[int, Meta(ge=0, le=10**6)] = 0
    lifetime_value: Value = 0.0
    labels: Annotated[list[Word], Meta(max_length=16)] = []
    attributes: Annotated[dict[Word, Word | float | bool], Meta(max_length=16)] = {}


def prove(proof: str, secret: bytes, known: Known | None, now: float) -> Known:
    """Who the proof says the visitor is. Raises Refusal: not signed by the shop, over, or not who is `known`."""
    if not secret:
        raise Refusal(Refused.INVALID, "this site has no identity_secret: nobody can be identified")
    number, _, digest = proof.rpartition(":")
    found = _signed_number(number, digest, secret) if number else _token(proof, secret, now)
    if known is not None and known.id != found.id:
        raise Refusal(Refused.INVALID, "this visitor is somebody else: call reset when a customer signs out")
    return found


def _signed_number(number: str, digest: str, secret: bytes) -> Known:
    expected = hmac.new(secret, PREFIX + _bytes(number), "sha256").hexdigest()
    if len(number) > MAX_NUMBER_CHARS or not hmac.compare_digest(_bytes(expected), _bytes(digest.lower())):
        raise Refusal(Refused.INVALID, "expected the HMAC-SHA256 that the shop's server made of this number")
    return Known(number)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _token(proof: str, secret: bytes, now: float) -> Known:
    try:
        claims: dict[str, Any] = jwt.decode(
            proof,
            secret,
            algorithms=[ALGORITHM],
            options={
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
                "require": ["sub", "exp"],
            },
        )
    except jwt.InvalidTokenError:
        raise Refusal(Refused.INVALID, "expected a token that the shop's server signed (HS256)") from None
    try:
        told = msgspec.convert(claims, Claims)
    except msgspec.ValidationError:
        raise Refusal(Refused.INVALID, "expected the token's claims as docs/embedding.md has them") from None
    if told.exp <= now:
        raise Refusal(Refused.INVALID, "this token is over: its `exp` has passed")
    attributes = {name: as_text(value) for name, value in told.attributes.items()}
    return Known(told.sub, told.name, told.email, told.orders, told.lifetime_value, told.labels, attributes)
