"""What may enter the model: these columns, in this order, of these types."""

from __future__ import annotations

import pyarrow as pa
import pytest

from features.catalogue import CATALOGUE
from models.release import Release
from models.schema import (
    IndicatorSpec,
    SchemaMismatch,
    check_schema,
    schema_from_json,
    schema_to_json,
    table_of_rows,
)


def test_the_columns_of_the_release_pass(release: Release, rows: pa.Table) -> None:
    check_schema(release.schema, rows)


def test_permuted_columns_are_refused_with_their_places(release: Release, rows: pa.Table) -> None:
    """LightGBM scores reordered columns silently, with probabilities off by up to 0.97."""
    names = list(release.names)
    names[0], names[2] = names[2], names[0]
    with pytest.raises(SchemaMismatch, match=r"age_years_now \(expected position 3, got position 1\)"):
        check_schema(release.schema, rows.select(names))


def test_a_missing_column_is_named(release: Release, rows: pa.Table) -> None:
    with pytest.raises(SchemaMismatch, match=r"got missing: entity_type_now. To do: send the columns"):
        check_schema(release.schema, rows.drop_columns(["entity_type_now"]))


def test_an_extra_column_is_named(release: Release, rows: pa.Table) -> None:
    with pytest.raises(SchemaMismatch, match="got unknown: inspector"):
        check_schema(release.schema, rows.append_column("inspector", pa.nulls(300, pa.string())))


def test_a_renamed_column_is_missing_and_unknown(release: Release, rows: pa.Table) -> None:
    renamed = rows.rename_columns(["penalties", *release.names[1:]])
    with pytest.raises(SchemaMismatch, match="missing: penalties_count_365d; unknown: penalties"):
        check_schema(release.schema, renamed)


def test_a_repeated_column_is_named(release: Release, rows: pa.Table) -> None:
    with pytest.raises(SchemaMismatch, match="repeated: age_years_now"):
        check_schema(release.schema, rows.append_column("age_years_now", rows.column("age_years_now")))


def test_wrong_types_are_all_named(release: Release, rows: pa.Table) -> None:
    wrong = rows.set_column(0, rows.column_names[0], rows.column(0).cast(pa.float64()))
    wrong = wrong.set_column(3, "entity_type_now", pa.nulls(300, pa.int64()))
    with pytest.raises(
        SchemaMismatch, match=r"365d is double, expected int64; entity_type_now is int64, expected string"
    ):
        check_schema(release.schema, wrong)


def test_a_request_becomes_a_table(release: Release) -> None:
    table = table_of_rows(
        release.schema, release.names, [[1, 2, 3, "company", None], [0, 0, None, None, 500000]]
    )
    check_schema(release.schema, table)
    assert table.column("age_years_now").to_pylist() == [3.0, None]


@pytest.mark.parametrize("value", ["1", 1.5, True, 2**60, [1]])
def test_a_value_of_another_type_is_refused_with_its_row(release: Release, value: object) -> None:
    with pytest.raises(
        SchemaMismatch, match=r"integer or null in column penalties_count_365d; got .* in row 2"
    ):
        table_of_rows(release.schema, release.names, [[1, 2, 3, "company", 0], [value, 2, 3, "company", 0]])


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (1e308, "1e+308"),
        (-1.1e15, "-1100000000000000.0"),
        (10**5000, "a whole number of about 5000 digits"),
        (float("inf"), "Infinity"),
        (float("nan"), "NaN"),
    ],
    ids=["giant", "beyond", "digits", "infinite", "nan"],
)
def test_a_number_that_no_entity_reaches_is_refused_with_its_column_and_row(
    release: Release, value: float, got: str
) -> None:
    with pytest.raises(SchemaMismatch, match="number or null in column age_years_now; got ") as refused:
        table_of_rows(release.schema, release.names, [[1, 2, value, "company", 0]])
    assert refused.value.got == f"{got} in row 1"
    table_of_rows(release.schema, release.names, [[1, 2, 1e15, "company", 0], [1, 2, -5, "company", 0]])


@pytest.mark.parametrize("code", ["x" * 201, "\ud800", "a\x00b"])
def test_a_code_that_cannot_be_written_is_refused(release: Release, code: str) -> None:
    with pytest.raises(SchemaMismatch, match="category or null in column entity_type_now") as refused:
        table_of_rows(release.schema, release.names, [[1, 2, 3, code, 0]])
    assert refused.value.got.isprintable()


def test_a_list_too_deep_to_write_out_is_refused(release: Release) -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(SchemaMismatch, match="got a list in row 1"):
        table_of_rows(release.schema, release.names, [[deep, 2, 3, "company", 0]])


def test_a_row_of_another_length_is_refused(release: Release) -> None:
    with pytest.raises(SchemaMismatch, match="5 values in every row; got 4 values in row 1"):
        table_of_rows(release.schema, release.names, [[1, 2, 3, "company"]])


def test_a_request_with_permuted_columns_is_refused(release: Release) -> None:
    with pytest.raises(SchemaMismatch, match="out of place"):
        table_of_rows(release.schema, release.names[::-1], [[1, 2, 3, "company", 0]])


def test_the_schema_comes_back_from_its_own_text(release: Release) -> None:
    assert schema_from_json(schema_to_json(release.schema)) == release.schema


def test_an_indicator_twice_is_refused(release: Release) -> None:
    with pytest.raises(SchemaMismatch, match=r"\['age_years_now'\] twice"):
        schema_from_json(schema_to_json((*release.schema, release.schema[2])))


def test_a_monotone_category_is_refused_before_it_aborts_the_process(release: Release) -> None:
    fields = release.schema[3].to_fields()
    with pytest.raises(
        SchemaMismatch, match="0 for a category; got direction 1 in indicator entity_type_now"
    ):
        IndicatorSpec(**(fields | {"direction": 1, "categories": ("company",)}))  # type: ignore[arg-type]


def test_every_indicator_of_the_catalogue_can_stand_in_a_release() -> None:
    schema = tuple(
        IndicatorSpec.of(indicator, categories=("01",) if indicator.kind == "category" else None)
        for indicator in CATALOGUE
    )
    assert schema_from_json(schema_to_json(schema)) == schema
