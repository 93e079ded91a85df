"""The one host of every job: this machine, reached without ssh, with this Python.

The interpreter is pinned, as Ansible's discovery may pick one that does not run. Both are
inventory variables, so a play that adds hosts of its own or names another connection wins.
"""

from __future__ import annotations

import sys

HOST = "localhost"


def variables() -> dict[str, str]:
    """What the host starts with."""
    return {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


def text() -> str:
    """The same as an inventory in INI form."""
    pairs = " ".join(f"{name}='{value}'" for name, value in variables().items())
    return f"{HOST} {pairs}\n"
