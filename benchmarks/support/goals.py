"""Goals, and whether they were reached: one line each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A figure and the most (or the least) that it may be."""

    what: str
    value: float
    limit: float
    unit: str = ""
    at_least: bool = False

    @property
    def reached(self) -> bool:
        """Whether the figure is on the right side of its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def line(self) -> str:
        """The figure, its limit and the verdict."""
        word = "OK    " if self.reached else "MISSED"
        side = "at least" if self.at_least else "at most"
        figure = f"{_short(self.value)}{self.unit}"
        return f"{word} {self.what}: {figure} (goal {side} {_short(self.limit)}{self.unit})"


def judge(goals: list[Goal]) -> int:
    """Print all; the exit code: 1 when one was missed."""
    for goal in goals:
        print(goal.line())
    return 0 if all(goal.reached for goal in goals) else 1


def _short(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".") if value >= 1 else f"{value:.3g}"
