"""Values that are encrypted at rest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnicore.db.secrets import Unreadable, seal, unseal
from omnicore.sdk.settings import SecretValue

KEY = SecretValue("0123456789abcdef" * 4)


@settings(max_examples=25, deadline=None)
@given(text=st.text())
def test_what_is_sealed_comes_back_and_does_not_show(text: str) -> None:
    sealed = seal(KEY, "device", text)
    assert unseal(KEY, "device", sealed) == text
    assert sealed.isascii()
    assert len(text) < 4 or text not in sealed


def test_the_same_text_never_looks_the_same() -> None:
    assert seal(KEY, "device", "a") != seal(KEY, "device", "a")


def test_another_secret_another_purpose_and_a_changed_text_are_unreadable() -> None:
    sealed = seal(KEY, "device", "hunter2")
    changed = sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB")
    for key, purpose, text in (
        (SecretValue("f" * 64), "device", sealed),
        (KEY, "totp", sealed),
        (KEY, "device", changed),
        (KEY, "device", ""),
        (KEY, "device", "nonsense"),
        (KEY, "device", "é"),
    ):
        with pytest.raises(Unreadable, match="jwt_secret was changed") as caught:
            unseal(key, purpose, text)
        assert caught.value.status == 409
        assert "hunter2" not in str(caught.value)
