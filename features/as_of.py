"""The one as-of rule: the records as they were known on a day, and that may still be used on another.

Every indicator reads tables that went through here and no others. Which columns are clocks, and which facts
became known on a day of their own, stands in the contracts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import ibis
import ibis.expr.types as ir

from data_contracts.contract import Contract, load_contract
from data_contracts.refusal import Refusal

# No register of enterprises is older; and windows of years before and after stay within the calendar.
FIRST, LAST = date(1950, 1, 1), date(9000, 1, 1)


class AsOfError(Refusal):
    """A pair of days that no snapshot can have, or a table that tells no days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """The day `on` that is described, and the day `used_on` on which the description is put to use."""

    on: date
    used_on: date

    def __post_init__(self) -> None:
        """Refuses moments (a day has no hour and no zone) and a use before the day itself."""
        for day in (self.on, self.used_on):
            if isinstance(day, datetime) or not isinstance(day, date):
                raise AsOfError(expected="plain days", got=f"{day!r}", todo="pass datetime.date values")
            if not FIRST <= day <= LAST:
                raise AsOfError(
                    expected=f"days from {FIRST} to {LAST}",
                    got=f"{day}",
                    todo="choose a day that records of enterprises can be about",
                )
        if self.used_on < self.on:
            raise AsOfError(
                expected="a snapshot to be used on its own day or later",
                got=f"as of {self.on}, used on {self.used_on}",
                todo="use the same day or a later one, such as today",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The tables of a city as they were known on a day, each filtered when it is asked for."""

    tables: Mapping[str, ir.Table]
    as_of: AsOf

    def __contains__(self, source: object) -> bool:
        """Whether the city has the table."""
        return source in self.tables

    def __getitem__(self, source: str) -> ir.Table:
        """The known rows of a table."""
        return known_rows(source, self.tables[source], self.as_of)

    def every_entity(self) -> ir.Table:
        """Every entity known, the deregistered ones too, which the population leaves out."""
        return latest_versions(self.tables["entities"], self.as_of)

    def departed(self) -> ir.Table:
        """The entities known to be deregistered, as `departed_id`, each with its day `departed_on`."""
        entities = self.tables["entities"]
        # Most never are: grouping the versions of all others would take most of the time.
        told = entities.filter(entities.deregistered_on.notnull()).select(
            "entity_id", "known_on", "deregistered_on"
        )
        gone = latest_versions(told, self.as_of)
        gone = gone.filter(gone.deregistered_on <= day(self.as_of.on))
        return gone.select(departed_id="entity_id", departed_on="deregistered_on")


def day(value: date) -> ir.DateScalar:
    """A day as a typed literal: an untyped one becomes a timestamp on Spark, and zones enter."""
    return ibis.literal(value, type="date")


def known_rows(source: str, table: ir.Table, as_of: AsOf) -> ir.Table:
    """The rows of a table of the contracts as known: entities, events or intervals, told from its clocks."""
    contract = load_contract(source)
    if contract.clock("ended") is not None:
        return _known_intervals(contract, table, as_of)
    if contract.clock("occurred") is not None:
        return _known_events(contract, table, as_of)
    if contract.clock("known") is not None:
        return known_entities(table, as_of)
    raise AsOfError(
        expected="a table that tells when its rows were known",
        got=f"{source!r}, which keeps no clock",
        todo="use a table of entities, events or intervals",
    )


def known_entities(table: ir.Table, as_of: AsOf) -> ir.Table:
    """One row for each entity known and not known to be deregistered: the population."""
    entities = latest_versions(table, as_of)
    gone = entities.deregistered_on
    return entities.filter(gone.isnull() | (gone > day(as_of.on)))


def latest_versions(table: ir.Table, as_of: AsOf) -> ir.Table:
    """One row for each entity known: per column the last known value."""
    versions = table.filter(table.known_on <= day(as_of.on))
    last = {
        name: versions[name].argmax(versions.known_on, where=versions[name].notnull())
        for name in table.columns
        if name not in ("entity_id", "known_on")
    }
    return versions.group_by("entity_id").aggregate(**last)


def _known_events(contract: Contract, table: ir.Table, as_of: AsOf) -> ir.Table:
    """The events that had happened and were known, and are not forgotten; `happened_on` is never null.

    An event whose day nobody recorded happened at the latest on the day it was known. Of a corrected one only
    the version of that day is seen, of one that was withdrawn by then none: a key has at most one row.
    """
    happened = ibis.coalesce(table.occurred_on, table.known_on)
    in_force = table.superseded_on.isnull() | (table.superseded_on > day(as_of.on))
    usable = table.forgotten_on.isnull() | (table.forgotten_on > day(as_of.used_on))
    events = table.filter(
        happened <= day(as_of.on), table.known_on <= day(as_of.on), ~table.retracted, in_force, usable
    )
    return _late_facts(contract, events.mutate(happened_on=happened), as_of)


def _known_intervals(contract: Contract, table: ir.Table, as_of: AsOf) -> ir.Table:
    """The known intervals with `open_now`: an end that nobody knew yet has not come.

    Where one of the two days of the end is missing the other one stands for it, as for events.
    """
    ends = table.mutate(
        ended_on=ibis.coalesce(table.ended_on, table.end_known_on),
        end_known_on=ibis.coalesce(table.end_known_on, table.ended_on),
    )
    events = _known_events(contract, ends, as_of)
    closed = (events.ended_on <= day(as_of.on)) & (events.end_known_on <= day(as_of.on))
    return events.mutate(
        open_now=~closed.fill_null(False),
        ended_on=closed.ifelse(events.ended_on, ibis.null("date")),
        end_known_on=closed.ifelse(events.end_known_on, ibis.null("date")),
    )


def _late_facts(contract: Contract, events: ir.Table, as_of: AsOf) -> ir.Table:
    """The events without the facts, and without the days of those facts, that came to be known later."""
    dates = {c.name: c.dated_by for c in contract.columns if c.dated_by is not None}
    dates |= {name: name for name in dates.values()}
    facts = {name: ibis.cases((events[date] <= day(as_of.on), events[name])) for name, date in dates.items()}
    return events.mutate(**facts) if facts else events


def known_by_export(
    source: str, table: ir.Table, undated: Collection[str], exported_on: date | None
) -> ir.Table:
    """The table of a lake with the export's day for facts that were given without the day they became known.

    Of such a fact nobody can say more than that it was known then.
    """
    if exported_on is None:
        return table
    facts = dated_by_export(source, undated)
    days = {}
    for known_on in set(facts.values()):
        told = ibis.or_(*(table[name].notnull() for name, date in facts.items() if date == known_on))
        days[known_on] = ibis.coalesce(table[known_on], told.ifelse(day(exported_on), ibis.null("date")))
    return table.mutate(**days) if days else table


def dated_by_export(source: str, undated: Collection[str]) -> dict[str, str]:
    """The facts that are known by the export's day for want of their own, each with the column of its day."""
    columns = load_contract(source).columns
    return {c.name: c.dated_by for c in columns if c.dated_by is not None and c.name in undated}


def clocks(source: str) -> tuple[str, ...]:
    """The columns of a source that decide which of its rows an indicator may see, as 'table.column'."""
    if source == "entities":
        return ()
    columns = load_contract(source).columns
    return tuple(f"{source}.{c.name}" for c in columns if c.clock is not None or c.name == "retracted")
