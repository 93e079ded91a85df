"""``/crm/health``, ``/crm/plugins`` and ``/metrics``: how this deployment is doing."""

from __future__ import annotations

import ipaddress
from importlib.metadata import EntryPoint
from typing import Any, cast

import marshmallow as ma
from flask import Response, current_app, request
from flask_smorest import Blueprint
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from omnicore import __version__
from omnicore.host.manifests import installed
from omnicore.runtime import Runtime
from omnicore.web.auth import authenticate, client_address
from omnicore.web.backlog import backlog
from omnicore.web.checks import HealthBoard, Looked
from omnicore.web.gate import enter, public, requires, runtime
from omnicore.web.json import answer
from omnicore.web.metrics import Metrics

blp = Blueprint("operations", __name__, description="How this deployment is doing")

BLUEPRINTS = [blp]

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


class HealthView(ma.Schema):
    """State of the deployment; everything but the first two for admins only."""

    status = ma.fields.String(metadata={"enum": ["ok", "degraded", "failing"]})
    version = ma.fields.String()
    database = ma.fields.Dict()
    outbox = ma.fields.Dict()
    jobs = ma.fields.List(ma.fields.Dict())
    plugins = ma.fields.List(ma.fields.Dict())


class PluginView(ma.Schema):
    """A plugin of this deployment."""

    name = ma.fields.String()
    state = ma.fields.String(metadata={"enum": ["on", "off"]})
    reason = ma.fields.String(metadata={"description": "Why it is off"})
    version = ma.fields.String(metadata={"description": "Of its distribution"})
    requires_sdk = ma.fields.String()
    summary = ma.fields.String()
    offers = ma.fields.Dict()
    calls = ma.fields.Dict(metadata={"description": "Calls by outcome, in this process"})


class PluginList(ma.Schema):
    """All plugins that are named in the settings."""

    data = ma.fields.List(ma.fields.Nested(PluginView))


@blp.route("/crm/health", methods=["GET"])
@public("a probe has no credentials; it learns one word and the version")
@blp.response(200, HealthView)
def read_health() -> Response:
    """State of the deployment; with an admin's credentials in detail"""
    detailed = _asks_as_admin()
    board = cast(HealthBoard, current_app.extensions["omnicore_health"])
    shown = _state(runtime(), board.fresh() if detailed else board.last())
    fields = shown if detailed else {key: shown[key] for key in ("status", "version")}
    return answer(fields, 503 if shown["status"] == "failing" else 200)


@blp.route("/crm/plugins", methods=["GET"])
@requires("admin")
@blp.response(200, PluginList)
def list_plugins() -> Response:
    """Plugins that are on, and those that are off and why"""
    host = runtime().plugins
    found = installed()
    on = [_plugin_on(runtime(), name, found) for name in host.manifests]
    off = [
        {"name": name, "state": "off", "reason": reason, "version": _version(name, found)}
        for name, reason in host.failures.items()
    ]
    return answer({"data": on + off})


@blp.route("/metrics", methods=["GET"])
@public("the view itself lets in loopback, view_metrics, or all with web.metrics_public")
@blp.response(200, {"type": "string"}, content_type="text/plain")
def read_metrics() -> Response:
    """Prometheus metrics"""
    if not (runtime().settings.web.metrics_public or _from_this_machine()):
        enter(("view_metrics",), "")
    metrics = cast(Metrics, current_app.extensions["omnicore_metrics"])
    body, content_type = metrics.expose()
    return Response(body, content_type=content_type)


def _asks_as_admin() -> bool:
    """Whether good credentials of an admin came along; bad ones are refused as everywhere."""
    if "Authorization" in request.headers or "X-API-KEY" in request.headers:
        return authenticate(runtime()).may("admin")
    return False


def _from_this_machine() -> bool:
    """Loopback, and not a proxy on this machine that speaks for somebody else."""
    address = client_address()
    forwarded = any(name in request.headers for name in FORWARDED)
    return bool(address) and ipaddress.ip_address(address).is_loopback and not forwarded


def _state(running: Runtime, looked: tuple[Looked, ...]) -> dict[str, Any]:
    database = _database(running)
    plugins = _plugins(running, looked)
    well = all(it["state"] == "on" for it in plugins) and all(it.ok for it in looked)
    status = "failing" if not database["reachable"] else "ok" if well else "degraded"
    work = database.pop("work", {})
    return {
        "status": status,
        "version": __version__,
        "database": database,
        **work,
        "plugins": plugins,
    }


def _database(running: Runtime) -> dict[str, Any]:
    try:
        with running.db.read() as uow:
            uow.session.execute(text("SELECT 1"))
            found = backlog(uow)
    except SQLAlchemyError as error:
        return {"reachable": False, "detail": f"{type(error).__name__}; the log says more"}
    jobs = [
        {"queue": queue, "state": state, "count": count}
        for (queue, state), count in found.jobs.items()
    ]
    outbox = {"waiting": found.outbox_waiting, "dead": found.outbox_dead}
    return {"reachable": True, "work": {"outbox": outbox, "jobs": jobs}}


def _plugins(running: Runtime, looked: tuple[Looked, ...]) -> list[dict[str, Any]]:
    on = [
        {
            "name": name,
            "state": "on",
            "checks": [
                {"name": it.name, "ok": it.ok, "detail": it.detail, "ms": it.ms}
                for it in looked
                if it.plugin == name
            ],
        }
        for name in running.plugins.manifests
    ]
    failures = running.plugins.failures.items()
    return on + [{"name": name, "state": "off", "reason": why} for name, why in failures]


def _plugin_on(running: Runtime, name: str, found: dict[str, EntryPoint]) -> dict[str, Any]:
    manifest = running.plugins.manifests[name]
    counts = running.plugins.caller.counts.get(name)
    return {
        "name": name,
        "state": "on",
        "version": _version(name, found),
        "requires_sdk": manifest.requires_sdk,
        "summary": manifest.summary,
        "offers": running.plugins.offers(name),
        "calls": dict(counts.outcomes) if counts else {},
        "call_seconds": round(counts.seconds, 3) if counts else 0.0,
    }


def _version(name: str, found: dict[str, EntryPoint]) -> str:
    """Of the distribution that the plugin's entry point came with; empty when not installed."""
    point = found.get(name)
    return point.dist.version if point is not None and point.dist is not None else ""
