"""What the product should reach, and how a run is told: figures beside their raw limit, goals as text."""

import operator
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import psutil


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A bound for one value; told, never asserted: one run on a shared machine proves nothing."""

    name: str
    value: float
    bound: float
    at_least: bool
    unit: str = ""

    def told(self) -> str:
        """Give it as a line."""
        holds: Callable[[float, float], bool] = operator.ge if self.at_least else operator.le
        sign = ">=" if self.at_least else "<="
        met = "met" if holds(self.value, self.bound) else "not met"
        return f"goal {sign} {self.bound:g}{self.unit}: {met} ({self.name} {self.value:.3g}{self.unit})"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One figure with its raw limit, what else was seen, and the goals for it."""

    title: str
    lines: Sequence[str]
    goals: Sequence[Goal] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    def told(self) -> str:
        """Give it as text."""
        return "\n".join(
            [self.title, *(f"  {line}" for line in self.lines), *(f"  {one.told()}" for one in self.goals)]
        )

    def as_json(self) -> dict[str, Any]:
        """Give it for the file."""
        goals = [asdict(one) | {"told": one.told()} for one in self.goals]
        return {"title": self.title, **self.values, "goals": goals}


def share(values: Sequence[float], part: float) -> float:
    """Give the value below which this part of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else float("nan")


def spread(values: Sequence[float]) -> str:
    """Give median and tail in milliseconds."""
    return f"p50 {share(values, 0.5):.1f} ms, p99 {share(values, 0.99):.1f} ms"


class Foreign:
    """What others took of this machine since the object was made: the more, the less a rate says."""

    def __init__(self) -> None:
        self._began, self._busy = time.monotonic(), _busy_seconds()

    def share(self, ours: float) -> float:
        """Give the part of all cores that others had, from the CPU seconds that were ours."""
        cores = os.cpu_count() or 1
        return max(_busy_seconds() - self._busy - ours, 0.0) / ((time.monotonic() - self._began) * cores)


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def machine() -> str:
    """Say what kind of moment this was."""
    one, five, _fifteen = os.getloadavg()
    return (
        f"{os.cpu_count()} cores, load average {one:.1f} (1 min) {five:.1f} (5 min). The figures are of one run; all "
        "processes share the cores: compare ratios, not rates."
    )
