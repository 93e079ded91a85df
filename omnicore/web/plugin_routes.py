"""Mounts what plugins add to the web: routes under ``/crm/plugins/<name>/``, and pages.

A plugin's handler gets values and gives values back. It runs as every call into a plugin
does: contained, counted, under a time limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request, send_from_directory
from flask_smorest import Api, Blueprint

from omnicore.host.host import Owned
from omnicore.runtime import Runtime
from omnicore.sdk.contributions import UiContribution, WebRequest, WebResponse, WebRoute
from omnicore.sdk.errors import NotFound, PortError
from omnicore.web.auth import client_address
from omnicore.web.gate import public, requires
from omnicore.web.json import dumps

LIMIT_S = 30.0
PAGES_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'"
)
CREDENTIALS = frozenset({"authorization", "x-api-key", "cookie"})


def mount(app: Flask, api: Api, runtime: Runtime) -> None:
    """Mount the routes and pages of every plugin that is on."""
    blueprints: dict[str, Blueprint] = {}
    for owned in runtime.plugins.routes():
        home = f"/crm/plugins/{owned.owner}"
        blueprint = blueprints.setdefault(
            owned.owner,
            Blueprint(
                f"plugin_{owned.owner}",
                __name__,
                url_prefix=home,
                description=f"Routes of the plugin {owned.owner}",
            ),
        )
        _add(blueprint, owned, runtime)
    for blueprint in blueprints.values():
        api.register_blueprint(blueprint)
    for pages in runtime.plugins.pages():
        _serve(app, pages)


def _add(blueprint: Blueprint, owned: Owned[WebRoute], runtime: Runtime) -> None:
    route = owned.offer
    methods = [method.upper() for method in route.methods]
    gate = requires(route.permission) if route.permission else public(route.public_because)

    def view(**path_values: Any) -> Response:
        asked = _request(path_values, with_credentials=route.permission is None)
        caller = runtime.plugins.caller
        said = caller.call(owned.owner, lambda: route.handler(asked), LIMIT_S)
        if not isinstance(said, WebResponse):
            raise PortError(f"its route gave a {type(said).__name__}", plugin=owned.owner)
        return _response(said)

    view.__doc__ = route.summary or f"{' '.join(methods)} {route.rule} of {owned.owner}"
    words = [owned.owner, *(method.lower() for method in methods), *_words(route.rule)]
    shown = blueprint.response(200, {"type": "object"})(view)
    blueprint.add_url_rule(route.rule, "_".join(words), gate(shown), methods=methods)


def _words(rule: str) -> list[str]:
    return re.findall(r"\w+", rule)


def _request(path_values: dict[str, Any], *, with_credentials: bool) -> WebRequest:
    """What the plugin sees. Where the gate used the caller's credentials, they stay here."""
    who = g.get("actor")
    hidden = {"cookie"} if with_credentials else CREDENTIALS
    return WebRequest(
        method=request.method,
        path=request.path,
        path_values={name: str(value) for name, value in path_values.items()},
        query=request.args.to_dict(),
        headers={name: value for name, value in request.headers if name.lower() not in hidden},
        body=request.get_data(cache=True),
        remote_addr=client_address(),
        user_id=None if who is None else who.user_id,
        permissions=frozenset() if who is None else who.permissions,
        customer_id=None if who is None else who.customer_id,
    )


def _response(said: WebResponse) -> Response:
    body = said.body if said.json is None else dumps(said.json)
    kind = said.content_type if said.json is None else "application/json"
    return Response(body, said.status, dict(said.headers), content_type=kind)


def _serve(app: Flask, pages: Owned[UiContribution]) -> None:
    where = pages.offer.mount.rstrip("/")
    folder = pages.offer.folder
    view = public("files of the user interface, the same for everybody")(_files(folder, where))
    name = f"pages_{pages.owner}_{'_'.join(_words(where)) or 'root'}"
    app.add_url_rule(f"{where}/", name, view, defaults={"path": "index.html"}, methods=["GET"])
    app.add_url_rule(f"{where}/<path:path>", name, view, methods=["GET"])


def _files(folder: Path, where: str) -> Callable[..., Response]:
    def view(path: str) -> Response:
        """Files of the user interface"""
        if not where and path.startswith("crm/"):
            raise NotFound(f"no route /{path}")
        wanted = path if (folder / path).is_file() or "." in Path(path).name else "index.html"
        response = send_from_directory(folder, wanted)
        response.headers["Content-Security-Policy"] = PAGES_POLICY
        response.headers["Cache-Control"] = "no-cache"
        return response

    return view
