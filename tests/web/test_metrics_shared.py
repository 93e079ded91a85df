"""Several server processes count into one folder, and each of them answers for all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from omnicore.web.metrics import FOLDER_VARIABLE
from tests.conftest import SECRET

ROOT = Path(__file__).resolve().parents[2]

REQUESTS = """
import sys
from pathlib import Path
from omnicore import config
from omnicore.app import create_app

file = Path(sys.argv[1])
client = create_app(config.parse(file.read_text(), file)).test_client()
for _ in range(3):
    client.get("/crm/docs/")
print(client.get("/metrics").text)
"""


def test_a_process_answers_for_all(tmp_path: Path) -> None:
    file = tmp_path / "crm_config.yaml"
    file.write_text(f"jwt_secret: {SECRET}\ndatabase: {{url: 'sqlite:///{tmp_path}/m.db'}}\n")
    folder = tmp_path / "metrics"
    folder.mkdir()
    environment = os.environ | {FOLDER_VARIABLE: str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", REQUESTS, str(file)]
    shown = ""
    for _ in range(2):
        shown = subprocess.run(
            command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
    counted = [line for line in shown.splitlines() if "seconds_count" in line and "docs/" in line]
    assert [line.rpartition(" ")[2] for line in counted] == ["6.0"]
    assert "omnicore_http_requests_in_progress 1.0" in shown
