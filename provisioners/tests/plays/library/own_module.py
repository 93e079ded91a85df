"""A module that lies beside the play, as a stranger's may."""

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule({"word": {"type": "str", "required": True}})
    if module.params["word"] == "die":
        os._exit(7)
    module.exit_json(changed=False, said=module.params["word"])


if __name__ == "__main__":
    main()
