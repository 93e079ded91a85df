"""The light half of the plugin."""

from __future__ import annotations

from omnicore.sdk.manifest import Manifest

MANIFEST = Manifest(
    name="email_smtp",
    requires_sdk=">=1.0,<2",
    hooks="omnicore_email_smtp.hooks",
    summary="E-mail over SMTP",
    settings="omnicore_email_smtp.settings:SmtpSettingsSchema",
)
