"""Who may be drawn: by hand for every reason, and by property for cap, scope and shields."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.sampling.eligibility import REASONS, RowsRefused, exclusions, judge, reason_counts
from serving.sampling.frame import Stratification
from serving.sampling.policy import ENTITY_TYPES, ORDINARY, SHIELDS, Policy, parse_ratios

RATIOS = parse_ratios("A=0.02,B=0.05,C=0.2,D=1")
POLICY = Policy(ratios=RATIOS, yearly_cap=2, graded_types=("company",))
Row = tuple[str, str | None, str | None, str | None, str, str, bool]
NAMES = ("entity_id", "grade", "region_code", "entity_type", "shields", "triggers", "full_coverage")


def table(rows: list[Row]) -> pa.Table:
    kinds = [pa.string()] * 6 + [pa.bool_()]
    columns = list(zip(*rows, strict=True)) or [()] * 7
    return pa.table({name: pa.array(c, kind) for name, c, kind in zip(NAMES, columns, kinds, strict=True)})


BY_HAND: list[tuple[Row, str, str]] = [
    (("plain", "A", "11", "company", "", "", False), "A", ""),
    (("ungraded", None, "11", "company", "", "", False), "", "not_graded"),
    (("visited twice", "D", "11", "company", "", "red_line", False), "D", "yearly_cap"),
    (("young", "B", "11", "company", "observation", "", False), "B", "shield_observation"),
    (("young and bad", "B", "11", "company", "observation;tolerance", "red_line", False), "B", ""),
    (("other trigger", "B", "11", "company", "tolerance", "complaint", False), "B", "shield_tolerance"),
    (("sole trader", "D", "11", "sole_trader", "", "", False), ORDINARY, ""),
    (("ungraded trader", None, None, "sole_trader", "", "", False), ORDINARY, ""),
    (("listed", "C", "11", "company", "", "", True), "C/full", ""),
]  # fmt: skip


def test_every_reason_and_stratum_by_hand() -> None:
    rows, strata, reasons = zip(*BY_HAND, strict=True)
    judged = judge(table(list(rows)), POLICY, visits={"visited twice": 2, "plain": 1})
    assert judged["stratum"].to_pylist() == list(strata)
    assert judged["exclusion_reason"].to_pylist() == list(reasons)
    assert judged["eligible"].to_pylist() == [not reason for reason in reasons]
    assert exclusions(judged)["young"] == "shield_observation"
    assert reason_counts(judged) == {
        "not_graded": 1, "shield_observation": 1, "shield_tolerance": 1, "yearly_cap": 1,
    }  # fmt: skip


def test_regions_part_strata_and_one_without_region_is_told_so() -> None:
    rows, _, _ = zip(*BY_HAND, strict=True)
    judged = judge(table(list(rows)), POLICY, stratification=Stratification.REGION_AND_GRADE)
    assert judged["stratum"].to_pylist()[-2:] == ["-/-", "11/C/full"]


def test_missing_columns_are_all_named() -> None:
    with pytest.raises(RowsRefused, match="got no grade, entity_type among entity_id, region_code"):
        judge(pa.table({"entity_id": ["e"], "region_code": ["11"]}), POLICY)


ENTITIES = st.lists(
    st.tuples(
        st.none() | st.sampled_from("ABCD"), st.none() | st.sampled_from(["11", "12"]),
        st.none() | st.sampled_from(ENTITY_TYPES), st.lists(st.sampled_from(sorted(SHIELDS)), unique=True),
        st.lists(st.sampled_from(["red_line", "complaint"]), unique=True), st.booleans(), st.integers(0, 4),
    ),
    max_size=30,
)  # fmt: skip
POLICIES = st.builds(
    Policy,
    ratios=st.just(RATIOS),
    yearly_cap=st.integers(1, 3),
    graded_types=st.lists(st.sampled_from(ENTITY_TYPES), unique=True).map(tuple),
    shields=st.lists(st.sampled_from(sorted(SHIELDS)), unique=True).map(tuple),
    triggers=st.lists(st.sampled_from(["red_line", "complaint"]), unique=True).map(tuple),
)


@given(ENTITIES, POLICIES)
def test_nobody_is_eligible_against_cap_scope_or_shield(entities: list[tuple], policy: Policy) -> None:
    """Judged again in plain Python, entity by entity."""
    rows = [
        (str(n), grade, region, kind, ";".join(shields), ";".join(triggers), listed)
        for n, (grade, region, kind, shields, triggers, listed, _) in enumerate(entities)
    ]
    visits = {str(n): entity[-1] for n, entity in enumerate(entities)}
    for entity, judged in zip(entities, judge(table(rows), policy, visits=visits).to_pylist(), strict=True):
        grade, _, kind, shields, triggers, listed, visited = entity
        graded = (kind or "other") in policy.graded_types
        shielded = set(shields) & set(policy.shields) and not set(triggers) & set(policy.triggers)
        out = (graded and grade is None) or visited >= policy.yearly_cap or shielded
        assert judged["eligible"] == (not out)
        assert (judged["exclusion_reason"] in REASONS) == bool(out)
        assert judged["grade"] == ((grade or "") if graded else ORDINARY)
        assert judged["stratum"].endswith("/full") == listed


@given(ENTITIES, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_judgement(entities: list[tuple], chance: object) -> None:
    rows = [
        (str(n), grade, region, kind, ";".join(shields), ";".join(triggers), listed)
        for n, (grade, region, kind, shields, triggers, listed, _) in enumerate(entities)
    ]
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    judged = judge(table(rows), POLICY).to_pylist()
    assert judged == sorted(judge(table(shuffled), POLICY).to_pylist(), key=lambda row: int(row["entity_id"]))
