"""The one host of every job: this machine, reached without ssh, with this Python.

The interpreter is pinned, as Ansible's discovery may pick one that does not run. The folders
for modules and their background jobs are in the workspace: Ansible's defaults are in the home
of the Unix user, whatever HOME says, and would stay there when a job is killed. All are
inventory variables, so a play that adds hosts of its own or names another connection wins.
"""

from __future__ import annotations

import sys
from pathlib import Path

HOST = "localhost"


def text(home: Path) -> str:
    """The inventory in INI form."""
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "ansible_remote_tmp": home / ".ansible" / "tmp",
        "ansible_async_dir": home / ".ansible" / "async",
    }
    return f"{HOST} {' '.join(f'{name}={value!s}' for name, value in variables.items())}\n"
