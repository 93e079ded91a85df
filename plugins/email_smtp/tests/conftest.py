"""A mail server at the wire, and channels that talk to it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from omnicore_email_smtp.channel import SmtpChannel
from omnicore_email_smtp.settings import SmtpSettingsSchema

from .mail_server import PASSWORD, USER, MailServer

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PEM file with a key and its certificate for 127.0.0.1, its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    today = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + signed.public_bytes(encoding))
    return file


@pytest.fixture
def make_server(certificate: Path) -> Iterator[Callable[..., MailServer]]:
    """Start mail servers: without TLS, with STARTTLS (``tls``), or TLS at once (``implicit``)."""
    running = []

    def make(*, tls: bool = False, implicit: bool = False) -> MailServer:
        context = None
        if tls or implicit:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        running.append(MailServer(context, implicit=implicit))
        return running[-1]

    yield make
    for server in running:
        server.close()


@pytest.fixture
def server(make_server: Callable[..., MailServer]) -> MailServer:
    return make_server()


@pytest.fixture
def make_channel() -> Callable[..., SmtpChannel]:
    """A channel to a server; further settings as the file would give them."""

    def make(server: MailServer, **settings: Any) -> SmtpChannel:
        section = {
            "host": "127.0.0.1",
            "port": server.port,
            "security": "none",
            "username": USER,
            "password": PASSWORD,
            "from_email": "crm@example.com",
            "from_name": "Exämple Telecom",
            "timeout_s": 0.5,
        }
        loaded = SmtpSettingsSchema().load({**section, **settings})
        return SmtpChannel(loaded, lambda: NOON)

    return make
