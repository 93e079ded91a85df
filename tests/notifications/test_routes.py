"""Messages through the API: staff write and see all, customers see their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omnicore.customers.models import Contact
from omnicore.notifications import service
from omnicore.runtime import Runtime
from omnicore.sdk.ports.notification import Delivery, Medium
from omnicore.sdk.settings import SecretValue
from tests.conftest import Api, People
from tests.notifications.channel import Carrier

Work = Callable[[], None]
URL = "/crm/communication/"


def contact(runtime: Runtime, customer_id: int, **values: Any) -> int:
    given = {"contact_firstname": "Zoë", "contact_email": "zoe@example.com", **values}
    with runtime.db.write() as uow:
        return uow.add(Contact(customer_id=customer_id, **given)).contact_id


def message(customer_id: int, **values: Any) -> dict[str, Any]:
    given = {"channel": "email", "subject": "Works on Monday", "body": "We come at nine."}
    return {"customer_id": customer_id, **given, **values}


@pytest.fixture
def admin(people: People) -> Api:
    return people.admin()


@pytest.fixture
def customer_id(people: People, runtime: Runtime) -> int:
    """A customer whose primary contact is Zoë."""
    _, found = people.customer("A")
    contact(runtime, found, contact_types="Technical,Primary")
    return found


def test_a_message_of_staff_reaches_the_primary_contact(
    admin: Api, customer_id: int, work: Work
) -> None:
    made = admin.put(URL, message(customer_id))
    assert made.status_code == 200, made.text
    assert (made.json["status"], made.json["subject"]) == ("waiting", "Works on Monday")
    work()
    url = f"{URL}communication_id/{made.json['communication_id']}"
    read = admin.get(url).json
    assert (read["status"], read["recipient"]) == ("sent", "zoe@example.com")
    assert read["body"].strip() == "We come at nine."
    assert Carrier.got[0].recipient_name == "Zoë"


def test_each_list_has_the_message(admin: Api, customer_id: int) -> None:
    made = admin.post(URL, message(customer_id)).json["communication_id"]
    for path in ("", "paginated"):
        listed = admin.get(f"{URL}{path}").json
        assert [row["communication_id"] for row in listed["data"]] == [made]
        assert listed["pagination"]["total_items"] == 1
    bare = admin.get(f"{URL}customer_id/{customer_id}").json
    assert [row["communication_id"] for row in bare] == [made]
    assert admin.get(f"{URL}?search=monday").json["data"]
    assert admin.get(f'{URL}?filters={{"status":["sent"]}}').json["data"] == []


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"customer_id": 999}, 404, "customer 999"),
        ({"contact_id": 999}, 404, "contact 999"),
        ({"channel": "pigeon"}, 422, "channel"),
        ({"subject": ""}, 422, "subject"),
        ({"body": ""}, 422, "body"),
        ({"template": "ProvisioningFailed"}, 422, "template"),
        ({"colour": "red"}, 422, "colour"),
        ({"channel": "sms"}, 422, "contact_id"),
    ],
)
def test_a_wrong_value_is_named_and_writes_nothing(
    admin: Api, customer_id: int, change: dict[str, Any], status: int, field: str
) -> None:
    answer = admin.put(URL, message(customer_id) | change)
    assert answer.status_code == status
    assert field in answer.text
    assert admin.get(URL).json["data"] == []


def test_a_contact_of_another_customer_is_refused(
    admin: Api, customer_id: int, people: People, runtime: Runtime
) -> None:
    _, other = people.customer("B")
    theirs = contact(runtime, other)
    answer = admin.put(URL, message(customer_id, contact_id=theirs))
    assert answer.status_code == 422


def test_customers_see_their_own_messages_and_no_talk_between_servers(
    admin: Api, people: People, runtime: Runtime, customer_id: int, work: Work
) -> None:
    anna, mine = people.customer("Anna", "view_own_communication")
    contact(runtime, mine)
    own = admin.put(URL, message(mine)).json["communication_id"]
    other = admin.put(URL, message(customer_id)).json["communication_id"]
    work()
    assert [row["communication_id"] for row in anna.get(URL).json["data"]] == [own]
    read = anna.get(f"{URL}communication_id/{own}").json
    assert read["body"].strip() == "We come at nine."
    assert not {"key", "reason", "reference", "variables", "attempts"} & read.keys()
    assert anna.get(f"{URL}communication_id/{other}").status_code == 404
    assert anna.get(f"{URL}customer_id/{customer_id}").status_code == 404
    assert anna.put(URL, message(mine)).status_code == 403
    assert anna.delete(f"{URL}communication_id/{own}").status_code == 403
    assert anna.patch(f"{URL}communication_id/{own}", {"status": "waiting"}).status_code == 403


def test_what_was_not_sent_can_be_sent_again_by_a_person(
    admin: Api, customer_id: int, work: Work, says: Callable[..., None]
) -> None:
    says(Delivery.UNKNOWN, "no answer after DATA")
    made = admin.put(URL, message(customer_id)).json["communication_id"]
    work()
    url = f"{URL}communication_id/{made}"
    assert admin.get(url).json["status"] == "unknown"
    says(Delivery.SENT)
    again = admin.patch(url, {"status": "waiting", "subject": "ignored"})
    assert (again.status_code, again.json["status"]) == (200, "waiting")
    work()
    read = admin.get(url).json
    assert (read["status"], read["subject"]) == ("sent", "Works on Monday")
    assert len({given.key for given in Carrier.got}) == 1


def test_what_was_sent_stays_as_it_is(admin: Api, customer_id: int, work: Work) -> None:
    made = admin.put(URL, message(customer_id)).json["communication_id"]
    work()
    url = f"{URL}communication_id/{made}"
    for status in ("waiting", "failed"):
        answer = admin.patch(url, {"status": status})
        assert (answer.status_code, answer.json["code"]) == (409, "communication-state")
    assert admin.patch(url, {"status": "sent"}).status_code == 200
    work()
    assert len(Carrier.got) == 1


def test_a_message_that_carried_a_secret_is_not_sent_again(
    admin: Api, runtime: Runtime, work: Work, says: Callable[..., None]
) -> None:
    says(Delivery.REJECTED, "no such mailbox")
    with runtime.db.write() as uow:
        row = service.compose(
            uow,
            template="Message",
            medium=Medium.EMAIL,
            recipient="a@b.example",
            variables={"subject": "s", "message": SecretValue("sesame")},
        )
        number = row.communication_id
    work()
    answer = admin.patch(f"{URL}communication_id/{number}", {"status": "waiting"})
    assert answer.status_code == 409
    assert "secret" in answer.json["message"]


def test_a_deleted_message_that_waited_is_not_sent_and_the_log_knows(
    admin: Api, customer_id: int, work: Work
) -> None:
    made = admin.put(URL, message(customer_id)).json["communication_id"]
    assert admin.delete(f"{URL}communication_id/{made}").json == {"result": "success"}
    work()
    assert not Carrier.got
    assert admin.get(f"{URL}communication_id/{made}").status_code == 404
    log = admin.get("/crm/activity/?per_page=50").text
    assert f"Deleted communication {made}" in log
    assert "We come at nine" not in log
