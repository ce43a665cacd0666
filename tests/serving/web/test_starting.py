"""Who works in the field, on pages and over the API alike; and visits that begin by the hundred."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.inspections.field.starting import read_visit_ids
from serving.inspections.plans.steps import find_plan
from serving.inspections.plans.tasks import TaskRefused
from serving.web.desk import Desk
from tests.serving.inspections.staffed_plans import ITEMS, PLAN, staffed_plan

HTML = {"Accept": "text/html"}
Caller = Callable[..., TestClient]
START = "/api/v1/visits/start"


@pytest.fixture
def four(desk: Desk, city: Any) -> list[str]:
    """Four entities with a staffed visit each, of two districts, those of the first district first."""
    lines = city.register.page(limit=60).lines
    region = lines[0].region_code
    own = [line.entity_id for line in lines if line.region_code == region][:2]
    chosen = [*own, *(line.entity_id for line in lines if line.region_code != region)][:4]
    staffed_plan(
        desk.ledger,
        entities=[(one, grade, "2/10") for one, grade in zip(chosen, "AADD", strict=True)],
    )
    return chosen


def visits(*numbers: int) -> list[str]:
    return [f"{PLAN}-v{number}" for number in numbers]


def begun(caller: TestClient, *ids: str, on: str = "2026-07-01") -> dict[str, Any]:
    answer = caller.post(START, json={"on": on, "visit_ids": ids})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_many_visits_begin_at_once_and_those_that_cannot_say_why(
    client: TestClient, desk: Desk, four: list[str]
) -> None:
    done = begun(client, *visits(0, 1), "nowhere")
    assert (done["begun"], done["already"]) == (visits(0, 1), [])
    (unknown,) = done["refused"]
    assert (unknown["visit_id"], unknown["why"]) == ("nowhere", "no such visit within your region")
    again = begun(client, *visits(0, 2))
    assert (again["begun"], again["already"], again["refused"]) == (visits(2), visits(0), [])
    late = begun(client, *visits(0, 3), on="2026-08-01")
    whys = [one["why"] for one in late["refused"]]
    assert (late["begun"], whys) == ([], ["begun on 2026-07-01", "2026-08-01, outside its window"])
    assert [event.kind for event in find_plan(desk.ledger, PLAN).events].count("begun") == 1
    assert client.post(START, json={"on": "2026-07-01", "visit_ids": []}).status_code == 422


def test_the_page_begins_what_is_ticked_and_what_a_file_names(
    client: TestClient, caller: Caller, four: list[str]
) -> None:
    page = client.get("/tasks", headers=HTML).text
    assert page.count('form="begin-many"') == 4
    assert "一并开始" not in caller("analyst").get("/tasks", headers=HTML).text
    file = ("visits.csv", f"检查编号,备注\n{PLAN}-v2,x\n{PLAN}-v9,y\n".encode("gb18030"), "text/csv")
    told = client.post(
        "/visits/begin", data={"visit": visits(0), "on": "2026-07-01"}, files={"file": file}, headers=HTML
    ).text
    assert "2026-07-01：2 次检查开始" in told
    assert "1 次未能开始" in told
    assert (f"{PLAN}-v9" in told, "辖区内没有这次检查" in told) == (True, True)
    assert client.get("/tasks", headers=HTML).text.count('form="begin-many"') == 2
    none = client.post("/visits/begin", data={"on": "2026-07-01"}, headers=HTML)
    assert (none.status_code, "任务不能走这一步" in none.text) == (409, True)
    unknown = client.post("/visits/begin", data={"on": "tomorrow", "visit": visits(1)}, headers=HTML)
    assert unknown.status_code == 409


def test_a_file_of_visits_needs_their_column() -> None:
    assert read_visit_ids("备注,visit_id\nx,v1\n\n,v2\n".encode()) == ("v1", "v2")
    with pytest.raises(TaskRefused, match="a column 检查编号 or visit_id of visit ids"):
        read_visit_ids(b"id\nv1\n")


@pytest.mark.parametrize(("role", "may"), [("supervisor", True), ("planner", True), ("analyst", False)])
def test_the_api_lets_those_work_whom_the_pages_let(
    caller: Caller, four: list[str], role: str, may: bool
) -> None:
    holder = caller(role, person="吴平")
    key = {"task_id": f"{PLAN}/{four[0]}", "item_code": ITEMS[0]}
    result = {**key, "visited_on": "2026-07-01", "codes": ["ordered_to_correct"], "serious_count": 1}
    handled = {**key, "handled_on": "2026-07-01", "how": "已整改"}
    steps: list[tuple[str, dict[str, Any]]] = [
        (f"/api/v1/visits/{PLAN}-v0/start", {"json": {"on": "2026-07-01"}}),
        (START, {"json": {"on": "2026-07-01", "visit_ids": visits(1)}}),
        (f"/api/v1/plans/{PLAN}/results", {"json": {"results": [result]}}),
        (f"/api/v1/plans/{PLAN}/follow-ups", {"json": handled}),
        (
            "/api/v1/results/imports",
            {
                "content": "task_id,item_code,visited_on,result_codes\n"
                f"{PLAN}/{four[1]},{ITEMS[0]},2026-07-01,no_problem\n",
                "headers": {"Content-Type": "text/csv"},
            },
        ),
        (f"/visits/{PLAN}-v2/begin", {"headers": HTML, "follow_redirects": False}),
    ]
    for address, sent in steps:
        answer = holder.post(address, **sent)
        assert (answer.status_code in (200, 303), answer.status_code == 403) == (may, not may), answer.text
    withheld = holder.post(f"/api/v1/plans/{PLAN}/withholding", json={**key, "reason": "在办案件"})
    assert withheld.status_code == (403 if role != "planner" else 200)


def test_a_district_works_on_its_entities_of_a_plan_of_the_city(
    caller: Caller, city: Any, four: list[str]
) -> None:
    region = city.register.find(four[0]).region_code
    outside = next(n for n, one in enumerate(four) if city.register.find(one).region_code != region)
    district = caller("supervisor", region_prefix=region, person="吴平")
    done = begun(district, *visits(0, outside))
    assert (done["begun"], [one["visit_id"] for one in done["refused"]]) == (visits(0), visits(outside))
    alone = district.post(f"/api/v1/visits/{PLAN}-v{outside}/start", json={"on": "2026-07-01"})
    assert alone.status_code == 404
    entry = {"item_code": ITEMS[0], "visited_on": "2026-07-01", "codes": ["no_problem"]}
    for place, status in ((0, 200), (outside, 404)):
        sent = {"results": [{**entry, "task_id": f"{PLAN}/{four[place]}"}]}
        assert district.post(f"/api/v1/plans/{PLAN}/results", json=sent).status_code == status


def test_a_plan_is_closed_on_its_page_once_everything_is_entered(
    client: TestClient, desk: Desk, four: list[str]
) -> None:
    def entered(*items: str) -> None:
        entry = {"visited_on": "2026-07-01", "codes": ["no_problem"]}
        sent = [{**entry, "task_id": f"{PLAN}/{one}", "item_code": item} for one in four for item in items]
        answer = client.post(f"/api/v1/plans/{PLAN}/results", json={"results": sent})
        assert answer.status_code == 200, answer.text

    address = f"/plans/{PLAN}/close"
    assert address not in client.get(f"/plans/{PLAN}/results", headers=HTML).text
    entered(ITEMS[0])
    assert address in client.get(f"/plans/{PLAN}/results", headers=HTML).text
    open_still = client.post(address, headers=HTML)
    assert (open_still.status_code, 'class="refusal"' in open_still.text) == (422, True)
    entered(ITEMS[1])
    assert "已办结" in client.post(address, headers=HTML).text
    assert find_plan(desk.ledger, PLAN).state == "closed"
