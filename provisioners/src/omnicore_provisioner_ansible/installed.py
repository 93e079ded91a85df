"""What is installed, read from package metadata: Ansible itself is not imported here."""

from __future__ import annotations

from importlib import metadata

from packaging.specifiers import SpecifierSet

from omnicore_provisioner_ansible.settings import ANSIBLE_RUNNER, FORK_SERVER

PINNED = SpecifierSet(">=2.19.14,<2.20")
"""The fork server changes internals of ansible-core, and was proven equal on these only."""


def choose_engine(wanted: str) -> tuple[str | None, str]:
    """The engine that can run here and a sentence about it; None when none can."""
    core, runner = _version("ansible-core"), _version("ansible-runner")
    if core is None:
        return None, "ansible-core is not installed: install omnicore-provisioner-ansible"
    if wanted == FORK_SERVER and core in PINNED:
        return FORK_SERVER, f"fork_server with ansible-core {core}"
    if runner is None:
        return None, f"ansible-runner is not installed, and ansible-core {core} needs it"
    if wanted == FORK_SERVER:
        return ANSIBLE_RUNNER, (
            f"ansible_runner with ansible-core {core}: the fork server needs ansible-core{PINNED}"
        )
    return ANSIBLE_RUNNER, f"ansible_runner with ansible-core {core}, as set"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
