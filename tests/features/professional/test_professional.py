"""Professional catalogues: one file is a field, and its indicators are as exact as the general ones."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pytest
from typer.testing import CliRunner

from data_contracts.contract import load_contract
from features.__main__ import app
from features.as_of import AsOf
from features.assembly import assemble, definitions
from features.catalogue import CATALOGUE, VIEWS
from features.indicator import DERIVED, Indicator, IndicatorError
from features.professional import HERE, catalogue_of, fields, fields_in
from features.professional.field import Field, FieldError, Item, ItemClass
from tests.features.oracle.cities import nasty_city, told
from tests.features.oracle.nasty import DATES
from tests.lake_rows import Row, arrow_of, schema_of

ADDED = [indicator for field in fields().values() for indicator in field.indicators]
WHOLE = catalogue_of(tuple(fields()))
GREENGROCERS = '''
"""专业型 · 果蔬: a field made for a test."""

from features.indicator import Dimension, Indicator, Missing
from features.portable import count, within
from features.professional.field import Field, Item, ItemClass

FIELD = Field(
    name="greengrocers", label_zh="果蔬", label_en="Greengrocers",
    items=(Item(code="GREEN-01", item_class=ItemClass.ORDINARY, label_zh="果蔬检查", label_en="Greens",
                legal_basis="农产品质量安全法"),),
    indicators=(
        Indicator(
            name="NAME", dimension=Dimension.SUPERVISION, source="penalties", window_days=365,
            reads=("penalties.occurred_on",), direction=1, kind="integer", unit="次", unit_en="times",
            expression=lambda penalties, as_of: count(penalties, within(penalties, as_of, 365)),
            missing=Missing.ZERO, label_zh="果蔬处罚", label_en="Greens penalties", family="greens",
            raises_zh="处罚{value}次", raises_en="Penalties: {value}",
            lowers_zh="处罚较少（{value}次）", lowers_en="Few penalties ({value})",
        ),
    ),
)
'''


def values_of(city: dict[str, list[Row]], as_of: AsOf, catalogue: tuple[Indicator, ...]) -> dict[str, Row]:
    tables = {table: ibis.table(ibis.Schema.from_pyarrow(schema_of(table)), name=table) for table in city}
    with duckdb.connect(config={"threads": 1}) as connection:
        for table, rows in city.items():
            connection.register(table, arrow_of(table, rows))
        query = ibis.to_sql(assemble(tables, as_of, catalogue, skipped=()), dialect="duckdb")
        return {row["entity_id"]: row for row in connection.sql(str(query)).to_arrow_table().to_pylist()}


@pytest.fixture(scope="module")
def both() -> list[tuple[date, dict[str, Row], dict[str, Row]]]:
    """Per date: the fields' indicators of a nasty city, and what the oracle says of them."""
    found = []
    for number, t in enumerate(DATES[:3]):
        city, u = nasty_city(random.Random(number), t), t + timedelta(days=10)
        found.append((t, values_of(city, AsOf(on=t, used_on=u), tuple(ADDED)), told(city, t, u)))
    return found


@pytest.mark.parametrize("name", [indicator.name for indicator in ADDED])
def test_the_indicator_of_a_field_equals_its_oracle(name: str, both: list[Any]) -> None:
    seen = set()
    for t, ours, theirs in both:
        wrong = {e: (ours[e][name], row[name]) for e, row in theirs.items() if ours[e][name] != row[name]}
        assert wrong == {}, f"as of {t}: (ours, the oracle's)"
        seen |= {row[name] for row in theirs.values()}
    assert len(seen) > 1, "the nasty rows never move this indicator"


@pytest.mark.parametrize("indicator", ADDED, ids=lambda i: i.name)
def test_the_words_and_columns_of_a_field_keep_the_rules_of_the_catalogue(indicator: Indicator) -> None:
    for column in indicator.reads:
        table, _, name = column.partition(".")
        assert load_contract(table).column(name).name == name
        assert indicator.source in (table, DERIVED)
    state = indicator.kind == "integer" and not indicator.unit
    for words in (indicator.raises_zh, indicator.raises_en, indicator.lowers_zh, indicator.lowers_en):
        assert ("{value}" in words) is not state
    assert indicator.legal_basis


