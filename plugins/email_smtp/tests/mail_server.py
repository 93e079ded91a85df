"""A small SMTP server for tests: real sockets, STARTTLS, login, and faults on demand."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import unquote

from omnicore.sdk.ports.notification import Attachment
from omnicore.sdk.testing.notification import Behaviour, Received

USER, PASSWORD = "crm@example.com", "sesame-5d1f0c"


class Ended(Exception):
    """The conversation is over."""


class MailServer:
    """Listens on a port of 127.0.0.1 of its own and speaks to one client a thread.

    ``replies`` puts another answer in the place of the one to a command (``BANNER``, ``EHLO``,
    ``RCPT``, ``DOT``, ...); ``cut`` names a command after which the connection breaks.
    """

    secret = PASSWORD

    def __init__(self, tls: ssl.SSLContext | None = None, *, implicit: bool = False) -> None:
        self.tls, self._implicit = tls, implicit
        self._messages: list[tuple[str, bytes]] = []
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.behaviour = Behaviour.WORK
        self.replies: dict[str, str] = {}
        self.extensions = ["8BITMIME", "SMTPUTF8"]
        self.commands: list[str] = []
        self.encrypted: list[bool] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Stop, and let go of clients that were left hanging."""
        self._over.set()
        self._close_listener()

    def _close_listener(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def will(self, behaviour: Behaviour) -> None:
        if behaviour is Behaviour.AWAY:
            self._close_listener()
        elif self.behaviour is Behaviour.AWAY:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()
        self.behaviour = behaviour

    def received(self) -> list[Received]:
        with self._lock:
            return [_read(recipient, content) for recipient, content in self._messages]

    def raw(self) -> list[bytes]:
        """The messages as they came over the wire."""
        with self._lock:
            return [content for _, content in self._messages]

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        client.settimeout(20)
        conversation = Conversation(self, client)
        try:
            if self._implicit:
                conversation.encrypt()
            with suppress(Ended):
                conversation.run()
        except OSError:
            pass  # the client went away, or did not trust us
        finally:
            conversation.close()

    def keep(self, recipient: str, content: bytes, encrypted: bool) -> None:
        with self._lock:
            self._messages.append((recipient, content))
            self.encrypted.append(encrypted)


class Conversation:
    """One client."""

    def __init__(self, server: MailServer, client: socket.socket) -> None:
        self.server, self.client = server, client
        self.stream = client.makefile("rb")
        self.recipient = ""

    def encrypt(self) -> None:
        assert self.server.tls is not None
        self.stream.close()
        self.client = self.server.tls.wrap_socket(self.client, server_side=True)
        self.stream = self.client.makefile("rb")

    def close(self) -> None:
        self.stream.close()
        self.client.close()

    def run(self) -> None:
        if self.server.behaviour is Behaviour.HANG:
            self.hang()
        self.say("BANNER", "220 mail.test ready")
        while line := self.stream.readline():
            verb = line.decode("utf-8").strip()
            self.server.commands.append(verb)
            self.answer(verb)

    def answer(self, line: str) -> None:
        verb = line.upper().partition(" ")[0]
        act = getattr(self, f"on_{verb.lower()}", None)
        if act is None:
            self.say(verb, "502 never heard of that")
        else:
            act(line)

    def on_ehlo(self, line: str) -> None:
        offers = ["mail.test", *self.server.extensions, "AUTH PLAIN"]
        if self.server.tls and not isinstance(self.client, ssl.SSLSocket):
            offers.append("STARTTLS")
        lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
        self.say("EHLO", "\r\n".join(lines))

    def on_starttls(self, line: str) -> None:
        self.say("STARTTLS", "220 go ahead")
        self.encrypt()

    def on_auth(self, line: str) -> None:
        given = base64.b64decode(line.split()[2]).decode()
        if self.server.behaviour is Behaviour.LOCK_OUT or given != f"\0{USER}\0{PASSWORD}":
            self.say("AUTH", f"535 no: {given.split(chr(0))[-1]} in {line}")
        else:
            self.say("AUTH", "235 welcome")

    def on_mail(self, line: str) -> None:
        self.say("MAIL", "451 busy" if self.server.behaviour is Behaviour.BUSY else "250 ok")

    def on_rcpt(self, line: str) -> None:
        self.recipient = line.partition("<")[2].partition(">")[0]
        refused = self.server.behaviour is Behaviour.REFUSE
        self.say("RCPT", "550 no such mailbox" if refused else "250 ok")

    def on_data(self, line: str) -> None:
        self.say("DATA", "354 go on")
        lines = []
        while (line_ := self.stream.readline()) != b".\r\n":
            if not line_:
                raise Ended
            lines.append(line_.removeprefix(b".") if line_.startswith(b"..") else line_)
        encrypted = isinstance(self.client, ssl.SSLSocket)
        self.server.keep(self.recipient, b"".join(lines), encrypted)
        if self.server.behaviour is Behaviour.TAKE_AND_HANG:
            self.hang()
        if self.server.behaviour is Behaviour.TAKE_AND_CUT:
            raise Ended
        mumbles = self.server.behaviour is Behaviour.TAKE_AND_MUMBLE
        self.say("DOT", "hm, well" if mumbles else "250 queued as 4711")

    def on_noop(self, line: str) -> None:
        self.say("NOOP", "250 ok")

    def on_quit(self, line: str) -> None:
        self.say("QUIT", "221 bye")
        raise Ended

    def say(self, step: str, words: str) -> None:
        words = self.server.replies.get(step, words)
        if words == "CUT":
            raise Ended
        if words == "HANG":
            self.hang()
        self.client.sendall(f"{words}\r\n".encode())

    def hang(self) -> None:
        self.server._over.wait(20)
        raise Ended


def _read(recipient: str, content: bytes) -> Received:
    letter = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    local = str(letter["Message-ID"]).strip("<>").rpartition("@")[0]
    return Received(
        recipient=recipient,
        subject=str(letter["Subject"]),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
        key=unquote(local),
        attachments=tuple(_attachment(part) for part in letter.iter_attachments()),
    )


def _attachment(part: EmailMessage) -> Attachment:
    return Attachment(
        filename=part.get_filename() or "",
        content_type=part.get_content_type(),
        content=part.get_payload(decode=True),
    )
