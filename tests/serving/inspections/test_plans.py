"""The life of a plan: every step in its place, every other refused with words, nothing drawn twice."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from data_contracts.refusal import Refusal
from serving.inspections.plans.bundle import BundleRefused, verify_bundle
from serving.inspections.plans.plan import PlanNotFound, PlanRefused, PlanState
from serving.inspections.plans.steps import find_plan, list_plans
from serving.inspections.plans.voids import void_counts
from serving.ledger.persons import person_key
from serving.ledger.schema import PlanRow
from serving.sampling.frame import FrameRefused


def test_a_plan_goes_from_draft_to_draw(ceremony: Any) -> None:
    plan_id = ceremony.create()
    states = [find_plan(ceremony.ledger, plan_id).state, ceremony.freeze(plan_id).state]
    states += [ceremony.commit(plan_id, official).state for official in ("Wu", "李")]
    states += [ceremony.reveal(plan_id, official).state for official in ("李", "Wu")]
    drawn = ceremony.draw(plan_id)
    assert [*states, drawn.plan.state] == [
        "draft", "frozen", "frozen", "committed", "revealing", "revealed", "drawn",
    ]  # fmt: skip
    assert [event.kind for event in drawn.plan.events] == [
        "created", "frozen", "committed", "committed", "revealed", "revealed", "drawn",
    ]  # fmt: skip
    assert [event.by for event in drawn.plan.events] == ["Li", "Li", "Wu", "李", "李", "Wu", "Li"]


def test_a_drawn_plan_says_who_was_drawn_with_which_chance(ceremony: Any) -> None:
    drawn = ceremony.draw(ceremony.revealed())
    assert drawn.plan.sizes == {"A": 120, "B": 60, "C": 10, "D": 10}
    assert drawn.plan.counts == {"A": 3, "B": 3, "C": 2, "D": 10}
    assert str(drawn.plan.floor) == "18 of 200 entities (9.00 %) reaches the legal floor of 3 % (6)"
    assert drawn.plan.drawn == tuple(entity.entity_id for entity in drawn.selected)
    assert drawn.plan.drawn_count == len(set(drawn.plan.drawn)) == 18
    assert {entity.inclusion_probability for entity in drawn.selected} == {"3/120", "3/60", "2/10", "10/10"}
    assert verify_bundle(drawn.bundle, expected_digest=drawn.plan.draw_digest).differences == ()
    assert find_plan(ceremony.ledger, drawn.plan.plan_id) == drawn.plan


def test_the_draw_follows_from_frame_plan_and_secrets_alone(new_ceremony: Callable[[], Any]) -> None:
    first, second = (made.draw(made.revealed()) for made in (new_ceremony(), new_ceremony()))
    assert first.selected == second.selected
    assert first.plan.seed == second.plan.seed


def test_a_plan_may_be_of_a_region_and_by_regions(ceremony: Any) -> None:
    plan = ceremony.draw(ceremony.revealed(region="1101", by_region=True)).plan
    assert [one.stratum for one in plan.allocations] == [
        "110101/A", "110101/B", "110102/A", "110102/B", "110102/C", "110102/D",
    ]  # fmt: skip
    assert ceremony.freeze(ceremony.create(region="110101")).frame_rows == 100
    with pytest.raises(FrameRefused, match="check the region prefix"):
        ceremony.freeze(ceremony.create(region="44"))


def test_the_excluded_stay_in_the_frame_with_their_reason(ceremony: Any) -> None:
    plan_id = ceremony.create()
    plan = ceremony.freeze(plan_id, exclusions={"企业-000": "checked twice this year"})
    assert (plan.frame_rows, plan.sizes["D"], plan.counts["D"]) == (200, 9, 9)
    frame = (ceremony.folder / plan_id / "frame.csv").read_text("utf-8")
    assert "企业-000,D,D,no,checked twice this year,0\n" in frame


def test_plans_are_numbered_by_city_and_day_and_listed_newest_first(ceremony: Any) -> None:
    assert [ceremony.create(), ceremony.create()] == ["sandbox-20260630-01", "sandbox-20260630-02"]
    assert {plan.plan_id for plan in list_plans(ceremony.ledger, "sandbox")} == {
        "sandbox-20260630-01", "sandbox-20260630-02",
    }  # fmt: skip
    assert list_plans(ceremony.ledger, "another city") == ()


def test_a_number_that_stays_taken_is_refused_in_words(ceremony: Any) -> None:
    """A foreign program skipped a number: counting gives a taken one for ever."""
    plan_id = ceremony.create()
    with ceremony.ledger.writing() as session:
        columns = ", ".join(f'"{name}"' for name in PlanRow.__table__.columns.keys()[1:])
        session.execute(
            text(f"INSERT INTO plans SELECT '{plan_id[:-2]}03', {columns} FROM plans"),
        )
    with pytest.raises(PlanRefused, match=r"a free number for a plan of sandbox; .*create the plan again"):
        ceremony.create()


def test_a_plan_that_does_not_exist_is_not_found(ceremony: Any) -> None:
    with pytest.raises(PlanNotFound, match="the id of a plan in the ledger; got 'nowhere'"):
        ceremony.freeze("nowhere")


def test_nothing_is_drawn_before_every_secret_is_open(ceremony: Any) -> None:
    plan_id = ceremony.create()
    for step in (
        lambda: ceremony.freeze(plan_id),
        lambda: ceremony.commit(plan_id, "Wu"),
        lambda: ceremony.commit(plan_id, "李"),
        lambda: ceremony.reveal(plan_id, "Wu"),
    ):
        with pytest.raises(
            PlanRefused, match=r"a plan that is revealed in order to draw; got plan .*, which is"
        ):
            ceremony.draw(plan_id)
        step()
    with pytest.raises(
        PlanRefused, match=r"which is revealing\. To do: freeze, let two or more officials commit"
    ):
        ceremony.draw(plan_id)


def test_a_frame_is_frozen_once(ceremony: Any) -> None:
    plan_id = ceremony.create()
    frozen = ceremony.freeze(plan_id)
    with pytest.raises(
        PlanRefused, match=r"a plan that is draft in order to freeze its frame; got .*which is frozen"
    ):
        ceremony.freeze(plan_id)
    assert find_plan(ceremony.ledger, plan_id) == frozen


def test_a_register_that_changed_since_planning_is_refused(ceremony: Any) -> None:
    plan_id = ceremony.create()
    regraded = replace(ceremony, register=replace(ceremony.register, digest="cd" * 32))
    with pytest.raises(PlanRefused, match=r"digest abab.*got a register with digest cdcd.*create a new plan"):
        regraded.freeze(plan_id)
    assert find_plan(ceremony.ledger, plan_id).state is PlanState.DRAFT
    assert not (ceremony.folder / plan_id).exists()


def test_commitments_come_after_the_freeze_and_before_the_first_secret(ceremony: Any) -> None:
    plan_id = ceremony.create()
    with pytest.raises(PlanRefused, match=r"in order to take a commitment; got .*which is draft"):
        ceremony.commit(plan_id, "Wu")
    ceremony.freeze(plan_id)
    for official in ("Wu", "李"):
        ceremony.commit(plan_id, official)
    ceremony.reveal(plan_id, "Wu")
    with pytest.raises(
        PlanRefused, match=r"which is revealing\. To do: .*after the first reveal nobody can join"
    ):
        ceremony.commit(plan_id, "Zhao")


def test_an_official_commits_once(ceremony: Any) -> None:
    plan_id = ceremony.create()
    ceremony.freeze(plan_id)
    ceremony.commit(plan_id, "Wu")
    with pytest.raises(PlanRefused, match=r"one commitment of each official .*got a second one of 'Wu'"):
        ceremony.commit(plan_id, "Wu")


@pytest.mark.parametrize("again", ["li min", "Li Min ", "LI  MIN", "Ｌｉ Ｍｉｎ", "Li\u3000Min"])
def test_another_spelling_of_a_name_is_no_second_official(ceremony: Any, again: str) -> None:
    plan_id = ceremony.create()
    ceremony.freeze(plan_id)
    ceremony.commit(plan_id, "Li Min")
    with pytest.raises(PlanRefused, match=r"got (a second one of 'Li Min'|person .* invisible signs)"):
        ceremony.commit(plan_id, again)
    assert find_plan(ceremony.ledger, plan_id).state is PlanState.FROZEN


@pytest.mark.parametrize("name", ["", " ", "Li\u200bMin", "Li\tMin", "\u202eLi"])
def test_a_name_that_nobody_can_read_is_refused(ceremony: Any, name: str) -> None:
    plan_id = ceremony.create()
    ceremony.freeze(plan_id)
    with pytest.raises(PlanRefused, match=r"the official's name; got (no person|person .* invisible signs)"):
        ceremony.commit(plan_id, name)
    with pytest.raises(PlanRefused, match="the name of who records the commitment"):
        ceremony.commit(plan_id, "Li", by=name or " ")


def test_who_recorded_a_commitment_and_a_secret_stands_beside_the_official(ceremony: Any) -> None:
    plan_id = ceremony.create()
    ceremony.freeze(plan_id)
    ceremony.commit(plan_id, "Wu", by="Zhao")
    ceremony.commit(plan_id, "李")
    ceremony.reveal(plan_id, "Wu", by="Zhao")
    plan = ceremony.reveal(plan_id, "李")
    assert [(one.official, one.by) for one in plan.commitments] == [("Wu", "Zhao"), ("李", "李")]
    assert [(one.official, one.by) for one in plan.reveals] == [("Wu", "Zhao"), ("李", "李")]
    assert [(event.kind, event.official, event.by) for event in plan.events[2:]] == [
        ("committed", "Wu", "Zhao"), ("committed", "李", "李"),
        ("revealed", "Wu", "Zhao"), ("revealed", "李", "李"),
    ]  # fmt: skip
    published = json.loads((ceremony.draw(plan_id).bundle / "draw.json").read_text("utf-8"))
    assert [one["by"] for one in published["commitments"] + published["reveals"]] == ["Zhao", "李"] * 2


def test_a_secret_may_come_under_another_spelling_and_opens_the_committed_one(ceremony: Any) -> None:
    plan_id = ceremony.create()
    ceremony.freeze(plan_id)
    for official in ("Wu Ping", "李"):
        ceremony.commit(plan_id, official)
    plan = ceremony.reveal(plan_id, "WU PING", ceremony.secret("Wu Ping"))
    assert [one.official for one in plan.reveals] == ["Wu Ping"]
    with pytest.raises(PlanRefused, match="a second secret of 'wu ping'"):
        ceremony.reveal(plan_id, "wu ping")


def test_one_official_alone_cannot_make_a_seed(ceremony: Any) -> None:
    plan_id = ceremony.create()
    ceremony.freeze(plan_id)
    ceremony.commit(plan_id, "Wu")
    with pytest.raises(PlanRefused, match="let at least two officials commit before anyone reveals"):
        ceremony.reveal(plan_id, "Wu")


def test_a_secret_must_open_the_commitment_of_its_official(ceremony: Any) -> None:
    plan_id = ceremony.create()
    ceremony.freeze(plan_id)
    for official in ("Wu", "李"):
        ceremony.commit(plan_id, official)
    with pytest.raises(PlanRefused, match="a secret of 'Wu' that does not open the commitment"):
        ceremony.reveal(plan_id, "Wu", ceremony.secret("李"))
    with pytest.raises(PlanRefused, match="a secret of 'Zhao', who did not commit"):
        ceremony.reveal(plan_id, "Zhao")
    with pytest.raises(PlanRefused, match="64 hexadecimal digits; got 3 signs"):
        ceremony.reveal(plan_id, "Wu", "abc")
    ceremony.reveal(plan_id, "Wu")
    with pytest.raises(PlanRefused, match="a second secret of 'Wu'"):
        ceremony.reveal(plan_id, "Wu")


def test_a_commitment_of_another_plan_opens_nothing_here(ceremony: Any) -> None:
    """Otherwise a secret revealed for one plan would be known before the draw of the next."""
    first, second = ceremony.create(), ceremony.create()
    assert ceremony.freeze(first).frame_digest == ceremony.freeze(second).frame_digest
    commitments = [ceremony.commit(plan_id, "Wu").commitments[0].commitment for plan_id in (first, second)]
    assert commitments[0] != commitments[1]


def test_nothing_is_drawn_twice_and_a_void_stays_visible(ceremony: Any) -> None:
    plan_id = ceremony.revealed()
    drawn = ceremony.draw(plan_id)
    with pytest.raises(
        PlanRefused, match="nothing can be drawn twice; a redraw needs a void with its reason"
    ):
        ceremony.draw(plan_id)
    with pytest.raises(PlanRefused, match="the reason why the plan is void"):
        ceremony.void(plan_id, "  ")
    voided = ceremony.void(plan_id)
    assert (voided.state, voided.events[-1].by, voided.events[-1].reason) == (
        PlanState.VOID,
        "Wu",
        "wrong quarter",
    )
    assert find_plan(ceremony.ledger, plan_id).drawn == drawn.plan.drawn
    with pytest.raises(PlanRefused, match="which is void"):
        ceremony.draw(plan_id)
    with pytest.raises(PlanRefused, match="the plan is void already"):
        ceremony.void(plan_id)


def test_a_void_after_the_first_reveal_is_told_apart(ceremony: Any) -> None:
    early, late, drawn = ceremony.create(), ceremony.create(), ceremony.revealed()
    for plan_id in (early, late):
        ceremony.freeze(plan_id)
        for official in ("Wu", "李"):
            ceremony.commit(plan_id, official)
    ceremony.reveal(late, "Wu")
    ceremony.draw(drawn)
    assert not find_plan(ceremony.ledger, late).voided_after_reveal
    assert [ceremony.void(plan_id).voided_after_reveal for plan_id in (early, late, drawn)] == [
        False, True, True,
    ]  # fmt: skip


def test_voids_and_unopened_secrets_are_counted_by_person(ceremony: Any) -> None:
    first, second, third = ceremony.create(), ceremony.create(), ceremony.create()
    for plan_id in (first, second):
        ceremony.freeze(plan_id)
        for official in ("Wu", "李"):
            ceremony.commit(plan_id, official)
    ceremony.reveal(first, "Wu")
    ceremony.void(first, by="Zhao")
    ceremony.void(second, by="zhao")
    ceremony.void(third, by="Wu")
    counts = void_counts(list_plans(ceremony.ledger, "sandbox"))
    assert {(person_key(one.person), one.voided, one.after_reveal, one.withheld) for one in counts} == {
        ("zhao", 2, 1, 0), ("wu", 1, 0, 0), ("李", 0, 0, 1),
    }  # fmt: skip
    assert counts[0].voided == 2
    assert void_counts(()) == ()


@pytest.mark.parametrize("name", ["frame.csv", "plan.json"])
def test_a_frozen_file_that_was_touched_is_not_drawn_from(ceremony: Any, name: str) -> None:
    plan_id = ceremony.revealed()
    file = ceremony.folder / plan_id / name
    file.write_bytes(file.read_bytes().replace(b"A", b"B", 1))
    with pytest.raises(BundleRefused, match=f"{name} with the digest frozen in the ledger"):
        ceremony.draw(plan_id)
    assert find_plan(ceremony.ledger, plan_id).state is PlanState.REVEALED


def test_of_two_who_freeze_at_once_one_succeeds(ceremony: Any) -> None:
    plan_id, outcomes = ceremony.create(), []
    start = threading.Barrier(2)

    def freeze() -> None:
        start.wait()
        try:
            outcomes.append(ceremony.freeze(plan_id).frame_digest)
        except PlanRefused as refused:
            outcomes.append(str(refused))

    threads = [threading.Thread(target=freeze) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    frame = (ceremony.folder / plan_id / "frame.csv").read_bytes()
    assert hashlib.sha256(frame).hexdigest() in outcomes
    assert sum("which is frozen" in outcome for outcome in outcomes) == 1
    assert [path.name for path in ceremony.folder.iterdir()] == [plan_id]


KILLED_AT_COMMIT = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import event
from serving.inspections.plans.steps import draw_plan
from serving.ledger.database import open_ledger

ledger = open_ledger(sys.argv[1])
event.listen(ledger.engine, "commit", lambda connection: os.kill(os.getpid(), signal.SIGKILL))
draw_plan(ledger, sys.argv[2], folder=Path(sys.argv[3]), by="Li", now=datetime(2026, 6, 29, tzinfo=UTC))
"""


