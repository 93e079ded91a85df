"""Lists in text are read and never run; labels give each key once."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnicore.catalog.lists import read_features, read_list, write_list
from omnicore.inventory.labels import clash, keys_of, slug
from omnicore.inventory.models import LABELS, TEXTS


@given(st.lists(st.text(min_size=1, max_size=20).map(str.strip).filter(bool), max_size=8))
@settings(max_examples=100, deadline=None)
def test_a_written_list_is_read_back(entries: list[str]) -> None:
    assert read_list(write_list(entries)) == entries


@given(st.text(max_size=200) | st.text("[]'\",() 1a", max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_list_of_texts_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert all(isinstance(entry, str) for entry in read_list(text))
    assert all(isinstance(entry, str) for entry in read_features(text))


@pytest.mark.parametrize(
    "text",
    [
        "[__import__('os').system('true')]",
        "[().__class__]",
        "[1+1j]",
        "[" * 5000,
        "[1, " * 3000,
        "['a', True]",
        "['a', {'b': 1}]",
        "['a'] + ['b']",
        "['" + "x" * 30_000 + "']",
        str(list(range(501))),
    ],
)
def test_what_is_no_flat_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="list"):
        read_list(text)


def test_features_come_in_two_forms_and_give_the_same_bullets() -> None:
    bullets = ["20GB of data", "Unlimited calls", "EU roaming"]
    assert read_features("20GB of data. Unlimited calls. EU roaming") == bullets
    assert read_features(str(bullets)) == bullets
    assert read_features("['Up to 1.5 Gbps. Really', 'b']") == ["Up to 1.5 Gbps. Really", "b"]
    assert read_features("[not a list") == ["[not a list"]


labels = st.fixed_dictionaries(
    {
        label: st.none() | st.text(max_size=12) | st.sampled_from(["Ki", "KI ", "State", "Item"])
        for label in LABELS[:6]
    }
)


@given(labels)
@settings(max_examples=100, deadline=None)
def test_no_two_texts_of_an_item_have_the_same_key(given_labels: dict[str, str | None]) -> None:
    keys = keys_of(given_labels)
    assert len(set(keys.values())) == len(keys)
    assert not set(keys.values()) & {"", "item", "state", "itemtext1", "customer_id"}
    assert set(keys) <= set(TEXTS)
    slugs = [slug(label) for label in given_labels.values() if slug(label)]
    assert (clash(given_labels) is None) == (len(set(slugs)) == len(slugs))


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("ICCID", "iccid"),
        ("Phone Number", "msisdn"),
        ("MSISDN", "msisdn"),
        ("SIM Type", "sim_type"),
        ("  Wi-Fi / SSID ", "wi_fi_ssid"),
        ("★", ""),
        (None, ""),
    ],
)
def test_a_label_is_read_as_a_key(label: str | None, key: str) -> None:
    assert slug(label) == key
