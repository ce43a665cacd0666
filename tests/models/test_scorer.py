"""From a table to scores: exact numbers, a fixed table of categories, null as the only missing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from models.release import Release
from models.schema import SchemaMismatch, arrow_schema
from models.scorer import Scorer, matrix


def one_row(release: Release, **changed: object) -> pa.Table:
    values: dict[str, object] = {
        "penalties_count_365d": 1, "penalties_count_1095d": 2, "age_years_now": 3.5,
        "entity_type_now": "branch", "fines_amount_1095d": 500_000,
    }  # fmt: skip
    return pa.Table.from_pylist([values | changed], schema=arrow_schema(release.schema))


def test_the_matrix_holds_numbers_and_category_codes(release: Release) -> None:
    assert matrix(release.schema, one_row(release)).tolist() == [[1.0, 2.0, 3.5, 2.0, 500_000.0]]


@pytest.mark.parametrize(
    "column", ["penalties_count_365d", "age_years_now", "entity_type_now", "fines_amount_1095d"]
)
def test_null_becomes_nan_whatever_the_type(release: Release, column: str) -> None:
    values = matrix(release.schema, one_row(release, **{column: None}))
    assert np.isnan(values).tolist()[0] == [name == column for name in release.names]


def test_an_unseen_category_is_missing_and_counted(release: Release, rows: pa.Table) -> None:
    strange = pa.concat_tables([rows.slice(0, 1), one_row(release, entity_type_now="spaceport")])
    scores = Scorer(release).score(strange)
    assert scores.unseen == {"entity_type_now": 1}
    assert scores.raw[1] == Scorer(release).score(one_row(release, entity_type_now=None)).raw[0]


def test_a_missing_category_is_not_counted_as_unseen(release: Release, rows: pa.Table) -> None:
    assert rows.column("entity_type_now").null_count > 0
    assert Scorer(release).score(rows).unseen == {}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_nan_and_infinity_are_refused_with_their_row(release: Release, value: float) -> None:
    table = pa.concat_tables([one_row(release), one_row(release, age_years_now=value)])
    with pytest.raises(
        SchemaMismatch, match=r"finite numbers or null in column age_years_now; got \S+ in row 2"
    ):
        matrix(release.schema, table)


def test_scores_are_those_of_the_booster(release: Release, rows: pa.Table) -> None:
    scores = Scorer(release).score(rows)
    values = matrix(release.schema, rows)
    assert scores.raw.tolist() == release.booster.predict(values, raw_score=True).tolist()
    assert scores.probability == pytest.approx(1 / (1 + np.exp(-(0.9 * scores.raw - 0.05))), abs=1e-15)


def test_the_score_of_a_row_does_not_depend_on_its_neighbours(release: Release, rows: pa.Table) -> None:
    alone = [Scorer(release).score(rows.slice(place, 1)).raw[0] for place in range(20)]
    assert alone == Scorer(release).score(rows).raw[:20].tolist()


def test_two_threads_give_the_scores_of_one(release: Release, rows: pa.Table) -> None:
    assert Scorer(release, threads=2).score(rows).raw.tolist() == Scorer(release).score(rows).raw.tolist()


def test_no_rows_give_no_scores(release: Release, rows: pa.Table) -> None:
    assert len(Scorer(release).score(rows.slice(0, 0)).raw) == 0


def test_more_penalties_never_lower_the_score(release: Release, rows: pa.Table) -> None:
    place = release.names.index("penalties_count_1095d")
    more = rows.set_column(
        place, release.names[place], pa.array([v + 3 for v in rows.column(place).to_pylist()])
    )
    assert (Scorer(release).score(more).raw >= Scorer(release).score(rows).raw).all()
