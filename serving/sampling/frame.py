"""The canonical frame in columns: every entity a draw could concern, same bytes for same content."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from data_contracts.refusal import Refusal
from models.grades import LETTERS
from serving.sampling.allocation import FULL, Allocation, Stratum
from serving.sampling.policy import ORDINARY
from serving.sampling.unequal import DIGITS, UNIT, targets

HEADER = ("entity_id", "stratum", "grade", "eligible", "exclusion_reason", "inclusion_probability")
COLUMNS = HEADER[:3] + HEADER[4:5]
NO_GRADE = "not graded"

_TEXT = pa.large_string()
_CONTROL_SIGN = "[\x00-\x1f\x7f-\u009f]"
# Rows taken from an iterator at a time, so few that they stay in the processor's cache; and written.
_TAKEN, _BLOCK = 1 << 12, 1 << 18


class FrameRefused(Refusal):
    """A frame that is empty, names an entity twice, or holds an id that cannot be written."""


class Stratification(StrEnum):
    """What makes a stratum."""

    GRADE = "grade"
    REGION_AND_GRADE = "region_grade"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """The rows in the order of their ids: entity_id, stratum, grade, exclusion_reason (empty: may be drawn).

    `chances` are the target probabilities in units of 1e-12 (int64, 0 if excluded) where they are unequal.
    """

    rows: pa.Table
    chances: np.ndarray | None = None

    def strata(self) -> tuple[Stratum, ...]:
        """The strata of the entities that may be drawn, by name."""
        members = self.members()
        grades = self._grades()
        sizes = {name: len(places) for name, places in members.items()}
        return tuple(
            Stratum(name=name, grade=grades[name], size=size) for name, size in sorted(sizes.items())
        )

    def members(self) -> dict[str, np.ndarray]:
        """The rows of each stratum that may be drawn, as places (int64) in the order of the ids."""
        codes, names = _coded(self.rows["stratum"])
        places = np.flatnonzero(self._eligible())
        order = np.argsort(codes[places], kind="stable")
        sizes = np.bincount(codes[places], minlength=len(names))
        parts = np.split(places[order], np.cumsum(sizes)[:-1]) if names else []
        return {name: part for name, part in zip(names, parts, strict=True) if len(part)}

    def ids_at(self, places: np.ndarray) -> list[str]:
        """The ids at some places."""
        ids: list[str] = self.rows["entity_id"].take(pa.array(places)).to_pylist()
        return ids

    def with_targets(self, weights: np.ndarray, allocations: Iterable[Allocation]) -> Frame:
        """The frame with chances in proportion to weights (int64, one for each row) within each stratum."""
        chances = np.zeros(len(self.rows), np.int64)
        members = self.members()
        for one in allocations:
            places = members[one.stratum]
            chances[places] = targets(weights[places], one.count)
        return Frame(rows=self.rows, chances=chances)

    def text(self, allocations: Iterable[Allocation]) -> bytes:
        """The frame as published: UTF-8, line feeds, with the chance of every entity (0 if excluded)."""
        out = io.BytesIO()
        out.write((",".join(HEADER) + "\n").encode())
        for block in self._lines({one.stratum: one.probability_text for one in allocations}):
            out.write(block)
        return out.getvalue()

    def _lines(self, equal: Mapping[str, str]) -> Iterator[memoryview]:
        """The lines, a block at a time; what follows the id is the same for all of a stratum and a reason."""
        strata, names = _coded(self.rows["stratum"])
        reasons, words = _coded(self.rows["exclusion_reason"])
        pairs, places = np.unique(strata.astype(np.int64) * len(words) + reasons, return_inverse=True)
        grades = self._grades()
        tails = []
        for stratum, reason in (divmod(int(pair), len(words)) for pair in pairs):
            name, word = names[stratum], words[reason]
            chance = "0" if word else equal[name] if self.chances is None else ""
            facts = (name, grades[name], "no" if word else "yes", word)
            tails.append("," + ",".join(map(_quoted, facts)) + f",{chance}")
        known = pa.array(tails, _TEXT)
        ids = _quoted_column(self.rows["entity_id"])
        for begin in range(0, len(ids), _BLOCK):
            part = slice(begin, begin + _BLOCK)
            parts = [ids.slice(begin, _BLOCK), known.take(pa.array(places[part])), *self._decimals(part)]
            lines = pc.binary_join_element_wise(*parts, _scalar("\n"), _scalar(""))
            # The values of a text column lie one after the other: the lines of the file as they are.
            yield memoryview(lines.buffers()[2])[: pc.sum(pc.binary_length(lines)).as_py()]

    def _decimals(self, part: slice) -> list[pa.Array]:
        """Unequal chances as decimals, empty for the excluded, whose 0 is written already."""
        if self.chances is None:
            return []
        chances = pa.array(self.chances[part])
        digits = pc.utf8_lpad(pc.cast(chances, _TEXT), DIGITS, "0")
        written = pc.binary_join_element_wise(_scalar("0."), digits, _scalar(""))
        certain = pc.if_else(pc.equal(chances, UNIT), _scalar("1"), written)
        return [pc.if_else(pc.equal(chances, 0), _scalar(""), certain)]

    def _eligible(self) -> np.ndarray:
        """Which rows may be drawn."""
        codes, words = _coded(self.rows["exclusion_reason"])
        return codes == words.index("") if "" in words else np.zeros(len(codes), bool)

    def _grades(self) -> dict[str, str]:
        """The grade of each stratum, as its first row has it."""
        codes, names = _coded(self.rows["stratum"])
        found, first = np.unique(codes, return_index=True)
        grades = self.rows["grade"].take(pa.array(first)).to_pylist()
        return {names[code]: grade for code, grade in zip(found, grades, strict=True)}


def build_frame(
    rows: Iterable[tuple[str, str | None, str | None]] | pa.Table,
    *,
    stratification: Stratification = Stratification.GRADE,
    exclusions: Mapping[str, str] | pa.Table | None = None,
) -> Frame:
    """The frame of (id, grade, region code) rows in any order; entities without a grade are excluded.

    A table has the columns entity_id, grade, region_code, and may have full_coverage (bool), whose entities
    stand in a stratum of their own that is drawn whole; exclusions are a reason for each id, or a table of
    entity_id and reason, of which the first of an id counts (who is at the yearly cap, who is shielded).
    """
    table = _sorted(rows if isinstance(rows, pa.Table) else _table_of(rows))
    known = _known_grades(table["grade"])
    region = pc.fill_null(table["region_code"].cast(_TEXT), "")
    region = pc.if_else(pc.equal(region, ""), _scalar("-"), region)
    by_region = stratification is Stratification.REGION_AND_GRADE
    stratum = pc.binary_join_element_wise(region, known, _scalar("/")) if by_region else known
    if "full_coverage" in table.column_names:
        whole = pc.binary_join_element_wise(stratum, _scalar(FULL), _scalar(""))
        stratum = pc.if_else(pc.fill_null(table["full_coverage"], False), whole, stratum)
    reason = pc.if_else(pc.equal(known, ""), _scalar(NO_GRADE), _reasons(table["entity_id"], exclusions))
    columns = (table["entity_id"], stratum, known, reason)
    built = pa.table(dict(zip(COLUMNS, columns, strict=True))).combine_chunks()
    for place, column in enumerate(COLUMNS[1:], 1):
        built = built.set_column(place, column, pc.dictionary_encode(built[column]))
    _refuse_empty(built)
    _refuse_bad_ids(built)
    return Frame(rows=built)


def read_frame(data: bytes) -> Frame:
    """The frame back from its published bytes."""
    few = pa.dictionary(pa.int32(), pa.string())
    types = dict.fromkeys(HEADER, few) | {"entity_id": _TEXT}
    # Equal chances are as many texts as strata; unequal ones are one for each entity.
    unequal = b"/" not in data[data.find(b",yes,") : data.find(b"\n", data.find(b",yes,"))]
    types["inclusion_probability"] = _TEXT if unequal else few
    how = csv.ConvertOptions(column_types=types, strings_can_be_null=False, null_values=[])
    table = csv.read_csv(pa.BufferReader(data), convert_options=how).unify_dictionaries().combine_chunks()
    chances = _chances(table["inclusion_probability"]) if unequal else None
    return Frame(rows=table.select(list(COLUMNS)), chances=chances)


def left_out(data: bytes) -> dict[str, int]:
    """How many entities each reason keeps out of a published frame, by reason."""
    name = "exclusion_reason"
    kinds = {name: pa.string()}
    how = csv.ConvertOptions(include_columns=[name], column_types=kinds, strings_can_be_null=False)
    counted = pc.value_counts(csv.read_csv(pa.BufferReader(data), convert_options=how)[name]).to_pylist()
    return {one["values"]: one["counts"] for one in sorted(counted, key=str) if one["values"]}


def digest_of_bytes(data: bytes) -> str:
    """SHA-256 of a published file."""
    return hashlib.sha256(data).hexdigest()


def _chances(texts: pa.ChunkedArray) -> np.ndarray:
    """Decimals of 12 digits, "1" and "0" as units of 1e-12; what has another form is refused by Arrow."""
    digits = pc.replace_substring_regex(texts, r"^0\.(\d{12})$", r"\1")
    certain = pc.if_else(pc.equal(texts, "1"), str(UNIT), digits)
    return np.asarray(pc.cast(certain, pa.int64()))


def _table_of(rows: Iterable[tuple[str, str | None, str | None]]) -> pa.Table:
    """Rows as columns, a block at a time, so that a city is never there as objects."""
    rows, blocks = iter(rows), []
    schema = pa.schema([(name, _TEXT) for name in ("entity_id", "grade", "region_code")])
    while block := list(islice(rows, _TAKEN)):
        try:
            columns = ([row[place] for row in block] for place in range(len(schema)))
            blocks.append(pa.record_batch([pa.array(column, _TEXT) for column in columns], schema))
        except UnicodeEncodeError as error:
            raise _bad_id(error.object, "?") from error
    return pa.Table.from_batches(blocks, schema)


def _sorted(table: pa.Table) -> pa.Table:
    """By id, in the order of their UTF-8 bytes, which is that of Python's texts."""
    ids = pc.fill_null(table["entity_id"].cast(_TEXT), "").combine_chunks()
    table = table.set_column(table.schema.get_field_index("entity_id"), "entity_id", ids)
    if pc.all(pc.less_equal(ids[:-1], ids[1:]), min_count=0).as_py():
        return table
    return table.take(pc.sort_indices(ids))


