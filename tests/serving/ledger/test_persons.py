"""Spellings that are one person, and those that are two."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.inspections.plans.bundle import canonical
from serving.ledger.persons import name_fault, person_key, same_person
from serving.sampling import verifier
from serving.sampling.tickets import commitment_of


@pytest.mark.parametrize(
    "other", ["li min", "LI MIN", " Li  Min ", "Ｌｉ　Ｍｉｎ", "Li\u00a0Min", "Li Min\n"]
)
def test_width_case_and_spaces_make_no_second_person(other: str) -> None:
    assert same_person("Li Min", other)


@pytest.mark.parametrize("other", ["Li Ming", "Lin Mi", "李敏", ""])
def test_another_name_is_another_person(other: str) -> None:
    assert not same_person("Li Min", other)


@given(st.text(max_size=12))
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert person_key(person_key(name)) == person_key(name)


def test_only_what_can_be_read_is_a_name() -> None:
    assert [name_fault(name) for name in ("李敏", "Li Min", "José")] == ["", "", ""]
    assert name_fault(" ") == "no person"
    assert name_fault("Li\u200dMin") == "person 'Li\\u200dMin' with invisible signs"


@given(st.text(max_size=6), st.sampled_from([str, str.upper, str.casefold, "  {} ".format, "{}x".format]))
def test_the_stand_alone_verifier_counts_persons_alike(name: str, changed: object) -> None:
    """It may import nothing of ours, so it has the rule once more."""
    names = [name, changed(name)]  # type: ignore[operator]
    secret = "00" * 32
    draw = {
        "plan_id": "p", "frame_digest": verifier.digest(b""), "plan_digest": "", "seed": "",
        "commitments": [{"official": one, "commitment": commitment_of("p", one, secret)} for one in names],
        "reveals": [{"official": one, "secret": secret} for one in names],
        "selected": [],
    }  # fmt: skip
    plan = json.dumps({"plan_id": "p", "strata": [], "frame_digest": draw["frame_digest"]}).encode()
    draw["plan_digest"] = verifier.digest(plan)
    content = canonical(draw | {"content_digest": verifier.digest(canonical(draw))})
    told = any("two or more officials" in found for found in verifier.differences(b"", plan, content))
    assert told == same_person(*names)
