from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import ibis
import pytest

from data_contracts.contract import contract_names
from features.as_of import AsOf
from features.assembly import assemble, definitions, needed, promised
from features.catalogue import CATALOGUE, by_name
from features.indicator import Indicator, IndicatorError, Missing
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


def differing(changed: dict[str, Indicator]) -> set[str]:
    """The indicators whose definitions differ once some are declared otherwise."""
    before, after = definitions(CATALOGUE), definitions([changed.get(i.name, i) for i in CATALOGUE])
    return {name for name in before if before[name] != after[name]}


def test_a_definition_changes_with_its_expression() -> None:
    wider = replace(NAMED["penalties_count_365d"], expression=lambda r, t: count(r, within(r, t, 366)))
    assert differing({wider.name: wider}) == {wider.name}


def test_a_definition_changes_with_the_expression_of_what_it_combines() -> None:
    """Its own expression stays what it was, over columns of the same names and types."""
    other = replace(
        NAMED["abnormal_listed_now"],
        expression=lambda listings, _: count(listings, listings.open_now & (listings.kind != "abnormal")),
    )
    combined = {"lists_count_now", "listed_overdue_now"}
    assert differing({other.name: other}) == {other.name} | combined


@pytest.mark.parametrize(("month", "number"), [(2, 29), (6, 30), (12, 31)])
def test_a_rule_that_differs_on_the_day_on_which_periods_turn_is_another_definition(
    month: int, number: int
) -> None:
    turning = replace(
        NAMED["penalties_count_365d"],
        expression=lambda r, t: count(
            r, within(r, t, 366 if (t.on.month, t.on.day) == (month, number) else 365)
        ),
    )
    assert differing({turning.name: turning}) == {turning.name}


@pytest.mark.parametrize(
    ("rule", "another"),
    [
        ("filled", lambda _, found: found.fill_null(1)),
        ("known_by_export", lambda _, table, *__: table.mutate(known_on=ibis.null("date"))),
    ],
)
def test_a_definition_changes_with_what_stands_for_missing_records_or_unknown_days(
    rule: str, another: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those rules apply outside of the expression: a digest of it alone would not see them change."""
    fines = NAMED["penalties_fine_365d"]
    before = definitions([fines])[fines.name]
    monkeypatch.setattr(f"features.assembly.{rule}", another)
    # Beside another indicator, for what was worked out once is remembered.
    beside = replace(fines, name=f"penalties_{rule.replace('_', '')}_365d")
    assert definitions([fines, beside])[fines.name] != before


def other(name: str = "products_others_now", **changed: Any) -> Indicator:
    """A good indicator of products but for what is changed."""
    good = replace(
        NAMED["penalties_count_365d"],
        name=name, source="products", window_days=None, reads=("products.kind",),
        expression=lambda rows, _: count(rows, rows.kind == "lift"),
    )  # fmt: skip
    return replace(good, **changed)


@pytest.mark.parametrize(
    ("expression", "kind", "message"),
    [
        (lambda r, _: count(r, r.result == "unqualified"), "integer",
         r"'products_others_now' to declare all columns it depends on; got uses products.result, not in r"),
        (lambda r, _: count(r, r.filter(r.unit_name == "t").count() > 1), "integer",
         r"uses products.unit_name, not"),
        (lambda r, _: r.open_now.mean(), "integer", r"'products_others_now' to be of its kind 'int.*float"),
        (lambda r, _: r.kind.max(), "integer", r"to be of its kind 'integer'; got string"),
        (lambda r, _: count(r, r.open_now) > 1, "integer", r"to be of its kind 'integer'; got boolean"),
        (lambda r, _: count(r, r.open_now), "category", r"to be of its kind 'category'; got int64"),
        (lambda *_: 1, "integer", r"'products_others_now' to give an aggregate.* got a int"),
        (lambda *_: None, "integer", r"to give an aggregate of the rows.* got a NoneType"),
        (lambda *_: ibis.literal(1), "integer", r"to give an aggregate of the rows.* got a IntegerScalar"),
        (lambda r, _: r.quantity, "number", r"to give an aggregate of the rows.* got a FloatingColumn"),
        (lambda r: r.count(), "integer", r"to have an expression over products; got TypeError"),
        (lambda *_: NAMED["a"], "integer", r"'products_others_now' to have an expression .* KeyError"),
        (lambda r, _: r.kind.foo(), "integer", r"to have an expression over products; got AttributeError"),
        (lambda r, _: count(r, r["opne_now"]), "integer", r"got 'opne_now' \(did you mean 'open_now'\?\)"),
    ],
)  # fmt: skip
def test_an_expression_that_is_none_is_refused_by_the_name_of_its_indicator(
    expression: Any, kind: str, message: str
) -> None:
    missing = Missing.NULL if kind == "category" else Missing.ZERO
    wrong = other(expression=expression, kind=kind, missing=missing, direction=0)
    with pytest.raises(IndicatorError, match=message):
        definitions([wrong])


def test_a_total_over_all_entities_is_no_value_of_one() -> None:
    wrong = replace(NAMED["entity_age_now"], expression=lambda rows, _: rows.count())
    with pytest.raises(
        IndicatorError, match=r"'entity_age_now' to give one value for each row; got a Integer"
    ):
        definitions([wrong])


def test_a_combination_declares_what_its_parts_depend_on() -> None:
    some = [replace(i, reads=i.reads[:1]) if i.name == "listed_overdue_now" else i for i in CATALOGUE]
    with pytest.raises(IndicatorError, match=r"'listed_overdue_now' to declare all columns .* not in reads"):
        definitions(some)


def test_a_combination_cannot_read_a_combination() -> None:
    both = replace(
        NAMED["listed_overdue_now"], name="listed_both_now", expression=lambda r, _: r.lists_count_now + 1
    )
    with pytest.raises(
        IndicatorError, match=r"got 'lists_count_now': a combination cannot read a combination"
    ):
        definitions([*CATALOGUE, both])


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
