"""The life of a plan over the API and over the forms, and every wrong step."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.sampling.tickets import commitment_of
from serving.web.preview import percent_of

HTML = {"Accept": "text/html"}
RATIOS = {"a": "0.02", "b": "0.05", "c": "0.2", "d": "1"}
SECRETS = {"李敏": "1f" * 32, "吴平": "2e" * 32}
Caller = Callable[..., TestClient]


def created(client: TestClient, **changed: object) -> dict[str, Any]:
    answer = client.post("/api/v1/plans", json={"title": "七月抽查", "ratios": RATIOS, **changed})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def frozen(client: TestClient) -> str:
    plan_id = str(created(client)["plan_id"])
    assert client.post(f"/api/v1/plans/{plan_id}/freeze").json()["state"] == "frozen"
    return plan_id


def committed(official: TestClient, name: str, plan_id: str) -> None:
    body = {"commitment": commitment_of(plan_id, name, SECRETS[name])}
    assert official.post(f"/api/v1/plans/{plan_id}/commitments", json=body).status_code == 200


def revealed(client: TestClient, witness: TestClient) -> str:
    """A planner and a witness, each with a token of their own."""
    plan_id = frozen(client)
    officials = {"李敏": client, "吴平": witness}
    for name, official in officials.items():
        committed(official, name, plan_id)
    for name, official in officials.items():
        answer = official.post(f"/api/v1/plans/{plan_id}/reveals", json={"secret": SECRETS[name]})
    assert answer.json()["state"] == "revealed"
    return plan_id


@pytest.fixture
def witness(caller: Caller) -> TestClient:
    """A second person, who may not plan."""
    return caller("supervisor", person="吴平")


def test_a_plan_goes_from_draft_to_a_draw_that_a_stranger_can_verify(
    client: TestClient, witness: TestClient, city: Any, tmp_path: Path
) -> None:
    plan_id = revealed(client, witness)
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
        ("commitments", {"commitment": "a" * 64}),
        ("reveals", {"secret": "a" * 64}),
    ):
        answer = client.post(f"{address}/{path}", json=body)
        assert (answer.status_code, answer.json()["got"]) == (409, f"plan {plan_id}, which is draft")
    assert client.get(f"{address}/bundle").status_code == 409
    assert client.post(f"{address}/freeze").status_code == 200
    assert client.post(f"{address}/freeze").status_code == 409


def test_a_wrong_secret_and_a_second_draw_are_conflicts(client: TestClient, witness: TestClient) -> None:
    plan_id = revealed(client, witness)
    late = client.post(f"/api/v1/plans/{plan_id}/reveals", json={"secret": "0" * 64})
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
        ("/x/commitments", {"commitment": "short"}, "body.commitment"),
        ("/x/commitments", {"official": "吴平", "commitment": "a" * 64}, "body.official"),
        ("/x/reveals", {"official": "吴平", "secret": "a" * 64}, "body.official"),
        ("/x/reveals", {"secret": "a"}, "body.secret"),
        ("/x/void", {"reason": "  "}, "body.reason"),
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


def test_one_person_cannot_hold_the_ceremony_whatever_the_name_of_the_token(
    client: TestClient, caller: Caller
) -> None:
    plan_id = frozen(client)
    committed(client, "李敏", plan_id)
    for other in (client, caller("administrator", person="李敏 ")):
        again = other.post(f"/api/v1/plans/{plan_id}/commitments", json={"commitment": "b" * 64})
        assert (again.status_code, again.json()["got"]) == (409, "a second one of '李敏'")
    early = client.post(f"/api/v1/plans/{plan_id}/reveals", json={"secret": SECRETS["李敏"]})
    assert (early.status_code, early.json()["got"]) == (409, f"plan {plan_id}, which is frozen")


def test_the_official_is_the_holder_of_the_token_and_is_recorded(
    client: TestClient, witness: TestClient
) -> None:
    plan = client.get(f"/api/v1/plans/{revealed(client, witness)}").json()
    assert [(one["official"], one["recorded_by"]) for one in plan["officials"]] == [
        ("吴平", "吴平"), ("李敏", "李敏"),
    ]  # fmt: skip
    steps = [(one["kind"], one["official"], one["by"]) for one in plan["events"]]
    assert steps[2:] == [
        ("committed", "李敏", "李敏"), ("committed", "吴平", "吴平"),
        ("revealed", "李敏", "李敏"), ("revealed", "吴平", "吴平"),
    ]  # fmt: skip


def test_nobody_reveals_for_another(client: TestClient, witness: TestClient) -> None:
    plan_id = frozen(client)
    for official, name in ((client, "李敏"), (witness, "吴平")):
        committed(official, name, plan_id)
    stolen = client.post(f"/api/v1/plans/{plan_id}/reveals", json={"secret": SECRETS["吴平"]})
    assert stolen.status_code == 409
    assert "a secret of '李敏' that does not open the commitment" in stolen.json()["got"]


@pytest.mark.parametrize("role", ["analyst", "planner", "supervisor", "auditor", "administrator"])
def test_every_role_may_take_part_as_an_official(client: TestClient, caller: Caller, role: str) -> None:
    plan_id = revealed(client, caller(role, person="吴平"))
    assert client.post(f"/api/v1/plans/{plan_id}/draw").json()["state"] == "drawn"


def test_an_official_of_another_region_does_not_see_the_plan(client: TestClient, caller: Caller) -> None:
    plan_id = frozen(client)
    elsewhere = caller("supervisor", region_prefix="99", person="吴平")
    for path, body in (("commitments", {"commitment": "a" * 64}), ("reveals", {"secret": "a" * 64})):
        assert elsewhere.post(f"/api/v1/plans/{plan_id}/{path}", json=body).status_code == 404


def test_a_void_after_a_reveal_is_marked_in_api_page_and_list(
    client: TestClient, witness: TestClient
) -> None:
    early, late = frozen(client), frozen(client)
    for official, name in ((client, "李敏"), (witness, "吴平")):
        committed(official, name, late)
    witness.post(f"/api/v1/plans/{late}/reveals", json={"secret": SECRETS["吴平"]})
    warned = client.get(f"/plans/{late}", headers=HTML).text
    assert "此时作废将标明“作废于揭示之后”" in warned
    marks = [
        client.post(f"/api/v1/plans/{plan}/void", json={"reason": "李敏不揭示"}).json()["voided_after_reveal"]
        for plan in (early, late)
    ]
    assert marks == [False, True]
    assert "作废于揭示之后" not in client.get(f"/plans/{early}", headers=HTML).text
    page = client.get(f"/plans/{late}", headers=HTML).text
    assert page.count("作废于揭示之后") == 2, "above the steps and in the history"
    assert "李敏不揭示" in page
    plans = client.get("/plans", headers=HTML).text
    voids = plans[plans.index('id="voids"') :]
    assert re.findall(r"<tr><td>(.*?)</td>.*?>(\d)<.*?>(\d)<.*?>(\d)<", voids) == [("李敏", "2", "1", "1")]
    assert "voided after the first reveal" in client.get("/plans?language=en", headers=HTML).text


def test_a_drawn_plan_that_was_voided_still_shows_its_draw(client: TestClient, witness: TestClient) -> None:
    plan_id = revealed(client, witness)
    client.post(f"/api/v1/plans/{plan_id}/draw")
    client.post(f"/plans/{plan_id}/void", data={"reason": "抽错季度"}, headers=HTML)
    page = client.get(f"/plans/{plan_id}", headers=HTML).text
    assert 'id="drawn"' in page
    assert "抽错季度" in page
    assert 'id="void"' not in page, "nothing is voided twice"


def test_a_void_without_a_reason_is_refused_on_the_page(client: TestClient) -> None:
    plan_id = frozen(client)
    answer = client.post(f"/plans/{plan_id}/void", data={"reason": " "}, headers=HTML)
    assert answer.status_code == 409
    assert client.get(f"/api/v1/plans/{plan_id}").json()["state"] == "frozen"


def test_the_page_offers_each_reader_their_own_part(client: TestClient, witness: TestClient) -> None:
    plan_id = frozen(client)

    def part(reader: TestClient) -> tuple[bool, ...]:
        page = reader.get(f"/plans/{plan_id}", headers=HTML).text
        assert 'name="official"' not in page
        return tuple(
            f'action="/plans/{plan_id}/{step}"' in page for step in ("commitments", "reveals", "void")
        )

    assert (part(client), part(witness)) == ((True, False, True), (True, False, False))
    committed(client, "李敏", plan_id)
    assert (part(client), part(witness)) == ((False, False, True), (True, False, False))
    committed(witness, "吴平", plan_id)
    assert (part(client), part(witness)) == ((False, True, True), (False, True, False))
    witness.post(f"/api/v1/plans/{plan_id}/reveals", json={"secret": SECRETS["吴平"]})
    assert (part(client), part(witness)) == ((False, True, True), (False, False, False))
    assert re.search("您以 <b>吴平</b> 的身份参加", witness.get(f"/plans/{plan_id}", headers=HTML).text)


def test_the_forms_lead_to_the_same_draw(client: TestClient, witness: TestClient) -> None:
    form = {"title": "表单计划", "a": "2", "b": "5", "c": "20", "d": "100", "region_prefix": ""}
    answer = client.post("/plans", data=form, headers=HTML, follow_redirects=False)
    assert answer.status_code == 303
    address = answer.headers["location"]
    plan_id = address.rsplit("/", 1)[1]
    client.post(f"{address}/freeze", headers=HTML)
    officials = {"李敏": client, "吴平": witness}
    for name, official in officials.items():
        commitment = commitment_of(plan_id, name, SECRETS[name])
        data = {"official": "somebody else", "commitment": commitment}
        official.post(f"{address}/commitments", data=data, headers=HTML)
    wrong = client.post(f"{address}/reveals", data={"secret": "0" * 64}, headers=HTML)
    assert wrong.status_code == 409
    assert "计划不能走这一步" in wrong.text
    for name, official in officials.items():
        official.post(f"{address}/reveals", data={"secret": SECRETS[name]}, headers=HTML)
    page = client.post(f"{address}/draw", headers=HTML).text
    assert "抽取完成" in page
    assert "下载复核包" in page
    assert 'id="drawn"' in page
    assert "somebody else" not in page


def test_a_form_with_falling_ratios_is_shown_again_with_the_reason(client: TestClient) -> None:
    form = {"title": "x", "a": "9", "b": "5", "c": "20", "d": "100"}
    answer = client.post("/plans", data=form, headers=HTML)
    assert answer.status_code == 422
    assert "抽查比例不成立" in answer.text
    assert 'value="9"' in answer.text
    preview = client.post("/plans/preview", data=form, headers=HTML)
    assert preview.status_code == 200
    assert "A ≤ B ≤ C ≤ D" in preview.text


def test_a_region_without_entities_is_refused_before_a_plan_stands(client: TestClient) -> None:
    """Nothing drawn of nobody once read as 0 of 0: the legal floor reached."""
    asked = {"ratios": RATIOS, "region_prefix": "zz"}
    for address, body in (("plans", asked | {"title": "无人区"}), ("plans/preview", asked)):
        answer = client.post(f"/api/v1/{address}", json=body)
        assert answer.status_code == 422
        assert answer.json()["got"] == "'zz', with none"
    typed = {"a": "2", "b": "5", "c": "20", "d": "100", "region_prefix": "zz"}
    shown = client.post("/plans/preview", data=typed, headers=HTML)
    assert "辖区" in shown.text
    assert "达到" not in shown.text


@pytest.mark.parametrize(
    ("text", "percent"), [("0.025", "2.5"), ("2/100", "2"), ("1/3", "33.3333"), ("1", "100")]
)
def test_a_ratio_is_shown_in_percent_however_it_was_written(text: str, percent: str) -> None:
    assert percent_of(text) == percent