@pytest.mark.parametrize(
    ("of_field", "general"),
    [
        ("food_penalties_1095d", "penalties_food_1095d"),
        ("food_officers_now", "safety_officers_now"),
        ("food_licences_expired_now", "licences_overdue_now"),
        ("food_unqualified_365d", "products_unqualified_365d"),
        ("food_problems_1095d", "inspections_problems_1095d"),
        ("equipment_lifts_now", "devices_overdue_now"),
        ("equipment_problems_1095d", "inspections_problems_1095d"),
        ("equipment_uncertified_now", "qualifications_expired_now"),
        ("equipment_failing_now", "products_unqualified_365d"),
    ],
)
def test_a_fact_that_a_field_narrows_is_told_once(of_field: str, general: str) -> None:
    """A reason is told once for each family: the field's indicator is in that of the general one."""
    family = {indicator.name: indicator.family for indicator in WHOLE}
    assert family[of_field] == family[general]


def test_penalties_of_different_fields_of_law_are_different_facts() -> None:
    families = [i.family for i in CATALOGUE if i.expression.__qualname__.startswith("penalised_for")]
    assert len(families) == len(set(families)) == 10


def test_a_field_changes_no_definition_of_the_general_catalogue() -> None:
    general, whole = definitions(CATALOGUE), definitions(WHOLE)
    assert {name: whole[name] for name in general} == general
    assert set(whole) - set(general) == {indicator.name for indicator in ADDED}


def test_one_file_is_enough_for_a_field(tmp_path: Path) -> None:
    (tmp_path / "greengrocers.py").write_text(GREENGROCERS.replace("NAME", "greens_count_365d"), "utf-8")
    found = fields_in(tmp_path)
    whole = catalogue_of(["greengrocers"], found)
    assert [i.name for i in whole[len(CATALOGUE) :]] == ["greens_count_365d"]
    city: dict[str, list[Row]] = {
        table: [] for table in ("entities", *(t for t in VIEWS if t != "parties"), "penalties", "listings")
    }
    t = date(2024, 7, 1)
    city["entities"] = [{"entity_id": "a", "id_kind": "local", "known_on": date(2020, 1, 1)}]
    city["penalties"] = [{"entity_id": "a", "kinds": "fine", "occurred_on": t}]
    told = values_of(city, AsOf(on=t, used_on=t), found["greengrocers"].indicators)
    assert told == {"a": {"entity_id": "a", "greens_count_365d": 1}}


@pytest.mark.parametrize(
    ("file", "name", "message"),
    [
        (
            "greengrocers.py",
            "penalties_count_365d",
            r"'penalties_count_365d' to be declared once; got twice: by",
        ),
        ("grocers.py", "greens_count_365d", r"a Field named 'grocers'; got FIELD of the name 'greengrocers'"),
    ],
)
def test_a_field_that_clashes_is_refused(tmp_path: Path, file: str, name: str, message: str) -> None:
    (tmp_path / file).write_text(GREENGROCERS.replace("NAME", name), "utf-8")
    with pytest.raises(FieldError, match=message):
        fields_in(tmp_path)


def test_a_file_without_a_field_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text('"""Nothing."""\n', "utf-8")
    with pytest.raises(FieldError, match=r"empty.py to hold FIELD, a Field named 'empty'; got None"):
        fields_in(tmp_path)


@pytest.mark.parametrize(
    ("good", "broken", "message"),
    [
        (
            "FIELD = Field(",
            "FIELD = = Field(",
            r"greengrocers.py, line 7, to declare a field; got SyntaxError",
        ),
        ("import count", "import coumt", r"greengrocers.py, line 4, .* got ImportError: .*coumt"),
        (
            'label_zh="果蔬处罚", ',
            "",
            r"line 12, .* got TypeError: .*'label_zh'",
        ),
        (
            "direction=1",
            "direction=3",
            r"line 12, .*indicator 'greens_count_365d' to have a direction; got 3.* or 1\. To do: corr",
        ),
    ],
)
def test_a_broken_file_is_refused_by_its_path_and_line(
    tmp_path: Path, good: str, broken: str, message: str
) -> None:
    whole = GREENGROCERS.replace("NAME", "greens_count_365d").strip()
    assert good in whole
    (tmp_path / "greengrocers.py").write_text(whole.replace(good, broken), "utf-8")
    with pytest.raises(FieldError, match=message):
        fields_in(tmp_path)


