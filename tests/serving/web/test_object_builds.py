"""The object roster built on the page and over the API: what the command builds, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fastapi.testclient import TestClient

from serving.rosters.from_lake import objects_by_rules, rule_files
from serving.rosters.objects import find_objects
from serving.web.app import create_app
from serving.web.desk import Desk

HTML = {"Accept": "text/html"}


def test_the_api_builds_what_the_command_builds(client: TestClient, desk: Desk) -> None:
    assert client.get("/api/v1/objects").status_code == 404
    made = client.post("/api/v1/objects", data={"preset": "sandbox"})
    assert made.status_code == 200, made.text
    assert desk.lake is not None
    same = objects_by_rules(
        desk.ledger, desk.register, desk.lake, desk.as_of, rule_files("sandbox"),
        city_folder=desk.plans_folder.parent / "other", memory_limit="1GB",
    )  # fmt: skip
    assert (made.json()["digest"], made.json()["tags"]) == (same.card.digest, dict(same.card.tags))
    assert client.get("/api/v1/objects").json() == made.json()
    assert client.post("/api/v1/objects").json() == made.json()


def test_the_page_builds_by_a_citys_own_rules(
    client: TestClient, caller: Callable[..., TestClient], desk: Desk
) -> None:
    assert 'action="/rosters/objects"' in client.get("/rosters?tab=objects", headers=HTML).text
    files = {"rules": ("tags.toml", b"title = 'none'\n", "application/toml"), "marks": ("", b"", "")}
    told = client.post("/rosters/objects", files=files, headers=HTML, follow_redirects=False)
    assert (told.status_code, told.headers.get("location")) == (303, "/rosters?tab=objects")
    card = find_objects(desk.plans_folder.parent / "objects", register_digest=desk.register.digest).card
    assert (card.rows, card.tags, card.has_marks) == (desk.register.card.rows, {}, False)
    refused = client.post("/rosters/objects", data={"preset": "nowhere"}, headers=HTML)
    assert (refused.status_code, 'class="refusal"' in refused.text) == (422, True)
    supervisor = caller("supervisor", person="吴平")
    assert 'action="/rosters/objects"' not in supervisor.get("/rosters?tab=objects", headers=HTML).text
    assert supervisor.post("/api/v1/objects").status_code == 403


def test_without_records_it_says_where_to_build(desk: Desk, token_for: Callable[..., str]) -> None:
    headers = {"Authorization": f"Bearer {token_for()}"}
    bare = replace(desk, lake=None)
    with TestClient(create_app(lambda: bare), headers=headers) as client:
        refused = client.post("/api/v1/objects", data={"preset": "sandbox"})
    assert "where the lake is" in refused.json()["todo"]
