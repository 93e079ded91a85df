"""The typed façade: what the enabled plugins offer, by kind and key."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any, Generic, TypeVar

from omnicore.host.calls import Port, PortCaller
from omnicore.host.loading import Deployment, Loader
from omnicore.host.manifests import LoadError, installed
from omnicore.sdk import contributions as sdk
from omnicore.sdk.errors import NoPlugin, OmniCoreError
from omnicore.sdk.events import DomainEvent, Subscription
from omnicore.sdk.manifest import Manifest
from omnicore.sdk.ports.broadcast import BroadcastCentre
from omnicore.sdk.ports.charging import ChargingBackend
from omnicore.sdk.ports.geocoding import Geocoder
from omnicore.sdk.ports.identity import IdentityProvider
from omnicore.sdk.ports.notification import Medium, NotificationChannel
from omnicore.sdk.ports.payment import PaymentVendor
from omnicore.sdk.ports.provisioning import Provisioner

log = logging.getLogger(__name__)

Offer = TypeVar("Offer")


@dataclass(frozen=True)
class Owned(Generic[Offer]):
    """A contribution and the plugin that made it."""

    owner: str
    offer: Offer


# hook -> (type every answer must have, how to name it)
_KINDS: dict[str, tuple[type, Callable[[Any], str]]] = {
    "omnicore_payment_vendors": (PaymentVendor, lambda it: it.key),
    "omnicore_charging_backends": (ChargingBackend, lambda _: "charging"),
    "omnicore_notification_channels": (NotificationChannel, lambda it: it.key),
    "omnicore_provisioners": (Provisioner, lambda it: it.key),
    "omnicore_broadcast_centres": (BroadcastCentre, lambda it: it.key),
    "omnicore_geocoders": (Geocoder, lambda it: it.key),
    "omnicore_identity_providers": (IdentityProvider, lambda it: it.key),
    "omnicore_subscriptions": (Subscription, lambda _: ""),
    "omnicore_routes": (sdk.WebRoute, lambda _: ""),
    "omnicore_permissions": (sdk.PermissionSpec, lambda it: it.name),
    "omnicore_health_checks": (sdk.HealthCheck, lambda it: it.name),
    "omnicore_scheduled_jobs": (sdk.ScheduledJob, lambda it: it.name),
    "omnicore_companions": (sdk.Companion, lambda it: it.name),
    "omnicore_starter_files": (sdk.StarterFiles, lambda it: it.target),
    "omnicore_pages": (sdk.UiContribution, lambda it: it.mount),
}
_PREFIXED = {"omnicore_permissions", "omnicore_scheduled_jobs"}


class PluginHost:
    """The plugins of one deployment. Built once by the runtime; nothing here is global."""

    def __init__(
        self,
        deployment: Deployment,
        guard: Callable[[], None] = lambda: None,
        discover: Callable[[], Mapping[str, EntryPoint]] = installed,
    ) -> None:
        self._loader = Loader(deployment, discover)
        self.caller = PortCaller(guard)
        self._offers: dict[str, dict[str, Owned[Any]]] = {hook: {} for hook in _KINDS}
        self._loader.load()
        for name in list(self._loader.manifests):
            self._loader.attempt(name, lambda name=name: self._collect(name))  # type: ignore[misc]

    def _collect(self, name: str) -> None:
        """Ask one plugin for all it offers; it joins whole or not at all."""
        gathered: dict[str, dict[str, Owned[Any]]] = {}
        for hook, (kind, key_of) in _KINDS.items():
            mine = gathered.setdefault(hook, {})
            for offer in self._loader.ask(name, hook):
                if not isinstance(offer, kind):
                    raise LoadError(f"{hook} gave a {type(offer).__name__}, not a {kind.__name__}")
                key = key_of(offer) or f"{name}:{len(mine)}"
                self._check_name(hook, key, name, mine)
                _check_place(name, offer)
                mine[key] = Owned(name, offer)
        for hook, mine in gathered.items():
            self._offers[hook].update(mine)

    def _check_name(self, hook: str, key: str, name: str, mine: Mapping[str, Any]) -> None:
        taken = self._offers[hook].get(key)
        if taken is not None:
            raise LoadError(f"{hook}: {key!r} is offered by both {taken.owner} and {name}")
        if key in mine:
            raise LoadError(f"{hook}: {key!r} is offered twice")
        if hook in _PREFIXED and not key.startswith(f"{name}_"):
            raise LoadError(f"{hook}: {key!r} must start with {name}_")

    @property
    def manifests(self) -> Mapping[str, Manifest]:
        """Manifests of the plugins that are on, in their configured order."""
        return self._loader.manifests

    @property
    def failures(self) -> Mapping[str, str]:
        """Optional plugins that are off, and why."""
        return self._loader.failures

    @property
    def settings(self) -> Mapping[str, Any]:
        """What each plugin's schema built of its section, None for a plugin without one."""
        return {name: context.settings for name, context in self._loader.contexts.items()}

    def offers(self, name: str) -> dict[str, list[str]]:
        """What a plugin offers: keys by hook, empty keys left out."""
        found = {
            hook.removeprefix("omnicore_"): [
                key for key, owned in offers.items() if owned.owner == name
            ]
            for hook, offers in self._offers.items()
        }
        return {hook: keys for hook, keys in found.items() if keys}

    def offered(self, hook: str) -> list[Any]:
        """Every answer to the hook of that name, over all plugins; for tests of plugins."""
        return [owned.offer for owned in self._offers[hook].values()]

    def _port(self, hook: str, key: str, missing: str) -> Port[Any]:
        owned = self._offers[hook].get(key)
        if owned is None:
            off = ", ".join(f"{name} ({why})" for name, why in self.failures.items())
            raise NoPlugin(missing + (f"; these are off: {off}" if off else ""))
        return Port(owned.owner, owned.offer, self.caller)

    def _ports(self, hook: str) -> dict[str, Port[Any]]:
        return {
            key: Port(owned.owner, owned.offer, self.caller)
            for key, owned in self._offers[hook].items()
        }

    def charging(self) -> Port[ChargingBackend]:
        """The charging backend.

        :raises NoPlugin: when no plugin offers one.
        """
        return self._port("omnicore_charging_backends", "charging", "no charging backend")

    def payment_vendor(self, key: str) -> Port[PaymentVendor]:
        """The vendor called ``key``.

        :raises NoPlugin: when no enabled plugin offers it.
        """
        return self._port("omnicore_payment_vendors", key, f"no payment vendor called {key!r}")

    def payment_vendors(self) -> dict[str, Port[PaymentVendor]]:
        """All vendors by key."""
        return self._ports("omnicore_payment_vendors")

    def channel(self, medium: Medium) -> Port[NotificationChannel] | None:
        """The default channel for a medium: the first that was configured, or None."""
        for port in self._ports("omnicore_notification_channels").values():
            if port.implementation.medium is medium:
                return port
        return None

    def provisioners(self) -> dict[str, Port[Provisioner]]:
        """All provisioners by key, in their configured order."""
        return self._ports("omnicore_provisioners")

    def broadcast_centres(self) -> dict[str, Port[BroadcastCentre]]:
        """All broadcast centres by key."""
        return self._ports("omnicore_broadcast_centres")

    def geocoder(self) -> Port[Geocoder] | None:
        """The first geocoder, or None."""
        return next(iter(self._ports("omnicore_geocoders").values()), None)

    def identity_providers(self) -> dict[str, Port[IdentityProvider]]:
        """All outside identity providers by key."""
        return self._ports("omnicore_identity_providers")

    def subscriptions(self, event: type[DomainEvent]) -> list[Owned[Subscription]]:
        """Who asked for an event."""
        everyone = self._offers["omnicore_subscriptions"].values()
        return [owned for owned in everyone if owned.offer.event is event]

    def subscribers(self) -> list[str]:
        """The plugins that asked for events."""
        everyone = self._offers["omnicore_subscriptions"].values()
        return list(dict.fromkeys(owned.owner for owned in everyone))

    def routes(self) -> list[Owned[sdk.WebRoute]]:
        """Routes to mount under ``/crm/plugins/<owner>/``."""
        return list(self._offers["omnicore_routes"].values())

    def permissions(self) -> list[Owned[sdk.PermissionSpec]]:
        """Permissions to add to the catalogue."""
        return list(self._offers["omnicore_permissions"].values())

    def health_checks(self) -> list[Owned[sdk.HealthCheck]]:
        """Looks at outside systems."""
        return list(self._offers["omnicore_health_checks"].values())

    def scheduled_jobs(self) -> list[Owned[sdk.ScheduledJob]]:
        """Work at an interval."""
        return list(self._offers["omnicore_scheduled_jobs"].values())

    def companions(self) -> list[Owned[sdk.Companion]]:
        """Processes that belong beside the server."""
        return list(self._offers["omnicore_companions"].values())

    def starter_files(self) -> list[Owned[sdk.StarterFiles]]:
        """Folders that a new deployment starts from."""
        return list(self._offers["omnicore_starter_files"].values())

    def pages(self) -> list[Owned[sdk.UiContribution]]:
        """Contributions to the web user interface."""
        return list(self._offers["omnicore_pages"].values())

    def close(self) -> None:
        """Close what the plugins hold open, each within the limit of a call."""
        for port in self.provisioners().values():
            try:
                port.call(lambda provisioner: provisioner.close())
            except OmniCoreError as error:  # it must not keep the others open
                log.error("plugin %s could not close: %s", port.owner, error)


def _check_place(name: str, offer: Any) -> None:
    """A route says who may call it; pages stay under their plugin, or take the root."""
    if isinstance(offer, sdk.WebRoute):
        if not offer.rule.startswith("/"):
            raise LoadError(f"route {offer.rule!r}: a rule starts with /")
        if offer.permission is None and not offer.public_because:
            raise LoadError(f"route {offer.rule!r}: name a permission, or say public_because")
    if isinstance(offer, sdk.UiContribution):
        home = f"/crm/plugins/{name}/"
        if offer.mount != "/" and not offer.mount.startswith(home):
            raise LoadError(f"pages at {offer.mount!r}: mount them at / or under {home}")
