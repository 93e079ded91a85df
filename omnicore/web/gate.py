"""The one gate: every route says who may pass, and rows are scoped by how they passed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, g

from omnicore.db.scope import EVERYTHING, Actor, Scope, own
from omnicore.db.uow import UnitOfWork
from omnicore.runtime import Runtime
from omnicore.sdk.errors import Forbidden
from omnicore.web.auth import authenticate

View = TypeVar("View", bound=Callable[..., Any])

GATE = "__omnicore_gate__"


def runtime() -> Runtime:
    """The runtime of the running application."""
    return cast(Runtime, current_app.extensions["omnicore"])


def actor() -> Actor:
    """Who makes this request; set by the gate."""
    return cast(Actor, g.actor)


def writing() -> AbstractContextManager[UnitOfWork]:
    """A unit of work for this request that may change things, in the gate's scope."""
    return runtime().db.write(g.actor, g.scope)


def reading() -> AbstractContextManager[UnitOfWork]:
    """A unit of work for this request that only reads, in the gate's scope."""
    return runtime().db.read(g.actor, g.scope)


def requires(*permissions: str, own: str = "") -> Callable[[View], View]:
    """Let pass who has any of ``permissions``, and sees all; or who has ``own``, and sees its own.

    Put it right under ``@blp.route``: who may not pass learns nothing about the body.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            enter(permissions, own)
            return view(*args, **kwargs)

        _mark(guarded, permissions=permissions, own=own)
        return cast(View, guarded)

    return decorate


def authenticated(view: View) -> View:
    """Let pass whoever is logged in; for what concerns the caller alone (log out, who am I)."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.actor = authenticate(runtime())
        g.scope = _own_scope(g.actor)
        return view(*args, **kwargs)

    _mark(guarded, authenticated=True)
    return cast(View, guarded)


def public(because: str) -> Callable[[View], View]:
    """Let everybody pass; ``because`` says why that is safe."""

    def decorate(view: View) -> View:
        @wraps(view)
        def open_view(*args: Any, **kwargs: Any) -> Any:
            g.scope = EVERYTHING
            return view(*args, **kwargs)

        _mark(open_view, public=because)
        return cast(View, open_view)

    return decorate


def enter(permissions: tuple[str, ...], own_permission: str) -> None:
    """Authenticate, authorise and set the scope.

    :raises Unauthenticated: without good credentials.
    :raises Forbidden: naming the permission that is missing.
    """
    who = authenticate(runtime())
    g.actor = who
    if who.may(*permissions):
        g.scope = EVERYTHING if who.provision_id is None else _job_scope(who)
    elif own_permission and who.may(own_permission):
        g.scope = own(who)
    else:
        needed = " or ".join((*permissions, *filter(None, (own_permission,))))
        raise Forbidden(f"this needs the permission {needed}", permission=needed)


def _job_scope(who: Actor) -> Scope:
    """A job's token sees everything, unless an own-scoped actor started the job."""
    return EVERYTHING if who.customer_id is None else Scope(who.customer_id)


def _own_scope(who: Actor) -> Scope:
    return EVERYTHING if who.may("admin") else own(who)


def _mark(view: Any, **facts: Any) -> None:
    setattr(view, GATE, facts)
