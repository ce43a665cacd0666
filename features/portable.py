"""The operations of indicators whose plain form differs between engines, or between two runs of one.

Each says what goes wrong without it. Days only (month arithmetic differs), no float sums (their order
is not fixed), no hash, no approximate aggregates, no unordered first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from features.as_of import AsOf, day

# Day numbers count from here; only differences matter, so any day before all records does.
DAY_ZERO = date(1900, 1, 1)


def within(events: ir.Table, as_of: AsOf, days: int) -> ir.BooleanValue:
    """Whether an event lies in the half-open window (t − days, t]; never null."""
    return events.happened_on > day(as_of.on - timedelta(days=days))


def count(events: ir.Table, where: ir.BooleanValue) -> ir.IntegerScalar:
    """How many rows hold; a null condition does not hold (engines agree only once that is said)."""
    return events.count(where=where.fill_null(False))


def distinct(values: ir.Column, where: ir.BooleanValue) -> ir.IntegerScalar:
    """How many different values the rows that hold have; unknown is none.

    A list for each group: for each count of distinct values DuckDB would go through the records once more and
    join what it found, four times as long. Spark tells the length in 32 bits, though ibis takes it for 64.
    """
    different = values.collect(where=where.fill_null(False)).unique().length()
    return different.fill_null(0).cast("decimal(38, 0)").cast("int64")


def flag(condition: ir.BooleanValue) -> ir.IntegerValue:
    """1, 0, or null where it is not known: booleans cast differently from engine to engine."""
    return ibis.cases((condition, 1), (~condition, 0)).cast("int64")


def total(numbers: ir.IntegerValue, where: ir.BooleanValue) -> ir.IntegerScalar:
    """The sum of the rows that hold, 0 without any, as 64 bits: DuckDB sums into 128, which files lack."""
    return numbers.sum(where=where).fill_null(0).cast("decimal(38, 0)").cast("int64")


def any_row(events: ir.Table, where: ir.BooleanValue) -> ir.IntegerScalar:
    """1 if some row holds, else 0; `any` of no rows is null on one engine and false on another."""
    return flag(count(events, where) > 0)


def ratio(numerator: ir.NumericValue, denominator: ir.NumericValue) -> ir.FloatingValue:
    """The quotient, null for a zero or unknown denominator: DuckDB gives infinity, Spark raises."""
    below = denominator.cast("float64")
    return numerator.cast("float64") / (below != 0).ifelse(below, ibis.null("float64"))


def percent(numerator: ir.NumericValue, denominator: ir.NumericValue) -> ir.FloatingValue:
    """The quotient in percent. Multiplying after the cast cannot overflow 64 bits, as before it could."""
    return ratio(numerator.cast("float64") * 100.0, denominator)


def yuan(fen: ir.IntegerValue) -> ir.FloatingValue:
    """Yuan from integer fen, divided once at the end: sums of fractions depend on their order."""
    return fen.cast("float64") / 100.0


def days_since(earlier: ir.DateValue, as_of: AsOf) -> ir.IntegerValue:
    """Days from a day to t. Months and years are counted differently by the engines; days are not."""
    return day(as_of.on).delta(earlier, unit="day").cast("int64")


def days_between(later: ir.DateValue, earlier: ir.DateValue) -> ir.IntegerValue:
    """Days from one day to another, negative when they are swapped."""
    return later.delta(earlier, unit="day").cast("int64")


def has_any(codes: ir.StringValue, wanted: Iterable[str]) -> ir.BooleanValue:
    """Whether a ';'-joined list holds one of the codes; no split (a regular expression on Spark)."""
    fenced = ibis.literal(";").concat(codes, ";")
    return reduce(or_, (fenced.contains(f";{code};") for code in sorted(wanted)))


def largest_on_last_day(
    events: ir.Table, value: ir.IntegerValue, *, ceiling: int, where: ir.BooleanValue
) -> ir.IntegerScalar:
    """The largest value on the latest day with rows that hold; null if unknown then, or without rows.

    Day and value share one integer, so that ties of a day are broken by value: an engine's own
    "last" takes whichever row it meets. Values are cut at `ceiling`; unknown counts as below zero.
    """
    number = days_between(events.happened_on, day(DAY_ZERO))
    known = ibis.least(value.fill_null(-1), ceiling)
    packed = (number * (ceiling + 2) + known + 1).max(where=where)
    found = packed % (ceiling + 2) - 1
    return (found >= 0).ifelse(found, ibis.null("int64")).cast("int64")
