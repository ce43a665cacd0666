"""What the web works on: the register, release and lake it reads, the ledger it writes, its clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from data_contracts.lake import Lake
from data_contracts.refusal import Refusal
from features.as_of import AsOf
from models.release import Release
from serving.ledger.database import Ledger
from serving.ledger.moments import day_in_china
from serving.register import Register


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Desk:
    """One city's opened parts; `lake` is None where grades are served without the records behind them.

    `snapshots_folder` holds the indicator rows that registers were made from; without it no change is told.
    `raw_folder` holds the files that records are admitted from; without it results are returned elsewhere.
    `behind` says why the ledger's newest release or register is not the one served, None where it is.
    """

    city: str
    ledger: Ledger
    register: Register
    release: Release
    lake: Lake | None
    plans_folder: Path
    now: Callable[[], datetime]
    behind: Refusal | None = None
    snapshots_folder: Path | None = None
    raw_folder: Path | None = None

    @property
    def as_of(self) -> AsOf:
        """The two days of the register."""
        return AsOf(on=self.register.as_of, used_on=self.register.used_on)

    @property
    def shown_as_of(self) -> AsOf:
        """The same for records that are shown: what was repaired by today is not, whatever the grade used."""
        return AsOf(on=self.register.as_of, used_on=max(self.register.used_on, self.today))

    @property
    def today(self) -> date:
        """The day where the offices are; elsewhere a repaired record only disappears some hours early."""
        return day_in_china(self.now())

    @property
    def of_another_lake(self) -> bool:
        """Whether records come from another lake than the grades; repairs stand in the newest one."""
        return self.lake is not None and self.lake.digest != self.register.card.lake_digest


# Asked once for each request, which keeps to one desk: the next request may get another.
DeskSource = Callable[[], Desk]
