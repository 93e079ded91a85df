"""The light half of the plugin."""

from __future__ import annotations

from omnicore.sdk.manifest import Manifest

MANIFEST = Manifest(
    name="provisioner_ansible",
    requires_sdk=">=1.0,<2",
    hooks="omnicore_provisioner_ansible.hooks",
    settings="omnicore_provisioner_ansible.settings:AnsibleSettingsSchema",
    summary="Runs Ansible plays, each in a process of its own",
)
