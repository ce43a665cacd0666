"""What a person asks for: how many entities, which seed, which days. No randomness, no files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data_contracts.refusal import Refusal

FEWEST_ENTITIES = 100
MOST_ENTITIES = 20_000_000


class SandboxPlanRefused(Refusal):
    """A plan that cannot be made into a city."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPlan:
    """A city of `entities` market entities with histories from `first_day` to `last_day`, the export."""

    entities: int = 20_000
    seed: int = 7
    first_day: date = date(2020, 7, 1)
    last_day: date = date(2026, 6, 30)

    def __post_init__(self) -> None:
        """Refuses sizes and days for which the histories would be empty."""
        if not FEWEST_ENTITIES <= self.entities <= MOST_ENTITIES:
            raise SandboxPlanRefused(
                expected=f"between {FEWEST_ENTITIES} and {MOST_ENTITIES} entities",
                got=f"entities = {self.entities}",
                todo="choose another size",
            )
        if self.seed < 0:
            raise SandboxPlanRefused(
                expected="a seed of zero or more", got=f"seed = {self.seed}", todo="choose another seed"
            )
        if self.first_day.day != 1 or self.first_day.month not in (1, 4, 7, 10):
            raise SandboxPlanRefused(
                expected="first_day on the first day of a quarter, when the draws are made",
                got=f"first_day = {self.first_day}",
                todo="take 1 January, 1 April, 1 July or 1 October",
            )
        if (self.last_day - self.first_day).days < 365:
            raise SandboxPlanRefused(
                expected="at least one year between first_day and last_day",
                got=f"first_day = {self.first_day}, last_day = {self.last_day}",
                todo="move last_day back or first_day forward",
            )
