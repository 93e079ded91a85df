"""Secrets are masked under their names, and wherever their values come back."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnicore.provisioning.service.redaction import MASK, Redactor, is_secret_name

SECRETS = st.text(min_size=8, max_size=40).filter(lambda it: it.strip() == it and len(set(it)) > 4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "name",
    "password admin_password api_key apiKey access_token Authorization ki OPc jwt_secret "
    "X-API-KEY private_key wifi_psk Cookie puk1".split(),
)
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["kind", "token_type", "passenger", "keyboard", "operator", "url"])
def test_other_names_are_left_alone(name: str) -> None:
    assert not is_secret_name(name)


@settings(max_examples=150, deadline=None)
@given(secret=SECRETS, around=JSON, data=st.data())
def test_a_secret_is_masked_at_any_depth_and_in_any_spelling(
    secret: str, around: object, data: st.DataObject
) -> None:
    spelling = data.draw(
        st.sampled_from(
            [
                secret,
                quote(secret),
                json.dumps(secret),
                base64.b64encode(secret.encode()).decode(),
            ]
        )
    )
    redactor = Redactor()
    redactor.learn_from({"deep": [{"admin_password": secret}]})
    said = {"stdout": f"before {spelling} after", "around": around, "list": [[spelling]]}
    shown = json.dumps(redactor.data(said), ensure_ascii=False)
    assert spelling.strip('"') not in shown
    assert f"before {MASK}" in shown or MASK in shown


def test_what_is_no_secret_stays() -> None:
    said = {"msg": "all is well", "rc": 0, "changed": False, "items": [1, 2.5, None]}
    assert Redactor(["something-else"]).data(said) == said


def test_secrets_inside_json_text_are_learnt() -> None:
    redactor = Redactor()
    said = {"content": '{"token": "abcdef123456"}', "msg": "abcdef123456"}
    assert "abcdef123456" not in json.dumps(redactor.data(said))
