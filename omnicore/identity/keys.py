"""API keys and trusted addresses of ``crm_config.yaml`` (guide 14)."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from omnicore.config import Settings
from omnicore.config_access import StaticKey, TrustedAddress
from omnicore.db.uow import UnitOfWork
from omnicore.identity.catalogue import canonical
from omnicore.identity.models import Permission, Role, role_permission

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def read_address(ip: str) -> Address | None:
    """The address behind a text, or None; IPv4 inside IPv6 is IPv4."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return inner or address


@lru_cache(maxsize=64)
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses and networks of a setting."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def within(address: Address | None, texts: tuple[str, ...]) -> bool:
    """Whether the address is one of those, or in one of those networks."""
    return address is not None and any(address in network for network in networks(texts))


def find_key(keys: Sequence[StaticKey], given: str, ip: str) -> StaticKey | None:
    """The entry of the key, when it may be used from ``ip``.

    Compares digests, in constant time and with every entry, so that time tells nothing.
    """
    digest = hashlib.sha256(given.encode()).digest()
    found = None
    for entry in keys:
        known = hashlib.sha256(entry.key.reveal().encode()).digest()
        if hmac.compare_digest(digest, known):
            found = entry
    if found is not None and found.ips and not within(read_address(ip), found.ips):
        return None
    return found


def find_address(trusted: Sequence[TrustedAddress], ip: str) -> TrustedAddress | None:
    """The narrowest entry that holds ``ip``; a loopback address is never trusted."""
    address = read_address(ip)
    if address is None or address.is_loopback:
        return None
    fitting = [entry for entry in trusted if within(address, (entry.network,))]
    return max(fitting, key=lambda it: networks((it.network,))[0].prefixlen, default=None)


def granted(session: Session, names: Iterable[str]) -> frozenset[str]:
    """Permissions behind names of roles or of permissions; an unknown name grants nothing."""
    wanted = {name.strip().lower() for name in names}
    permissions = {canonical(name) for name in wanted}
    alone = select(Permission.name).where(Permission.name.in_(permissions))
    through = (
        select(Permission.name)
        .join(role_permission, role_permission.c.permission_id == Permission.id)
        .join(Role, Role.id == role_permission.c.role_id)
        .where(Role.name.in_(wanted))
    )
    return frozenset(name.lower() for name in session.scalars(alone.union(through)))


def unknown_role_names(uow: UnitOfWork) -> list[str]:
    """What ``omnicore check`` warns of: names in the file that no role or permission has.

    :return: one sentence a name; it names the entry by description, never by key.
    """
    settings: Settings = uow.settings
    roles = {name.lower() for name in uow.session.scalars(select(Role.name))}
    permissions = {name.lower() for name in uow.session.scalars(select(Permission.name))}
    entries = [
        (f"api_keys ({key.description or f'key {number}'})", key.roles)
        for number, key in enumerate(settings.api_keys, 1)
    ] + [(f"ip_whitelist.{entry.network}", entry.roles) for entry in settings.ip_whitelist]
    return [
        f"{where}: {name} is neither a role nor a permission and grants nothing"
        for where, names in entries
        for name in names
        if name.strip().lower() not in roles and canonical(name) not in permissions
    ]
