"""What a benchmark measures: steps that people run as commands, each with a target; and what came out.

A new subject is one file beside this one with a `SUBJECT`, and its line in __main__.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a step went through: rows, and the bytes that it left on disk."""

    rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a step may cost at most, at any size."""

    seconds: float
    gib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command. `arguments` follow `python -m`, with {size} and {home} for the size and XINHENG_HOME;
    `done` counts the work that it left in the home. Sizes above `up_to` are not measured.
    """

    name: str
    arguments: Sequence[str]
    done: Callable[[Path], Work]
    target: Target
    up_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How much longer than another step one may take, at the largest size that both were measured at."""

    step: str
    to: str
    at_most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Steps that follow one another, each on what those before it left.

    It `needs` steps of subjects before it, by name: they run in the same home, measured for those who ask.
    """

    name: str
    title: str
    steps: Sequence[Step]
    sizes: Sequence[int]
    size_word: str
    needs: Sequence[str] = ()
    ratios: Sequence[Ratio] = ()

    def steps_at(self, size: int) -> list[Step]:
        """The steps that are measured at a size."""
        return [step for step in self.steps if step.up_to is None or size <= step.up_to]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process took, its children included; memory is the most that all held at one moment."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One step at one size."""

    step: str
    size: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    rows: int
    size_bytes: int
    target: Target

    @classmethod
    def of(cls, step: Step, size: int, cost: Cost, work: Work) -> Measurement:
        """The cost of a step beside its work."""
        return cls(step=step.name, size=size, target=step.target, **asdict(cost), **asdict(work))

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> Measurement:
        """The measurement that was written as JSON."""
        return cls(**(facts | {"target": Target(**facts["target"])}))

    @property
    def rows_per_second(self) -> float:
        """Speed on the wall clock."""
        return self.rows / self.wall_seconds

    @property
    def misses(self) -> list[str]:
        """In words, each target that is not met."""
        found = []
        if self.wall_seconds > self.target.seconds:
            found.append(f"{self.wall_seconds:,.0f} s of at most {self.target.seconds:,.0f} s")
        if self.peak_bytes > self.target.gib * GIB:
            found.append(f"{self.peak_bytes / GIB:.2f} GiB of at most {self.target.gib:g} GiB")
        return found


def growth(measured: Sequence[Measurement], step: str) -> float | None:
    """The exponent of a step's time over its rows, between the two largest sizes; 1 is linear."""
    of_step = sorted((one for one in measured if one.step == step), key=lambda one: one.rows)
    pairs = [(small, large) for small, large in pairwise(of_step) if large.rows > small.rows > 0]
    if not pairs:
        return None
    small, large = pairs[-1]
    return log(large.wall_seconds / small.wall_seconds) / log(large.rows / small.rows)


def ratio(measured: Sequence[Measurement], asked: Ratio) -> tuple[int, float] | None:
    """The largest size at which both steps were measured, and how many times longer the one took there."""
    seconds = {(one.step, one.size): one.wall_seconds for one in measured}
    sizes = [size for step, size in seconds if step == asked.step and (asked.to, size) in seconds]
    if not sizes:
        return None
    return max(sizes), seconds[asked.step, max(sizes)] / seconds[asked.to, max(sizes)]
