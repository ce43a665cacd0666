from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from data_contracts.contract import contract_names
from features.as_of import AsOf
from features.assembly import assemble, definitions, needed, promised
from features.catalogue import CATALOGUE, by_name
from features.indicator import IndicatorError
from features.portable import count, within

NAMED = by_name()


def test_a_misspelt_column_is_refused_with_the_near_name_before_any_table_is_read() -> None:
    wrong = replace(NAMED["penalties_fine_365d"], expression=lambda penalties, _: penalties.fine_fenn.sum())
    with pytest.raises(IndicatorError, match=r"'penalties_fine_365d' to use columns of penalties") as refused:
        definitions([wrong])
    assert "'fine_fenn' (did you mean 'fine_fen'?)" in str(refused.value)


def test_a_misspelt_indicator_in_a_combination_is_refused() -> None:
    wrong = replace(NAMED["lists_count_now"], expression=lambda row, _: row["abnormal_listed_nou"])
    with pytest.raises(IndicatorError, match="'lists_count_now' to use columns of derived"):
        definitions([*CATALOGUE[:-1], wrong])


def test_definitions_are_the_same_each_time_and_differ_between_indicators() -> None:
    told = definitions(CATALOGUE)
    assert told == definitions(CATALOGUE)
    assert len(set(told.values())) == len(CATALOGUE)


def test_a_definition_changes_with_its_expression_window_and_ingredients() -> None:
    before = definitions(CATALOGUE)
    wider = tuple(
        replace(i, expression=lambda r, t: count(r, within(r, t, 366)))
        if i.name == "penalties_count_365d"
        else replace(i, kind="number")
        if i.name == "abnormal_listed_now"
        else i
        for i in CATALOGUE
    )
    after = definitions(wider)
    changed = {name for name in before if before[name] != after[name]}
    combined = {"lists_count_now", "listed_overdue_now"}
    assert changed == {"penalties_count_365d", "abnormal_listed_now"} | combined


def test_a_combination_needs_what_it_combines() -> None:
    names = [i.name for i in needed(NAMED["report_missing_2y"], CATALOGUE)]
    assert names == ["report_late_last", "report_late_previous", "report_missing_2y"]
    assert needed(NAMED["entity_age_now"], CATALOGUE) == (NAMED["entity_age_now"],)


def test_the_odd_days_of_a_leap_year_can_be_described() -> None:
    """Dates inside an expression are made from the day asked for: 29 February must not trip it."""
    tables = {table: promised(table) for table in contract_names()}
    for number in [0, 58, 59, 60, 180, 181, 182, 365]:
        day = date(2024, 1, 1) + timedelta(days=number)
        some = [i for i in CATALOGUE if i.source in ("entities", "annual_reports", "derived")][:5]
        assert assemble(tables, AsOf(on=day, used_on=day), some, skipped=()).columns[0] == "entity_id"
