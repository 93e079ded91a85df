"""Values that are encrypted at rest, with a key that never leaves ``crm_config.yaml``.

The key is derived from ``jwt_secret`` by HKDF-SHA256 for each purpose, so that what one
table holds cannot be read as another's. A changed ``jwt_secret`` makes them unreadable:
reading one then raises ``Unreadable`` instead of giving back noise.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING

from omnicore.sdk.errors import Conflict
from omnicore.sdk.settings import SecretValue

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Unreadable(Conflict):
    """It was encrypted under another ``jwt_secret``."""

    code, title = "unreadable-secret", "A stored secret cannot be read any more"


@lru_cache(maxsize=64)
def _cipher(secret: SecretValue, purpose: str) -> Fernet:
    # Imported with the first secret: 7 MB that many a process never needs.
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(SHA256(), 32, salt=None, info=f"omnicore:{purpose}".encode()).derive(
        secret.reveal().encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))


def seal(secret: SecretValue, purpose: str, text: str) -> str:
    """``text`` encrypted and authenticated, as ASCII."""
    return _cipher(secret, purpose).encrypt(text.encode()).decode()


def unseal(secret: SecretValue, purpose: str, sealed: str) -> str:
    """What ``seal`` was given.

    :raises Unreadable: when the key differs or the text was changed.
    """
    from cryptography.fernet import InvalidToken

    try:
        return _cipher(secret, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable("jwt_secret was changed since it was stored; set it anew") from error
