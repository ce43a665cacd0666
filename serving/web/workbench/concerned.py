"""Which of the chosen items concern each entity of the register: a few sets, and by row the set's number.

The same objects as a freeze takes (rosters/objects.py), told apart by item, so that a visit's chances and
minutes follow from the items that it checks. Where entities stand in the roster is kept for the last rosters.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from serving.rosters.item import Concerns, Item
from serving.rosters.objects import ObjectRoster, ObjectsMissing, concerned, find_objects
from serving.web.desk import Desk

Places = npt.NDArray[np.int32]
# Bits of a whole number; more items are numbered in steps.
_BITS = 60
_ROSTERS_KEPT = 2
_PLACES: OrderedDict[tuple[str, str], Places] = OrderedDict()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ItemSets:
    """`codes`: the items of each set, as chosen; `of_row`: which set each row of the register has."""

    codes: tuple[tuple[str, ...], ...]
    of_row: Places

    @property
    def concern_all(self) -> bool:
        """Whether everybody is concerned by some item."""
        return all(self.codes)

    def concerned_ids(self, ids: pa.ChunkedArray) -> pa.Array:
        """The ids (one a row) of those whom any item concerns."""
        some = np.array([bool(codes) for codes in self.codes])
        return ids.filter(pa.array(some[self.of_row])).combine_chunks()


def item_sets(desk: Desk, items: Sequence[Item], objects_folder: Path) -> ItemSets | None:
    """The sets of these items; None where a roster is missing that only tells some of them apart.

    Raises ObjectsMissing where no item concerns everybody: then nobody knows whom the plan may draw.
    """
    rows = desk.register.listed.num_rows
    asking = [item for item in items if item.concerns != Concerns()]
    if not asking:
        return ItemSets(codes=(tuple(item.code for item in items),), of_row=np.zeros(rows, np.int32))
    try:
        roster = find_objects(objects_folder, register_digest=desk.register.digest)
    except ObjectsMissing:
        if len(asking) == len(items):
            raise
        return None
    numbers, sets = np.zeros(roster.table.num_rows, np.int64), [frozenset[str]()]
    for begin in range(0, len(asking), _BITS):
        numbers, sets = _told_apart(roster, asking[begin : begin + _BITS], numbers, sets)
    for_all = {item.code for item in items if item.concerns == Concerns()}
    codes = tuple(tuple(item.code for item in items if item.code in one | for_all) for one in sets)
    return ItemSets(codes=codes, of_row=numbers[_places(desk, roster)].astype(np.int32))


def _told_apart(
    roster: ObjectRoster, items: Sequence[Item], numbers: npt.NDArray[np.int64], sets: list[frozenset[str]]
) -> tuple[npt.NDArray[np.int64], list[frozenset[str]]]:
    """Numbers and sets with these items told apart too."""
    bits = np.zeros(len(numbers), np.int64)
    for bit, item in enumerate(items):
        bits |= concerned(roster, item).astype(np.int64) << bit
    own = pc.dictionary_encode(pa.array(bits))
    kinds = own.dictionary.to_pylist()
    pairs = pc.dictionary_encode(pa.array(numbers * len(kinds) + np.asarray(own.indices)))
    found = []
    for pair in pairs.dictionary.to_pylist():
        number, kind = divmod(pair, len(kinds))
        found.append(sets[number] | {item.code for bit, item in enumerate(items) if kinds[kind] >> bit & 1})
    return np.asarray(pairs.indices).astype(np.int64), found


def _places(desk: Desk, roster: ObjectRoster) -> Places:
    """Where each row of the register stands in the roster; both never change under their digests."""
    key = (desk.register.digest, roster.card.digest)
    if key not in _PLACES:
        ids = roster.table["entity_id"].combine_chunks()
        _PLACES[key] = np.asarray(pc.index_in(desk.register.listed["entity_id"], value_set=ids), np.int32)
        while len(_PLACES) > _ROSTERS_KEPT:
            _PLACES.popitem(last=False)
    return _PLACES[key]
