"""Opens a desk: the ledger says which register is current and which release is live, and both must agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data_contracts.lake import Lake, LakeNotFound, open_lake
from data_contracts.refusal import Refusal
from models.release import load_release
from serving.ledger.database import Ledger, open_ledger
from serving.ledger.deployments import live_at
from serving.ledger.registers import current_register
from serving.register import Register, RegisterDamaged, open_register
from serving.web.desk import Desk


class NothingToServe(Refusal):
    """No register, or one of another release than the live one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a city's parts lie."""

    city: str
    ledger_address: str
    releases_folder: Path
    lake_folder: Path
    plans_folder: Path


def open_desk(place: Place, *, now: Callable[[], datetime]) -> Desk:
    """The city's desk; every part is verified before anything is answered from it."""
    ledger = open_ledger(place.ledger_address)
    register = _register(ledger, place.city)
    _refuse_other_release(ledger, register, place.city, now())
    desk = Desk(
        city=place.city,
        ledger=ledger,
        register=register,
        release=load_release(place.releases_folder / register.card.release_id),
        lake=_lake(place.lake_folder),
        plans_folder=place.plans_folder,
        now=now,
    )
    register.warm()
    return desk


def _register(ledger: Ledger, city: str) -> Register:
    row = current_register(ledger, city)
    if row is None:
        raise NothingToServe(
            expected=f"a grade register of {city} in the ledger",
            got="none",
            todo=f"write one with `python -m serving grade --city {city}`",
        )
    register = open_register(Path(row.folder))
    if register.digest != row.digest:
        raise RegisterDamaged(
            expected=f"the register recorded in the ledger, SHA-256 {row.digest}",
            got=f"{register.digest} in {row.folder}",
            todo="restore the file from backup, or grade the date again",
        )
    return register


def _refuse_other_release(ledger: Ledger, register: Register, city: str, now: datetime) -> None:
    live = live_at(ledger, city, now)
    if live is None or live.release_id != register.card.release_id:
        raise NothingToServe(
            expected=f"a register graded by the live release, {live.release_id if live else 'which is none'}",
            got=f"one graded by {register.card.release_id} as of {register.card.as_of}",
            todo=f"promote a release, then grade again with `python -m serving grade --city {city}`",
        )


def _lake(folder: Path) -> Lake | None:
    """A serving machine may hold the grades without the records behind them."""
    try:
        return open_lake(folder)
    except LakeNotFound:
        return None
