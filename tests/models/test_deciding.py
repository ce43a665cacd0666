"""Decisions about a whole snapshot: each equals the decision alone, adds up and can be told again."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from models import deciding
from models.contributions import contributions
from models.deciding import DECISION_SCHEMA, DatesRefused, Occasion, decide, decide_one
from models.decision import Decision, RuleHit, decision_of
from models.document import DocumentMismatch
from models.grades import Grade
from models.points import points_of
from models.reasons import TOP, family_points
from models.release import Release
from models.schema import SchemaMismatch
from models.scorer import Scorer, matrix

DAY = date(2026, 6, 30)
OCCASION = Occasion(as_of=DAY, used_on=DAY, snapshot_digest="s" * 64)


def decided(release: Release, snapshot: pa.Table, as_of: date = DAY) -> list[Decision]:
    table = decide(release, snapshot, as_of=as_of, used_on=DAY, snapshot_digest="s" * 64)
    assert table.schema == DECISION_SCHEMA
    return [decision_of(row) for row in table.to_pylist()]


def test_a_batch_decides_as_each_row_alone(release: Release, snapshot: pa.Table) -> None:
    together = decided(release, snapshot)
    assert together == [decide_one(release, snapshot.slice(place, 1), OCCASION) for place in range(300)]


def test_the_size_of_a_batch_changes_nothing(
    release: Release, snapshot: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = decided(release, snapshot)
    monkeypatch.setattr(deciding, "BATCH", 37)
    assert decided(release, snapshot) == whole


def test_a_column_the_release_does_not_read_and_their_order_change_nothing(
    release: Release, snapshot: pa.Table
) -> None:
    turned = snapshot.select(snapshot.column_names[::-1]).append_column("visits", pa.nulls(300, pa.int64()))
    assert decided(release, turned) == decided(release, snapshot)


def test_the_points_of_every_decision_add_up(release: Release, snapshot: pa.Table) -> None:
    for decision in decided(release, snapshot):
        total = decision.base_points + sum(r.points for r in decision.reasons) + decision.others_points
        assert total == np.floor(decision.unclipped + 0.5)
        assert total + decision.clipped_points == decision.score
        assert 0 <= decision.score <= 1000


def test_scores_order_as_probabilities(release: Release, snapshot: pa.Table) -> None:
    decisions = sorted(decided(release, snapshot), key=lambda decision: decision.probability)
    assert [d.unclipped for d in decisions] == sorted(d.unclipped for d in decisions)


def test_one_fact_is_told_once(release: Release, snapshot: pa.Table) -> None:
    families = {spec.name: spec.family for spec in release.schema}
    for decision in decided(release, snapshot):
        told = [families[reason.indicator] for reason in decision.reasons]
        assert len(told) == len(set(told)) <= TOP
        sizes = [abs(reason.points) for reason in decision.reasons]
        assert sizes == sorted(sizes, reverse=True)
        assert 0 not in sizes


def test_a_family_is_told_by_the_member_that_pulls_its_way(release: Release, snapshot: pa.Table) -> None:
    values = matrix(release.schema, snapshot.select(list(release.names)))
    parts = contributions(release, values)
    points = points_of(parts, Scorer(release).raw(values), release.calibration)
    families, totals = family_points(release.schema, points.indicators)
    for place, decision in enumerate(decided(release, snapshot)):
        for reason in decision.reasons:
            number = release.names.index(reason.indicator)
            family = release.schema[number].family
            assert reason.points == totals[place, families.index(family)]
            assert parts[place, number] * reason.points > 0


def test_a_reason_carries_the_value_of_its_indicator(release: Release, snapshot: pa.Table) -> None:
    rows = snapshot.to_pylist()
    for row, decision in zip(rows, decided(release, snapshot), strict=True):
        for reason in decision.reasons:
            assert row[reason.indicator] == (reason.number if reason.text is None else reason.text)


def test_the_worse_of_rule_and_model_counts_and_both_are_kept(release: Release, snapshot: pa.Table) -> None:
    decisions = decided(release, snapshot)
    listed = snapshot.column("serious_listed_now").to_pylist()
    assert sum(listed) > 0
    for hit, decision in zip(listed, decisions, strict=True):
        assert decision.rules == ((RuleHit(code="serious_violation_list"),) if hit else ())
        assert decision.grade is (Grade.D if hit else decision.model_grade)
    assert any(
        decision.model_grade is not Grade.D for hit, decision in zip(listed, decisions, strict=True) if hit
    )


def test_a_decision_before_the_first_order_knows_no_rule(release: Release, snapshot: pa.Table) -> None:
    assert all(
        d.rules == () and d.grade is d.model_grade for d in decided(release, snapshot, date(2016, 3, 31))
    )


def test_a_decision_comes_back_from_its_own_text(release: Release, snapshot: pa.Table) -> None:
    for decision in decided(release, snapshot)[:50]:
        assert Decision.from_json(decision.to_json()) == decision


def test_a_decision_with_an_unknown_key_is_refused(release: Release, snapshot: pa.Table) -> None:
    text = decided(release, snapshot.slice(0, 1))[0].to_json().replace('"score"', '"points"', 1)
    with pytest.raises(DocumentMismatch, match=r"unknown \['points'\]"):
        Decision.from_json(text)


def test_a_snapshot_without_a_column_of_the_release_is_refused(release: Release, snapshot: pa.Table) -> None:
    with pytest.raises(SchemaMismatch, match="got missing: age_years_now"):
        decided(release, snapshot.drop_columns(["age_years_now"]))


def test_a_use_before_the_date_of_the_records_is_refused() -> None:
    with pytest.raises(DatesRefused, match="as_of 2026-06-30, used_on 2026-06-29"):
        Occasion(as_of=DAY, used_on=date(2026, 6, 29), snapshot_digest="s")


def test_an_empty_snapshot_gives_an_empty_table(release: Release, snapshot: pa.Table) -> None:
    assert decided(release, snapshot.slice(0, 0)) == []


def test_a_reason_with_an_unknown_key_is_refused(release: Release, snapshot: pa.Table) -> None:
    text = decided(release, snapshot.slice(0, 1))[0].to_json().replace('"indicator"', '"feature"', 1)
    with pytest.raises(
        DocumentMismatch, match=r"missing \['indicator'\], unknown \['feature'\] in decision, reasons 1"
    ):
        Decision.from_json(text)


def test_whole_numbers_written_as_doubles_are_taken(release: Release, snapshot: pa.Table) -> None:
    """DuckDB widens a sum of integers, and Parquet keeps the wide one as double."""
    place = snapshot.column_names.index("fines_amount_1095d")
    wide = snapshot.set_column(place, "fines_amount_1095d", snapshot.column(place).cast(pa.float64()))
    assert decided(release, wide) == decided(release, snapshot)


def test_fractions_in_a_column_of_whole_numbers_are_refused(release: Release, snapshot: pa.Table) -> None:
    place = snapshot.column_names.index("penalties_count_365d")
    halves = snapshot.set_column(place, "penalties_count_365d", pa.array([0.5] * 300))
    with pytest.raises(
        SchemaMismatch, match=r"whole numbers in column penalties_count_365d; got Float value 0.5"
    ):
        decided(release, halves)


@pytest.mark.parametrize(
    ("ids", "message"), [([1, 2], "got int64, 0 null"), (["a", None], "got string, 1 null")]
)
def test_rows_that_do_not_say_whom_they_are_about_are_refused(
    release: Release, snapshot: pa.Table, ids: list[object], message: str
) -> None:
    with pytest.raises(SchemaMismatch, match=message):
        decided(release, snapshot.slice(0, 2).set_column(0, "entity_id", pa.array(ids)))