def test_a_broken_file_stops_nobody_who_does_not_ask_for_it(tmp_path: Path) -> None:
    (tmp_path / "greengrocers.py").write_text(GREENGROCERS.replace("NAME", "greens_count_365d"), "utf-8")
    (tmp_path / "toys.py").write_text("FIELD = =", "utf-8")
    assert list(fields_in(tmp_path, ["greengrocers"])) == ["greengrocers"]
    with pytest.raises(FieldError, match=r"'toy' \(did you mean 'toys'\?\)"):
        fields_in(tmp_path, ["toy"])


def test_the_general_catalogue_reads_no_field(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "toys.py").write_text("FIELD = =", "utf-8")
    monkeypatch.setattr("features.professional.HERE", tmp_path)
    assert catalogue_of(()) == CATALOGUE
    listed = CliRunner().invoke(app, ["list", "--dimension", "basic"])
    assert listed.exit_code == 0, listed.output
    with pytest.raises(FieldError, match=r"toys.py, line 1, to declare a field; got SyntaxError"):
        catalogue_of(["toys"])


def test_a_field_with_an_expression_over_undeclared_columns_is_refused_before_an_engine_opens(
    tmp_path: Path,
) -> None:
    wrong = GREENGROCERS.replace("NAME", "greens_count_365d").replace(
        "within(penalties, as_of, 365)", "penalties.fine_fen > 0"
    )
    (tmp_path / "greengrocers.py").write_text(wrong, "utf-8")
    with pytest.raises(IndicatorError, match=r"'greens_count_365d' .* uses penalties.fine_fen, not in reads"):
        catalogue_of(["greengrocers"], fields_in(tmp_path))


def test_two_fields_cannot_have_an_item_of_one_code(tmp_path: Path) -> None:
    first = GREENGROCERS.replace("NAME", "greens_count_365d")
    second = first.replace("greens_count", "fruit_count").replace("greengrocers", "fruiterers")
    (tmp_path / "greengrocers.py").write_text(first, "utf-8")
    (tmp_path / "fruiterers.py").write_text(second.replace("果蔬处罚", "水果处罚"), "utf-8")
    with pytest.raises(FieldError, match=r"item 'GREEN-01' to be declared once"):
        fields_in(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "Food"}, r"field 'Food' to be named in small letters"),
        ({"indicators": ()}, r"to add indicators; got none"),
        ({"indicators": (CATALOGUE[0], CATALOGUE[0])}, r"each indicator once; got entity_age_now twice"),
        ({"label_en": " "}, r"words for itself"),
        ({"items": ("food 1", "检查")}, r"items with codes; got 'food 1'.*FOOD-01"),
        ({"items": ("FOOD-01", "")}, r"words and a legal basis for item FOOD-01"),
    ],
)
def test_a_field_that_officers_could_not_read_is_refused(wrong: dict[str, Any], message: str) -> None:
    if "items" in wrong:
        code, words = wrong["items"]
        item = Item(code=code, item_class=ItemClass.KEY, label_zh=words, label_en="Food", legal_basis="法")
        wrong = {"items": (item,)}
    good = {"name": "food", "label_zh": "食品", "label_en": "Food", "items": (), "indicators": CATALOGUE[:1]}
    with pytest.raises(FieldError, match=message):
        Field(**(good | wrong))


def test_an_unknown_field_is_refused_with_the_near_name() -> None:
    with pytest.raises(FieldError, match=r"'foods' \(did you mean 'food'\?\)"):
        catalogue_of(["foods"])


def test_the_commands_know_the_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    shown = CliRunner().invoke(app, ["fields"]).output
    for field in fields_in(HERE).values():
        assert field.name in shown
        assert all(item.code in shown for item in field.items)
    listed = CliRunner().invoke(app, ["list", "--field", "food", "--source", "products"]).output
    assert "food_cold_chain_now" in listed
    assert "equipment_lifts_now" not in listed
    query = CliRunner().invoke(app, ["sql", "food_unattended_now"])
    assert 'AS "food_unattended_now"' in query.output, query.output
