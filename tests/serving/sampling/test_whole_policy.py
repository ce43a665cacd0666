"""A whole policy: every fault at once, strict JSON, what a draw uses, and published practice."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.sampling.allocation import Stratum, allocate_policy, enterprise_floor
from serving.sampling.policy import ORDINARY, Policy, PolicyRefused, parse_ratios
from serving.sampling.presets import PRESETS, PresetUnknown, preset

RATIOS = parse_ratios("A=0.02,B=0.05,C=0.2,D=0.6")
POLICY = Policy(ratios=RATIOS, full_grades=("D",), key_items=("FOOD-01",), graded_types=("company", "branch"))


def test_every_fault_of_a_document_is_named_at_once() -> None:
    document = {
        "ratios": {"A": "0.5", "B": "0.2", "C": "1", "D": "1"},
        "yearly_cap": 0, "shield": [], "legal_floor": 3, "full_grades": ["C", "E"], "key_items": ["a b"],
    }  # fmt: skip
    with pytest.raises(PolicyRefused) as refused:
        Policy.from_json(json.dumps(document))
    assert str(refused.value) == (
        "Expected a policy whose every value is known, lawful and at or above its exploration floor; "
        "got unknown name 'shield' (did you mean 'shields'?); ratios: the ratio falls from A=0.5 to B=0.2; "
        'legal_floor: 3 in place of a text such as "0.03"; '
        "full_grades: full coverage falls from one grade to the next; "
        "yearly_cap=0 is not from 1 to 366 visits; full_grades: unknown 'E'; key_items: 'a b' is no code. "
        "To do: correct all of them at once; "
        "`python -m serving policy show henan-2021` prints one that holds."
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "no JSON"),
        ("[]", "list in place of an object"),
        ('{"yearly_cap": 1, "yearly_cap": 2}', "yearly_cap given twice"),
        ("{}", "ratios: None in place of one text for each of A, B, C, D"),
        ('{"ratios": {"A": 0.1, "B": "1", "C": "1", "D": "1"}}', "numbers lose their exactness"),
        ('{"ratios": {"A": "1", "B": "1", "C": "1", "D": "1"}, "yearly_cap": true}', "yearly_cap: True"),
    ],
)
def test_a_document_that_is_no_policy_is_refused(text: str, told: str) -> None:
    with pytest.raises(PolicyRefused, match=told):
        Policy.from_json(text)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"exploration_floor": "0"}, "exploration_floor=0: whoever may be drawn needs a chance above 0"),
        ({"exploration_floor": "0.03"}, "A=0.02 below the exploration floor 0.03"),
        ({"legal_floor": "0.029"}, "the law asks for 0.03 of enterprises at least"),
        (
            {"ordinary_ratio": "0", "graded_types": ("company",)},
            "ordinary_ratio=0 below the exploration floor",
        ),
        ({"shields": ("observation", "observation")}, "shields: names one of them twice"),
        ({"full_grades": ("B",)}, "full coverage falls from one grade to the next"),
        ({"graded_types": ("compny",)}, r"unknown 'compny' \(did you mean 'company'"),
    ],
)
def test_a_policy_against_the_law_or_itself_is_refused(changed: dict[str, object], told: str) -> None:
    with pytest.raises(PolicyRefused, match=told):
        Policy(ratios=RATIOS, **changed)  # type: ignore[arg-type]


def test_a_policy_survives_its_json_and_the_same_policy_gives_the_same_text() -> None:
    assert Policy.from_json(POLICY.to_json()) == POLICY
    assert Policy.from_json(json.dumps(json.loads(POLICY.to_json()), indent=1)).to_json() == POLICY.to_json()


def test_full_coverage_is_a_ratio_of_one_and_a_key_item_covers_everybody() -> None:
    assert POLICY.drawn_ratios() == {"A": "0.02", "B": "0.05", "C": "0.2", "D": "1", ORDINARY: "0.03"}
    assert set(POLICY.drawn_ratios(["AD-01", "FOOD-01"]).values()) == {"1"}


STRATA = st.dictionaries(
    st.tuples(
        st.sampled_from(["", "11/", "12/"]), st.sampled_from(["A", "B", "C", "D", ORDINARY]), st.booleans()
    ),
    st.integers(1, 3000),
    min_size=1,
)


def strata_of(sizes: dict[tuple[str, str, bool], int]) -> list[Stratum]:
    return [
        Stratum(name=f"{region}{grade}{'/full' if full else ''}", grade=grade, size=size)
        for (region, grade, full), size in sizes.items()
    ]


@given(STRATA, st.sampled_from([(), ("FOOD-01",)]))
def test_no_stratum_falls_below_floor_ratio_or_full_coverage(
    sizes: dict[tuple[str, str, bool], int], items: tuple[str, ...]
) -> None:
    for one in allocate_policy(POLICY, strata_of(sizes), items=items):
        assert one.size >= one.count >= Fraction(POLICY.exploration_floor) * one.size
        if one.grade == "D" or one.stratum.endswith("/full") or items:
            assert one.count == one.size


@given(STRATA, st.data())
def test_an_entity_more_in_one_stratum_changes_no_other(
    sizes: dict[tuple[str, str, bool], int], data: st.DataObject
) -> None:
    grown = data.draw(st.sampled_from(sorted(sizes)))
    before = {one.stratum: one.count for one in allocate_policy(POLICY, strata_of(sizes))}
    after = {
        one.stratum: one.count
        for one in allocate_policy(POLICY, strata_of(sizes | {grown: sizes[grown] + 1}))
    }
    (name,) = {one.name for one in strata_of({grown: 1})}
    assert {key: value for key, value in after.items() if key != name} == {
        key: value for key, value in before.items() if key != name
    }


def test_the_legal_floor_counts_enterprises_only() -> None:
    """100 of 1000 drawn; half of the stratum are enterprises, so 50 of the city's 2000 are expected."""
    drawn = allocate_policy(
        Policy(ratios=parse_ratios("A=0.1,B=0.1,C=0.1,D=0.1")), [Stratum(name="A", grade="A", size=1000)]
    )
    check = enterprise_floor(POLICY, drawn, {"A": 500}, total=2000)
    assert (check.drawn, check.required, check.met) == (50, 60, False)
    assert enterprise_floor(POLICY, drawn, {"A": 500}, total=1600).met


def test_every_published_practice_is_a_policy_with_date_and_source() -> None:
    for one in PRESETS:
        assert one.source
        assert one.dated[:2] == "20"
        assert Policy.from_json(one.policy().to_json()) == one.policy()
        assert [float(Fraction(text)) * 100 for text in one.ratios.texts()] == pytest.approx(one.percents)
    with pytest.raises(PresetUnknown, match=r"'henan' \(did you mean 'henan-2021'\?\)"):
        preset("henan")
