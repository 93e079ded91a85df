"""The light half of the plugin."""

from __future__ import annotations

from omnicore.sdk.manifest import Manifest

MANIFEST = Manifest(
    name="ocs_embedded",
    requires_sdk=">=1.0,<2",
    hooks="omnicore_ocs_embedded.hooks",
    summary="A small charging server for evaluation, demo and tests",
    settings="omnicore_ocs_embedded.settings:EmbeddedSettingsSchema",
    commands="omnicore_ocs_embedded.cli:group",
)
