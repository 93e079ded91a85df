"""The README names each setting."""

from __future__ import annotations

from pathlib import Path

from omnicore_ocs_embedded.settings import EmbeddedSettingsSchema

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_every_setting_is_in_the_readme():
    keys = EmbeddedSettingsSchema().fields
    assert {key for key in keys if f"| `{key}` |" not in README} == set()
