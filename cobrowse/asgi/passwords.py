"""Passwords of the console's agents. Both calls take tens of milliseconds on purpose: run them in a thread.

Argon2id with the second recommendation of RFC 9106, section 4 (64 MiB, 3 passes, 4 lanes). A password is
compared in NFKC, so that any keyboard can type it, and bounded, so that no sign-in costs more than another.
"""

from __future__ import annotations

import base64
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from cobrowse.core.errors import CobrowseError

# NIST SP 800-63B: at least 8 characters, at least 64 allowed, and no rules about which.
MIN_PASSWORD_CHARS = 8
MAX_PASSWORD_CHARS = 256

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


class PasswordRefused(CobrowseError):
    """A new password is too short or too long; the message is for the person who chose it."""


def _unknown(hasher: PasswordHasher) -> str:
    """A hash that no password has, and that costs as much to try as a real one."""

    def text(length_bytes: int) -> str:
        return base64.b64encode(bytes(length_bytes)).rstrip(b"=").decode()

    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${text(hasher.salt_len)}${text(hasher.hash_len)}"


_UNKNOWN = _unknown(_hasher)


def hash_password(password: str) -> str:
    """The password's hash, with its own salt and the parameters that `verify_password` needs.

    Raises PasswordRefused.
    """
    normal = unicodedata.normalize("NFKC", password)
    if not MIN_PASSWORD_CHARS <= len(normal) <= MAX_PASSWORD_CHARS:
        raise PasswordRefused(
            f"Expected {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters, got {len(normal)}."
        )
    return _hasher.hash(normal)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the hash is of this password. None, for an unknown e-mail address, is as slow to be False."""
    if len(password) > MAX_PASSWORD_CHARS:
        # Longer than any that was ever accepted: as wrong as any other, at the same cost.
        password_hash, password = None, ""
    try:
        return _hasher.verify(password_hash or _UNKNOWN, unicodedata.normalize("NFKC", password))
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's: replace it when it can be."""
    return _hasher.check_needs_rehash(password_hash)
