"""Items and inspectors imported on the page and over the API, by a mapping file beside its tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.rosters.importing import MAPPING_FILE, PRESETS
from serving.rosters.inspectors import list_inspectors
from serving.rosters.items import list_items
from serving.web.desk import Desk

HTML = {"Accept": "text/html"}
FOLDER = PRESETS / "sandbox"


def sent(*, mapping: bytes = b"", without: str = "none") -> list[tuple[str, Any]]:
    """The preset's files as a browser sends them."""
    tables = [one for one in sorted(FOLDER.iterdir()) if one.name not in (MAPPING_FILE, without)]
    mapped = mapping or (FOLDER / MAPPING_FILE).read_bytes()
    return [
        ("mapping", (MAPPING_FILE, mapped, "application/toml")),
        *(("files", (one.name, one.read_bytes(), "text/csv")) for one in tables if one.is_file()),
    ]


@pytest.mark.parametrize("roster", ["items", "inspectors"])
def test_a_roster_is_imported_over_the_api_and_again_changes_nothing(
    client: TestClient, desk: Desk, roster: str
) -> None:
    path = f"/api/v1/rosters/{roster}/imports"
    first = client.post(path, files=sent(), data={"reason": "名录更新"})
    assert first.status_code == 200, first.text
    counts = first.json()["counts"]
    assert (counts["read"], counts["rejected"]) == (counts["added"], 0)
    stored = (
        list_items(desk.ledger, "sandbox") if roster == "items" else list_inspectors(desk.ledger, "sandbox")
    )
    assert len(stored) == counts["added"] > 5
    again = client.post(path, files=sent(), data={"reason": "再来"}).json()["counts"]
    assert again["unchanged"] == again["read"]


def test_the_page_imports_and_tells_what_became_of_the_rows(
    client: TestClient, caller: Callable[..., TestClient]
) -> None:
    assert 'action="/rosters/imports"' in client.get("/rosters?tab=items", headers=HTML).text
    data = {"roster": "items", "reason": "名录更新"}
    told = client.post("/rosters/imports", files=sent(), data=data, headers=HTML)
    assert (told.status_code, "导入完成" in told.text, "退回 0" in told.text) == (200, True, True)
    supervisor = caller("supervisor", person="吴平")
    assert 'action="/rosters/imports"' not in supervisor.get("/rosters?tab=items", headers=HTML).text
    assert supervisor.post("/rosters/imports", files=sent(), data=data, headers=HTML).status_code == 403


def test_a_mapping_reads_no_file_but_those_that_came_with_it(client: TestClient, desk: Desk) -> None:
    path = "/api/v1/rosters/items/imports"
    table = next(
        one.name for one in sorted(FOLDER.iterdir()) if "item" in one.name and one.name != MAPPING_FILE
    )
    missing = client.post(path, files=sent(without=table), data={"reason": "x"})
    assert (missing.status_code, "send these files too" in missing.json()["todo"]) == (422, True)
    elsewhere = (FOLDER / MAPPING_FILE).read_text("utf-8").replace(table, f"../{table}")
    foreign = client.post(path, files=sent(mapping=elsewhere.encode()), data={"reason": "x"})
    assert foreign.status_code == 422
    broken = client.post(path, files=sent(mapping=b"feed = ["), data={"reason": "x"})
    assert (broken.status_code, "TOML" in broken.json()["expected"]) == (422, True)
    assert client.post("/api/v1/rosters/objects/imports", files=sent()).status_code == 422
    page = client.post(
        "/rosters/imports",
        files=sent(mapping=b"feed = ["),
        data={"roster": "items", "reason": "x"},
        headers=HTML,
    )
    assert (page.status_code, 'class="refusal"' in page.text) == (422, True)
    assert list_items(desk.ledger, "sandbox") == ()
