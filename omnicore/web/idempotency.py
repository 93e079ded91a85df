"""``Idempotency-Key``: a write that is sent twice has one effect and one answer.

A key belongs to who sent it and to one request (method, path, query and body). It is taken
after the gate has let the caller pass, so that a replayed answer needs the same rights.
Answers are kept for 24 hours; those of status 5xx and 429 are not, for the caller shall try
again. A first request that left no answer stays open: what it did is unknown, and doing it
again is not ours to decide.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from flask import Flask, Response, current_app, g, request
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from omnicore.db.scope import Actor
from omnicore.db.uow import Database, UnitOfWork
from omnicore.jobs.registry import Recurring, recurring
from omnicore.runtime import Runtime
from omnicore.sdk.errors import Malformed
from omnicore.web.errors import KeyReused, KeyUnfinished
from omnicore.web.models import IdempotencyRecord

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
METHODS = frozenset({"PUT", "POST", "PATCH", "DELETE"})
LONGEST_KEY = 255
KEPT = timedelta(hours=24)
PURGE_EVERY_S = 3600.0

# Their answers carry tokens, passwords or keys, which are not kept in the clear.
EXCLUDED = ("/crm/auth", "/crm/2fa", "/crm/oam")


def recall(db: Database, actor: Actor) -> Response | None:
    """The answer that was given before, or None when this request shall go on.

    Called by the gate, for every request that has passed it.

    :raises Malformed: when the key is empty, too long or not printable ASCII.
    :raises KeyReused: when the key came with another request.
    :raises KeyUnfinished: when the first request is under way, or never ended.
    """
    key = request.headers.get(HEADER)
    if key is None or request.method not in METHODS or request.path.startswith(EXCLUDED):
        return None
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Malformed(f"{HEADER}: 1 to {LONGEST_KEY} printable ASCII characters")
    owner = _owner(actor)
    hashed = hashlib.sha256(f"{owner}\0{key}".encode()).hexdigest()
    fingerprint = _fingerprint()
    taken = _take(db, owner, hashed, fingerprint)
    if taken is not None:
        g.idempotency_id = taken
        return None
    with db.read() as uow:
        return _answer(uow, owner, hashed, fingerprint)


def install(app: Flask) -> None:
    """Keep the answers of requests that hold a key."""

    @app.after_request
    def keep(response: Response) -> Response:
        record_id = g.pop("idempotency_id", None)
        if record_id is not None:
            runtime: Runtime = current_app.extensions["omnicore"]
            with runtime.db.write() as uow:
                _store(uow, record_id, response)
        return response


def _owner(actor: Actor) -> str:
    who = actor.provision_id or actor.user_id or actor.label
    return hashlib.sha256(f"{actor.kind.value}\0{who}".encode()).hexdigest()


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for part in (request.method.encode(), request.path.encode(), request.query_string):
        digest.update(part + b"\0")
    digest.update(request.get_data(cache=True))
    return digest.hexdigest()


def _take(db: Database, owner: str, key: str, fingerprint: str) -> int | None:
    """The id of a new record, committed at once; None when the key is known."""
    try:
        with db.write() as uow:
            record = IdempotencyRecord(
                actor=owner, key=key, fingerprint=fingerprint, created=uow.now()
            )
            return uow.add(record).id
    except IntegrityError:
        return None


def _answer(uow: UnitOfWork, owner: str, key: str, fingerprint: str) -> Response:
    record = uow.session.scalars(
        select(IdempotencyRecord).where(
            IdempotencyRecord.actor == owner, IdempotencyRecord.key == key
        )
    ).one_or_none()
    if record is None:  # it failed and was forgotten between our two looks
        raise KeyUnfinished("the first request has just failed; send it again")
    if record.fingerprint != fingerprint:
        raise KeyReused(f"this {HEADER} came first with another method, path or body")
    if record.status is None:
        raise KeyUnfinished(
            "the first request is under way, or its process died and its outcome is unknown; "
            "ask again, or look what is there before you send it with a new key"
        )
    response = Response(record.body or b"", record.status, content_type=record.content_type)
    response.headers[REPLAYED] = "true"
    return response


def _store(uow: UnitOfWork, record_id: int, response: Response) -> None:
    mine = IdempotencyRecord.id == record_id
    if response.status_code >= 500 or response.status_code == 429:
        uow.session.execute(delete(IdempotencyRecord).where(mine))
        return
    response.direct_passthrough = False  # a file is read, so that it can be kept
    uow.session.execute(
        update(IdempotencyRecord)
        .where(mine)
        .values(
            status=response.status_code,
            content_type=response.content_type,
            body=response.get_data(),
        )
    )


def purge(runtime: Runtime) -> None:
    """Forget keys that are older than 24 hours."""
    with runtime.db.write() as uow:
        old = IdempotencyRecord.created < uow.now() - KEPT
        uow.session.execute(delete(IdempotencyRecord).where(old))


PURGE = recurring(Recurring(name="idempotency_purge", every_s=PURGE_EVERY_S, run=purge))
