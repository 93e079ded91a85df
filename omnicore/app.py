"""``create_app``: the web application of one deployment."""

from __future__ import annotations

from flask import Flask

from omnicore import __version__, rooms
from omnicore.config import Settings
from omnicore.runtime import Runtime, build
from omnicore.web import aliases, problems
from omnicore.web.json import OrjsonProvider
from omnicore.web.problems import ProblemApi


def create_app(settings: Settings | None = None, runtime: Runtime | None = None) -> Flask:
    """The application for ``settings``, or around a runtime that stands already.

    :raises SettingsError: when a required plugin cannot be loaded.
    """
    if runtime is None:
        if settings is None:
            raise TypeError("create_app needs settings or a runtime")
        runtime = build(settings)
    app = Flask("omnicore", static_folder=None)
    app.json = OrjsonProvider(app)
    app.extensions["omnicore"] = runtime
    app.url_map.strict_slashes = False
    app.config.update(
        API_TITLE="OmniCore",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=None,
        MAX_CONTENT_LENGTH=int(runtime.settings.web.max_body_mb * 1024 * 1024),
        PROPAGATE_EXCEPTIONS=False,
    )
    rooms.load_models()
    rooms.load_reactions()
    api = ProblemApi(app)
    for blueprint in rooms.blueprints():
        api.register_blueprint(blueprint)
    app.extensions["omnicore_api"] = api
    problems.register(app)
    app.wsgi_app = aliases.Aliases(app.wsgi_app)  # type: ignore[method-assign]
    return app
