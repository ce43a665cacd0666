"""Which earlier snapshot a refresh starts from: the newest that the same indicators made, and its lake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from data_contracts.lake import Lake, LakeError, open_version
from features.as_of import AsOf, AsOfError
from features.assembly import definitions
from features.catalogue import CATALOGUE
from features.indicator import Indicator
from features.snapshot import (
    MOST_NAMES,
    Snapshot,
    SnapshotDamaged,
    SnapshotError,
    cards_of,
    changed_names,
    definitions_digest,
    open_snapshot,
)

VERSION_DIGITS = 16


class NoStart(SnapshotError):  # noqa: N818 - it names what happened
    """No earlier snapshot from which the wanted one can be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """An earlier snapshot and the lake that made it."""

    snapshot: Snapshot
    lake: Lake


def find_start(
    folder: Path,
    lake: Lake,
    as_of: AsOf,
    *,
    on: date | None = None,
    catalogue: Sequence[Indicator] = CATALOGUE,
    fields: Sequence[str] = (),
) -> Start:
    """The newest snapshot up to a day (or that of the day `on`) which can be refreshed; else why none can.

    `fields` are the professional fields asked for, named in the advice.
    """
    meanings = definitions(catalogue)
    reasons: dict[str, list[str]] = {}
    for card in _earlier(folder, lake, as_of, on):
        reason = _unfit(card, as_of, meanings)
        if reason is None:
            try:
                days = AsOf(on=date.fromisoformat(card["as_of"]), used_on=date.fromisoformat(card["used_on"]))
                before = open_version(lake.root, card["lake_digest"][:VERSION_DIGITS])
                made_by = card["lake_digest"]
                snapshot = open_snapshot(folder, days, lake_digest=made_by, catalogue=catalogue)
                snapshot.check()
                return Start(snapshot=snapshot, lake=before)
            except LakeError as cause:
                reason = f"its lake is gone ({cause})"
            except (SnapshotDamaged, AsOfError) as cause:
                reason = f"it cannot be read ({cause})"
        reasons.setdefault(reason, []).append(card["as_of"])
    wanted = f"of {on}" if on else f"up to {as_of.on}"
    chosen = "".join(f" --field {name}" for name in fields)
    raise NoStart(
        expected=f"a snapshot {wanted} in {folder} that a refresh can start from",
        got="; ".join(_those(days, reason) for reason, days in list(reasons.items())[:MOST_NAMES]) or "none",
        todo=f"build it: python -m features build --as-of {as_of.on} --used-on {as_of.used_on} "
        f"--city {lake.city}{chosen}",
    )


def _those(days: Sequence[str], reason: str) -> str:
    """One reason, and the snapshots that it keeps from being a start."""
    named = ", ".join(list(dict.fromkeys(days))[:MOST_NAMES])
    more = f" and {len(days) - MOST_NAMES} more" if len(days) > MOST_NAMES else ""
    return f"{'that' if len(days) == 1 else 'those'} of {named}{more}: {reason}"


def _earlier(folder: Path, lake: Lake, as_of: AsOf, on: date | None) -> Iterator[dict[str, Any]]:
    """The cards of a city's snapshots up to a day, the newest first; of one day those of this lake first."""
    days = sorted((path for path in folder.glob("[0-9]*-*-*") if path.is_dir()), reverse=True)
    for day in days:
        if day.name > as_of.on.isoformat() or (on is not None and day.name != on.isoformat()):
            continue
        cards = [card for card in cards_of(day) if card["city"] == lake.city]
        yield from sorted(
            cards, key=lambda card: (card["lake_digest"] == lake.digest, card["used_on"]), reverse=True
        )


def _unfit(card: Mapping[str, Any], as_of: AsOf, meanings: Mapping[str, str]) -> str | None:
    """Why no refresh can start from a snapshot, told by its card."""
    if card["definitions_digest"] != definitions_digest(meanings):
        names = changed_names(card["definitions"], meanings)
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        return f"made by other indicators, changed since: {', '.join(names[:MOST_NAMES])}{more}"
    if card["used_on"] > as_of.used_on.isoformat():
        return f"made for use on {card['used_on']}, later than {as_of.used_on}"
    return None
