"""A message is kept whatever happens to it, and its state never says more than is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from omnicore.jobs import queue
from omnicore.jobs.models import Job
from omnicore.jobs.worker import run_job
from omnicore.notifications import rendering, service
from omnicore.notifications.models import Communication
from omnicore.notifications.service import composing, sending
from omnicore.runtime import Runtime
from omnicore.sdk.ports.notification import Delivery, DeliveryResult, Medium, Message
from omnicore.sdk.settings import SecretValue
from tests.conftest import Clock
from tests.notifications.channel import Carrier

Work = Callable[[], None]
Says = Callable[..., None]


def write(runtime: Runtime, **values: Any) -> int:
    given = {
        "template": composing.MESSAGE,
        "medium": Medium.EMAIL,
        "recipient": "zoe@example.com",
        "variables": {"subject": "Hello", "message": "Dear Zoë <3"},
        **values,
    }
    with runtime.db.write() as uow:
        return service.compose(uow, **given).communication_id


def found(runtime: Runtime, communication_id: int) -> Communication:
    with runtime.db.read() as uow:
        return uow.get(Communication, communication_id)


def test_a_message_goes_out_once_with_its_words_and_its_key(runtime: Runtime, work: Work) -> None:
    number = write(runtime)
    assert not Carrier.got, "nothing is sent before the commit"
    work()
    row = found(runtime, number)
    (message,) = Carrier.got
    assert (message.subject, message.text) == ("Hello", "Dear Zoë <3\n")
    assert "Dear Zoë &lt;3" in message.html
    assert (message.key, message.recipient) == (row.key, "zoe@example.com")
    assert (row.status, row.outcome, row.attempts) == ("sent", "sent", 1)
    assert row.reference.startswith("ref-")
    assert row.sent_at == runtime.now()


def test_nothing_is_written_when_the_business_action_is_undone(
    runtime: Runtime, work: Work
) -> None:
    def action() -> None:
        with runtime.db.write() as uow:
            service.compose(uow, template="Message", medium=Medium.EMAIL, recipient="a@b.example")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        action()
    work()
    assert not Carrier.got
    with runtime.db.read() as uow:
        assert uow.session.scalars(select(Communication)).all() == []


def test_a_medium_without_channel_keeps_the_message_stored(runtime: Runtime, work: Work) -> None:
    number = write(runtime, medium=Medium.SMS, recipient="+491701234567")
    work()
    row = found(runtime, number)
    assert (row.status, row.outcome, row.body) == ("stored", None, "Dear Zoë <3\n")


def test_the_same_key_is_the_same_message(runtime: Runtime, work: Work) -> None:
    first, second = write(runtime, key="k"), write(runtime, key="k", recipient="x@example.com")
    work()
    assert first == second
    assert [message.recipient for message in Carrier.got] == ["zoe@example.com"]


def test_what_did_not_leave_is_tried_again_until_the_tries_are_used_up(
    runtime: Runtime, work: Work, says: Says, clock: Clock
) -> None:
    says(Delivery.NOT_SENT, "connection refused")
    number = write(runtime)
    for attempt in range(1, sending.TRIES + 1):
        work()
        row = found(runtime, number)
        assert row.attempts == attempt, "a repetition waits for its time"
        assert row.status == ("waiting" if attempt < sending.TRIES else "failed")
        clock.advance(hours=1)
    work()
    assert len(Carrier.got) == sending.TRIES
    assert found(runtime, number).reason == "connection refused"


def test_a_later_try_may_succeed(runtime: Runtime, work: Work, says: Says, clock: Clock) -> None:
    says(Delivery.NOT_SENT, "busy")
    number = write(runtime)
    work()
    says(Delivery.SENT)
    clock.advance(hours=1)
    work()
    row = found(runtime, number)
    assert (row.status, row.attempts, row.reason) == ("sent", 2, "")
    assert len({message.key for message in Carrier.got}) == 1


@pytest.mark.parametrize("outcome", [Delivery.REJECTED, Delivery.UNKNOWN])
def test_a_refusal_and_a_doubt_are_never_repeated_by_themselves(
    runtime: Runtime, work: Work, says: Says, clock: Clock, outcome: Delivery
) -> None:
    says(outcome, "so it was")
    number = write(runtime)
    work()
    clock.advance(days=2)
    work()
    row = found(runtime, number)
    assert (row.status, row.outcome, row.reason) == (outcome.value, outcome.value, "so it was")
    assert len(Carrier.got) == 1


def crash(message: Message) -> DeliveryResult:
    raise OSError("a bug of the plugin")


def mumble(message: Message) -> Any:
    return None


@pytest.mark.parametrize("answer", [crash, mumble])
def test_a_plugin_that_breaks_its_port_leaves_a_doubt(
    runtime: Runtime, work: Work, answer: Any
) -> None:
    Carrier.answer = staticmethod(answer)
    number = write(runtime)
    work()
    assert found(runtime, number).status == "unknown"


def test_a_worker_that_died_while_sending_leaves_a_doubt_and_no_second_message(
    runtime: Runtime, work: Work, clock: Clock
) -> None:
    number = write(runtime)
    (job,) = queue.claim(runtime.db, ["notifications"], "dies", 1)
    sending._begin(runtime, number)
    clock.advance(minutes=5)
    work()
    row = found(runtime, number)
    assert (row.status, row.outcome) == ("unknown", "unknown")
    assert not Carrier.got
    assert job.kind == composing.SEND


def test_a_worker_that_died_before_sending_is_made_up_for(
    runtime: Runtime, work: Work, clock: Clock
) -> None:
    number = write(runtime)
    queue.claim(runtime.db, ["notifications"], "dies", 1)
    clock.advance(minutes=5)
    work()
    assert found(runtime, number).status == "sent"
    assert len(Carrier.got) == 1


def test_a_slow_holder_that_was_given_up_still_tells_what_it_knows(
    runtime: Runtime, clock: Clock
) -> None:
    number = write(runtime)
    (job,) = queue.claim(runtime.db, ["notifications"], "slow", 1)

    def overtaken(message: Message) -> DeliveryResult:
        clock.advance(minutes=5)
        (again,) = queue.claim(runtime.db, ["notifications"], "other", 1)
        run_job(runtime, again)
        assert found(runtime, number).status == "unknown"
        return DeliveryResult(outcome=Delivery.SENT)

    Carrier.answer = staticmethod(overtaken)
    run_job(runtime, job)
    assert found(runtime, number).status == "sent"
    assert len(Carrier.got) == 1


def test_secrets_are_sent_and_never_shown(runtime: Runtime, work: Work) -> None:
    variables = {
        "subject": "Your login",
        "message": SecretValue("https://crm.example/reset?t=sesame-91"),
        "temp_password": "opensesame-92",
        "user_name": "zoe",
    }
    number = write(runtime, variables=variables)

    def stored() -> str:
        with runtime.db.read() as uow:
            rows = uow.session.execute(select(Communication.__table__)).mappings().all()
            jobs = uow.session.execute(select(Job.__table__)).mappings().all()
        return json.dumps([dict(row) for row in [*rows, *jobs]], default=str)

    assert "sesame" not in stored()
    work()
    (message,) = Carrier.got
    assert "t=sesame-91" in message.text
    assert message.variables["temp_password"] == "opensesame-92"
    assert "sesame" not in stored()
    row = found(runtime, number)
    assert (row.sealed, row.has_secrets, row.body) == (None, True, "***\n")


def test_a_template_that_fails_undoes_nothing(runtime: Runtime, work: Work) -> None:
    number = write(runtime, template="NoSuchTemplate")
    work()
    row = found(runtime, number)
    assert row.status == "failed"
    assert "NoSuchTemplate" in row.reason
    assert not Carrier.got


def test_a_template_reaches_nothing_but_its_variables() -> None:
    class Trap:
        pass

    words = rendering.render("Message", {"subject": Trap, "message": "{{ 7 * 7 }}"})
    assert "{{ 7 * 7 }}" in words.text
    environment = rendering._environment()
    assert environment.from_string("{{ x.__class__.__mro__ }}").render(x=1) == ""


def test_a_subject_is_one_line(runtime: Runtime, work: Work) -> None:
    write(runtime, variables={"subject": "Hi\r\nBcc: all@example.com", "message": "m"})
    work()
    assert Carrier.got[0].subject == "Hi Bcc: all@example.com"
