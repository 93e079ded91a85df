"""The OpenAPI document: what flask-smorest knows of the routes, and who may pass their gates.

It is made when somebody asks for it, not at the start.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from flask_smorest import Api, Blueprint
from werkzeug.routing import Rule

from omnicore.web.gate import GATE

SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The token that POST /crm/auth/login answers.",
    },
    "api_key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-KEY",
        "description": "A key of crm_config.yaml, or one made under /crm/auth/api_keys.",
    },
}
EITHER: list[dict[str, list[str]]] = [{"bearer": []}, {"api_key": []}]
VERBS = ("get", "put", "post", "patch", "delete")

_RENAMED = re.compile(r"_\d+$")  # flask-smorest's name for one more path to the same view
_CONVERTED = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


class LazyDocumentApi(Api):
    """flask-smorest that registers routes at once and describes them on demand."""

    def __init__(self, app: Flask, plugin: MarshmallowPlugin) -> None:
        self._waiting: list[Blueprint] = []
        self._making = threading.Lock()
        self._document: dict[str, Any] | None = None
        super().__init__(app, spec_kwargs={"marshmallow_plugin": plugin})

    def register_blueprint(self, blueprint: Blueprint, **_: Any) -> None:
        """Mount a blueprint; its description waits for the first reader."""
        self._app.register_blueprint(blueprint)
        self._waiting.append(blueprint)

    def document(self) -> dict[str, Any]:
        """The whole document; the same object at every call."""
        with self._making:
            if self._document is None:
                self._document = self._make()
            return self._document

    def _make(self) -> dict[str, Any]:
        for blueprint in self._waiting:
            blueprint.register_views_in_doc(
                self, self._app, self.spec, name=blueprint.name, parameters=None
            )
            self.spec.tag({"name": blueprint.name, "description": blueprint.description})
        for name, scheme in SCHEMES.items():
            self.spec.components.security_scheme(name, scheme)
        document: dict[str, Any] = self.spec.to_dict()
        gates = {
            (path_of(rule), verb): (rule, gate)
            for rule, verb, gate in gated(self._app)
            if gate is not None
        }
        for path, item in document["paths"].items():
            for verb in VERBS:
                if verb in item and (path, verb) in gates:
                    _describe(item[verb], verb, *gates[path, verb])
        return document


def path_of(rule: Rule) -> str:
    """The path of a rule as OpenAPI writes it."""
    return _CONVERTED.sub(r"{\1}", rule.rule)


def gated(app: Flask) -> Iterator[tuple[Rule, str, dict[str, Any] | None]]:
    """Every rule and verb, with what the view's gate says, or None when it has no gate."""
    for rule in app.url_map.iter_rules():
        gate = getattr(app.view_functions[rule.endpoint], GATE, None)
        for verb in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, verb.lower(), gate


def _describe(operation: dict[str, Any], verb: str, rule: Rule, gate: dict[str, Any]) -> None:
    name = _RENAMED.sub(lambda _: "_at_" + _last_word(rule), rule.endpoint.rpartition(".")[2])
    several = len((rule.methods or set()) - {"HEAD", "OPTIONS"}) > 1
    operation["operationId"] = f"{name}_{verb}" if several else name
    operation["security"] = [] if "public" in gate else EITHER
    note = _who(gate)
    said = operation.get("description", "")
    operation["description"] = f"{said}\n\n{note}" if said else note


def _last_word(rule: Rule) -> str:
    """The last fixed part of a path that is not its parameter: ``service_id`` of .../<id>."""
    words: list[str] = re.findall(r"\w+", _CONVERTED.sub("", rule.rule))
    return words[-1] if words else "root"


def _who(gate: dict[str, Any]) -> str:
    if "public" in gate:
        return f"Open: {gate['public']}."
    if "authenticated" in gate:
        return "For whoever is logged in."
    needed = " or ".join(f"`{name}`" for name in gate["permissions"])
    if "machines" in gate:
        return f"For trusted addresses and API keys with {needed}, and by signed URL."
    own = gate["own"]
    return f"Needs {needed}" + (f", or `{own}` for what is one's own." if own else ".")
