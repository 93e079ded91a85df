"""The health probe, the list of plugins and the metrics."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from omnicore import config
from omnicore.app import create_app
from omnicore.customers.models import Customer
from omnicore.db.outbox import OutboxRow
from omnicore.provisioning.models import Provision
from omnicore.runtime import Runtime, build
from omnicore.sdk.ports.provisioning import TaskStatus
from omnicore.web.checks import HealthBoard
from tests.conftest import SECRET, People
from tests.web import sample_plugin


def test_a_probe_needs_no_credentials_and_learns_two_words(client: FlaskClient) -> None:
    answer = client.get("/crm/health")
    assert answer.status_code == 200
    assert sorted(answer.json) == ["status", "version"]
    assert answer.json["status"] == "ok"


def test_wrong_credentials_are_refused_also_here(client: FlaskClient) -> None:
    answer = client.get("/crm/health", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401


def test_a_user_who_is_no_admin_learns_as_little_as_a_probe(people: People) -> None:
    assert sorted(people.with_("view_customer").get("/crm/health").json) == ["status", "version"]


def test_an_admin_sees_each_plugin_and_why_one_is_off(plugged_people: People) -> None:
    seen = plugged_people.admin().get("/crm/health").json
    assert seen["status"] == "degraded"
    sample, broken = seen["plugins"]
    found = {check["name"]: check["ok"] for check in sample["checks"]}
    assert found == {"well": True, "ill": False}
    assert broken["state"] == "off"
    assert "needs SDK >=9" in broken["reason"]
    assert seen["database"] == {"reachable": True}


def test_a_plugin_that_is_ill_does_not_stop_the_process_from_serving(
    plugged_people: People,
) -> None:
    answer = plugged_people.nobody().get("/crm/health")
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")


def test_checks_are_kept_for_some_seconds(plugged: Runtime) -> None:
    now = 100.0
    board = HealthBoard(plugged.plugins, lambda: now)
    sample_plugin.LOOKS.clear()
    board.fresh()
    board.fresh()
    assert len(sample_plugin.LOOKS) == 1
    now += 6
    board.fresh()
    assert len(sample_plugin.LOOKS) == 2


@pytest.fixture
def cut_off(tmp_path: Path) -> Iterator[FlaskClient]:
    """A deployment whose database does not answer."""
    text = (
        f"jwt_secret: {SECRET}\n"
        f"database: {{url: 'mysql+pymysql://root:@127.0.0.1:{closed_port()}/omnicore'}}\n"
    )
    built = build(config.parse(text, tmp_path / "crm_config.yaml"))
    yield create_app(runtime=built).test_client()
    built.close()


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_without_its_database_the_process_says_that_it_fails(cut_off: FlaskClient) -> None:
    answer = cut_off.get("/crm/health")
    assert (answer.status_code, answer.json["status"]) == (503, "failing")


def test_work_that_waits_is_counted(runtime: Runtime, people: People) -> None:
    with runtime.db.write() as uow:
        for dead in (False, False, True):
            uow.session.add(
                OutboxRow(
                    event_id="1",
                    subscriber="plugin:x",
                    event_name="x",
                    payload={},
                    created=uow.now(),
                    due_at=uow.now(),
                    dead=dead,
                )
            )
    assert people.admin().get("/crm/health").json["outbox"] == {"waiting": 2, "dead": 1}


def test_the_list_of_plugins_is_for_admins(plugged_people: People) -> None:
    assert plugged_people.with_("view_customer").get("/crm/plugins").status_code == 403
    sample, broken = plugged_people.admin().get("/crm/plugins").json["data"]
    assert sample["summary"] == "Shows what a plugin adds to the web"
    assert sample["requires_sdk"] == ">=1.0,<2"
    assert sample["offers"]["health_checks"] == ["well", "ill"]
    assert (broken["name"], broken["state"]) == ("broken", "off")


class TestMetrics:
    def test_this_machine_may_read_them(self, client: FlaskClient) -> None:
        assert client.get("/metrics").status_code == 200

    @pytest.mark.parametrize(
        "how",
        [
            {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}},
            {"headers": {"X-Forwarded-For": "203.0.113.7"}},
        ],
    )
    def test_others_need_the_permission(self, people: People, how: dict[str, object]) -> None:
        assert people.nobody().get("/metrics", **how).status_code == 401
        assert people.with_("view_customer").get("/metrics", **how).status_code == 403
        assert people.with_("view_metrics").get("/metrics", **how).status_code == 200

    def test_requests_are_counted_by_route_and_not_by_path(self, people: People) -> None:
        admin = people.admin()
        admin.get("/crm/customer/customer_id/1")
        admin.get("/crm/customer/customer_id/2?access_token=abcdefgh")
        shown = admin.get("/metrics").text
        route = "/crm/customer/customer_id/<int:customer_id>"
        assert f'{{method="GET",route="{route}",status="4xx"}} 2.0' in shown
        assert "abcdefgh" not in shown

    def test_the_deployment_is_read_at_the_scrape(self, runtime: Runtime, people: People) -> None:
        admin = people.admin()
        assert 'omnicore_provisions_total{result="success"} 0.0' in admin.get("/metrics").text
        _provisions(runtime)
        shown = admin.get("/metrics").text
        assert 'omnicore_provisions_total{result="success"} 1.0' in shown
        assert 'omnicore_provisions_total{result="failed"} 1.0' in shown
        assert 'omnicore_provision_recent_seconds{quantile="1.0"} 30.0' in shown
        assert "omnicore_database_up 1.0" in shown
        assert 'omnicore_database_connections{state="in_use"}' in shown

    def test_calls_into_plugins_are_counted(self, plugged_people: People) -> None:
        admin = plugged_people.admin()
        admin.get("/crm/plugins/sample/crash")
        shown = admin.get("/metrics").text
        assert 'omnicore_plugin_calls_total{outcome="bug",plugin="sample"} 1.0' in shown
        assert 'omnicore_plugin_on{plugin="broken"} 0.0' in shown

    def test_a_database_that_is_down_is_a_metric_too(self, cut_off: FlaskClient) -> None:
        answer = cut_off.get("/metrics")
        assert answer.status_code == 200
        assert "omnicore_database_up 0.0" in answer.text


def _provisions(runtime: Runtime) -> None:
    with runtime.db.write() as uow:
        customer = uow.add(Customer(customer_name="A"))
        for status, seconds in ((TaskStatus.SUCCESS, 10), (TaskStatus.FAILED, 30)):
            uow.add(
                Provision(
                    customer_id=customer.customer_id,
                    provisioning_play="play_simple_service",
                    provisioning_status=status,
                    started_at=uow.now() - timedelta(seconds=seconds),
                    finished_at=uow.now(),
                )
            )


def test_two_applications_of_one_process_count_apart(runtime: Runtime) -> None:
    first, second = create_app(runtime=runtime), create_app(runtime=runtime)
    first.test_client().get("/crm/health")
    assert "/crm/health" in first.test_client().get("/metrics").text
    assert "/crm/health" not in second.test_client().get("/metrics").text
