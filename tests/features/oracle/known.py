"""What was known of one entity, told by plain loops over dictionaries: shares no code with indicators."""

from __future__ import annotations

from datetime import date

from tests.lake_rows import Row


class Known:
    """The rows of one entity that may be used, by table, each with its `day`; `city` has every entity's."""

    def __init__(
        self, entity_id: str, rows: dict[str, list[Row]], t: date, u: date, city: dict[str, Known]
    ) -> None:
        self.entity_id, self.t = entity_id, t
        self.city = city
        self.rows = {
            table: [{**r, "day": r["occurred_on"] or r["known_on"]} for r in some if self.may_use(r, u)]
            for table, some in rows.items()
            if table != "entities"
        }
        versions = sorted((r for r in rows["entities"] if r["known_on"] <= t), key=lambda r: r["known_on"])
        self.entity: Row = {}
        for version in versions:
            self.entity |= {name: held for name, held in version.items() if held is not None}
        gone = self.entity.get("deregistered_on")
        self.there = bool(versions) and not (gone and gone <= t)
        self.due = t.year - 1 if t > date(t.year, 6, 30) else t.year - 2

    def may_use(self, row: Row, u: date) -> bool:
        if row["known_on"] > self.t or (row["occurred_on"] and row["occurred_on"] > self.t):
            return False
        if row.get("retracted") or (row["superseded_on"] and row["superseded_on"] <= self.t):
            return False
        return row["forgotten_on"] is None or row["forgotten_on"] > u

    def within(self, table: str, days: int) -> list[Row]:
        return [r for r in self.rows[table] if (self.t - r["day"]).days < days]

    def is_open(self, listing: Row) -> bool:
        ended = listing.get("ended_on") or listing.get("end_known_on")
        known = listing.get("end_known_on") or listing.get("ended_on")
        return ended is None or ended > self.t or known > self.t

    def recency(self, rows: list[Row]) -> int | None:
        return min([(self.t - r["day"]).days for r in rows], default=None)


def yuan(fen: int | None) -> float | None:
    return None if fen is None else fen / 100


def share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or whole is None or whole <= 0 else 100 * part / whole


def change(now: int | None, before: int | None) -> float | None:
    return share(None if now is None or before is None else now - before, before)
