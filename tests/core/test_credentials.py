"""Signed tokens: what they prove, for whom, how long, and everything that proves nothing."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest

from cobrowse.core.credentials import (
    REPLICA_VALID_S,
    VISITOR_RENEW_AFTER_S,
    VISITOR_VALID_S,
    Life,
    ReplicaToken,
    VisitorToken,
    open_replica,
    open_visitor,
    sign_replica,
    sign_visitor,
)
from cobrowse.core.errors import Close, PeerError

SECRET, OTHER = b"s" * 32, b"t" * 32
NOW = 1_700_000_000.0
VISITOR = VisitorToken("joinery", "v1", NOW)
REPLICA = ReplicaToken("room", Life(7, 3), "v1")


def refused(text: str, site: str = "joinery", now: float = NOW, secret: bytes = SECRET) -> bool:
    with pytest.raises(PeerError) as refusal:
        open_visitor(secret, text, site, now)
    return refusal.value.code is Close.BAD_TOKEN


def unsigned(claims: dict[str, Any]) -> str:
    parts = [json.dumps({"alg": "none", "typ": "JWT"}), json.dumps(claims)]
    return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + "."


CLAIMS: dict[str, Any] = {
    "sub": "v1",
    "site": "joinery",
    "aud": "visitor",
    "iat": int(NOW),
    "exp": int(NOW) + 600,
}


def test_sign2_a_visitors_token_proves_the_visitor() -> None:
    assert open_visitor(SECRET, sign_visitor(SECRET, VISITOR), "joinery", NOW + 9) == VISITOR


def test_sign2_another_sites_token_is_refused() -> None:
    assert refused(sign_visitor(SECRET, VISITOR), "bakery")


def test_sign2_another_secret_is_refused() -> None:
    assert refused(sign_visitor(OTHER, VISITOR))


def test_sign2_it_expires_after_400_days_to_the_second() -> None:
    token = sign_visitor(SECRET, VISITOR)
    assert open_visitor(SECRET, token, "joinery", NOW + VISITOR_VALID_S - 1) == VISITOR
    assert refused(token, now=NOW + VISITOR_VALID_S)


def test_sign2_it_is_stale_after_a_day() -> None:
    assert not VISITOR.is_stale(NOW + VISITOR_RENEW_AFTER_S)
    assert VISITOR.is_stale(NOW + VISITOR_RENEW_AFTER_S + 1)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "..", "é.é.é", sign_visitor(SECRET, VISITOR) + "x"])
def test_sign2_what_is_no_token_is_refused(text: str) -> None:
    assert refused(text)


def test_sign2_each_changed_character_of_the_claims_is_refused() -> None:
    header, claims, signature = sign_visitor(SECRET, VISITOR).split(".")
    for at in range(0, len(claims), 3):
        changed = "A" if claims[at] != "A" else "B"
        assert refused(f"{header}.{claims[:at]}{changed}{claims[at + 1 :]}.{signature}")


@pytest.mark.parametrize(
    "change",
    [
        {"exp": None},
        {"aud": None},
        {"aud": "replica"},
        {"exp": "2999-01-01"},
        {"exp": int(NOW)},
        {"sub": 5},
        {"sub": None},
        {"site": None},
        {"iat": None},
        {"iat": "x"},
    ],
)
def test_sign2_wrong_or_missing_claims_are_refused_though_signed(change: dict[str, Any]) -> None:
    claims = {key: value for key, value in {**CLAIMS, **change}.items() if value is not None}
    assert refused(jwt.encode(claims, SECRET, "HS256"))


def test_sign1_no_other_algorithm_is_believed() -> None:
    assert open_visitor(SECRET, jwt.encode(CLAIMS, SECRET, "HS256"), "joinery", NOW).visitor == "v1"
    assert refused(unsigned(CLAIMS))
    assert refused(jwt.encode(CLAIMS, SECRET * 2, "HS512"), secret=SECRET * 2)


def test_sign1_a_token_of_one_use_proves_nothing_in_the_other() -> None:
    assert refused(sign_replica(SECRET, REPLICA, NOW))
    assert open_replica(SECRET, sign_visitor(SECRET, VISITOR), "room", "v1", NOW) is None


def test_sign3_a_replicas_token_proves_the_replica_of_its_holder_in_its_room() -> None:
    token = sign_replica(SECRET, REPLICA, NOW)
    assert open_replica(SECRET, token, "room", "v1", NOW + 9) == Life(7, 3)
    assert open_replica(SECRET, token, "other", "v1", NOW) is None
    assert open_replica(SECRET, token, "room", "v2", NOW) is None
    assert open_replica(OTHER, token, "room", "v1", NOW) is None
    assert open_replica(SECRET, "", "room", "v1", NOW) is None


def test_sign3_it_expires_after_a_day() -> None:
    token = sign_replica(SECRET, REPLICA, NOW)
    assert open_replica(SECRET, token, "room", "v1", NOW + REPLICA_VALID_S - 1) == Life(7, 3)
    assert open_replica(SECRET, token, "room", "v1", NOW + REPLICA_VALID_S) is None
