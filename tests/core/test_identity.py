"""Who the shop says a visitor is: what a proof proves, and everything that proves nothing. SPEC sign.6."""

from __future__ import annotations

import hmac
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobrowse.core.errors import Refusal, Refused
from cobrowse.core.identity import prove
from cobrowse.core.messages import Identified, Identify, Known, Say
from cobrowse.core.room import seen_by
from tests.core.stage import IDENTITY_SECRET, OTHER_TAB, Stage, code_of

NOW = 1_000_000.0
OTHER = b"another secret of 32 bytes or more"
TOLD = {
    "sub": "4711",
    "exp": int(NOW) + 900,
    "name": "Lea Brandt",
    "orders": 12,
    "lifetime_value": 1499.5,
    "labels": ["regular"],
    "attributes": {"tier": "gold", "points": 12, "trade": True},
}


def signed(secret: bytes = IDENTITY_SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    claims = {name: value for name, value in (TOLD | changes).items() if value is not None}
    return jwt.encode(claims, secret, algorithm)


def hashed(number: str, secret: bytes = IDENTITY_SECRET, prefix: str = "cobrowse:") -> str:
    return f"{number}:{hmac.new(secret, (prefix + number).encode(), 'sha256').hexdigest()}"


def test_sign6_a_token_tells_who_it_is_and_what_the_shop_knows_of_them() -> None:
    assert prove(signed(), IDENTITY_SECRET, None, NOW) == Known(
        "4711",
        "Lea Brandt",
        orders=12,
        lifetime_value=1499.5,
        labels=["regular"],
        attributes={"tier": "gold", "points": "12", "trade": "true"},
    )
    assert prove(hashed("lea@shop.example"), IDENTITY_SECRET, None, NOW) == Known("lea@shop.example")
    assert prove(hashed("a:b"), IDENTITY_SECRET, Known("a:b", "Lea"), NOW) == Known("a:b")


WORTHLESS = {
    "another secret": signed(OTHER),
    "over": signed(exp=int(NOW)),
    "without an end": signed(exp=None),
    "without a number": signed(sub=None),
    "an empty number": signed(sub=""),
    "another algorithm": jwt.encode({"sub": "4711"}, IDENTITY_SECRET * 2, "HS512"),
    "no signature": jwt.encode(TOLD, None, "none"),
    "orders below nothing": signed(orders=-1),
    "too many labels": signed(labels=["x"] * 17),
    "a number that is none": signed(lifetime_value="1e999"),
    "an end that is no number": signed(exp="tomorrow"),
    "the hash of another number": "4712:" + hashed("4711").partition(":")[2],
    "a hash by another secret": hashed("4711", OTHER),
    "a hash without the prefix": hashed("4711", prefix=""),
    "a hash that is cut": hashed("4711")[:-1],
    "a very long number": hashed("4" * 129),
    "nothing like it": "hello",
    "half a surrogate": "4711:\udc80",
}


@pytest.mark.parametrize("proof", WORTHLESS.values(), ids=WORTHLESS)
def test_sign6_what_proves_nothing_is_refused(proof: str) -> None:
    with pytest.raises(Refusal) as refusal:
        prove(proof, IDENTITY_SECRET, None, NOW)
    assert refusal.value.code is Refused.INVALID


@given(st.text(max_size=200))
def test_sign6_no_text_but_a_proof_is_one(text: str) -> None:
    with pytest.raises(Refusal):
        prove(text, IDENTITY_SECRET, None, NOW)


def test_sign6_the_hash_of_a_number_is_never_the_signature_of_a_token() -> None:
    """A customer who may choose their own number must not get a token signed by having it hashed."""
    head_and_claims = signed(OTHER).rpartition(".")[0]
    digest = bytes.fromhex(hashed(head_and_claims).rpartition(":")[2])
    forged = f"{head_and_claims}.{jwt.utils.base64url_encode(digest).decode()}"
    with pytest.raises(Refusal):
        prove(forged, IDENTITY_SECRET, None, NOW)


def test_sign6_without_a_secret_nobody_is_known() -> None:
    with pytest.raises(Refusal):
        prove(hashed("4711", b""), b"", None, NOW)


def test_sign6_a_room_knows_one_customer_and_tells_no_shopper_what_the_shop_said() -> None:
    stage = Stage()
    entry = stage.lea(Identify(signed(exp=int(stage.now) + 900)))
    assert isinstance(entry.fact, Identified)
    assert stage.state.known is not None
    assert stage.state.known.labels == ["regular"]
    assert code_of(stage.lea(Identify(hashed("4712")))) == "invalid"
    assert code_of(stage.ginny(Identify(hashed("4711")))) == "forbidden"
    assert seen_by(entry.fact, "shopper", own=True) != entry.fact
    assert seen_by(entry.fact, "csa", own=False) == entry.fact
    stage.lea(Say("hello"), OTHER_TAB)
    assert stage.state.known.id == "4711"
