"""staffing.json beside the draw: every act in it, drawn again by anybody, and what was changed is named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from serving.inspections.field.assignments import AskedBy, recuse, staff_plan
from serving.inspections.field.published_staffing import staffing_digests
from serving.inspections.field.visits import visits_of_plan
from serving.inspections.plans.bundle import BundleRefused, verify_bundle
from serving.inspections.plans.steps import find_plan
from serving.sampling.frame import digest_of_bytes
from serving.sampling.staffing import Scope, ScopeKind
from serving.sampling.staffing_check import STAFFING_FILE
from tests.serving.inspections.conftest import NOON, Ceremony
from tests.serving.inspections.planners import terms
from tests.serving.inspections.test_tasks import card, drawn, roster

THREE = roster(card(1), card(2), card(3))


def recused(ceremony: Ceremony, plan_id: str, place: int = 0) -> None:
    with ceremony.ledger.reading() as session:
        visit = visits_of_plan(session, plan_id)[place]
    recuse(
        ceremony.ledger, visit.visit_id, visit.team.inspectors[0], asked_by=AskedBy.INSPECTOR, reason="ill",
        roster=replace(THREE, bundles=ceremony.folder), by="Li", now=NOON,
    )  # fmt: skip


@pytest.fixture
def staffed(ceremony: Ceremony) -> str:
    """Staffed, two seats drawn again, a third in vain, then staffed once more from other inspectors."""
    plan_id = drawn(ceremony, terms())
    staff = replace(THREE, bundles=ceremony.folder)
    staff_plan(ceremony.ledger, plan_id, roster=staff, by="Li", now=NOON)
    recused(ceremony, plan_id)
    recused(ceremony, plan_id, place=1)
    recused(ceremony, plan_id)
    more = roster(card(1), card(2), card(3), card(4), card(5))
    stations = Scope(kind=ScopeKind.STATIONS, stations=("",))
    staff_plan(
        ceremony.ledger, plan_id, roster=replace(more, bundles=ceremony.folder, scope=stations), by="Li",
        now=NOON,
    )  # fmt: skip
    return plan_id


def test_every_act_stands_in_the_file_that_the_ledger_vouches_for(ceremony: Ceremony, staffed: str) -> None:
    file = ceremony.folder / staffed / STAFFING_FILE
    content, plan = json.loads(file.read_bytes()), find_plan(ceremony.ledger, staffed)
    assert [(row["round"], len(row["visits"])) for row in content["rounds"]] == [
        (1, 18), (2, 1), (2, 1), (3, 1), (4, 1),
    ]  # fmt: skip
    assert (content["scope"]["kind"], content["rounds"][-1]["scope"]["kind"]) == ("whole_bureau", "stations")
    digests = staffing_digests(plan)
    assert (len(digests), digests[-1]) == (5, digest_of_bytes(file.read_bytes()))
    found = verify_bundle(file.parent, expected_digest=plan.draw_digest, expected_staffing=digests[-1])
    assert found.differences == ()


def test_what_was_changed_in_it_is_named(ceremony: Ceremony, staffed: str) -> None:
    file = ceremony.folder / staffed / STAFFING_FILE
    good, digest = file.read_bytes(), staffing_digests(find_plan(ceremony.ledger, staffed))[-1]
    file.write_bytes(good.replace(b'"load": 0', b'"load": 9', 1))
    assert verify_bundle(file.parent).differences == (f"{STAFFING_FILE}: is not what its own digest says",)
    file.write_bytes((file.parent / "staffing-001.json").read_bytes())
    assert verify_bundle(file.parent).ok
    (found,) = verify_bundle(file.parent, expected_staffing=digest).differences
    assert found == f"{STAFFING_FILE}: is not the one in the ledger ({digest[:16]}…)"
    file.unlink()
    assert verify_bundle(file.parent, expected_staffing=digest).differences == (
        f"{STAFFING_FILE}: is missing; the ledger has {digest[:16]}…",
    )


def test_what_a_crash_left_is_overwritten_and_a_changed_act_is_not_built_on(
    ceremony: Ceremony, staffed: str
) -> None:
    folder = ceremony.folder / staffed
    for name in (STAFFING_FILE, "staffing-006.json"):
        (folder / name).write_bytes(b"published, and never in the ledger")
    recused(ceremony, staffed, place=2)
    digest = staffing_digests(find_plan(ceremony.ledger, staffed))[-1]
    assert verify_bundle(folder, expected_staffing=digest).ok
    (folder / "staffing-006.json").write_bytes(b"forged")
    with pytest.raises(BundleRefused, match=r"staffing-006\.json with the digest in the ledger"):
        recused(ceremony, staffed, place=3)
