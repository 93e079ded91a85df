"""``python -m omnicore_ocs_embedded``: the server alone, without a configuration file."""

from __future__ import annotations

from omnicore_ocs_embedded.cli import serve

if __name__ == "__main__":
    serve(prog_name="omnicore_ocs_embedded")
