"""The README's settings table names each setting."""

from __future__ import annotations

from pathlib import Path

from omnicore_ocs_cgrates.settings import CgratesSettingsSchema


def test_every_setting_is_in_the_readme():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    keys = {field.data_key or name for name, field in CgratesSettingsSchema().fields.items()}
    assert {key for key in keys if f"| `{key}` |" not in readme} == set()
