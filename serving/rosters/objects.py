"""The object roster (检查对象库): every entity of a register with tags, licences and station, as one Parquet.

Immutable and named by its digest. Texts of few different values are kept once each (dictionaries), and every
question is asked of these few: a city of millions is tagged and searched in seconds, in columns.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.file_digest import file_digest
from data_contracts.refusal import Refusal
from features.whole_folder import made_once
from serving.rosters.item import Item
from serving.rosters.marks import counted as counted_marks
from serving.rosters.tag_rules import DIMENSIONS, TagRules, Whom

TABLE_FILE, MARKS_FILE, CARD_FILE = "objects.parquet", "marks.parquet", "objects.json"
# What the roster takes from the register and the lake: one row for each entity of the register.
ENTITY_COLUMNS = (
    "entity_id", "name", "entity_type", "region_code", "industry_code", "grade", "registered_capital_fen",
)  # fmt: skip
COLUMNS = dict(zip(DIMENSIONS, ("business_format", "category", "carrier", "scale"), strict=True))
BETWEEN = ";"
FEN = 100
ROW_GROUP = 65_536


class ObjectsMissing(Refusal):
    """No object roster lies where one was looked for."""


class ObjectsDamaged(Refusal):
    """The file is not the one that was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectsCard:
    """What objects.json says: what the roster was made from, its digest, and how many have each tag.

    `marks` counts the entities that bear each mark on the day; of those the city's list names, `strangers`
    are in no register. Without rules and list of marks all of it is empty.
    """

    city: str
    as_of: str
    register_digest: str
    lake_digest: str
    rules_digest: str
    digest: str
    rows: int
    tags: dict[str, int]
    licences: dict[str, int]
    mark_rules_digest: str = ""
    mark_list_digest: str = ""
    marks_digest: str = ""
    marks: dict[str, int] = field(default_factory=dict)
    strangers: int = 0

    @property
    def has_marks(self) -> bool:
        """Whether rules or a list say who bears marks, be it nobody."""
        return bool(self.marks_digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What an object roster is made from; empty digests: no rules of marks, no list of them."""

    city: str
    as_of: str
    register_digest: str
    lake_digest: str
    mark_rules_digest: str = ""
    mark_list_digest: str = ""


@dataclass(frozen=True, kw_only=True)
class ObjectRoster:
    """An opened roster: its card, and one row for each entity, by id.

    Columns: entity_id, entity_type, region_code, industry_code, grade, station, licences and one for each
    dimension of tags; of several licences or tags the words stand between ";".
    """

    card: ObjectsCard
    table: pa.Table

    def stations(self, entity_ids: Iterable[str]) -> dict[str, str]:
        """The station that answers for each of these entities; "" where none does, or nobody knows it."""
        ids = list(dict.fromkeys(entity_ids))
        places = pc.index_in(pa.array(ids, pa.string()), self.table["entity_id"])
        found = self.table["station"].take(places).to_pylist()
        return {entity_id: station or "" for entity_id, station in zip(ids, found, strict=True)}

    def counted(self, column: str, rows: np.ndarray) -> dict[str, int]:
        """How many of these rows (a boolean for each) have each value of a column."""
        values = pc.value_counts(self.table[column].filter(pa.array(rows)))
        return {row["values"] or "": row["counts"] for row in values.to_pylist()}


def build_objects(
    entities: pa.Table,
    licences: pa.Table,
    rules: TagRules,
    *,
    origin: Origin,
    folder: Path,
    marks: pa.Table | None = None,
) -> ObjectRoster:
    """Tags every entity and writes the roster below `folder`, or opens the same one that is there already.

    entities: ENTITY_COLUMNS, one row each; licences: entity_id and kind of those in force, in any order;
    marks: those of rules and list in force that day (marks.SCHEMA), None where a city has neither.
    """
    rules_digest = hashlib.sha256(rules.text.encode()).hexdigest()
    key = hashlib.sha256(json.dumps([asdict(origin), rules_digest]).encode()).hexdigest()[:12]
    place = folder / f"{origin.as_of}-{key}"
    with made_once(place, CARD_FILE) as staged:
        if staged is not None:
            table = tagged(entities, licences, rules)
            pq.write_table(table, staged / TABLE_FILE, row_group_size=ROW_GROUP, compression="zstd")
            card = ObjectsCard(
                **asdict(origin), rules_digest=rules_digest, digest=file_digest(staged / TABLE_FILE),
                rows=table.num_rows, tags=_tag_counts(table), licences=_counted(table["licences"]),
                **_kept_marks(marks, table["entity_id"], staged),
            )  # fmt: skip
            text = json.dumps(asdict(card), ensure_ascii=False, indent=2) + "\n"
            (staged / CARD_FILE).write_text(text, "utf-8")
    # Rules or a list may go back to earlier ones: what was asked for last is the roster in use.
    (place / CARD_FILE).touch()
    return open_objects(place)


def _tag_counts(table: pa.Table) -> dict[str, int]:
    """How many entities have each tag, by dimension:tag."""
    return {
        f"{dimension}:{tag}": count
        for dimension, column in COLUMNS.items()
        for tag, count in _counted(table[column]).items()
    }


def _kept_marks(marks: pa.Table | None, ids: pa.ChunkedArray, staged: Path) -> dict[str, Any]:
    """Writes the marks of entities of the roster; what the card says of them."""
    if marks is None:
        return {}
    known = pc.is_in(marks["entity_id"], value_set=ids.combine_chunks())
    own = marks.filter(known)
    pq.write_table(own, staged / MARKS_FILE, row_group_size=ROW_GROUP, compression="zstd")
    strangers = pc.count_distinct(marks["entity_id"].filter(pc.invert(known))).as_py()
    return {
        "marks_digest": file_digest(staged / MARKS_FILE),
        "marks": counted_marks(own),
        "strangers": strangers,
    }


def open_objects(place: Path) -> ObjectRoster:
    """The roster in a folder, after checking that its file is the one that was written."""
    card = _card_in(place)
    _refuse_changed(place / TABLE_FILE, card.digest)
    return ObjectRoster(card=card, table=pq.read_table(place / TABLE_FILE))


def find_objects(folder: Path, *, register_digest: str) -> ObjectRoster:
    """The roster made from this register; of several, by other rules, the one written last."""
    return open_objects(_place_of(folder, register_digest))


def find_card(folder: Path, *, register_digest: str) -> ObjectsCard | None:
    """The card of that roster, without reading its table; None where none was built."""
    try:
        return _card_in(_place_of(folder, register_digest))
    except ObjectsMissing:
        return None


def find_marks(folder: Path, *, register_digest: str, entity_id: str | None = None) -> pa.Table | None:
    """The marks in force on the register's date (marks.SCHEMA), of all entities or of one.

    None where no rule or list tells any.
    """
    try:
        place = _place_of(folder, register_digest)
    except ObjectsMissing:
        return None
    card = _card_in(place)
    if not card.has_marks:
        return None
    _refuse_changed(place / MARKS_FILE, card.marks_digest)
    only = None if entity_id is None else pc.field("entity_id") == entity_id
    return pq.read_table(place / MARKS_FILE, filters=only)


def marks_to_draw_by(folder: Path, *, register_digest: str) -> pa.Table | None:
    """The same for a draw. Raises ObjectsMissing where only the roster of another register has marks.

    Shields would lapse unseen with the new register, and whoever they kept out would be visited.
    """
    if find_card(folder, register_digest=register_digest) is None:
        cards = _newest_first(folder)
        if cards and _card_in(cards[0].parent).has_marks:
            _place_of(folder, register_digest)
    return find_marks(folder, register_digest=register_digest)


def _newest_first(folder: Path) -> list[Path]:
    """The cards of all rosters, the one written last first."""
    return sorted(folder.glob(f"*/{CARD_FILE}"), key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _place_of(folder: Path, register_digest: str) -> Path:
    """The folder of the roster made from a register, the one written last."""
    cards = _newest_first(folder)
    for path in cards:
        if json.loads(path.read_text("utf-8")).get("register_digest") == register_digest:
            return path.parent
    raise ObjectsMissing(
        expected=f"an object roster of the current register, SHA-256 {register_digest[:12]}…",
        got=f"{len(cards)} of other registers in {folder}" if cards else "none",
        todo="build it with `python -m serving objects build`, after every grading",
    )


def _card_in(place: Path) -> ObjectsCard:
    try:
        return ObjectsCard(**json.loads((place / CARD_FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as cause:
        raise ObjectsMissing(
            expected=f"an object roster in {place}",
            got=f"no {CARD_FILE} that can be read",
            todo="build it with `python -m serving objects build`",
        ) from cause


def _refuse_changed(path: Path, digest: str) -> None:
    """A file that is not the one whose digest the card tells."""
    found = file_digest(path) if path.is_file() else "no such file"
    if found != digest:
        raise ObjectsDamaged(
            expected=f"{path} with SHA-256 {digest}",
            got=found,
            todo="restore the file, or remove the folder and build it again",
        )


def concerned(roster: ObjectRoster, item: Item) -> np.ndarray:
    """Which entities an item concerns: one boolean for each row of the roster's table."""
    table, asked = roster.table, item.concerns
    mask = np.ones(table.num_rows, dtype=bool)
    if asked.entity_types:
        mask &= _where(table["entity_type"], lambda word: word in asked.entity_types)
    if asked.industries:
        mask &= _where(table["industry_code"], lambda word: word.startswith(asked.industries))
    if asked.licences:
        mask &= _where(table["licences"], lambda words: _any_of(words, asked.licences))
    if asked.tags:
        tagged_so = np.zeros(table.num_rows, dtype=bool)
        for dimension, column in COLUMNS.items():
            tags = [word.partition(":")[2] for word in asked.tags if word.partition(":")[0] == dimension]
            tagged_so |= _where(table[column], partial(_any_of, asked=tags))
        mask &= tagged_so
    return mask


def entities_of(roster: ObjectRoster, items: Sequence[Item]) -> pa.Array:
    """The ids of the entities that any of the items concerns, in their order."""
    masks = [concerned(roster, item) for item in items]
    either = np.logical_or.reduce(masks) if masks else np.zeros(roster.table.num_rows, dtype=bool)
    return roster.table["entity_id"].filter(pa.array(either)).combine_chunks()


def tagged(entities: pa.Table, licences: pa.Table, rules: TagRules) -> pa.Table:
    """The table of the roster, by id."""
    entities = _by_id(entities.select(list(ENTITY_COLUMNS)))
    held, kinds = licences_held(entities["entity_id"], licences)
    columns = {
        name: entities[name] for name in ("entity_id", "entity_type", "region_code", "industry_code", "grade")
    }
    columns["station"] = _renamed(entities["region_code"], lambda code: _station_of(code, rules))
    columns["licences"] = _words(held, kinds)
    for dimension, column in COLUMNS.items():
        of_dimension = [rule for rule in rules.rules if rule.dimension == dimension]
        tags = list(dict.fromkeys(rule.tag for rule in of_dimension))
        bits = np.zeros(entities.num_rows, dtype=np.int64)
        for rule in of_dimension:
            bits |= meets(entities, held, kinds, rule).astype(np.int64) << tags.index(rule.tag)
        columns[column] = _words(bits, tags)
    return pa.table(columns)


def _by_id(entities: pa.Table) -> pa.Table:
    """The rows in the order of their ids; those of a register are so already, and sorting takes seconds."""
    ids = entities["entity_id"].combine_chunks()
    if not pc.all(pc.less(ids.slice(0, max(len(ids) - 1, 0)), ids.slice(1))).as_py():
        entities = entities.sort_by("entity_id")
    return entities.combine_chunks()


def licences_held(ids: pa.ChunkedArray, licences: pa.Table) -> tuple[np.ndarray, list[str]]:
    """For each entity the licences it holds as bits, and the kind that each bit stands for."""
    kinds = sorted(word for word in pc.unique(licences["kind"]).to_pylist() if word)
    held = np.zeros(len(ids), dtype=np.int64)
    for bit, kind in enumerate(kinds):
        holders = licences["entity_id"].filter(pc.equal(licences["kind"], kind))
        held |= np.asarray(pc.is_in(ids, value_set=pc.unique(holders))).astype(np.int64) << bit
    return held, kinds


def meets(entities: pa.Table, held: np.ndarray, kinds: Sequence[str], rule: Whom) -> np.ndarray:
    """Whom a rule is about: a boolean for each row of `entities` (ENTITY_COLUMNS).

    held: the licences of each row as bits, whose kinds are `kinds`.
    """
    mask = np.ones(entities.num_rows, dtype=bool)
    if rule.entity_types:
        mask &= _where(entities["entity_type"], lambda word: word in rule.entity_types)
    if rule.industries:
        mask &= _where(entities["industry_code"], lambda word: word.startswith(rule.industries))
    if rule.licences:
        asked = sum(1 << bit for bit, kind in enumerate(kinds) if kind in rule.licences)
        mask &= (held & asked) != 0
    if rule.names:
        hits = [pc.match_substring(entities["name"], part) for part in rule.names]
        mask &= np.logical_or.reduce([np.asarray(pc.fill_null(hit, False)) for hit in hits])
    for bound, compare in ((rule.capital_from, pc.greater_equal), (rule.capital_below, pc.less)):
        if bound is not None:
            met = compare(entities["registered_capital_fen"], bound * FEN)
            mask &= np.asarray(pc.fill_null(met, False))
    return mask


def _where(column: pa.ChunkedArray, holds: Callable[[str], bool]) -> np.ndarray:
    """Asks each different text once; nothing holds of a text that is missing."""
    coded = _coded(column)
    answers = np.array([holds(word) for word in coded.dictionary.to_pylist()] + [False], dtype=bool)
    places = np.asarray(pc.fill_null(coded.indices, len(answers) - 1))
    return np.take(answers, places)


def _renamed(column: pa.ChunkedArray, name: Callable[[str], str]) -> pa.DictionaryArray:
    """Each different text under another name."""
    coded = _coded(column)
    names = pa.array([name(word) for word in coded.dictionary.to_pylist()] + [""])
    places = pc.fill_null(coded.indices, len(names) - 1)
    return pc.dictionary_encode(names.take(places))


def _coded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return whole if pa.types.is_dictionary(whole.type) else pc.dictionary_encode(whole)


def _words(bits: np.ndarray, names: Sequence[str]) -> pa.DictionaryArray:
    """Bits as texts of their names between ";": written once for each combination that occurs."""
    coded = pc.dictionary_encode(pa.array(bits))
    texts = [
        BETWEEN.join(name for bit, name in enumerate(names) if combination >> bit & 1)
        for combination in coded.dictionary.to_pylist()
    ]
    return pa.DictionaryArray.from_arrays(coded.indices, pa.array(texts, pa.string()))


def _any_of(words: str, asked: Iterable[str]) -> bool:
    return not set(words.split(BETWEEN)).isdisjoint(asked)


def _counted(column: pa.ChunkedArray) -> dict[str, int]:
    """How many rows have each word of a column."""
    counts: dict[str, int] = {}
    for row in pc.value_counts(column).to_pylist():
        for word in filter(None, row["values"].split(BETWEEN)):
            counts[word] = counts.get(word, 0) + row["counts"]
    return dict(sorted(counts.items()))


def _station_of(region_code: str, rules: TagRules) -> str:
    """The station of the longest beginning of the code that the rules name."""
    known = [region for region in rules.stations if region_code.startswith(region)]
    return rules.stations[max(known, key=len)] if known else ""
