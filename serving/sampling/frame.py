"""The canonical frame: every entity a draw could concern, same bytes for same content."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from data_contracts.refusal import Refusal
from serving.sampling.allocation import Allocation, Stratum
from serving.sampling.policy import GRADES

HEADER = ("entity_id", "stratum", "grade", "eligible", "exclusion_reason", "inclusion_probability")
NO_GRADE = "not graded"

_CONTROL_SIGN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class FrameRefused(Refusal):
    """A frame that is empty, names an entity twice, or holds an id that cannot be written."""


class Stratification(StrEnum):
    """What makes a stratum."""

    GRADE = "grade"
    REGION_AND_GRADE = "region_grade"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRow:
    """An entity of the frame; an empty reason of exclusion means that it may be drawn."""

    entity_id: str
    stratum: str
    grade: str
    exclusion_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The rows in the order of their ids."""

    rows: tuple[FrameRow, ...]

    def strata(self) -> tuple[Stratum, ...]:
        """The strata of the entities that may be drawn, by name."""
        sizes = Counter((row.stratum, row.grade) for row in self.rows if not row.exclusion_reason)
        return tuple(
            Stratum(name=name, grade=grade, size=size) for (name, grade), size in sorted(sizes.items())
        )

    def text(self, allocations: Iterable[Allocation]) -> bytes:
        """The frame as published: UTF-8, line feeds, with the chance of every entity (0 if excluded)."""
        chances = {allocation.stratum: allocation.probability_text for allocation in allocations}
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(
            (row.entity_id, row.stratum, row.grade, "no", row.exclusion_reason, "0")
            if row.exclusion_reason
            else (row.entity_id, row.stratum, row.grade, "yes", "", chances[row.stratum])
            for row in self.rows
        )
        return out.getvalue().encode()


def build_frame(
    rows: Iterable[tuple[str, str | None, str | None]],
    *,
    stratification: Stratification = Stratification.GRADE,
    exclusions: Mapping[str, str] | None = None,
) -> Frame:
    """The frame of (id, grade, region code) rows in any order; entities without a grade are excluded."""
    by_region = stratification is Stratification.REGION_AND_GRADE
    built = [_row(*row, by_region=by_region, reasons=exclusions or {}) for row in rows]
    built.sort(key=lambda row: row.entity_id)
    _refuse_empty(built)
    _refuse_bad_ids(built)
    return Frame(rows=tuple(built))


def read_frame(data: bytes) -> Frame:
    """The frame back from its published bytes."""
    lines = csv.reader(io.StringIO(data.decode(), newline=""))
    next(lines)
    return Frame(rows=tuple(_row_of_line(line) for line in lines))


def digest_of_bytes(data: bytes) -> str:
    """SHA-256 of a published file."""
    return hashlib.sha256(data).hexdigest()


def _row(
    entity_id: str, grade: str | None, region: str | None, *, by_region: bool, reasons: Mapping[str, str]
) -> FrameRow:
    """One row with its stratum; the reason of exclusion is kept on one line."""
    known = grade if grade in GRADES else ""
    reason = reasons.get(entity_id, "") if known else NO_GRADE
    stratum = sys.intern(f"{region or '-'}/{known}") if by_region else known
    one_line = " ".join(reason.split())
    return FrameRow(entity_id=entity_id, stratum=stratum, grade=known, exclusion_reason=one_line)


def _row_of_line(line: list[str]) -> FrameRow:
    """A row back from its published line."""
    entity_id, stratum, grade, _, exclusion_reason, _ = line
    return FrameRow(
        entity_id=entity_id,
        stratum=sys.intern(stratum),
        grade=sys.intern(grade),
        exclusion_reason=exclusion_reason,
    )


def _refuse_empty(rows: list[FrameRow]) -> None:
    """A draw needs somebody to draw."""
    if not any(not row.exclusion_reason for row in rows):
        raise FrameRefused(
            expected="at least one graded entity that may be drawn",
            got=f"{len(rows)} rows, none of them eligible",
            todo="check the region prefix and the exclusions of the plan",
        )


def _refuse_bad_ids(rows: list[FrameRow]) -> None:
    """Ids are unique, not empty and printable, so that a line of the frame is an entity and nothing else."""
    previous = ""
    for row in rows:
        if not row.entity_id or _CONTROL_SIGN.search(row.entity_id + row.stratum):
            raise FrameRefused(
                expected="entity ids that are not empty, and no control signs in ids and region codes",
                got=f"id {row.entity_id!r} in stratum {row.stratum!r}",
                todo="correct the record in the source and grade again",
            )
        if row.entity_id == previous:
            raise FrameRefused(
                expected="every entity once in the frame",
                got=f"{row.entity_id!r} at least twice",
                todo="grade again; the register must hold one row for each entity",
            )
        previous = row.entity_id
