"""Opens a desk: the ledger says which release is live and which of its registers is current."""

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
from serving.ledger.registers import current_register, registers_of
from serving.register import open_register
from serving.web.desk import Desk


class NothingToServe(Refusal):
    """No live release, or no register of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a city's parts lie."""

    city: str
    ledger_address: str
    releases_folder: Path
    lake_folder: Path
    plans_folder: Path
    snapshots_folder: Path | None = None
    raw_folder: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the ledger says is served: the live release and its current register; equal while nothing changes.

    The digests are those recorded; an empty one of the release was never recorded.
    """

    release_id: str
    release_digest: str
    register_folder: str
    register_digest: str


def open_desk(place: Place, *, now: Callable[[], datetime]) -> Desk:
    """The city's desk; every part is verified before anything is answered from it."""
    ledger = open_ledger(place.ledger_address)
    return opened(place, standing(ledger, place.city, now()), ledger=ledger, now=now)


def standing(ledger: Ledger, city: str, now: datetime) -> Standing:
    """The current register of the live release; a rollback brings back what that release had graded.

    Raises NothingToServe where no release is live, or the live one has graded nothing.
    """
    live = live_at(ledger, city, now)
    if live is None:
        raise NothingToServe(
            expected=f"a live release of {city}",
            got="none in the ledger",
            todo=f"promote one, then grade with `python -m serving grade --city {city}`",
        )
    row = current_register(ledger, city, release_id=live.release_id)
    if row is None:
        others = [f"{other.as_of} by {other.release_id}" for other in registers_of(ledger, city)[:3]]
        raise NothingToServe(
            expected=f"a grade register of {city} by the live release, {live.release_id}",
            got=f"only {', '.join(others)}" if others else "none in the ledger",
            todo=f"write one with `python -m serving grade --city {city}`",
        )
    return Standing(
        release_id=live.release_id,
        release_digest=live.digest,
        register_folder=row.folder,
        register_digest=row.digest,
    )


def opened(place: Place, found: Standing, *, ledger: Ledger, now: Callable[[], datetime]) -> Desk:
    """A desk over what the ledger says; both parts are verified against its digests, and warm."""
    register = open_register(Path(found.register_folder), digest=found.register_digest)
    desk = Desk(
        city=place.city,
        ledger=ledger,
        register=register,
        release=load_release(place.releases_folder / found.release_id, digest=found.release_digest or None),
        lake=_lake(place.lake_folder),
        plans_folder=place.plans_folder,
        snapshots_folder=place.snapshots_folder,
        raw_folder=place.raw_folder,
        now=now,
    )
    register.warm()
    return desk


def _lake(folder: Path) -> Lake | None:
    """A serving machine may hold the grades without the records behind them."""
    try:
        return open_lake(folder)
    except LakeNotFound:
        return None
