"""The outcome `sanctioned`: a penalty that is not trivial, or a listing, within the horizon.

It is known of everyone in the register, inspected or not. But who is looked at is found out: it foresees
detected violations, not violations, and the note of the selection says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import ibis
import ibis.expr.types as ir

from data_contracts.codes import codes_of
from features.as_of import AsOf, day, known_entities, known_rows
from features.portable import has_any
from training.rows.outcomes import OUTCOME_COLUMNS, LabelWindow
from training.rows.selection import WHOLE_REGISTER

# A warning on the spot is trivial; so is what nobody could classify.
TRIVIAL_KINDS = ("other", "warning")
# Lists kept by regulators and tax bureaus. A judgment debtor owes a creditor, arrears are a debt.
LISTS = ("abnormal", "serious", "tax_abnormal", "tax_serious")
# The past that baselines look at.
YEARS, YEAR = 3, 365


def sanction_rows(tables: Mapping[str, ir.Table], window: LabelWindow) -> ir.Table:
    """One row for every entity known on the date, in OUTCOME_COLUMNS: its first sanction in (t, t + horizon].

    The label is 1 with a sanction and 0 without one; null, and `forgotten`, where all of them were repaired
    by the day of use: it may not be said that there was one, nor that there was none.
    """
    population = AsOf(on=window.as_of, used_on=window.used_on)
    everyone = known_entities(tables["entities"], population).select("entity_id")
    last = window.as_of + timedelta(days=window.horizon_days)
    events = _sanctions(tables, AsOf(on=window.known_by, used_on=window.known_by))
    inside = events.filter(events.happened_on > day(window.as_of), events.happened_on <= day(last))
    gone = (inside.forgotten_on <= day(window.used_on)).fill_null(False)
    inside = inside.mutate(gone=gone)
    found = inside.group_by(subject="entity_id").aggregate(
        inspection_id=inside.event_id.min(),
        occurred_on=inside.happened_on.min(),
        remembered=(~inside.gone).cast("int64").max(),
    )
    rows = everyone.left_join(found, everyone.entity_id == found.subject)
    none, kept = rows.remembered.isnull(), rows.remembered == 1
    return rows.mutate(
        mechanism=ibis.literal(WHOLE_REGISTER),
        inclusion_probability=ibis.null("float64"),
        inspector=ibis.null("string"),
        label=ibis.cases((none, ibis.literal(0, "int64")), (kept, ibis.literal(1, "int64"))),
        forgotten=(~none & ~kept).fill_null(False),
    ).select(*OUTCOME_COLUMNS).order_by("entity_id")  # fmt: skip


def past_sanctions(tables: Mapping[str, ir.Table], as_of: AsOf) -> ir.Table:
    """One row for every entity sanctioned in the last three years: `visits` (the years), `problems` (years
    with a sanction) and `last` (whether the last year has one)."""
    known = _sanctions(tables, as_of)
    usable = known.forgotten_on.isnull() | (known.forgotten_on > day(as_of.used_on))
    ago = day(as_of.on).delta(known.happened_on, unit="day").cast("int64") // YEAR
    recent = known.mutate(ago=ago).filter(usable, ago < YEARS)
    return (
        recent.group_by("entity_id")
        .aggregate(
            visits=ibis.literal(YEARS, "int64"),
            problems=recent.ago.nunique(),
            last=(recent.ago == 0).cast("int64").max(),
        )
        .order_by("entity_id")
    )


def _sanctions(tables: Mapping[str, ir.Table], as_of: AsOf) -> ir.Table:
    """The sanctions known on a day, those forgotten since included: `entity_id`, `event_id` and two days."""
    parts = []
    if "penalties" in tables:
        penalties = _remembered("penalties", tables["penalties"], as_of)
        grave = [kind for kind in codes_of("penalties", "kinds") if kind not in TRIVIAL_KINDS]
        serious = has_any(penalties.kinds, grave) & (penalties.procedure != "simple").fill_null(True)
        parts.append(penalties.filter(serious).mutate(event_id=penalties.penalty_id))
    if "listings" in tables:
        listings = _remembered("listings", tables["listings"], as_of)
        parts.append(listings.filter(listings.kind.isin(LISTS)).mutate(event_id=listings.listing_id))
    columns = ("entity_id", "event_id", "happened_on", "forgotten_on")
    return ibis.union(*(part.select(*columns) for part in parts))


def _remembered(source: str, table: ir.Table, as_of: AsOf) -> ir.Table:
    """The known rows, forgotten or not, with the day on which they were."""
    kept = table.mutate(repaired_on=table.forgotten_on, forgotten_on=ibis.null("date"))
    rows = known_rows(source, kept, as_of)
    return rows.mutate(forgotten_on=rows.repaired_on)
