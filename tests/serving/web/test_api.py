"""The JSON API of grades: right answers, and three-part refusals for wrong questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from models.deciding import decide
from models.decision import decision_of
from serving.web.app import API_ROUTES


def rows_of(city: Any, count: int = 3) -> list[list[object]]:
    table = city.snapshot.read(list(city.release.names)).slice(0, count)
    return [list(row.values()) for row in table.to_pylist()]


def body_of(city: Any) -> dict[str, Any]:
    return {"columns": list(city.release.names), "rows": rows_of(city)}


def told(answer: Any) -> dict[str, str]:
    parts = answer.json()
    assert set(parts) == {"expected", "got", "todo"}
    return dict(parts)


def test_scores_are_those_of_the_register(client: TestClient, city: Any) -> None:
    answer = client.post("/api/v1/score", json=body_of(city))
    assert answer.status_code == 200
    again = decide(
        city.release, city.snapshot.read().slice(0, 3), as_of=city.snapshot.as_of.on,
        used_on=city.snapshot.as_of.used_on, snapshot_digest="",
    )  # fmt: skip
    decisions = [decision_of(row) for row in again.to_pylist()]
    results = answer.json()["results"]
    assert [r["score"] for r in results] == [d.score for d in decisions]
    assert [r["model_grade"] for r in results] == [d.model_grade for d in decisions]
    assert [[p["points"] for p in r["reasons"]] for r in results] == [
        [p.points for p in d.reasons] for d in decisions
    ]
    assert all(p["sentence_zh"] and p["sentence_en"] for r in results for p in r["reasons"])


def test_points_add_up_to_the_score(client: TestClient, city: Any) -> None:
    for result in client.post("/api/v1/score", json=body_of(city)).json()["results"]:
        total = result["base_points"] + sum(r["points"] for r in result["reasons"]) + result["others_points"]
        assert total == round(result["unclipped"])


@pytest.mark.parametrize(
    ("spoil", "got"),
    [
        (lambda c: [c[1], c[0], *c[2:]], "out of place"),
        (lambda c: c[1:], "missing"),
        (lambda c: [*c, "shoe_size_now"], "unknown: shoe_size_now"),
        (lambda c: [*c, c[0]], "repeated"),
    ],
)
def test_permuted_missing_extra_and_repeated_columns_are_refused(
    client: TestClient, city: Any, spoil: Callable[[list[str]], list[str]], got: str
) -> None:
    columns = spoil(list(city.release.names))
    answer = client.post("/api/v1/score", json={"columns": columns, "rows": rows_of(city)})
    assert answer.status_code == 422
    assert got in told(answer)["got"]
    assert "in the order of the release" in told(answer)["expected"]


@pytest.mark.parametrize("value", ["many", True, [1], {"a": 1}])
def test_a_value_of_another_type_is_refused_with_its_place(
    client: TestClient, city: Any, value: object
) -> None:
    body = body_of(city)
    place = next(i for i, spec in enumerate(city.release.schema) if spec.kind == "integer")
    body["rows"][1][place] = value
    answer = client.post("/api/v1/score", json=body)
    assert answer.status_code == 422
    assert "in row 2" in told(answer)["got"]
    assert city.release.names[place] in told(answer)["expected"]


def test_nan_in_a_body_is_refused(client: TestClient, city: Any) -> None:
    body = body_of(city)
    number = next(i for i, spec in enumerate(city.release.schema) if spec.kind == "number")
    body["rows"][0][number] = 123456789.5
    text = (
        client.build_request("POST", "/api/v1/score", json=body)
        .content.decode()
        .replace("123456789.5", "NaN")
    )
    answer = client.post("/api/v1/score", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("body", "got"),
    [
        (
            b'{"columns": ["a"], "rows": [[' + b"9" * 5000 + b"]]}",
            "a body with a number of thousands of digits",
        ),
        (b'{"columns": ["\xff\xfe"], "rows": []}', "a body that is not UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "a body with lists in lists without end"),
    ],
    ids=["digits", "bytes", "brackets"],
)
def test_a_hostile_body_is_refused_as_a_body(client: TestClient, body: bytes, got: str) -> None:
    answer = client.post("/api/v1/score", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert told(answer)["got"] == f"{got} in POST /api/v1/score"
    assert "its body JSON in UTF-8" in told(answer)["expected"]


def test_impossible_numbers_are_refused_and_unknown_codes_flagged(client: TestClient, city: Any) -> None:
    schema = list(city.release.schema)
    number = next(place for place, spec in enumerate(schema) if spec.kind == "number")
    category = next(place for place, spec in enumerate(schema) if spec.kind == "category")
    body = body_of(city)
    body["rows"][1][number] = 1e308
    refused = client.post("/api/v1/score", json=body)
    assert refused.status_code == 422
    assert told(refused)["got"] == "1e+308 in row 2"
    assert schema[number].name in told(refused)["expected"]
    body = body_of(city)
    plain = client.post("/api/v1/score", json=body).json()
    body["rows"][0][category], body["rows"][2][category] = "martian", None
    flagged = client.post("/api/v1/score", json=body).json()
    assert plain["unseen"] == {}
    assert flagged["unseen"] == {schema[category].name: ["martian"]}
    body["rows"][0][category] = None
    missing = client.post("/api/v1/score", json=body).json()
    assert [r["probability"] for r in missing["results"]] == [r["probability"] for r in flagged["results"]]


def test_no_rows_and_too_many_rows_are_refused(client: TestClient, city: Any) -> None:
    columns = list(city.release.names)
    empty = client.post("/api/v1/score", json={"columns": columns, "rows": []})
    assert (empty.status_code, told(empty)["got"]) == (422, "0 rows")
    many = client.post("/api/v1/score", json={"columns": columns, "rows": rows_of(city, 1) * 1001})
    assert many.status_code == 422
    assert "1000" in told(many)["got"]


@pytest.mark.parametrize("body", ["", "{", "[]", '{"rows": []}', '{"columns": ["a"], "rows": [[1]], "x": 1}'])
def test_a_malformed_body_is_refused_in_three_parts(client: TestClient, body: str) -> None:
    answer = client.post("/api/v1/score", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "openapi.json" in told(answer)["expected"]


def test_an_entity_comes_with_decision_sentences_and_records(client: TestClient, city: Any) -> None:
    line = city.register.page(limit=1).lines[0]
    answer = client.get(f"/api/v1/entities/{line.entity_id}")
    assert answer.status_code == 200
    found = answer.json()
    assert found["decision"]["grade"] == line.grade
    assert found["register_digest"] == city.register.digest
    assert found["snapshot_digest"] == city.snapshot.digest
    assert all(record["known_on"] <= "2026-06-30" for record in found["records"])


def test_an_unknown_entity_is_404_with_what_to_do(client: TestClient) -> None:
    answer = client.get("/api/v1/entities/nobody")
    assert answer.status_code == 404
    assert told(answer)["got"] == "register, column entity_id: 'nobody', which is not in it"
    assert "search by name" in told(answer)["todo"]


def test_grades_count_share_and_honest_rate(client: TestClient, city: Any) -> None:
    found = client.get("/api/v1/grades").json()
    assert [line["grade"] for line in found["grades"]] == ["A", "B", "C", "D"]
    assert sum(line["count"] for line in found["grades"]) == city.snapshot.rows
    assert sum(line["share"] for line in found["grades"]) == pytest.approx(1)
    assert [line["rate"] for line in found["grades"]] == [0.0603, 0.1709, 0.3476, 0.5610]
    assert found["columns"] == list(city.release.names)


def test_grades_are_filtered_and_paged(client: TestClient) -> None:
    page = client.get("/api/v1/grades", params={"grade": "B", "limit": 2, "offset": 1}).json()
    assert len(page["entities"]) == 2
    assert {line["grade"] for line in page["entities"]} == {"B"}
    assert client.get("/api/v1/grades", params={"text": "no such name"}).json()["matching"] == 0


@pytest.mark.parametrize("query", ["grade=E", "limit=0", "limit=501", "offset=-1", "offset=x"])
def test_a_wrong_filter_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/v1/grades?{query}")
    assert answer.status_code == 422
    assert f"query.{query.split('=', maxsplit=1)[0]}" in told(answer)["got"]


def test_an_unknown_address_and_method_are_refused_in_three_parts(client: TestClient) -> None:
    assert client.get("/api/v1/nothing").status_code == 404
    wrong = client.delete("/api/v1/grades")
    assert wrong.status_code == 405
    assert told(wrong)["got"] == "DELETE /api/v1/grades (405)"
    assert wrong.headers["Allow"] == "GET"


def test_openapi_describes_every_route(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert set(paths) == {route.path for route in API_ROUTES}
    assert {
        "/api/v1/score",
        "/api/v1/entities/{entity_id}",
        "/api/v1/grades",
        "/api/v1/plans/{plan_id}/draw",
    } <= set(paths)
