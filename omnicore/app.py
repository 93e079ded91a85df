"""``create_app``: the web application of one deployment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from omnicore import __version__, rooms
from omnicore.config import Settings
from omnicore.db.engine import is_sqlite
from omnicore.runtime import Runtime, build
from omnicore.web import (
    aliases,
    bodies,
    cors,
    docs,
    headers,
    health,
    idempotency,
    plugin_routes,
    problems,
    push,
    tracing,
    turns,
)
from omnicore.web.checks import HealthBoard
from omnicore.web.json import OrjsonProvider
from omnicore.web.metrics import Metrics
from omnicore.web.problems import ProblemApi


class Application(Flask):
    """Flask without its look at every function of every request for whether it is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None, runtime: Runtime | None = None) -> Flask:
    """The application for ``settings``, or around a runtime that stands already.

    :raises SettingsError: when a required plugin cannot be loaded.
    """
    if runtime is None:
        if settings is None:
            raise TypeError("create_app needs settings or a runtime")
        runtime = build(settings)
    app = _flask(runtime)
    rooms.load_models()
    rooms.load_reactions()
    _install(app, runtime)
    api = ProblemApi(app)
    app.extensions["omnicore_api"] = api
    for blueprint in (*health.BLUEPRINTS, *docs.BLUEPRINTS, *rooms.blueprints()):
        api.register_blueprint(blueprint)
    plugin_routes.mount(app, api, runtime)
    problems.register(app)
    app.wsgi_app = aliases.Aliases(app.wsgi_app)  # type: ignore[method-assign]
    if is_sqlite(runtime.db.engine):
        app.wsgi_app = turns.Turns(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _flask(runtime: Runtime) -> Flask:
    app = Application("omnicore", static_folder=None)
    app.json = OrjsonProvider(app)
    app.extensions["omnicore"] = runtime
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.config.update(
        API_TITLE="OmniCore",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=None,
        MAX_CONTENT_LENGTH=int(runtime.settings.web.max_body_mb * 1024 * 1024),
        PROPAGATE_EXCEPTIONS=False,
    )
    return app


def _install(app: Flask, runtime: Runtime) -> None:
    """What every request passes. After the view, the last one here is the first to act."""
    web = runtime.settings.web
    metrics = Metrics(runtime)
    app.extensions["omnicore_metrics"] = metrics
    app.extensions["omnicore_health"] = HealthBoard(runtime.plugins)
    app.extensions["omnicore_streams"] = push.Streams(web.max_streams, metrics.stream)
    tracing.install(app, metrics)
    cors.install(app, web.cors_origins)
    headers.install(app)
    bodies.install(app)
    idempotency.install(app)
