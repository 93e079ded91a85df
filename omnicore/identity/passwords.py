"""Passwords: which are accepted, how they are kept, how one is checked."""

from __future__ import annotations

import string

import bcrypt

from omnicore.sdk.errors import Invalid

SHORTEST = 8
LONGEST_BYTES = 72
"""bcrypt reads no further; a longer password would be cut silently."""


def check(password: str, field: str = "password") -> None:
    """Refuse a password that breaks the policy (guide 33, "Password requirements").

    :raises Invalid: naming every rule that it breaks.
    """
    rules = {
        f"at least {SHORTEST} characters": len(password) >= SHORTEST,
        "an upper-case letter": any(letter.isupper() for letter in password),
        "a lower-case letter": any(letter.islower() for letter in password),
        "a digit": any(letter.isdigit() for letter in password),
        "a special character": any(
            letter in string.punctuation or (not letter.isalnum() and not letter.isspace())
            for letter in password
        ),
        f"no more than {LONGEST_BYTES} bytes": len(password.encode()) <= LONGEST_BYTES,
    }
    broken = [rule for rule, kept in rules.items() if not kept]
    if broken:
        raise Invalid.field(field, f"needs {', '.join(broken)}")


def hashed(password: str, rounds: int) -> str:
    """The bcrypt hash to keep. Takes a quarter of a second at 12 rounds: hold no lock meanwhile."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds)).decode()


def matches(password: str, kept: str | None, rounds: int) -> bool:
    """Whether ``password`` is the one behind ``kept``.

    Without a hash to compare with (an unknown user) it takes as long and says no.
    """
    given = password.encode()[:LONGEST_BYTES]
    against = kept or f"$2b${rounds:02d}${'.' * 53}"
    right = bcrypt.checkpw(given, against.encode())
    return right and bool(kept) and len(password.encode()) <= LONGEST_BYTES
