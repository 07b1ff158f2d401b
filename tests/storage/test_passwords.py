from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters

from cobrowse.asgi import passwords
from cobrowse.asgi.passwords import PasswordRefused, hash_password, needs_rehash, verify_password

KNOWN = hash_password("correct horse")


def test_a_password_verifies_against_its_hash_only() -> None:
    assert verify_password(KNOWN, "correct horse")
    assert not verify_password(KNOWN, "correct horsf")
    assert not verify_password(KNOWN, "")
    assert hash_password("correct horse") != KNOWN


def test_an_unknown_agent_costs_as_much_as_a_known_one() -> None:
    assert not verify_password(None, "correct horse")
    assert extract_parameters(passwords._UNKNOWN) == extract_parameters(KNOWN)


def test_a_hash_that_is_none_never_verifies() -> None:
    assert not verify_password("not a hash", "not a hash")


def test_accents_may_be_typed_in_one_key_or_two() -> None:
    assert verify_password(hash_password("caf\u00e9 creme"), "cafe\u0301 creme")


@pytest.mark.parametrize("password", ["", "7 chars", "x" * 257])
def test_a_new_password_has_a_length(password: str) -> None:
    with pytest.raises(PasswordRefused, match=f"8 to 256 characters, got {len(password)}"):
        hash_password(password)


def test_a_password_longer_than_any_is_wrong() -> None:
    longest = hash_password("x" * 256)
    assert verify_password(longest, "x" * 256)
    assert not verify_password(longest, "x" * 257)


def test_a_weaker_hash_is_replaced() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse")
    assert verify_password(weak, "correct horse")
    assert needs_rehash(weak)
    assert not needs_rehash(KNOWN)
