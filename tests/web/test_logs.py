"""Logs: one line a request, in the right log, and no secret in it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from omnicore import logs
from omnicore.config import Settings
from omnicore.runtime import Runtime
from tests.conftest import SECRET, People


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Logging is global: what was there before comes back."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in set(root.handlers) - set(before):
        handler.close()
    root.handlers[:], root.level = before, level
    logging.raiseExceptions = True


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure("json", stream=stream)
    return stream


def parsed(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_with_its_route_and_actor(people: People, lines: io.StringIO) -> None:
    people.admin().get(
        "/crm/customer/customer_id/7?access_token=topsecret", headers={"X-Request-ID": "r1"}
    )
    (line,) = [line for line in parsed(lines) if line["log"] == "access"]
    assert line["route"] == "/crm/customer/customer_id/<int:customer_id>"
    assert line["status"] == 404
    assert line["actor"] == "user1@staff.example"
    assert line["request_id"] == "r1"
    assert isinstance(line["ms"], float)
    assert "topsecret" not in lines.getvalue()


def test_a_refused_access_is_in_the_audit_log_with_address_and_actor(
    people: People, lines: io.StringIO
) -> None:
    people.with_("view_customer").get("/crm/plugins")
    (line,) = [line for line in parsed(lines) if line["log"] == "audit"]
    assert (line["status"], line["ip"], line["actor"]) == (403, "127.0.0.1", "user1@staff.example")


def test_a_failure_is_in_the_error_log_with_its_request(
    client: FlaskClient, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnicore.web.docs.PAGE", None)
    answer = client.get("/crm/docs/", headers={"X-Request-ID": "r2"})
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    (line,) = [line for line in parsed(lines) if line["log"] == "error"]
    assert line["request_id"] == "r2"
    assert "Traceback" in str(line["exception"])


@pytest.mark.parametrize("log_format", logs.FORMATS)
def test_no_secret_of_the_settings_is_written(settings: Settings, log_format: str) -> None:
    stream = io.StringIO()
    logs.configure(log_format, stream=stream, secrets=logs.secrets_in(settings))
    log = logging.getLogger("omnicore.test")
    log.warning("the key is %s", SECRET, extra={"facts": {"nested": {"deep": SECRET}}})
    try:
        raise ValueError(f"cannot use {SECRET}")
    except ValueError:
        log.exception("failed")
    assert SECRET not in stream.getvalue()
    assert "***" in stream.getvalue()


def test_whoever_builds_a_runtime_need_not_think_of_its_secrets(
    runtime: Runtime, lines: io.StringIO
) -> None:
    secret = runtime.settings.jwt_secret.reveal()
    logging.getLogger("omnicore.test").warning("the key is %s", secret)
    assert secret not in lines.getvalue()


def test_what_is_called_a_secret_or_looks_like_one_is_masked(lines: io.StringIO) -> None:
    log = logging.getLogger("omnicore.test")
    log.warning("sent Authorization: Bearer abcdef.ghijkl", extra={"facts": {"api_key": "k123"}})
    log.warning("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl and sk_live_abcdefgh12")
    for secret in ("abcdef.ghijkl", "k123", "eyJhbGci", "sk_live_abc"):
        assert secret not in lines.getvalue()


def test_a_secret_with_quotes_is_masked_in_json_too() -> None:
    stream = io.StringIO()
    logs.configure("json", stream=stream, secrets=['pass"word\\1'])
    logging.getLogger("omnicore.test").warning('it is pass"word\\1')
    assert "word" not in stream.getvalue()


def test_each_log_may_have_a_file_of_its_own(tmp_path: Path, client: FlaskClient) -> None:
    logs.configure("json", folder=tmp_path / "logs")
    client.get("/crm/health")
    client.get("/crm/customers")
    logging.getLogger("omnicore.provisioning").info("job 1 started")
    logging.getLogger("omnicore.anything").error("broken")
    for handler in logging.getLogger().handlers:
        handler.flush()
    counts = {
        file.stem: len(file.read_text().splitlines()) for file in (tmp_path / "logs").iterdir()
    }
    assert counts["access"] == 2
    assert (counts["audit"], counts["provisioning"], counts["error"]) == (1, 1, 1)
