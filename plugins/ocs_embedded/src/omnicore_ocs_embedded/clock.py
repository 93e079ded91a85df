"""The server's clock. Tests may move it; then whoever waits for a time is woken."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus an offset that only the control endpoint changes."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self.moved = threading.Condition()

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC) + self._offset

    def advance(self, by: timedelta) -> None:
        """Jump by ``by`` from now on."""
        with self.moved:
            self._offset += by
            self.moved.notify_all()

    def set(self, moment: datetime) -> None:
        """Make it ``moment`` now; the clock goes on from there."""
        with self.moved:
            self._offset = moment - datetime.now(UTC)
            self.moved.notify_all()
