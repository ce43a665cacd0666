"""The life of a plan over the API and over the forms, and every wrong step."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.sampling.tickets import commitment_of

HTML = {"Accept": "text/html"}
RATIOS = {"a": "0.02", "b": "0.05", "c": "0.2", "d": "1"}
SECRETS = {"周正": "1f" * 32, "吴平": "2e" * 32}


def created(client: TestClient, **changed: object) -> dict[str, Any]:
    answer = client.post("/api/v1/plans", json={"title": "七月抽查", "ratios": RATIOS, **changed})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def revealed(client: TestClient) -> str:
    plan_id = str(created(client)["plan_id"])
    address = f"/api/v1/plans/{plan_id}"
    assert client.post(f"{address}/freeze").json()["state"] == "frozen"
    for official, secret in SECRETS.items():
        body = {"official": official, "commitment": commitment_of(plan_id, official, secret)}
        assert client.post(f"{address}/commitments", json=body).status_code == 200
    for official, secret in SECRETS.items():
        answer = client.post(f"{address}/reveals", json={"official": official, "secret": secret})
    assert answer.json()["state"] == "revealed"
    return plan_id


def test_a_plan_goes_from_draft_to_a_draw_that_a_stranger_can_verify(
    client: TestClient, city: Any, tmp_path: Path
) -> None:
    plan_id = revealed(client)
    drawn = client.post(f"/api/v1/plans/{plan_id}/draw").json()
    assert drawn["state"] == "drawn"
    assert len(drawn["drawn"]) == sum(drawn["counts"].values())
    sizes = drawn["sizes"]
    assert sizes == {grade: count for grade, count in city.register.counts().items() if count}
    assert all(
        e["inclusion_probability"] == f"{drawn['counts'][e['grade']]}/{sizes[e['grade']]}"
        for e in drawn["drawn"]
    )
    answer = client.get(f"/api/v1/plans/{plan_id}/bundle")
    assert answer.headers["content-type"] == "application/zip"
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    verified = subprocess.run(
        [sys.executable, "-I", tmp_path / plan_id / "verify.py", tmp_path / plan_id],
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_preview_counts_and_expects_by_the_honest_rate(client: TestClient, city: Any) -> None:
    found = client.post("/api/v1/plans/preview", json={"ratios": RATIOS}).json()
    counts = city.register.counts()
    assert [line["size"] for line in found["lines"]] == list(counts.values())
    last = found["lines"][3]
    assert last["drawn"] == counts["D"]
    assert last["expected"] == pytest.approx(counts["D"] * 0.5610)
    assert found["floor_met"] == (found["drawn"] >= -(-city.snapshot.rows * 3 // 100))


@pytest.mark.parametrize(
    ("ratios", "got"),
    [
        (RATIOS | {"c": "0.01"}, "the ratio falls from B=0.05 to C=0.01"),
        (RATIOS | {"a": "0"}, "A=0 without a reason"),
        (RATIOS | {"d": "1.5"}, "D='1.5' is no number from 0 to 1"),
        (RATIOS | {"b": "many"}, "B='many' is no number from 0 to 1"),
    ],
)
def test_wrong_ratios_are_refused_and_nothing_is_written(
    client: TestClient, ratios: dict[str, str], got: str
) -> None:
    for path, body in (
        ("/api/v1/plans", {"title": "t", "ratios": ratios}),
        ("/api/v1/plans/preview", {"ratios": ratios}),
    ):
        answer = client.post(path, json=body)
        assert answer.status_code == 422
        assert got in answer.json()["got"]
        assert "A <= B <= C <= D" in answer.json()["expected"]
    assert "还没有计划" in client.get("/plans", headers=HTML).text


def test_steps_out_of_turn_are_conflicts(client: TestClient) -> None:
    plan_id = created(client)["plan_id"]
    address = f"/api/v1/plans/{plan_id}"
    for path, body in (
        ("draw", None),
        ("commitments", {"official": "周正", "commitment": "a" * 64}),
        ("reveals", {"official": "周正", "secret": "a" * 64}),
    ):
        answer = client.post(f"{address}/{path}", json=body)
        assert (answer.status_code, answer.json()["got"]) == (409, f"plan {plan_id}, which is draft")
    assert client.get(f"{address}/bundle").status_code == 409
    assert client.post(f"{address}/freeze").status_code == 200
    assert client.post(f"{address}/freeze").status_code == 409


def test_a_wrong_secret_and_a_second_draw_are_conflicts(client: TestClient) -> None:
    plan_id = revealed(client)
    late = client.post(f"/api/v1/plans/{plan_id}/reveals", json={"official": "周正", "secret": "0" * 64})
    assert late.status_code == 409
    assert client.post(f"/api/v1/plans/{plan_id}/draw").status_code == 200
    again = client.post(f"/api/v1/plans/{plan_id}/draw")
    assert again.status_code == 409
    assert "nothing can be drawn twice" in again.json()["todo"]


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("", {"title": " ", "ratios": RATIOS}, "body.title"),
        ("", {"title": "t"}, "body.ratios"),
        ("/x/commitments", {"official": "a", "commitment": "short"}, "body.commitment"),
        ("/x/reveals", {"official": "", "secret": "a" * 64}, "body.official"),
    ],
)
def test_malformed_bodies_name_their_place(
    client: TestClient, path: str, body: dict[str, Any], place: str
) -> None:
    answer = client.post(f"/api/v1/plans{path}", json=body)
    assert answer.status_code == 422
    assert place in answer.json()["got"]


def test_an_unknown_plan_is_404(client: TestClient) -> None:
    assert client.get("/api/v1/plans/sandbox-20260701-99").json()["got"] == "'sandbox-20260701-99'"
    page = client.get("/plans/nothing", headers=HTML)
    assert page.status_code == 404
    assert "没有这个计划" in page.text


def test_a_plan_of_the_whole_city_is_hidden_from_a_region(
    caller: Callable[..., TestClient], city: Any
) -> None:
    region = city.register.page(limit=1).lines[0].region_code
    plan_id = created(caller())["plan_id"]
    district = caller(region_prefix=region)
    assert district.get(f"/api/v1/plans/{plan_id}").status_code == 404
    own = created(district)
    assert own["region_prefix"] == region
    assert caller().get(f"/api/v1/plans/{own['plan_id']}").status_code == 200


def test_the_forms_lead_to_the_same_draw(client: TestClient) -> None:
    form = {"title": "表单计划", "a": "2", "b": "5", "c": "20", "d": "100", "region_prefix": ""}
    answer = client.post("/plans", data=form, headers=HTML, follow_redirects=False)
    assert answer.status_code == 303
    address = answer.headers["location"]
    plan_id = address.rsplit("/", 1)[1]
    client.post(f"{address}/freeze", headers=HTML)
    for official, secret in SECRETS.items():
        commitment = commitment_of(plan_id, official, secret)
        client.post(
            f"{address}/commitments", data={"official": official, "commitment": commitment}, headers=HTML
        )
    wrong = client.post(f"{address}/reveals", data={"official": "周正", "secret": "0" * 64}, headers=HTML)
    assert wrong.status_code == 409
    assert "计划不能走这一步" in wrong.text
    for official, secret in SECRETS.items():
        client.post(f"{address}/reveals", data={"official": official, "secret": secret}, headers=HTML)
    page = client.post(f"{address}/draw", headers=HTML).text
    assert "抽取完成" in page
    assert "下载复核包" in page
    assert 'id="drawn"' in page


def test_a_form_with_falling_ratios_is_shown_again_with_the_reason(client: TestClient) -> None:
    form = {"title": "x", "a": "9", "b": "5", "c": "20", "d": "100"}
    answer = client.post("/plans", data=form, headers=HTML)
    assert answer.status_code == 422
    assert "抽查比例不成立" in answer.text
    assert 'value="9"' in answer.text
    preview = client.post("/plans/preview", data=form, headers=HTML)
    assert preview.status_code == 200
    assert "A ≤ B ≤ C ≤ D" in preview.text
