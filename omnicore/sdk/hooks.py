"""Every hook of OmniCore, on one page: the first that a vendor reads.

Hooks register, protocols act, events tell. A hook takes one frozen
:class:`~omnicore.sdk.context.PluginContext` and returns what the plugin has to offer. Each is
called once per process, plugin by plugin in the order of ``plugins.enabled``, after the
plugin's settings were validated. Build objects only: no network, no database, no threads.
A plugin that raises here counts as not loaded: a required one stops the start, an optional
one is off and ``omnicore plugins doctor`` says why.

Implement a hook by a function of the same name in the module that the manifest names::

    from omnicore.sdk import hookimpl

    @hookimpl
    def omnicore_charging_backends(context):
        return [MyBackend(context.settings)]
"""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from omnicore.sdk.context import PluginContext
    from omnicore.sdk.contributions import (
        Companion,
        HealthCheck,
        PermissionSpec,
        ScheduledJob,
        StarterFiles,
        UiContribution,
        WebRoute,
    )
    from omnicore.sdk.events import Subscription
    from omnicore.sdk.ports.broadcast import BroadcastCentre
    from omnicore.sdk.ports.charging import ChargingBackend
    from omnicore.sdk.ports.geocoding import Geocoder
    from omnicore.sdk.ports.identity import IdentityProvider
    from omnicore.sdk.ports.notification import NotificationChannel
    from omnicore.sdk.ports.payment import PaymentVendor
    from omnicore.sdk.ports.provisioning import Provisioner

PROJECT = "omnicore"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def omnicore_payment_vendors(context: PluginContext) -> Iterable[PaymentVendor]:
    """Offer the payment vendors this plugin can drive.

    :return: vendors; every ``vendor.key`` is unique in the deployment.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_charging_backends(context: PluginContext) -> Iterable[ChargingBackend]:
    """Offer a charging backend. A deployment has at most one, over all plugins.

    :return: backends; ``backend.key`` names it in messages.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_notification_channels(context: PluginContext) -> Iterable[NotificationChannel]:
    """Offer channels that carry e-mail or SMS. The first for a medium is its default.

    :return: channels; every ``channel.key`` is unique in the deployment.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_provisioners(context: PluginContext) -> Iterable[Provisioner]:
    """Offer a way to run plays. The first that knows a play runs it.

    :return: provisioners; every ``provisioner.key`` is unique in the deployment.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_broadcast_centres(context: PluginContext) -> Iterable[BroadcastCentre]:
    """Offer broadcast centres, one per network operator.

    :return: centres; every ``centre.key`` is unique in the deployment.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_geocoders(context: PluginContext) -> Iterable[Geocoder]:
    """Offer a source of addresses. The first one is used.

    :return: geocoders; every ``geocoder.key`` is unique in the deployment.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_identity_providers(context: PluginContext) -> Iterable[IdentityProvider]:
    """Offer outside providers that people can log in with.

    :return: providers; every ``provider.key`` is unique in the deployment.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_subscriptions(context: PluginContext) -> Iterable[Subscription]:
    """Ask for domain events. They come from the outbox: after commit, at least once.

    :return: subscriptions; handlers are idempotent by ``event.id``.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_routes(context: PluginContext) -> Iterable[WebRoute]:
    """Add routes under ``/crm/plugins/<name>/``.

    :return: routes; each names its permission, or says why it is safe without.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_permissions(context: PluginContext) -> Iterable[PermissionSpec]:
    """Add permissions; their names start with the plugin's name and an underscore.

    :return: permissions, seeded into the catalogue at the next ``db upgrade``.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_health_checks(context: PluginContext) -> Iterable[HealthCheck]:
    """Say how to look at the outside systems of this plugin.

    :return: checks, shown by ``/crm/health``, ``omnicore check`` and ``plugins doctor``.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_scheduled_jobs(context: PluginContext) -> Iterable[ScheduledJob]:
    """Ask for work at an interval. It runs in a worker, once over all machines.

    :return: jobs; every ``job.name`` starts with the plugin's name.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_companions(context: PluginContext) -> Iterable[Companion]:
    """Name processes that run beside the server, started by ``omnicore demo``.

    :return: companions; the command of each belongs to this plugin.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_starter_files(context: PluginContext) -> Iterable[StarterFiles]:
    """Name folders of files that a new deployment starts from; ``demo`` and ``init`` copy them.

    :return: folders and where they go; what stands there already is left as it is.

    .. versionadded:: 1.0
    """


@hookspec
def omnicore_pages(context: PluginContext) -> Iterable[UiContribution]:
    """Add pages and scripts to the web user interface.

    :return: folders to serve and what to load from them.

    .. versionadded:: 1.0
    """
