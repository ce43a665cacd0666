"""Marks that follow from rules: in columns, from the register and from what the lake knew on its date."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from serving.rosters.mark_rules import MarkRule, MarkRules
from serving.rosters.marks import SCHEMA, ordered
from serving.rosters.objects import ENTITY_COLUMNS, licences_held, meets

# Of the register, beside what the object roster takes of it.
REGISTER_COLUMNS = (*ENTITY_COLUMNS, "registered_on", "rules")
# The last day of each kind of record that was known: dates, null where there was none.
FACTS = ("inspected_on", "problem_on", "serious_on", "complaint_on", "upheld_on")
# Which day each window of a rule asks about.
_SPAN_OF = {
    "founded_within_days": "registered_on", "serious_within_days": "serious_on",
    "complaint_within_days": "complaint_on", "upheld_within_days": "upheld_on",
    "passed_within_days": "inspected_on",
}  # fmt: skip
_FREE_OF = {"no_problem_within_days": "problem_on", "no_complaint_within_days": "complaint_on"}


def derive_marks(
    entities: pa.Table, licences: pa.Table, facts: pa.Table, rules: MarkRules, *, day: date
) -> pa.Table:
    """The marks (SCHEMA) of a day by all rules in force that day.

    entities: REGISTER_COLUMNS of the register of that day; licences: entity_id and kind of those in force;
    facts: entity_id and FACTS of the entities that have any. A mark with a window lasts while the window
    holds: `until` is its last day, and of several the first; without a window no end is known.
    """
    entities = entities.combine_chunks()
    held, kinds = licences_held(entities["entity_id"], licences)
    places = pc.index_in(entities["entity_id"], value_set=facts["entity_id"].combine_chunks())
    days = {name: _days(facts[name].combine_chunks().take(places)) for name in FACTS}
    days["registered_on"] = _days(entities["registered_on"])
    marks = []
    for rule in rules.rules:
        if rule.holds_on(day):
            mask = meets(entities, held, kinds, rule) & _standing(entities, rule) & _in_days(days, rule, day)
            marks.append(_borne(entities["entity_id"], mask, days, rule, day))
    return ordered(marks)


def _standing(entities: pa.Table, rule: MarkRule) -> np.ndarray:
    """Whose grade is asked for, and who is under one of the direct rules that are."""
    mask = np.ones(entities.num_rows, bool)
    if rule.grades:
        mask &= np.asarray(pc.is_in(entities["grade"], value_set=pa.array(rule.grades, pa.string())))
    if rule.direct_rules:
        lists = entities["rules"].combine_chunks()
        named = pc.is_in(pc.list_flatten(lists), value_set=pa.array(rule.direct_rules, pa.string()))
        bearers = np.asarray(pc.list_parent_indices(lists))[np.asarray(named)]
        under = np.zeros(entities.num_rows, bool)
        under[bearers] = True
        mask &= under
    return mask


def _in_days(days: dict[str, np.ndarray], rule: MarkRule, day: date) -> np.ndarray:
    """Whose days meet all windows; a day that is missing or still to come is in none."""
    mask = np.ones(len(days["registered_on"]), bool)
    for name, fact in _SPAN_OF.items():
        if (window := getattr(rule, name)) is not None:
            mask &= _within(days[fact], window, day)
    if rule.passed_within_days is not None:
        # Not-a-date compares as false: who never had a problem passed.
        mask &= ~(days["problem_on"] >= days["inspected_on"])
    for name, fact in _FREE_OF.items():
        if (window := getattr(rule, name)) is not None:
            mask &= ~_within(days[fact], window, day)
    return mask


def _within(of: np.ndarray, window: int, day: date) -> np.ndarray:
    """The days of (day - window, day]; a missing one compares as false."""
    found: np.ndarray = (of > np.datetime64(day - timedelta(days=window))) & (of <= np.datetime64(day))
    return found


def _borne(
    ids: pa.ChunkedArray, mask: np.ndarray, days: dict[str, np.ndarray], rule: MarkRule, day: date
) -> pa.Table:
    """The marks of one rule: from the last of the days it asks about to the first of their ends."""
    begun = np.full(int(mask.sum()), np.datetime64("NaT"), "datetime64[D]")
    ended = begun.copy()
    for name, fact in _SPAN_OF.items():
        if (window := getattr(rule, name)) is not None:
            begun = np.fmax(begun, days[fact][mask])
            ended = np.fmin(ended, days[fact][mask] + np.timedelta64(window - 1, "D"))
    if rule.valid_until is not None:
        ended = np.fmin(ended, np.datetime64(rule.valid_until))
    begun = np.where(np.isnat(begun), np.datetime64(day), begun)
    rows = len(begun)
    texts = {"mark": rule.mark, "source": rule.title, "reason": rule.law}
    columns = {
        "entity_id": ids.filter(pa.array(mask)).combine_chunks(),
        "from_day": pa.array(begun, pa.date32()),
        "until": pa.array(ended, pa.date32()),
        "known_on": pa.repeat(pa.scalar(day, pa.date32()), rows),
    } | {name: pa.repeat(pa.scalar(text, pa.string()), rows) for name, text in texts.items()}
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _days(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Days as numpy's, not-a-date where one is missing."""
    found: np.ndarray = np.asarray(column, "datetime64[D]")
    return found
