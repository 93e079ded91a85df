"""Server-sent events: progress that a client follows without asking again and again.

The server has one thread per open stream, so their number is limited (``web.max_streams``)
and a stream ends after ten minutes; the client comes back with ``Last-Event-ID`` and misses
nothing. ``fetch`` opens a unit of work of its own: between two looks no connection is held.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from flask import Response, current_app, request, stream_with_context

from omnicore.web.errors import TooManyStreams
from omnicore.web.json import dumps

LONGEST_S = 600.0
RETRY_MS = 1000

Event = tuple[str | int, str, Any]
"""Id, name and data (a JSON value). Ids grow; ``fetch`` gives those after the last one."""


class Streams:
    """The open streams of one process."""

    def __init__(self, most: int, count: Callable[[int], None]) -> None:
        self._free = threading.BoundedSemaphore(most) if most else None
        self._count = count

    def open(self) -> None:
        """Take a place.

        :raises TooManyStreams: when there is none; the client polls meanwhile.
        """
        if self._free is None or not self._free.acquire(blocking=False):
            raise TooManyStreams("follow by polling, or try again in a moment")
        self._count(1)

    def close(self) -> None:
        """Give the place back."""
        if self._free is not None:
            self._free.release()
        self._count(-1)


class _Body:
    """The body of a stream; whoever iterates last, the place is given back once."""

    def __init__(self, streams: Streams, parts: Iterator[bytes]) -> None:
        self._streams = streams
        self._parts = parts
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._parts)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Called by the server when the client is gone, too."""
        if self._open:
            self._open = False
            self._parts.close()  # type: ignore[attr-defined]
            self._streams.close()


def stream(
    fetch: Callable[[str], Sequence[Event]],
    done: Callable[[], bool],
    *,
    interval: float = 0.2,
    heartbeat: float = 15.0,
) -> Response:
    """An answer that pushes events until there are no more.

    :param fetch: events after the given id (empty: from the beginning), oldest first.
    :param done: whether nothing more will come; asked before each ``fetch``, so that what
        was written last is still sent.
    :param interval: seconds between two looks.
    :param heartbeat: seconds of silence after which a comment is sent; it keeps proxies from
        closing, and finds clients that are gone.
    :raises TooManyStreams: when this process pushes to as many clients as it may.
    """
    streams = cast(Streams, current_app.extensions["omnicore_streams"])
    last = request.headers.get("Last-Event-ID", "")
    parts = stream_with_context(_parts(fetch, done, last, interval, heartbeat))
    streams.open()
    response = Response(_Body(streams, parts), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold events back
    return response


def _parts(
    fetch: Callable[[str], Sequence[Event]],
    done: Callable[[], bool],
    last: str,
    interval: float,
    heartbeat: float,
) -> Iterator[bytes]:
    ends = time.monotonic() + LONGEST_S
    spoken = time.monotonic()
    yield b"retry: %d\n\n" % RETRY_MS
    while time.monotonic() < ends:
        over = done()
        events = fetch(last)
        for event_id, name, data in events:
            last = str(event_id)
            yield _written(last, name, data)
        if over:
            yield b"event: end\ndata: {}\n\n"
            return
        if events:
            spoken = time.monotonic()
        elif time.monotonic() - spoken >= heartbeat:
            spoken = time.monotonic()
            yield b": still here\n\n"
        time.sleep(interval)


def _written(event_id: str, name: str, data: Any) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event_id.encode(), name.encode(), dumps(data))
