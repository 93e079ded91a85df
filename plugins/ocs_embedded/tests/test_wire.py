"""The dialect of the wire: HTTP 200 whatever happens, string errors, Go's way to read JSON."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

import pytest


@pytest.mark.parametrize("call_id", [7, "seven", None, {"a": [1]}])
def test_the_answer_has_exactly_id_result_and_error_and_echoes_the_id(ocs, call_id):
    body = {"method": "CoreSv1.Ping", "params": [{}], "id": call_id, "jsonrpc": "2.0"}
    status, content_type, answer = ocs.raw(json.dumps(body).encode())
    assert (status, content_type) == (200, "application/json")
    assert json.loads(answer) == {"id": call_id, "result": "Pong", "error": None}


def test_a_call_without_id_is_answered_with_a_null_id(ocs):
    assert ocs.ask("CoreSv1.Ping", {})["id"] is None


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (
            {"method": "ApierV2.GetAccount", "params": {"Tenant": "t"}},
            "json: cannot unmarshal object into Go value of type [1]interface {}",
        ),
        ({"method": "ApierV2.GetAccount"}, "jsonrpc: request body missing params"),
        ({"method": "GetAccount"}, "rpc: service/method request ill-formed: GetAccount"),
        ({"method": "Foo.Bar", "params": []}, "rpc: can't find service Foo.Bar"),
        ({"method": "ApierV1.addBalance"}, "rpc: can't find method ApierV1.addBalance"),
        ({"method": "apierv1.AddBalance"}, "rpc: can't find service apierv1.AddBalance"),
    ],
)
def test_an_odd_request_gets_the_engines_words(ocs, body, error):
    status, _, answer = ocs.raw(json.dumps(body).encode())
    assert (status, json.loads(answer)["error"]) == (200, error)


@pytest.mark.parametrize("service", ["ApierV1", "APIerSv1", "ApierV2", "APIerSv2"])
def test_all_four_spellings_of_the_service_answer(ocs, account, service):
    assert ocs.ok(f"{service}.SetAccount", **account) == "OK"
    assert ocs.ok(f"{service}.RemoveAccount", **account) == "OK"


def test_field_names_match_without_case_and_unknown_ones_are_ignored(ocs, account):
    params = {"tenant": account["Tenant"], "ACCOUNT": account["Account"], "Colour": "red"}
    assert ocs.ask("ApierV2.SetAccount", params, "ignored")["result"] == "OK"
    assert ocs.ok("ApierV2.GetAccount", **account)


def test_keys_of_maps_keep_their_case(ocs, account):
    ocs.ok("ApierV2.SetAccount", **account, ExtraOptions={"disabled": True})
    assert ocs.ok("ApierV2.GetAccount", **account)["Disabled"] is False


def type_error(field: str, found: str, go_type: str) -> str:
    return f"json: cannot unmarshal {found} into Go struct field {field} of type {go_type}"


def test_a_wrong_type_is_refused_with_the_fields_name(ocs, account):
    wrong: dict[str, Any] = {**account, "BalanceType": "*data", "Value": "5"}
    expected = type_error("AttrAddBalance.Value", "string", "float64")
    assert ocs.error("ApierV1.AddBalance", **wrong) == expected
    options = {"Disabled": "False"}
    expected = type_error("AttrSetAccount.ExtraOptions", "string", "bool")
    assert ocs.error("ApierV2.SetAccount", **account, ExtraOptions=options) == expected
    assert ocs.error("ApierV2.GetAccount", **account) == "NOT_FOUND"


def test_missing_fields_are_named_in_order(v010):
    assert v010.error("ApierV2.SetAccount") == "MANDATORY_IE_MISSING: [Tenant Account]"
    assert v010.error("ApierV2.GetAccount", Account="a") == "MANDATORY_IE_MISSING: [Tenant]"


def test_master_fills_in_its_default_tenant(start, account):
    client = start("--mode", "master", "--tenant", "house.tenant")
    client.ok("ApierV2.SetAccount", Account="a")
    found = client.ok("ApierV2.GetAccount", Tenant="house.tenant", Account="a")
    assert found["ID"] == "house.tenant:a"


@pytest.mark.parametrize("body", [b"", b"{nonsense", b"[]", b'"text"'])
def test_malformed_json_gets_an_empty_body_from_master(master, body):
    assert master.raw(body)[::2] == (200, b"")


def test_malformed_json_gets_no_answer_at_all_from_v010(v010_process):
    connection = http.client.HTTPConnection(v010_process.host, v010_process.port, timeout=0.3)
    connection.request("POST", "/jsonrpc", b"{nonsense")
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE"])
def test_any_http_method_is_a_call(ocs, verb):
    call = json.dumps({"method": "CoreSv1.Ping", "params": [{}]}).encode()
    assert json.loads(ocs.raw(call, verb)[2])["result"] == "Pong"


def test_another_path_is_not_found(ocs):
    assert ocs.raw(b"{}", path="/")[0] == 404


def test_a_body_that_is_too_large_is_refused_unread(master_process):
    with socket.create_connection((master_process.host, master_process.port), 5) as peer:
        peer.sendall(b"POST /jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
        assert peer.recv(100).startswith(b"HTTP/1.1 413")


def test_a_kept_connection_carries_many_calls(ocs):
    assert {ocs.ask("CoreSv1.Ping", {})["result"] for _ in range(20)} == {"Pong"}
