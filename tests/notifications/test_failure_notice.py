"""Who is on ``provisioning.failure_list`` hears once of each job that failed, and of no other."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select, update

from omnicore.db.outbox import OutboxRow
from omnicore.notifications.models import Communication
from omnicore.notifications.service.failures import readable
from omnicore.runtime import Runtime
from omnicore.sdk.ports.provisioning import (
    JobObserver,
    ProvisioningJob,
    RunResult,
    RunStatus,
    TaskStatus,
)
from tests.notifications.channel import Carrier
from tests.provisioning.conftest import Shop
from tests.provisioning.scripted import FAILED, Script, task

Work = Callable[[], None]
Says = Callable[[str, Script], None]


def breaks(job: ProvisioningJob, observer: JobObserver) -> RunResult:
    task(observer, 1)
    task(observer, 2, TaskStatus.IGNORED, msg="no SMS today")
    task(
        observer,
        3,
        TaskStatus.FAILED,
        msg="HTTP Error 500",
        content="AddBalance: SERVER_ERROR <b>",
        url=f"http://ocs.example/?access_token={job.variables['access_token']}",
        invocation={"headers": {"Authorization": f"Bearer {job.variables['access_token']}"}},
    )
    return FAILED


def order(shop: Shop, **values: object) -> int:
    product = shop.product(product_name="Mobile 20GB")
    answer = shop.order(
        product_id=product, customer_id=shop.customer(customer_name="Anna <Ltd>"), **values
    )
    return int(answer.json["provision_id"])


def notices(runtime: Runtime) -> list[Communication]:
    with runtime.db.read() as uow:
        wanted = select(Communication).where(Communication.template == "ProvisioningFailed")
        return list(uow.session.scalars(wanted.order_by(Communication.communication_id)))


def test_one_message_per_address_tells_what_happened(
    shop: Shop, script: Says, work: Work, runtime: Runtime
) -> None:
    script("play_test", breaks)
    number = order(shop)
    work()
    assert [row.recipient for row in notices(runtime)] == ["noc@example.com", "ops@example.com"]
    assert [message.recipient for message in Carrier.got] == ["noc@example.com", "ops@example.com"]
    message = Carrier.got[0]
    assert message.subject == f"Provisioning failed: Mobile 20GB for Anna <Ltd> (job {number})"
    for said in (
        "Anna <Ltd>",
        "Mobile 20GB",
        "play_test",
        "user1",
        "[ok] task 1",
        "[failed, ignored] task 2",
        "[FAILED] task 3",
        "What failed: task 3",
        "AddBalance: SERVER_ERROR <b>",
        f"https://crm.example/crm/provision/provision_id/{number}",
    ):
        assert said in message.text, said
    assert "What failed: task 2" not in message.text


def test_the_html_is_coloured_and_escaped(shop: Shop, script: Says, work: Work) -> None:
    script("play_test", breaks)
    order(shop)
    work()
    html = Carrier.got[0].html
    green, orange, red = "#1a7f37", "#bc4c00", "#cf222e"
    rows = [row for row in html.split("<tr>") if "font-weight:bold" in row]
    assert [next(c for c in (green, orange, red) if c in row) for row in rows] == [
        green,
        orange,
        red,
    ]
    assert "Anna &lt;Ltd&gt;" in html
    assert "SERVER_ERROR &lt;b&gt;" in html


def test_no_secret_of_the_job_is_in_it(
    shop: Shop, script: Says, work: Work, runtime: Runtime
) -> None:
    seen: list[str] = []

    def spy(job: ProvisioningJob, observer: JobObserver) -> RunResult:
        seen.append(str(job.variables["access_token"]))
        return breaks(job, observer)

    script("play_test", spy)
    order(shop, wifi_password="hunter2hunter2")
    work()
    for row in notices(runtime):
        everything = f"{row.subject}{row.body}{row.html}{row.variables}"
        assert seen[0] not in everything
        assert "hunter2" not in everything


def test_a_fatal_error_shows_output_and_likely_causes(shop: Shop, script: Says, work: Work) -> None:
    result = RunResult(
        status=RunStatus.FAILED,
        exit_code=4,
        stdout="ERROR! Syntax Error\n  line 3",
        stderr="boom",
        causes=("The YAML of the play is wrong.",),
    )
    script("play_test", lambda job, observer: result)
    order(shop)
    work()
    text = Carrier.got[0].text
    for said in ("exit_code: 4", "ERROR! Syntax Error\n  line 3", "boom", "The YAML of the play"):
        assert said in text, said


def test_a_success_is_not_told(shop: Shop, work: Work, runtime: Runtime) -> None:
    order(shop)
    work()
    assert notices(runtime) == []


def test_an_event_that_is_delivered_again_makes_no_second_message(
    shop: Shop, script: Says, work: Work, runtime: Runtime
) -> None:
    script("play_test", breaks)
    order(shop)
    work()
    with runtime.db.write() as uow:
        uow.session.execute(update(OutboxRow).values(delivered_at=None, due_at=uow.now()))
    work()
    assert len(notices(runtime)) == len(Carrier.got) == 2


def test_a_notice_belongs_to_no_customer(
    shop: Shop, script: Says, work: Work, runtime: Runtime
) -> None:
    script("play_test", breaks)
    order(shop)
    work()
    assert {row.customer_id for row in notices(runtime)} == {None}


def test_a_result_is_shown_in_lines_and_cut_when_it_is_endless() -> None:
    assert readable('{"msg": "a\\nb", "rc": 1}') == "msg:\na\nb\nrc: 1"
    assert readable('["a"]') == '[\n  "a"\n]'
    assert readable("not json") == "not json"
    assert readable('{"msg": "%s"}' % ("x" * 50_000)).endswith("... (cut)")