def _known_grades(grades: pa.ChunkedArray) -> pa.ChunkedArray:
    """The letter of a grade, or that of who is not drawn by grade, or nothing."""
    grades = grades.cast(_TEXT)
    known = pc.is_in(grades, value_set=pa.array([*LETTERS, ORDINARY], _TEXT))
    return pc.if_else(known, pc.fill_null(grades, ""), _scalar(""))


def _reasons(ids: pa.ChunkedArray, exclusions: Mapping[str, str] | pa.Table | None) -> pa.ChunkedArray:
    """The reason of exclusion of each id on one line, empty if there is none."""
    if isinstance(exclusions, pa.Table):
        excluded, texts = exclusions["entity_id"].cast(_TEXT), exclusions["reason"].cast(_TEXT)
    else:
        given = exclusions or {}
        excluded, texts = pa.array(list(given), _TEXT), pa.array(list(given.values()), _TEXT)
    coded, words = _coded(texts)
    one_line = pa.array([" ".join(word.split()) for word in words], _TEXT).take(pa.array(coded))
    return pc.fill_null(one_line.take(pc.index_in(ids, value_set=excluded)), "")


def _coded(column: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """A column of few words as the place of each row's word, and the words."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_dictionary(whole.type):
        whole = pc.dictionary_encode(whole)
    return np.asarray(whole.indices), whole.dictionary.to_pylist()


def _quoted_column(ids: pa.ChunkedArray) -> pa.Array:
    """Ids as a CSV file writes them: in quotes where they hold a comma or a quote."""
    whole = ids.combine_chunks()
    special = pc.match_substring_regex(whole, '[,"]')
    if not pc.any(special).as_py():
        return whole
    mark, doubled = _scalar('"'), pc.replace_substring(whole, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise(mark, doubled, mark, _scalar("")), whole)


def _quoted(text: str) -> str:
    """One text as a CSV file writes it."""
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


def _scalar(text: str) -> pa.Scalar:
    """A text to be joined to a column."""
    return pa.scalar(text, _TEXT)


def _refuse_empty(rows: pa.Table) -> None:
    """A draw needs somebody to draw."""
    if not pc.any(pc.equal(rows["exclusion_reason"].cast(_TEXT), "")).as_py():
        raise FrameRefused(
            expected="at least one graded entity that may be drawn",
            got=f"{len(rows)} rows, none of them eligible",
            todo="check the region prefix and the exclusions of the plan",
        )


def _refuse_bad_ids(rows: pa.Table) -> None:
    """Ids are unique, not empty and printable, so that a line of the frame is an entity and nothing else."""
    ids = rows["entity_id"].combine_chunks()
    codes, names = _coded(rows["stratum"])
    broken = np.asarray(pc.match_substring_regex(pa.array(names, _TEXT), _CONTROL_SIGN))
    bad = pc.or_(pc.equal(ids, ""), pc.match_substring_regex(ids, _CONTROL_SIGN))
    faults = np.flatnonzero(np.asarray(bad) | broken[codes])
    if len(faults):
        raise _bad_id(ids[faults[0]].as_py(), names[codes[faults[0]]])
    twice = np.flatnonzero(np.asarray(pc.equal(ids[:-1], ids[1:])))
    if len(twice):
        raise FrameRefused(
            expected="every entity once in the frame",
            got=f"{ids[twice[0]].as_py()!r} at least twice",
            todo="grade again; the register must hold one row for each entity",
        )


def _bad_id(entity_id: str, stratum: str) -> FrameRefused:
    """What is said of an id that cannot be a line."""
    return FrameRefused(
        expected="entity ids that are not empty, and no control signs in ids and region codes",
        got=f"id {entity_id!r} in stratum {stratum!r}",
        todo="correct the record in the source and grade again",
    )
