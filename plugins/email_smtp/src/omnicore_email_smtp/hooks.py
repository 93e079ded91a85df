"""What this plugin offers to the core: a channel for e-mail and a look at its server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from omnicore.sdk import hookimpl
from omnicore.sdk.context import PluginContext
from omnicore.sdk.contributions import Health, HealthCheck
from omnicore.sdk.errors import PortError
from omnicore.sdk.ports.notification import NotificationChannel
from omnicore_email_smtp.channel import SmtpChannel


def _channel(context: PluginContext) -> SmtpChannel:
    settings = context.settings
    if settings.ca_file:
        settings = replace(settings, ca_file=str(context.config_dir / settings.ca_file))
    return SmtpChannel(settings, context.now)


@hookimpl
def omnicore_notification_channels(context: PluginContext) -> Iterable[NotificationChannel]:
    return [_channel(context)]


@hookimpl
def omnicore_health_checks(context: PluginContext) -> Iterable[HealthCheck]:
    channel = _channel(context)
    server = f"{context.settings.host}:{context.settings.port}"

    def look() -> Health:
        try:
            channel.ping()
        except PortError as error:
            return Health(ok=False, detail=f"{server}: {error}; is the section email_smtp right?")
        return Health(ok=True, detail=f"{server} takes our mail")

    return [HealthCheck("email_smtp", look)]
