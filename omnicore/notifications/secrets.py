"""Variables of a message, split into what may be read and what may only be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from omnicore.db.secrets import seal, unseal
from omnicore.db.uow import UnitOfWork
from omnicore.provisioning.service.redaction import MASK, is_secret_name
from omnicore.sdk.settings import SecretValue

PURPOSE = "communication"


def split(uow: UnitOfWork, variables: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """JSON values with secrets masked, and the secrets sealed (None when there are none).

    A secret is a :class:`SecretValue`, or a top-level value under a secret's name.
    """
    hidden = {
        name: value.reveal() if isinstance(value, SecretValue) else str(value)
        for name, value in variables.items()
        if value and (isinstance(value, SecretValue) or is_secret_name(name))
    }
    shown = {name: MASK if name in hidden else value for name, value in variables.items()}
    plain: dict[str, Any] = json.loads(json.dumps(shown, default=str))
    if not hidden:
        return plain, None
    return plain, seal(uow.settings.jwt_secret, PURPOSE, json.dumps(hidden))


def whole(uow: UnitOfWork, variables: Mapping[str, Any], sealed: str | None) -> dict[str, Any]:
    """The variables with their secrets, for sending.

    :raises Unreadable: when ``jwt_secret`` was changed meanwhile.
    """
    if sealed is None:
        return dict(variables)
    return dict(variables) | json.loads(unseal(uow.settings.jwt_secret, PURPOSE, sealed))
