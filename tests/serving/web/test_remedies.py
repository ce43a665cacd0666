"""What would lower a grade: proved by the real pipeline on the tiny city, and shown to whom may see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from features.as_of import AsOf
from features.catalogue import CATALOGUE
from features.engines.on_duckdb import open_engine
from models.days import months_later
from models.decision import Decision
from models.remedies.acts import ACTS
from models.remedies.asking import advised_sample, proof_of, proof_told, searcher_of
from models.remedies.proof import Proof
from models.remedies.records import Records
from models.remedies.repair_acts import repair_offers
from models.remedies.replay import Case
from models.remedies.search import Advice, Searcher, grading_days
from models.remedies.telling import act_told, as_json, nothing_told, obstacles_of, way_told
from models.remedies.waiting import waiting_on
from serving.web.app import create_app
from serving.web.desk import Desk

TODAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def searcher(city: Any) -> Iterator[Searcher]:
    with open_engine(city.lake, memory_limit="1GB", threads=1) as engine:
        made = searcher_of(city.release, city.lake, engine, city.snapshot.as_of)
        # Each day costs a query of its own to be written out: one is enough here.
        made.dates = made.dates[1:2]
        yield made


@pytest.fixture(scope="module")
def advices(searcher: Searcher, city: Any) -> list[Advice]:
    return advised_sample(searcher, city.snapshot, 40)


@pytest.fixture(scope="module")
def proof(advices: list[Advice], city: Any, tmp_path_factory: pytest.TempPathFactory) -> Proof:
    # One way of each entity: every further one is a copy of the lake and its snapshots more.
    soonest = [replace(advice, ways=advice.ways[:1]) for advice in advices]
    return proof_of(soonest, city.release, city.lake, open_engine, tmp_path_factory.mktemp("copies"))


def test_where_nobody_acts_the_replay_of_today_is_the_snapshot(searcher: Searcher, city: Any) -> None:
    table = city.snapshot.read().slice(0, 60)
    entities = table["entity_id"].to_pylist()
    searcher.replay.look_at(entities)
    cases = [Case(entity_id=entity) for entity in entities]
    found = searcher.replay.indicators(cases, city.snapshot.as_of.on)
    assert found.num_rows == len(entities)
    for name in found.column_names[1:]:
        assert found[name].to_pylist() == table[name].to_pylist(), name


def test_every_promise_is_kept_by_the_real_pipeline_and_no_act_is_idle(proof: Proof) -> None:
    assert proof.advised >= 15
    assert proof.helped >= 2
    assert proof.drops >= 1
    assert proof.holds, proof_told(proof, TODAY)


def test_nothing_unchangeable_is_ever_aimed_at() -> None:
    changeable = {indicator.name: indicator.changeable for indicator in CATALOGUE}
    assert [name for act in ACTS for name in act.moves if not changeable[name]] == []


def test_who_cannot_be_helped_is_told_so_with_the_reasons(advices: list[Advice]) -> None:
    helpless = [advice for advice in advices if not advice.ways]
    assert helpless
    for advice in helpless:
        assert advice.decision.grade.value in nothing_told(advice, "zh")
        assert nothing_told(advice, "en").startswith("No lawful act and no passing of time")
        assert all(one.why in ("fixed", "time", "later", "weak") for one in obstacles_of(advice))


def test_a_way_is_told_with_its_day_its_acts_and_the_grade(advices: list[Advice]) -> None:
    advice = next(one for one in advices if one.ways and one.ways[0].offers)
    way = advice.ways[0]
    zh, en = way_told(advice, way, "zh", "entity"), way_told(advice, way, "en")
    assert zh.startswith(f"若贵单位于{way.on.year}年{way.on.month}月1日前")
    assert zh.endswith(f"预计可由{advice.decision.grade}级降至{way.grade}级。")
    assert en.startswith("If the entity, before 1 ")
    assert "{" not in en + as_json(advice)["ways"][0]["sentences"]["entity_en"]
    assert all(offer.in_time(way.on) for offer in way.offers)
    assert "起可办理" in act_told(way.offers[0], way.done_on, "zh")


def test_grading_days_lie_within_a_year_and_begin_months() -> None:
    days = grading_days(TODAY)
    assert days[0] == date(2026, 8, 1)
    assert all(day.day == 1 and 28 <= (day - TODAY).days <= 365 for day in days)
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("name", "on", "months"),
    [
        ("penalty_general", date(2026, 3, 31), 6),
        ("penalty_general", date(2026, 4, 1), 3),
        ("penalty_severe", date(2026, 4, 1), 12),
        ("penalty_light", date(2026, 3, 31), None),
        ("serious_list", date(2026, 6, 30), 12),
    ],
)
def test_the_waiting_period_is_that_of_the_law_of_the_day(name: str, on: date, months: int | None) -> None:
    waiting = waiting_on(name, on)
    assert (waiting.months if waiting else None) == months


@pytest.mark.parametrize(
    ("kinds", "field", "earliest"),
    [
        ("fine", "广告", date(2026, 7, 1)),
        ("fine", "食品安全", date(2027, 2, 10)),
        ("fine;licence_revoked", "广告", date(2027, 2, 10)),
    ],
)
def test_a_penalty_can_be_repaired_when_its_wait_is_over(kinds: str, field: str, earliest: date) -> None:
    row = {
        "penalty_id": "p", "entity_id": "e", "kinds": kinds, "field": field, "procedure": "ordinary",
        "occurred_on": date(2026, 2, 10), "known_on": date(2026, 2, 12), "forgotten_on": None,
        "superseded_on": None, "retracted": False,
    }  # fmt: skip
    records = Records(
        entity_id="e", days=AsOf(on=TODAY, used_on=TODAY), rows={"penalties": [row]},
        columns={"penalties": list(row)},
    )  # fmt: skip
    [offer] = repair_offers(records)
    assert offer.earliest == earliest
    assert [edit.row["forgotten_on"] for edit in offer.edits(earliest)] == [earliest]


def test_the_page_and_the_interface_tell_it_to_who_may_see_the_entity(
    desk: Desk, city: Any, token_for: Callable[..., str], advices: list[Advice], searcher: Searcher
) -> None:
    """The searcher of the tests is handed over: planning its queries again would cost half a minute."""
    app = create_app(lambda: desk)
    decision: Decision = next(one for one in advices if one.ways).decision
    entity = decision.entity_id
    keep = app.state.remedies
    keep._searcher, keep._of = searcher, (desk.register.digest, desk.lake.digest, desk.release.release_id)
    planner = {"Authorization": f"Bearer {token_for('planner', '', '李敏')}"}
    client = TestClient(app, headers=planner, raise_server_exceptions=False)
    part = client.get(f"/entities/{entity}/remedies", headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "如何降低等级" in part.text
    assert "<html" not in part.text
    answer = client.get(f"/api/v1/entities/{entity}/remedies").json()
    assert answer["ways"][0]["sentences"]["supervisor_zh"] in part.text
    assert f"/entities/{entity}/remedies" in client.get(f"/entities/{entity}").text
    foreign = {"Authorization": f"Bearer {token_for('planner', '11', '王芳')}"}
    assert client.get(f"/api/v1/entities/{entity}/remedies", headers=foreign).status_code == 404
