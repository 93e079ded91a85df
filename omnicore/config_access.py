"""Who gets in by the file alone: static API keys and trusted addresses (guide 4 and 14)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError, fields, validate

from omnicore.sdk.settings import SecretValue, SettingsSchema

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
WHITELIST = "ip_whitelist"
_LOOPBACK = [
    ipaddress.ip_network(net) for net in ("127.0.0.0/8", "::1/128", "::ffff:127.0.0.0/104")
]


@dataclass(frozen=True)
class StaticKey:
    """An API key of the file; ``roles`` are names of roles or of permissions."""

    key: SecretValue
    roles: tuple[str, ...]
    ips: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class TrustedAddress:
    """An address or network that needs no credentials."""

    network: str
    roles: tuple[str, ...] = field(default=("admin",))


class StaticKeySection(SettingsSchema):
    """One entry of ``api_keys``."""

    roles = fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "Roles or permissions of the key"},
    )
    ips = fields.List(
        fields.String(),
        load_default=(),
        metadata={"description": "Addresses or networks that may use it; absent for any"},
    )
    description = fields.String(load_default="", metadata={"description": "What the key is for"})


def read_keys(given: Any) -> tuple[StaticKey, ...]:
    """``api_keys``: a map from the key itself to its rights (guide 14)."""
    if not isinstance(given, dict):
        raise ValidationError("a map from key to {roles, ips, description}", "api_keys")
    keys = []
    for key, entry in given.items():
        where = f"api_keys.{str(key)[:6]}..."
        if len(str(key)) < 32:
            raise ValidationError("a key needs at least 32 characters", where)
        try:
            loaded = StaticKeySection().load(entry or {})
        except ValidationError as error:
            raise ValidationError(error.messages, where) from error
        networks = tuple(network(address, where) for address in loaded["ips"])
        keys.append(
            StaticKey(
                SecretValue(str(key)), tuple(loaded["roles"]), networks, loaded["description"]
            )
        )
    return tuple(keys)


def read_whitelist(given: Any) -> tuple[TrustedAddress, ...]:
    """``ip_whitelist``: a map from address to roles, or a plain list, which means admin."""
    if not isinstance(given, (dict, list)):
        raise ValidationError("a map from address to {roles}, or a list of addresses", WHITELIST)
    entries = given if isinstance(given, dict) else {str(address): {} for address in given}
    trusted = []
    for address, entry in entries.items():
        trustee = network(str(address), WHITELIST)
        if any(_overlap(ipaddress.ip_network(trustee), loopback) for loopback in _LOOPBACK):
            raise ValidationError(f"{address}: loopback addresses are refused", WHITELIST)
        if entry is not None and not isinstance(entry, dict):
            raise ValidationError(f"{address}: a map with the list roles was expected", WHITELIST)
        roles = (entry or {}).get("roles") or ["admin"]
        if not isinstance(roles, list):
            raise ValidationError(f"{address}: roles is a list", WHITELIST)
        trusted.append(TrustedAddress(trustee, tuple(str(role) for role in roles)))
    return tuple(trusted)


def _overlap(one: IpNetwork, other: IpNetwork) -> bool:
    return one.version == other.version and one.overlaps(other)  # type: ignore[arg-type]


def network(address: str, where: str) -> str:
    """An address or network, written as a network; ``where`` is the key that a refusal names."""
    try:
        return str(ipaddress.ip_network(address, strict=False))
    except ValueError as error:
        raise ValidationError(f"{address}: not an address or network", where) from error