def test_a_draw_killed_before_the_ledger_commits_is_simply_taken_again(ceremony: Any) -> None:
    plan_id = ceremony.revealed()
    url = ceremony.ledger.engine.url.render_as_string()
    command = [sys.executable, "-c", KILLED_AT_COMMIT, url, plan_id, str(ceremony.folder)]
    assert subprocess.run(command, check=False, cwd=os.getcwd()).returncode == -signal.SIGKILL
    leftover = (ceremony.folder / plan_id / "draw.json").read_bytes()
    assert find_plan(ceremony.ledger, plan_id).state is PlanState.REVEALED
    drawn = ceremony.draw(plan_id)
    assert verify_bundle(drawn.bundle, expected_digest=drawn.plan.draw_digest).ok
    assert b'"drawn_at": "2026-06-29' in leftover
    assert (drawn.bundle / "draw.json").read_bytes() != leftover
    assert [event.kind for event in drawn.plan.events].count("drawn") == 1


STEPS = st.sampled_from(
    ["freeze", "commit Wu", "commit Li", "commit Zhao", "reveal Wu", "reveal Li", "draw", "draw", "void"]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=14))
def test_whatever_the_order_of_steps_a_plan_is_drawn_once_and_only_after_all_reveals(
    new_ceremony: Callable[[], Any], steps: list[str]
) -> None:
    ceremony = new_ceremony()
    plan_id = ceremony.create()
    # The usual steps come along, or a walk at random would hardly ever reach a draw.
    usual = ["freeze", "commit Wu", "commit Li", "reveal Wu", "reveal Li", "draw"]
    before = find_plan(ceremony.ledger, plan_id)
    for step in [word for pair in zip(usual, [*steps, *usual], strict=False) for word in pair] + steps[6:]:
        verb, _, official = step.partition(" ")
        try:
            getattr(ceremony, verb)(plan_id, *([official] if official else []))
        except Refusal:
            assert find_plan(ceremony.ledger, plan_id) == before, "a refused step changes nothing"
        after = find_plan(ceremony.ledger, plan_id)
        if after.draw_digest and not before.draw_digest:
            assert before.state is PlanState.REVEALED
        if before.draw_digest:
            assert (after.drawn, after.draw_digest) == (before.drawn, before.draw_digest)
        assert after.events[: len(before.events)] == before.events
        before = after
