"""What one process of a deployment is made of. Built once by an edge; nothing is global."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import EntryPoint

from omnicore import subscribers
from omnicore.activity import recorder
from omnicore.config import Settings
from omnicore.db.engine import build_engine
from omnicore.db.uow import Database, refuse_open_write, utc_now
from omnicore.host.host import PluginHost
from omnicore.host.manifests import installed
from omnicore.identity import epoch
from omnicore.logs import REDACTOR, secrets_in
from omnicore.sdk.events import DomainEvent


@dataclass(frozen=True)
class Runtime:
    """Settings, database and plugins, wired together."""

    settings: Settings
    db: Database
    plugins: PluginHost
    now: Callable[[], datetime]

    def close(self) -> None:
        """Let go of connections, threads and helper processes."""
        self.plugins.close()
        self.db.engine.dispose()


def build(
    settings: Settings,
    *,
    now: Callable[[], datetime] = utc_now,
    discover: Callable[[], Mapping[str, EntryPoint]] = installed,
) -> Runtime:
    """Wire a runtime; loads the plugins, does not touch the database.

    From here on no log of this process shows a secret of these settings.

    :raises SettingsError: when a required plugin cannot be loaded.
    """
    REDACTOR.register(secrets_in(settings))
    host = PluginHost(replace(settings.deployment(), now=now), refuse_open_write, discover)
    REDACTOR.register(secrets_in(host.settings))

    def who_asked(event: type[DomainEvent]) -> list[str]:
        plugins = [f"plugin:{owned.owner}" for owned in host.subscriptions(event)]
        return list(dict.fromkeys(plugins)) + subscribers.names(event)

    engine = build_engine(settings.database_url(), settings.database.pool_size)
    database = Database(engine, settings, now, who_asked)
    recorder.attach(database.sessions)
    epoch.attach(database.sessions)
    return Runtime(settings, database, host, now)
