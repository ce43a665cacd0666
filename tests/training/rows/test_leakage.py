"""Planted leaks are named: a look into the future, a copy of the answer, and what is no fact of an entity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest

from features.as_of import AsOf, day, known_rows
from features.assembly import promised
from features.catalogue import by_name
from features.indicator import Indicator
from features.portable import count, flag
from features.professional import catalogue_of, fields
from models.direct_rules import settled_facts
from models.schema import IndicatorSpec
from tests.training.conftest import spec
from training.plan.recipe import recipe_of
from training.release.fitted_model import fit_model
from training.rows.history import History
from training.rows.leakage import LeakageRefused, check_leaks, leaks_by_definition, suspects
from training.rows.matrix import LabelledRows
from training.rows.outcomes import outcome_of

DAY = date(2023, 1, 1)

FOUND = outcome_of("problem_found")
LATER = "reads inspections past the as-of rule: it shares source events with problem_found inside the horizon"


def planted(name: str, **changed: object) -> Indicator:
    """A new indicator like one of the catalogue."""
    return replace(by_name()["complaints_count_365d"], name=f"complaints_{name}_365d", **changed)  # type: ignore[arg-type]


def definition_leaks(*indicators: Indicator, unavailable: dict[str, str] | None = None) -> dict[str, str]:
    used = {indicator.name for indicator in indicators}
    leaks = leaks_by_definition(indicators, used, outcome=FOUND, unavailable=unavailable or {})
    return {leak.indicator: leak.reason for leak in leaks}


def test_of_all_indicators_only_the_facts_that_settle_a_grade_are_suspected() -> None:
    every = catalogue_of(tuple(fields()))
    leaks = leaks_by_definition(every, {i.name for i in every}, outcome=FOUND, unavailable={})
    assert {leak.indicator for leak in leaks} == settled_facts() == {"serious_listed_now"}


def tomorrow(rows: ir.Table, as_of: AsOf) -> ir.Value:
    """Complaints of entities that will be inspected: the table is read without the as-of rule."""
    inspections = promised("inspections")
    coming = inspections.filter(inspections.occurred_on > day(as_of.on))
    return count(rows, rows.entity_id.isin(coming.entity_id))


def half_a_year_on(rows: ir.Table, as_of: AsOf) -> ir.Value:
    """The rule is asked, but of a later day."""
    later = AsOf(on=as_of.on + timedelta(days=180), used_on=as_of.used_on + timedelta(days=180))
    known = known_rows("inspections", promised("inspections"), later)
    return count(rows, rows.entity_id.isin(known.entity_id))


@pytest.mark.parametrize("expression", [tomorrow, half_a_year_on])
def test_an_indicator_that_reads_an_inspection_of_the_future_is_named(expression: object) -> None:
    leak = planted("coming", expression=expression)
    assert definition_leaks(leak) == {leak.name: LATER}


def test_a_field_or_an_entity_column_that_looks_ahead_is_named_too() -> None:
    def gone(rows: ir.Table, as_of: AsOf) -> ir.Value:
        penalties = promised("penalties")
        return flag(rows.entity_id.isin(penalties.filter(penalties.known_on > day(as_of.on)).entity_id))

    [field] = [f for name, f in fields().items() if name == "food"]
    leak = replace(by_name()["entity_age_now"], name="entity_omen_now", expression=gone)
    every = (*field.indicators, leak)
    used = {"entity_omen_now", *(i.name for i in field.indicators)}
    leaks = leaks_by_definition(every, used, outcome=FOUND, unavailable={})
    assert [(one.indicator, one.reason) for one in leaks] == [
        ("entity_omen_now", "reads penalties past the as-of rule: it sees records of later days")
    ]
    sanctioned = replace(FOUND, name="sanctioned", sources=("penalties", "listings"))
    [named] = leaks_by_definition(every, used, outcome=sanctioned, unavailable={})
    assert named.reason.endswith("it shares source events with sanctioned inside the horizon")


@pytest.mark.parametrize("column", ["draw_id", "inclusion_probability", "inspector"])
def test_what_belongs_to_the_draw_or_the_inspector_is_no_indicator(column: str) -> None:
    leak = planted("drawn", reads=("complaints.occurred_on", f"inspections.{column}"))
    assert f"(inspections.{column}), which is about the inspection" in definition_leaks(leak)[leak.name]


@pytest.mark.parametrize("word", ["grade", "score", "probability", "mechanism"])
def test_what_this_system_concludes_is_no_indicator(word: str) -> None:
    leak = planted(word)
    assert definition_leaks(leak)[leak.name] == f"is named like a conclusion of this system ({word})"


def test_without_a_day_of_knowledge_nothing_can_be_told_of_the_past() -> None:
    leak, other = planted("coded", reads=("complaints.occurred_on", "codes.code")), planted("undated")
    told = definition_leaks(leak, other, unavailable={other.name: "complaints.known_on is undated"})
    assert told[leak.name] == "reads codes, whose contract keeps no day of knowledge"
    assert told[other.name] == "cannot be told as of a past day: complaints.known_on is undated"


def test_every_name_is_told_at_once_with_the_way_out() -> None:
    """One leaks by its name, one by its expression, one by its values alone."""
    indicators = (planted("grade"), planted("coming", expression=tomorrow), planted("copied"))
    label = (np.arange(400) % 4 == 0).astype(float)
    columns = np.column_stack([np.zeros(400), label, label])
    with pytest.raises(
        LeakageRefused, match=r"cannot know the outcome problem_found; got 3 that may: "
    ) as told:
        check_leaks(
            indicators, tuple(IndicatorSpec.of(i) for i in indicators),
            outcome=FOUND, unavailable={}, matrix=columns, label=label,
        )  # fmt: skip
    assert [leak.indicator for leak in told.value.leaks] == [i.name for i in indicators]
    assert "complaints_copied_365d alone ranks the training labels with AUC 1.000" in str(told.value)
    assert "excluded_indicators" in str(told.value)


def history_of(**columns: np.ndarray) -> History:
    """One training date of 400 inspected entities, a quarter with a problem; nothing is ready for a fit."""
    count = 400
    names = [f"e{number:03d}" for number in range(count)]
    rows = LabelledRows(
        as_of=DAY,
        indicators=pa.table({"entity_id": names, **{k: pa.array(v) for k, v in columns.items()}}),
        outcomes=pa.table({
            "entity_id": names, "mechanism": ["targeted"] * count,
            "label": [int(n % 4 == 0) for n in range(count)],
            "inclusion_probability": pa.nulls(count, pa.float64()),
        }),
        unknown_entities=0, forgotten=0, unrecorded=0, population=count,
    )  # fmt: skip
    return History(
        city="small", lake_digest="", known_by=DAY, snapshots={}, labelled={"training": (rows,)}, past={}
    )


def test_a_fit_stops_at_a_planted_copy_of_the_outcome_and_names_it_before_anything_is_fitted() -> None:
    """The copy stands beside a good indicator of a field's catalogue; nothing after the linter could run."""
    recipe = recipe_of(
        {
            "outcome": "problem_found", "horizon_days": 90, "training_dates": [DAY],
            "calibration_dates": [date(2024, 1, 1)], "test_dates": [date(2025, 1, 1)],
        },
        place="test",
    )  # fmt: skip
    copied = planted("copied")
    numbers = np.arange(400)
    history = history_of(complaints_count_365d=numbers % 7, complaints_copied_365d=(numbers % 4 == 0) * 1)
    with pytest.raises(
        LeakageRefused, match="complaints_copied_365d alone ranks the training labels"
    ) as told:
        fit_model(history, recipe, catalogue=(by_name()["complaints_count_365d"], copied))
    assert [leak.indicator for leak in told.value.leaks] == [copied.name]
    coming = planted("coming", expression=tomorrow)
    history = history_of(complaints_count_365d=numbers % 7, complaints_coming_365d=numbers % 3)
    with pytest.raises(LeakageRefused, match="complaints_coming_365d reads inspections past the as-of rule"):
        fit_model(history, recipe, catalogue=(by_name()["complaints_count_365d"], coming))


