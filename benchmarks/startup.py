"""Start-up: what the command line, and a server process with all plugins, cost to start.

``python benchmarks/startup.py`` compiles the tree first, then starts fresh interpreters in turns.
Seconds are CPU time of the new process, the least of all rounds: what else the machine does can
only add to it. Memory is the resident set. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from support.deployment import write_config
from support.goals import Goal, judge
from support.processes import BIN

ROOT = Path(__file__).resolve().parents[1]
# Imported where they are used, never at the start.
HEAVY = ("stripe", "paypalrestsdk", "mailjet_rest", "weasyprint", "ansible", "ansible_runner")
HEAVY += ("requests", "flask_limiter", "limits", "redis", "prometheus_client", "jwt", "alembic")
HEAVY += ("cryptography", "faker", "markdown_it", "flask_swagger_ui", "granian")
PLUGINS = """\
plugins: {enabled: [ocs_cgrates, ocs_embedded, email_smtp, provisioner_ansible]}
ocs: {cgrates: '127.0.0.1:2080', ocsTenant: example.org}
email_smtp: {host: 127.0.0.1, from_email: crm@example.com}
"""
SERVER = """\
import json, sys, time
from omnicore import config
from omnicore.app import create_app
app = create_app(config.load())
cpu_s = time.process_time()
status = open("/proc/self/status").read()
rss_kb = int(status.partition("VmRSS:")[2].split()[0])
print(json.dumps({"cpu_s": cpu_s, "rss_mb": rss_kb / 1024, "modules": sorted(sys.modules)}))
"""


def start(command: list[str], env: dict[str, str]) -> tuple[float, str]:
    """Seconds of CPU of a process from start to end, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stderr)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def main() -> int:
    """Run it all; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for part in ("omnicore", "plugins", "provisioners"):
        compileall.compile_dir(ROOT / part, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        config = write_config(Path(folder), f"sqlite:///{folder}/omnicore.db", PLUGINS)
        env = {**os.environ, "OMNICORE_CONFIG": str(config)}
        return report(env, options.rounds)


def report(env: dict[str, str], rounds: int) -> int:
    """Measure in turns, print, judge."""
    bare, helps, servers, memory = [], [], [], []
    heavy: set[str] = set()
    for turn in range(rounds + 1):
        python = start([sys.executable, "-c", "pass"], env)[0]
        command = start([str(BIN / "omnicore"), "--help"], env)[0]
        _, said = start([sys.executable, "-c", SERVER], env)
        if turn == 0:
            continue  # warms the files
        bare.append(python)
        helps.append(command)
        found = json.loads(said)
        servers.append(found["cpu_s"])
        memory.append(found["rss_mb"])
        heavy.update(name for name in HEAVY if name in found["modules"])
    print(f"python alone: {min(bare):.3f} s of CPU")
    if heavy:
        print(f"imported at the start: {', '.join(sorted(heavy))}")
    return judge(
        [
            Goal("omnicore --help", min(helps), 0.3, " s"),
            Goal("imports and create_app", min(servers), 1.0, " s"),
            Goal("memory after create_app", statistics.median(memory), 80, " MB"),
            Goal("heavy modules imported at the start", len(heavy), 0),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
