"""A small HTTP client that keeps several connections busy; run as a process of its own.

``python -m support.client PORT CONNECTIONS REQUESTS`` reads raw requests from standard input,
separated by NUL bytes, sends them in turn, and prints the seconds that they took. An answer
other than 200 ends it with an error.
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
import time

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)


def main() -> None:
    """Send as many requests as were asked for."""
    port, connections, wanted = map(int, sys.argv[1:])
    requests = sys.stdin.buffer.read().split(b"\0")
    poll = selectors.DefaultSelector()
    buffers: dict[int, bytes] = {}
    sent = answered = 0
    start = time.perf_counter()
    for _ in range(connections):
        line = socket.create_connection(("127.0.0.1", port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(line, selectors.EVENT_READ)
        buffers[line.fileno()] = b""
        line.sendall(requests[sent % len(requests)])
        sent += 1
    while answered < wanted:
        for key, _ in poll.select():
            line = key.fileobj  # type: ignore[assignment]
            buffers[key.fd] += _received(line)
            if not _whole(buffers[key.fd]):
                continue
            buffers[key.fd] = b""
            answered += 1
            if sent < wanted:
                line.sendall(requests[sent % len(requests)])
                sent += 1
    print(time.perf_counter() - start)


def _received(line: socket.socket) -> bytes:
    data = line.recv(1 << 17)
    if not data:
        raise SystemExit("the server closed a connection")
    return data


def _whole(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    if b" 200 " not in head[:16]:
        raise SystemExit(answer[:400].decode(errors="replace"))
    found = _LENGTH.search(head)
    if found is None:
        raise SystemExit("an answer without Content-Length")
    return len(body) >= int(found[1])


if __name__ == "__main__":
    main()
