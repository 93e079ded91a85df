"""What an operator sets under ``provisioner_ansible``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load, validate

from omnicore.sdk.settings import SettingsSchema

FORK_SERVER = "fork_server"
ANSIBLE_RUNNER = "ansible_runner"


@dataclass(frozen=True, kw_only=True)
class AnsibleSettings:
    """The section as the rest of the plugin sees it. Paths may be relative to the config."""

    plays_dir: str = "provisioners/plays"
    engine: str = FORK_SERVER
    max_parallel: int = 8
    work_dir: str = ""


class AnsibleSettingsSchema(SettingsSchema):
    """The section ``provisioner_ansible`` of ``crm_config.yaml``."""

    plays_dir = fields.String(
        load_default="provisioners/plays",
        metadata={"description": "Folder of the plays, relative to crm_config.yaml"},
    )
    engine = fields.String(
        load_default=FORK_SERVER,
        validate=validate.OneOf([FORK_SERVER, ANSIBLE_RUNNER]),
        metadata={
            "description": "fork_server (warm, fast; needs the pinned ansible-core, else"
            " ansible_runner is used) or ansible_runner"
        },
    )
    max_parallel = fields.Integer(
        load_default=8,
        validate=validate.Range(min=1, max=256),
        metadata={"description": "Plays that may run at the same time in one worker"},
    )
    work_dir = fields.String(
        load_default="",
        metadata={
            "description": "Folder for the jobs' workspaces, best on a memory file system;"
            " the plugin's data folder when empty"
        },
    )

    @post_load
    def build(self, data: dict[str, Any], **_: object) -> AnsibleSettings:
        """A frozen dataclass of what was loaded."""
        return AnsibleSettings(**data)
