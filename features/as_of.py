"""The one as-of rule: the records as they were known on a day, and that may still be used on another.

Every indicator reads tables that went through here and no others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import ibis
import ibis.expr.types as ir

from data_contracts.refusal import Refusal


class AsOfError(Refusal):
    """A pair of days that no snapshot can have."""


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
        if self.used_on < self.on:
            raise AsOfError(
                expected="a snapshot to be used on its own day or later",
                got=f"as of {self.on}, used on {self.used_on}",
                todo="use the same day or a later one, such as today",
            )


def day(value: date) -> ir.DateScalar:
    """A day as a typed literal: an untyped one becomes a timestamp on Spark, and zones enter."""
    return ibis.literal(value, type="date")


def known_events(table: ir.Table, as_of: AsOf) -> ir.Table:
    """The events that had happened and were known, and are not forgotten; `happened_on` is never null.

    An event whose day nobody recorded happened at the latest on the day it was known.
    """
    happened = ibis.coalesce(table.occurred_on, table.known_on)
    usable = table.forgotten_on.isnull() | (table.forgotten_on > day(as_of.used_on))
    return table.filter(happened <= day(as_of.on), table.known_on <= day(as_of.on), usable).mutate(
        happened_on=happened
    )


def known_intervals(table: ir.Table, as_of: AsOf) -> ir.Table:
    """The known intervals with `open_now`: an end that nobody knew yet has not come.

    Where one of the two days of the end is missing the other one stands for it, as for events.
    """
    events = known_events(table, as_of)
    ended = ibis.coalesce(events.ended_on, events.end_known_on)
    end_known = ibis.coalesce(events.end_known_on, events.ended_on)
    closed = ended.notnull() & (ended <= day(as_of.on)) & (end_known <= day(as_of.on))
    return events.mutate(
        open_now=~closed,
        ended_on=closed.ifelse(ended, ibis.null("date")),
        end_known_on=closed.ifelse(end_known, ibis.null("date")),
    )


def known_entities(table: ir.Table, as_of: AsOf) -> ir.Table:
    """One row for each entity known and not known to be deregistered: per column the last known value."""
    versions = table.filter(table.known_on <= day(as_of.on))
    last = {
        name: versions[name].argmax(versions.known_on, where=versions[name].notnull())
        for name in table.columns
        if name not in ("entity_id", "known_on")
    }
    entities = versions.group_by("entity_id").aggregate(**last)
    gone = entities.deregistered_on
    return entities.filter(gone.isnull() | (gone > day(as_of.on)))


def known_rule(table: ir.Table) -> Callable[[ir.Table, AsOf], ir.Table]:
    """Which of the three rules a table of the contracts follows, told from its clocks."""
    if "ended_on" in table.columns:
        return known_intervals
    return known_events if "occurred_on" in table.columns else known_entities


def clocks(source: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of a source that decide which of its rows an indicator may see, as 'table.column'."""
    if source == "entities":
        return ()
    deciding = ("occurred_on", "known_on", "forgotten_on", "ended_on", "end_known_on")
    return tuple(f"{source}.{name}" for name in deciding if name in columns)
