"""Web: what a request costs the server, against Flask's hello, FastAPI and DRF.

``python benchmarks/web.py`` starts four servers, one process and four threads each (FastAPI:
uvicorn, whose thread pool is its own), on one SQLite file with 20,000 customers, and sends them
requests in turns over connections that stay open. A figure is CPU time of a server's process
tree by request; a ratio is the median of the ratios of all rounds. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from support.deployment import SECRET, deployed, fill, write_config
from support.goals import Goal, judge
from support.processes import BIN, cpu_s, free_port, listens, running, until

from omnicore.identity import tokens
from omnicore.identity.models import Permission, Role, User
from omnicore.identity.tokens import Claims, TokenKind
from omnicore.runtime import Runtime

CUSTOMERS = 20_000
THREADS = 4
CONNECTIONS = 8
STREAMS = "web: {max_streams: 2}\n"  # leaves threads over for requests
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Server:
    """A running server."""

    name: str
    port: int
    pid: int


@dataclass(frozen=True)
class Load:
    """Requests of one kind to one server."""

    name: str
    server: Server
    paths: list[str]
    token: str = ""
    times: int = 1
    """How many times as many requests as of other kinds: CPU time is counted in 10 ms."""

    def run(self, count: int) -> tuple[float, float]:
        """CPU microseconds of the server by request, and requests a second."""
        count *= self.times
        head = f"Host: localhost\r\nAuthorization: Bearer {self.token}\r\nAccept: */*\r\n\r\n"
        requests = "\0".join(f"GET {path} HTTP/1.1\r\n{head}" for path in self.paths)
        command = [sys.executable, "-m", "support.client"]
        command += [str(self.server.port), str(CONNECTIONS), str(count)]
        before = cpu_s(self.server.pid)
        done = subprocess.run(command, input=requests.encode(), cwd=HERE, stdout=-1, check=True)
        return (cpu_s(self.server.pid) - before) / count * 1e6, count / float(done.stdout)


def people(runtime: Runtime) -> dict[str, str]:
    """Somebody of the staff and a customer; who -> token."""
    wanted = {"staff": ("view_customer", None), "customer": ("view_own_customer", 7)}
    ids = {}
    with runtime.db.write() as uow:
        known = {p.name: p for p in uow.session.query(Permission)}
        for who, (permission, contact_id) in wanted.items():
            others = [p for name, p in sorted(known.items()) if not name.startswith("view")][:20]
            others = [p for p in others if p.name != "admin"]
            role = Role(name=f"bench {who}", permissions=[known[permission], *others])
            user = User(
                username=who,
                email=f"{who}@example.com",
                password_hash="",
                roles=[role],
                contact_id=contact_id,
            )
            ids[who] = uow.add(user).id
    secret, now = runtime.settings.jwt_secret, runtime.now()
    return {
        who: tokens.sign(
            secret, Claims(kind=TokenKind.ACCESS, subject=key), now, timedelta(hours=6)
        )
        for who, key in ids.items()
    }


@contextmanager
def serving(name: str, folder: Path, command: list[str]) -> Iterator[Server]:
    """A server; ``{port}`` in its command becomes a free port."""
    port = free_port()
    command = [part.format(port=port) for part in command]
    env = {
        "BENCH_SECRET": SECRET,
        "BENCH_DATABASE": str(folder / "omnicore.db"),
        "PYTHONPATH": str(HERE),
    }
    with running(command, folder / f"{name}.log", env) as process:
        until(lambda: listens(port), f"{name} listens")
        yield Server(name, port, process.pid)


def commands(config: Path) -> dict[str, list[str]]:
    """How each server is started."""
    granian = [str(BIN / "granian"), "--interface", "wsgi", "--workers", "1"]
    granian += ["--blocking-threads", str(THREADS), "--port", "{port}", "--no-access-log"]
    omnicore = [str(BIN / "omnicore"), "-c", str(config), "serve", "--port", "{port}"]
    omnicore += ["--processes", "1", "--threads", str(THREADS), "--workers", "0"]
    uvicorn = [str(BIN / "uvicorn"), "--port", "{port}", "--no-access-log"]
    return {
        "hello": [*granian, "support.flask_hello:app"],
        "omnicore": omnicore,
        "fastapi": [*uvicorn, "support.fastapi_app:app"],
        "drf": [*granian, "support.drf_app:app"],
    }


def loads(servers: dict[str, Server], who: dict[str, str]) -> list[Load]:
    """All that is measured, in the order of a round."""
    ids = [key * 7919 % CUSTOMERS + 1 for key in range(500)]
    ours, staff, customer = servers["omnicore"], who["staff"], who["customer"]
    found = [
        Load("hello", servers["hello"], ["/hello"], times=4),
        Load("omnicore one", ours, [f"/crm/customer/customer_id/{key}" for key in ids], staff),
        Load("omnicore own", ours, ["/crm/customer/customer_id/7"], customer),
    ]
    for name in ("fastapi", "drf"):
        found += [
            Load(f"{name} one", servers[name], [f"/customers/{key}" for key in ids], staff),
            Load(f"{name} own", servers[name], ["/customers/7"], customer),
        ]
    found.append(Load("omnicore list", ours, ["/crm/customers?per_page=50"], staff))
    for name in ("fastapi", "drf"):
        found.append(Load(f"{name} list", servers[name], ["/customers?per_page=50"], staff))
    return found


def main() -> int:
    """Run it all; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=600, help="of one kind in a round")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        config = write_config(folder, f"sqlite:///{folder}/omnicore.db", STREAMS)
        with deployed(config) as runtime:
            fill(runtime, CUSTOMERS)
            who = people(runtime)
        servers = {
            name: stack.enter_context(serving(name, folder, command))
            for name, command in commands(config).items()
        }
        return report(loads(servers, who), options.rounds, options.requests)


def report(measured: list[Load], rounds: int, requests: int) -> int:
    """Measure in turns, print, judge."""
    cpu: dict[str, list[float]] = {load.name: [] for load in measured}
    rate: dict[str, list[float]] = {load.name: [] for load in measured}
    for load in measured:
        load.run(requests // 4)  # warm
    for _ in range(rounds):
        for load in measured:
            used, a_second = load.run(requests)
            cpu[load.name].append(used)
            rate[load.name].append(a_second)
    print(f"{'':18}{'CPU us a request':>18}{'requests/s':>14}")
    for name, values in cpu.items():
        print(f"{name:18}{statistics.median(values):18.0f}{statistics.median(rate[name]):14.0f}")

    def ratio(ours: str, theirs: str) -> float:
        return statistics.median(a / b for a, b in zip(cpu[ours], cpu[theirs], strict=True))

    goals = [
        Goal("one customer, of hello", ratio("omnicore one", "hello"), 6, " times"),
        Goal("one's own customer, of hello", ratio("omnicore own", "hello"), 6, " times"),
    ]
    for name in ("fastapi", "drf"):
        for kind, what, limit in (
            ("one", "one customer", 0.8),
            ("own", "one's own customer", 0.8),
            ("list", "a list of 50", 0.6),
        ):
            value = ratio(f"omnicore {kind}", f"{name} {kind}")
            goals.append(Goal(f"{what}, of {name}", value, limit, " times"))
    return judge(goals)


if __name__ == "__main__":
    sys.exit(main())