class TestSuspects:
    """Columns judged by what they do: no definition is looked at."""

    label = (np.arange(4000) % 20 == 0).astype(float)
    generator = np.random.default_rng(5)

    def names(self, **columns: np.ndarray) -> list[str]:
        schema = tuple(spec(f"some_{name}_now") for name in columns)
        found = suspects(schema, np.column_stack(list(columns.values())), self.label)
        return [leak.indicator for leak in found]

    def test_a_copy_of_the_answer_is_named_however_it_is_dressed(self) -> None:
        noise = self.generator.random(len(self.label))
        # Any value stands for "problem": ranks see nothing, a function of the label is caught all the same.
        coded = np.where(self.label == 1, self.generator.choice([1, 4, 6], 4000), 0) + 0.0
        coded[self.label == 0] = self.generator.choice([0, 2, 3, 5], 3800)
        hidden = np.where(self.label == 1, np.nan, noise)
        copied = np.where(self.generator.random(4000) < 0.97, self.label, 1 - self.label)
        named = self.names(copy=self.label, turned=-self.label, coded=coded, hidden=hidden, late=copied)
        assert named == [f"some_{name}_now" for name in ("copy", "turned", "coded", "hidden", "late")]

    def test_good_indicators_noise_and_names_of_entities_are_not(self) -> None:
        good = self.label * 2 + self.generator.normal(size=4000)
        assert self.names(good=good, noise=self.generator.random(4000), each=np.arange(4000.0)) == []

    def test_the_reason_gives_the_number(self) -> None:
        [leak] = suspects((spec("some_copy_now"),), self.label[:, None], self.label)
        assert leak.reason == "alone ranks the training labels with AUC 1.000 (suspected from 0.95)"

    def test_too_few_problems_accuse_nobody(self) -> None:
        rare = (np.arange(4000) < 15).astype(float)
        assert suspects((spec("some_copy_now"),), rare[:, None], rare) == ()
