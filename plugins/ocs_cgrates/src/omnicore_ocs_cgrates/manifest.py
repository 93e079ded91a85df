"""The light half of the plugin."""

from __future__ import annotations

from omnicore.sdk.manifest import Manifest

MANIFEST = Manifest(
    name="ocs_cgrates",
    requires_sdk=">=1.0,<2",
    hooks="omnicore_ocs_cgrates.hooks",
    summary="Charging by CGRateS over JSON-RPC",
    settings="omnicore_ocs_cgrates.settings:CgratesSettingsSchema",
    section="ocs",
)
