"""Linux process facts that make a job killable as a whole.

Ansible's workers and modules make sessions of their own, so killing a process group does not
reach them. A *subreaper* does: every orphan below it becomes its child, so killing children
until none is left ends the whole tree, whatever groups or sessions it made.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def become_subreaper() -> None:
    """Adopt every orphan below this process."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent_pid: int) -> None:
    """Be killed when the parent dies; end at once if it already has."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


def descendants(pid: int) -> list[int]:
    """Every process below ``pid``, nearest first, from one look at ``/proc``."""
    below: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            below.setdefault(_parent(int(entry)), []).append(int(entry))
    found: list[int] = []
    level = [pid]
    while level:
        level = [child for parent in level for child in below.get(parent, ())]
        found += level
    return found


def kill_children() -> None:
    """Kill everything below this process and wait for it. Needs to be a subreaper.

    What is forked between two looks is found by the next, as its parent is dead by then.
    """
    while _has_children():
        for child in descendants(os.getpid()):
            kill(child)
        os.waitpid(-1, 0)


def _has_children() -> bool:
    """Reap what has ended; True while something is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def kill(pid: int) -> None:
    """SIGKILL, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _parent(pid: int) -> int:
    """The parent of a process, 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return int(stat.read().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
