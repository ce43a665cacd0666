"""What moved a score between two months: points by kind of record, adding up, and the records behind them.

Both days are decided by one release. A record that was forgotten in between is not told; its points are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data_contracts.refusal import Refusal
from models.contributions import contributions
from models.days import day_en, day_zh
from models.points import points_of
from models.record_words import ADVERSE, FAMILY_WORDS, OTHER, RecordWords, record_kind
from models.release import Release
from models.schema import Schema, snapshot_columns
from models.scorer import Scorer, matrix
from models.values import window_text

# A sentence names so many kinds of records; all others stand in it together.
TOLD = 3
# What moved the score the other way is named from so many points on.
COUNTERWEIGHT = 10
Wholes = npt.NDArray[np.int32]


class ChangeRefused(Refusal):
    """Two days that cannot be compared: other entities, or days in the wrong order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Differences:
    """Of n entities: whole points by kind of record (n × kinds), what the bounds 0 and 1000 changed, the sum.

    In every row `points` and `bounds` sum to `score`, the later score less the earlier one.
    """

    kinds: tuple[str, ...]
    points: Wholes
    bounds: Wholes
    score: Wholes


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSeen:
    """A record as the reader may see it on one day; `told` is whatever would look otherwise if it changed."""

    table: str
    record_id: str
    occurred_on: date
    told: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The records of one table that are new, that read otherwise, or that left a window, with its days."""

    new: tuple[RecordSeen, ...]
    changed: tuple[RecordSeen, ...]
    passed: tuple[tuple[RecordSeen, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of record with its points and why they moved, in both languages without the points."""

    kind: str
    points: int
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The parts, strongest first, sum to `points`, the later score less the earlier one."""

    before_on: date
    after_on: date
    points: int
    parts: tuple[Part, ...]
    sentence_zh: str
    sentence_en: str


def differences(release: Release, before: pa.Table, after: pa.Table, *, threads: int = 1) -> Differences:
    """What moved between two snapshots' rows of the same entities in the same order.

    Every indicator's whole points are those of the two registers (largest remainder on either day), so that
    their differences add up without any further rounding. Raises ChangeRefused where the rows do not pair.
    """
    if before["entity_id"].combine_chunks() != after["entity_id"].combine_chunks():
        raise ChangeRefused(
            expected="the same entities in the same order on both days",
            got=f"{before.num_rows} and {after.num_rows} rows that do not pair",
            todo="take the entities that both snapshots have, sorted by entity_id",
        )
    first, second = (_points(release, rows, threads) for rows in (before, after))
    kinds = tuple(dict.fromkeys(record_kind(spec.family) for spec in release.schema))
    belongs = np.array(
        [[record_kind(spec.family) == kind for kind in kinds] for spec in release.schema], dtype=np.int32
    )
    points = (second[0] - first[0]) @ belongs
    score = second[1] - first[1]
    return Differences(
        kinds=kinds,
        points=points.astype(np.int32),
        bounds=(score - points.sum(axis=1)).astype(np.int32),
        score=score.astype(np.int32),
    )


def _points(release: Release, rows: pa.Table, threads: int) -> tuple[Wholes, Wholes]:
    """Whole points of every indicator, and the score, of every row."""
    values = matrix(release.schema, snapshot_columns(release.schema, rows))
    raw = Scorer(release, threads).raw(values)
    points = points_of(contributions(release, values, raw=raw, threads=threads), raw, release.calibration)
    return points.indicators, points.score


def windows_of(schema: Schema) -> dict[str, tuple[int, ...]]:
    """The windows in days that the indicators of each kind of record count in, the shortest first."""
    windows: dict[str, set[int]] = {}
    for spec in schema:
        if spec.window_days is not None:
            windows.setdefault(record_kind(spec.family), set()).add(spec.window_days)
    return {kind: tuple(sorted(days)) for kind, days in windows.items()}


def moved_records(
    before: Sequence[RecordSeen],
    after: Sequence[RecordSeen],
    days: tuple[date, date],
    windows: dict[str, tuple[int, ...]],
) -> dict[str, Moved]:
    """What happened to the records between two days, by table.

    A record leaves a window of w days when it lay within (first − w, first] and lies no more within
    (second − w, second]; of several windows the longest it left is told. Both sequences hold what may be seen
    today: a record repaired meanwhile is in neither.
    """
    first, second = days
    known = {(record.table, record.record_id): record for record in before}
    found: dict[str, Moved] = {}
    for table in dict.fromkeys(record.table for record in after):
        rows = sorted(
            (record for record in after if record.table == table),
            key=lambda record: (record.occurred_on, record.record_id),
            reverse=True,
        )
        old = [(record, known.get((table, record.record_id))) for record in rows]
        passed = [
            (record, left)
            for record, was in old
            if was is not None and (left := _left(record.occurred_on, first, second, windows.get(table, ())))
        ]
        moved = Moved(
            new=tuple(record for record, was in old if was is None),
            changed=tuple(record for record, was in old if was is not None and was.told != record.told),
            passed=tuple(passed),
        )
        if moved.new or moved.changed or moved.passed:
            found[table] = moved
    return found


def _left(happened: date, first: date, second: date, windows: Sequence[int]) -> int:
    """The longest window that an event left between two days; 0 if none."""
    gone = [w for w in windows if first - timedelta(days=w) < happened <= second - timedelta(days=w)]
    return max(gone, default=0)


def told_change(found: Differences, row: int, days: tuple[date, date], moved: dict[str, Moved]) -> Change:
    """One row of `differences` in sentences; its parts and so its sentence add up to the change of score."""
    first, second = days
    if first >= second:
        raise ChangeRefused(
            expected="an earlier and a later day", got=f"{first} and {second}", todo="exchange the registers"
        )
    own = [
        (kind, int(found.points[row, place]))
        for place, kind in enumerate(found.kinds)
        if found.points[row, place]
    ]
    if found.bounds[row]:
        own.append(("bounds", int(found.bounds[row])))
    # Stable: equal sizes keep the order of the catalogue.
    own.sort(key=lambda part: -abs(part[1]))
    parts = tuple(_part(kind, points, moved.get(kind), days) for kind, points in own)
    total = int(found.score[row])
    return Change(
        before_on=first,
        after_on=second,
        points=total,
        parts=parts,
        sentence_zh=_sentence_zh(total, parts, first, second),
        sentence_en=_sentence_en(total, parts, first),
    )


def _part(kind: str, points: int, moved: Moved | None, days: tuple[date, date]) -> Part:
    words, moved = FAMILY_WORDS.get(kind, OTHER), _towards(kind, points, moved)
    zh = "、".join(_reasons_zh(words, moved, days)) if moved else words.otherwise_zh
    en = ", ".join(_reasons_en(words, moved, days[0])) if moved else words.otherwise_en
    return Part(kind=kind, points=points, text_zh=zh, text_en=en)


def _towards(kind: str, points: int, moved: Moved | None) -> Moved | None:
    """Of records that only ever count against an entity, those that can have moved its score that way."""
    if moved is None or kind not in ADVERSE:
        return moved
    fitting = replace(moved, new=moved.new if points > 0 else (), passed=moved.passed if points < 0 else ())
    return fitting if fitting.new or fitting.changed or fitting.passed else None


def _reasons_zh(words: RecordWords, moved: Moved, days: tuple[date, date]) -> Iterator[str]:
    """Why the points moved; what happened before the first day was only heard of since."""
    noun, count, (first, today) = words.zh, len(moved.new), days
    if count:
        latest = moved.new[0].occurred_on
        when, many = day_zh(latest, today), f"{number_zh(count)}{words.measure}{noun}"
        if count > 1:
            yield f"{'新增' if latest > first else '新获知'}{many}（最近{when}）"
        else:
            yield f"{when}新增{many}" if latest > first else f"新获知{when}的{many}"
    if moved.changed:
        yield f"{number_zh(len(moved.changed))}{words.measure}{noun}有更正或进展"
    for window in sorted({window for _, window in moved.passed}, reverse=True):
        left = [record for record, own in moved.passed if own == window]
        which = f"{day_zh(left[0].occurred_on, today)}的" if len(left) == 1 else ""
        span = window_text(window, "zh")
        yield f"{which}{number_zh(len(left))}{words.measure}{noun}已满{span}，不再计入近{span}"


def _reasons_en(words: RecordWords, moved: Moved, first: date) -> Iterator[str]:
    if moved.new:
        latest = moved.new[0].occurred_on
        when, new = day_en(latest), "new" if latest > first else "newly known"
        yield (
            f"a {new} {words.en} of {when}"
            if len(moved.new) == 1
            else f"{len(moved.new)} {new} {words.many_en} (latest {when})"
        )
    if moved.changed:
        yield f"{_counted_en(words, len(moved.changed))} corrected or taken further"
    for window in sorted({window for _, window in moved.passed}, reverse=True):
        left = [record for record, own in moved.passed if own == window]
        which = f" of {day_en(left[0].occurred_on)}" if len(left) == 1 else ""
        yield f"{_counted_en(words, len(left))}{which} no longer within the last {window_text(window, 'en')}"


def _counted_en(words: RecordWords, count: int) -> str:
    return f"1 {words.en}" if count == 1 else f"{count} {words.many_en}"


def _main(total: int, parts: Sequence[Part]) -> tuple[list[Part], int]:
    """The parts that a sentence names, and those of all others; small ones the other way are no cause."""
    strongest = list(parts[:TOLD])
    main = [one for one in strongest if one.points * total >= 0 or abs(one.points) >= COUNTERWEIGHT]
    main = main or strongest
    return main, total - sum(part.points for part in main)


def _sentence_zh(total: int, parts: Sequence[Part], first: date, second: date) -> str:
    months = (second.year - first.year) * 12 + second.month - first.month
    before = "上月" if months == 1 else day_zh(first)
    if not parts:
        return f"与{before}持平，各类记录的得分都没有变化。"
    moved = f"比{before}{'上升' if total > 0 else '下降'}{abs(total)}分" if total else f"与{before}同分"
    main, rest = _main(total, parts)
    told = "，".join(f"{part.text_zh}（{signed(part.points)}分）" for part in main)
    others = f"；其余合计{signed(rest)}分" if len(parts) > len(main) else ""
    return f"{moved}：{'主要因' if total else '升降相抵，'}{told}{others}。"


def _sentence_en(total: int, parts: Sequence[Part], first: date) -> str:
    before = day_en(first)
    if not parts:
        return f"As on {before}; no kind of record moved the score."
    unit = "point" if abs(total) == 1 else "points"
    moved = (
        f"{abs(total)} {unit} {'more' if total > 0 else 'less'} than on {before}: mainly"
        if total
        else f"The same score as on {before}, rises and falls cancelling out:"
    )
    main, rest = _main(total, parts)
    told = "; ".join(f"{part.text_en} ({signed(part.points)})" for part in main)
    others = f"; all others together {signed(rest)}" if len(parts) > len(main) else ""
    return f"{moved} {told}{others}."


def signed(points: int) -> str:
    """Points with their sign, a real minus."""
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"


def number_zh(count: int) -> str:
    """One and two before a measure word as people say them."""
    return {1: "一", 2: "两"}.get(count, str(count))
