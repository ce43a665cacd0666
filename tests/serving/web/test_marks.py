"""Shields and red lines where people meet them: preview, freeze, rosters page, entity page and API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.csv
import pytest
from fastapi.testclient import TestClient

from features.as_of import AsOf
from serving.inspections.plans.bundle import verify_bundle
from serving.rosters.from_lake import objects_of_city
from serving.rosters.importing import PRESETS
from serving.rosters.item import Item
from serving.rosters.items import record_items
from serving.rosters.mark_lists import current_list, import_marks
from serving.rosters.mark_rules import read_mark_rules
from serving.rosters.roster_mapping import read_roster_mapping
from serving.rosters.tag_rules import read_tag_rules
from serving.sampling.frame import left_out
from serving.sampling.presets import preset
from serving.sampling.tickets import commitment_of
from serving.web.desk import Desk

HTML = {"Accept": "text/html"}
SANDBOX = PRESETS / "sandbox"
FORM = {
    "a": "2", "b": "5", "c": "20", "d": "100", "department": "市场监管局", "items": ["REG-01"],
    "title": "登记抽查", "first_day": "2026-07-06", "last_day": "2026-09-30",
}  # fmt: skip
ITEM = Item(
    code="REG-01", name_zh="登记检查", name_en="", kind="general", methods=("site",), field="登记",
    law="《条例》", department="市场监管局", skills=(), minutes=45, valid_from=date(2024, 1, 1),
)  # fmt: skip
SHIELDS = ["observation", "tolerance", "no_disturb"]
COLUMNS = "entity_id = 'id'\nmark = 'mark'\nfrom_day = 'from'\nuntil = 'until'\nreason = 'why'\n"
# By their place in the register: whom the list shields, whom a red line pierces, who is inspected whole.
SHIELDED, PIERCED, WHOLE = range(3)
Caller = Callable[..., TestClient]


@pytest.fixture(autouse=True)
def listed(desk: Desk) -> None:
    """An item that concerns everybody is on the list."""
    record_items(desk.ledger, desk.city, [ITEM], by="李敏", now=desk.now(), reason="2026年清单")


@pytest.fixture
def ids(desk: Desk) -> list[str]:
    """Three entities of different fate."""
    found: list[str] = desk.register.listed["entity_id"].slice(0, 3).to_pylist()
    return found


@pytest.fixture
def marked(desk: Desk, ids: list[str], tmp_path: Path) -> Desk:
    """The desk of a city whose list marks the three, and whose rules mark nobody; one row is wrong."""
    rows = [
        f"{ids[SHIELDED]},tolerance,2026-01-01,2026-12-31,书面决定一",
        f"{ids[PIERCED]},no_disturb,2026-01-01,2026-12-31,A级名单",
        f"{ids[PIERCED]},red_line,2026-06-01,,事故",
        f"{ids[WHOLE]},full_coverage,2026-01-01,,重点监管名单",
        f"{ids[WHOLE]},tolerance,2027-01-01,2027-12-31,尚未开始",
        f"{ids[WHOLE]},observation,2026-01-01,,没有截止日",
    ]
    (tmp_path / "list.csv").write_text("\n".join(["id,mark,from,until,why", *rows]) + "\n", "utf-8")
    mapping = tmp_path / "rosters.toml"
    mapping.write_text(f"[[feed]]\nroster = 'marks'\nfile = 'list.csv'\n[feed.columns]\n{COLUMNS}", "utf-8")
    lists = tmp_path / "lists"
    import_marks(
        desk.ledger, desk.city, read_roster_mapping(mapping), folder=tmp_path, lists=lists, by="李敏",
        now=desk.now(), reason="2026年名单",
    )  # fmt: skip
    assert desk.lake is not None
    (tmp_path / "marks.toml").write_text("title = 'none'\n", "utf-8")
    objects_of_city(
        desk.register, desk.lake, AsOf(on=desk.register.as_of, used_on=desk.register.used_on),
        read_tag_rules(SANDBOX / "tags.toml"), folder=desk.plans_folder.parent / "objects",
        memory_limit="1GB", mark_rules=read_mark_rules(tmp_path / "marks.toml"),
        listed=current_list(desk.ledger, desk.city, lists=lists),
    )  # fmt: skip
    return desk


def weighed(client: TestClient, **policy: object) -> dict:
    document = preset("henan-2021").policy().as_document() | policy
    answer = client.post("/api/v1/plans/weighing", json={"policy": document})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_city_without_marks_shields_nobody_and_is_told_so(client: TestClient) -> None:
    text = client.post("/plans/preview", data=FORM | {"shields": SHIELDS}, headers=HTML).text
    assert "尚无观察期、包容期、无事不扰等标记" in text
    assert "没有：辖区内每一户都可能被抽到" in text
    assert "尚无观察期" not in client.post("/plans/preview", data=FORM, headers=HTML).text
    assert "尚无标记" in client.get("/rosters?tab=marks", headers=HTML).text


def test_the_preview_counts_who_is_shielded_pierced_and_drawn_whole(
    client: TestClient, marked: Desk, ids: list[str]
) -> None:
    text = client.post("/plans/preview", data=FORM | {"shields": SHIELDS}, headers=HTML).text
    assert "<li><span>包容期</span><b>1</b></li>" in text
    assert "无事不扰</span>" not in text
    assert "1 户虽受保护，因触碰红线仍参加抽取" in text
    assert "全覆盖名单上的 1 户全部检查" in text
    assert "尚无观察期" not in text
    free = client.post("/plans/preview", data=FORM, headers=HTML).text
    assert "包容期</span><b>" not in free, "a policy without shields leaves nobody out for one"


def test_programs_see_the_same_counts(client: TestClient, marked: Desk) -> None:
    found = weighed(client)
    assert found["excluded"] == {"shield_tolerance": 1}
    assert (found["pierced"], found["whole"]) == (1, 1)
    assert found["marks"] == {"tolerance": 1, "no_disturb": 1, "red_line": 1, "full_coverage": 1}
    by_grade = sum(found["sizes"][grade] for grade in "ABCD")
    assert found["total"] == by_grade + found["ordinary"] + found["whole"] + 1
    unpierced = weighed(client, triggers=[])
    assert unpierced["excluded"] == {"shield_no_disturb": 1, "shield_tolerance": 1}
    assert unpierced["pierced"] == 0
    assert weighed(client, shields=[])["excluded"] == {}


def test_rosters_and_entity_pages_tell_marks_and_their_grounds(
    client: TestClient, marked: Desk, ids: list[str]
) -> None:
    page = client.get("/rosters?tab=marks", headers=HTML).text
    assert "2026年名单" in page
    assert "读入 6 行，采用 5 行，退回 1 行" in page
    assert "list.csv:7" in page
    assert "对象库尚未按此名单更新" not in page
    shown = client.get(f"/entities/{ids[SHIELDED]}", headers=HTML).text
    assert "2026-01-01 起，至 2026-12-31" in shown
    assert "list.csv · 书面决定一" in shown
    (told,) = client.get(f"/api/v1/entities/{ids[SHIELDED]}/marks").json()
    assert told == {
        "mark": "tolerance", "from_day": "2026-01-01", "until": "2026-12-31", "known_on": "2026-01-01",
        "source": "list.csv", "reason": "书面决定一",
    }  # fmt: skip
    assert client.get("/api/v1/entities/nobody/marks").status_code == 404
    assert client.get("/api/v1/objects").json()["marks"]["red_line"] == 1


def test_a_frozen_plan_keeps_the_shielded_out_and_draws_the_listed_whole(
    client: TestClient, caller: Caller, marked: Desk, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = FORM | {"shields": SHIELDS}
    saved = client.post("/plans", data=body, headers=HTML, follow_redirects=False)
    assert saved.status_code == 303, saved.text
    plan_id = saved.headers["location"].removeprefix("/plans/")
    assert client.post(f"/plans/{plan_id}/freeze", headers=HTML).status_code == 200
    published = marked.plans_folder / plan_id / "frame.csv"
    assert left_out(published.read_bytes()) == {"shield_tolerance": 1}
    frame = pyarrow.csv.read_csv(published).to_pylist()
    rows = {row["entity_id"]: row for row in frame}
    assert {key: row["exclusion_reason"] for key, row in rows.items() if row["eligible"] == "no"} == {
        ids[SHIELDED]: "shield_tolerance"
    }
    whole = rows[ids[WHOLE]]
    assert (whole["stratum"], whole["inclusion_probability"]) == (f"{whole['grade']}/full", "1/1")
    officials = {"李敏": (client, "1f" * 32), "吴平": (caller("supervisor", person="吴平"), "2e" * 32)}
    for name, (official, secret) in officials.items():
        promise = {"commitment": commitment_of(plan_id, name, secret)}
        assert official.post(f"/api/v1/plans/{plan_id}/commitments", json=promise).status_code == 200
    for official, secret in officials.values():
        assert official.post(f"/api/v1/plans/{plan_id}/reveals", json={"secret": secret}).status_code == 200
    drawn = {one["entity_id"] for one in client.post(f"/api/v1/plans/{plan_id}/draw").json()["drawn"]}
    assert ids[WHOLE] in drawn
    assert ids[SHIELDED] not in drawn
    assert verify_bundle(marked.plans_folder / plan_id).ok
    monkeypatch.chdir(marked.plans_folder / plan_id)
    assert duckdb.sql(Path("verify.sql").read_text("utf-8")).fetchall() == [("OK",)]
