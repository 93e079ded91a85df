"""The one gate: every route says who may pass, and rows are scoped by how they passed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, g

from omnicore.db.scope import EVERYTHING, Actor, ActorKind, Scope, own
from omnicore.db.uow import UnitOfWork
from omnicore.runtime import Runtime
from omnicore.sdk.errors import Forbidden, Unauthenticated
from omnicore.web.auth import authenticate
from omnicore.web.idempotency import recall

View = TypeVar("View", bound=Callable[..., Any])

GATE = "__omnicore_gate__"


class CallerNotTrusted(Forbidden):
    """Only machines that are known may call this: by address, API key or signed URL."""

    code, title = "caller-not-trusted", "Access denied"


def runtime() -> Runtime:
    """The runtime of the running application."""
    return cast(Runtime, current_app.extensions["omnicore"])


def actor() -> Actor:
    """Who makes this request; set by the gate."""
    return cast(Actor, g.actor)


def scope() -> Scope:
    """Whose rows this request may see; set by the gate."""
    return cast(Scope, g.scope)


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
            given = recall(runtime().db, g.actor)
            return view(*args, **kwargs) if given is None else given

        _mark(guarded, permissions=permissions, own=own)
        return cast(View, guarded)

    return decorate


def authenticated(view: View) -> View:
    """Let pass whoever is logged in; for what concerns the caller alone (log out, who am I)."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.actor = authenticate(runtime())
        g.scope = _own_scope(g.actor)
        given = recall(runtime().db, g.actor)
        return view(*args, **kwargs) if given is None else given

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


def machines(permission: str, granted: Callable[..., Actor | None]) -> Callable[[View], View]:
    """Let pass known machines, and no person: a trusted address or an API key with the permission.

    :param granted: gets the view's arguments; the actor of a signed URL that is good for
        them, or None.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            g.actor = granted(**kwargs) or _machine(permission)
            g.scope = EVERYTHING
            return view(*args, **kwargs)

        _mark(guarded, machines=permission, permissions=(permission,))
        return cast(View, guarded)

    return decorate


def _machine(permission: str) -> Actor:
    try:
        who = authenticate(runtime())
    except Unauthenticated as error:
        if error.code != Unauthenticated.code:
            raise  # a credential that is wrong says so
        raise CallerNotTrusted("this address is not trusted") from error
    if who.kind not in (ActorKind.API_KEY, ActorKind.ADDRESS) or not who.may(permission):
        raise CallerNotTrusted("only trusted addresses and API keys with the right may call this")
    return who


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
