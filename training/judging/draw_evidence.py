"""What random draws tell beyond the headline figures: doubly robust rates, and how strict inspectors are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.grades import letters
from training.estimates.doubly_robust import DoublyRobust, Frame, doubly_robust
from training.estimates.leniency import Leniency, LeniencyRefused, Visits, estimate_leniency
from training.estimates.measures import FloatArray
from training.judging.populations import Population
from training.rows.matrix import LabelledRows, floats
from training.rows.parts import Scale
from training.rows.selection import RANDOM_DRAW

# The office of a visit is the region of the entity: inspections do not name it.
OFFICE = "entity_region_now"


def robust_rates(rows: Sequence[LabelledRows], everyone: Mapping[date, Population]) -> DoublyRobust | None:
    """The rates of everyone of some dates and of each grade; none where no visit was drawn at random."""
    if not any(_drawn(each).num_rows for each in rows):
        return None
    inclusion, label = zip(*(_visits_of(each, everyone[each.as_of]) for each in rows), strict=True)
    populations = [everyone[each.as_of] for each in rows]
    names = pa.chunked_array([chunk for each in populations for chunk in each.entity.chunks])
    return doubly_robust(
        Frame(
            probability=np.concatenate([each.probability for each in populations]),
            grade=np.concatenate([letters(each.places) for each in populations]),
            entity=np.asarray(pc.index_in(names, value_set=pc.unique(names)), dtype=np.int64),
            inclusion=np.concatenate(inclusion),
            label=np.concatenate(label),
        )
    )


def strictness(rows: Sequence[LabelledRows], scale: Scale) -> tuple[Leniency | None, str | None]:
    """The inspectors of all randomly drawn visits, or the reason why nothing can be said of them.

    A visit that several dates or parts know counts once.
    """
    if not any(_drawn(each).num_rows for each in rows):
        return None, (
            "no visit was drawn at random: who inspects whom may follow what was suspected, so differences "
            "between inspectors cannot be told from differences between entities"
        )
    try:
        return estimate_leniency(_assigned(rows, scale)), None
    except LeniencyRefused as refused:
        return None, f"{refused.expected}: {refused.got}"


def _assigned(rows: Sequence[LabelledRows], scale: Scale) -> Visits:
    """Every random visit once, with what the model expects of the entity."""
    seen: set[str] = set()
    inspectors: list[str | None] = []
    offices: list[str | None] = []
    months: list[int] = []
    label, expected = [], []
    for each in rows:
        drawn = np.asarray(pc.equal(each.outcomes.column("mechanism"), RANDOM_DRAW))
        names = each.outcomes.column("inspection_id").to_pylist()
        kept = [row for row in np.flatnonzero(drawn) if names[row] not in seen]
        seen.update(names[row] for row in kept)
        if not kept:
            continue
        outcomes, facts = each.outcomes.take(kept), each.indicators.take(kept)
        inspectors += outcomes.column("inspector").to_pylist()
        known = OFFICE in facts.column_names
        offices += facts.column(OFFICE).to_pylist() if known else [None] * len(kept)
        months += [day.year * 12 + day.month for day in outcomes.column("occurred_on").to_pylist()]
        label.append(floats(outcomes.column("label")))
        expected.append(scale.of_table(facts))
    return Visits(
        inspector=inspectors, office=offices, month=np.array(months, dtype=np.int64),
        label=np.concatenate(label), expected=np.concatenate(expected),
    )  # fmt: skip


def _visits_of(rows: LabelledRows, population: Population) -> tuple[FloatArray, FloatArray]:
    """For every entity of a population, π of its random visit (NaN without one) and the label."""
    drawn = _drawn(rows)
    inclusion, label = np.full(len(population.probability), np.nan), np.zeros(len(population.probability))
    names = population.entity.combine_chunks()
    places = np.asarray(pc.index_in(drawn.column("entity_id"), value_set=names), dtype=np.int64)
    inclusion[places] = floats(drawn.column("inclusion_probability"))
    label[places] = floats(drawn.column("label"))
    return inclusion, label


def _drawn(rows: LabelledRows) -> pa.Table:
    """The outcomes whose entity was drawn at random."""
    return rows.outcomes.filter(pc.equal(rows.outcomes.column("mechanism"), RANDOM_DRAW))
