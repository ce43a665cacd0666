"""The door: what needs a token, who may do what, and where the cookie goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from serving.web.app import API_ROUTES, PAGE_ROUTES

CLOSED = sorted({(r.method, r.path) for r in (*API_ROUTES, *PAGE_ROUTES) if r.path != "/login"})
HTML = {"Accept": "text/html"}


@pytest.mark.parametrize(("method", "path"), [*CLOSED, ("GET", "/api/v1/openapi.json"), ("GET", "/nothing")])
def test_every_route_but_health_login_and_static_needs_a_token(
    stranger: TestClient, method: str, path: str
) -> None:
    answer = stranger.request(method, path.replace("{", "").replace("}", ""))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["got"] == "none"
    assert "python -m serving token" in answer.json()["todo"]


@pytest.mark.parametrize(
    "path", ["/healthz", "/livez", "/readyz", "/login", "/static/xinheng.css", "/static/favicon.svg"]
)
def test_health_login_and_static_are_open(stranger: TestClient, path: str) -> None:
    assert stranger.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/login/", "//login", "/static"],
)
def test_no_spelling_of_an_open_path_opens_another(stranger: TestClient, path: str) -> None:
    answer = stranger.get(path, follow_redirects=False)
    assert answer.status_code in (307, 401, 404)
    assert "AccessMiddleware" not in answer.text


@pytest.mark.parametrize("header", ["Bearer wrong", "Basic abc", "Bearer", "wrong"])
def test_a_wrong_token_is_refused(stranger: TestClient, header: str) -> None:
    answer = stranger.get("/api/v1/grades", headers={"Authorization": header})
    assert answer.status_code == 401
    assert set(answer.json()) == {"expected", "got", "todo"}


def test_a_person_without_token_sees_the_login_page_and_comes_back(
    stranger: TestClient, token_for: Callable[..., str]
) -> None:
    page = stranger.get("/plans?language=zh", headers=HTML)
    assert page.status_code == 401
    assert "登录信衡" in page.text
    assert 'value="/plans?language=zh"' in page.text
    answer = stranger.post("/login", data={"token": token_for(), "next": "/plans"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/plans")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert stranger.get("/plans", headers=HTML).status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_login_leads_to_no_other_site(
    stranger: TestClient, token_for: Callable[..., str], elsewhere: str
) -> None:
    answer = stranger.post("/login", data={"token": token_for(), "next": elsewhere}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_a_wrong_token_at_login_is_told_in_chinese(stranger: TestClient) -> None:
    answer = stranger.post("/login", data={"token": "nonsense"}, headers=HTML)
    assert answer.status_code == 401
    assert "令牌无效" in answer.text
    assert "set-cookie" not in answer.headers


def test_logging_out_forgets_the_token(stranger: TestClient, token_for: Callable[..., str]) -> None:
    stranger.post("/login", data={"token": token_for()})
    assert stranger.get("/", headers=HTML).status_code == 200
    stranger.post("/logout")
    assert stranger.get("/", headers=HTML).status_code == 401


def test_a_form_of_another_site_is_refused_even_with_the_cookie(
    stranger: TestClient, token_for: Callable[..., str]
) -> None:
    stranger.post("/login", data={"token": token_for()})
    answer = stranger.post("/plans", data={"title": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "sent from elsewhere" in answer.json()["got"]


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://testserver.evil.example"}, False),
        ({"Origin": "http://testserver@evil.example"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "https://TestServer"}, True),
        ({"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({}, True),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/plans", "/login"])
def test_without_fetch_metadata_the_origin_must_be_this_host(
    stranger: TestClient, token_for: Callable[..., str], path: str, headers: dict[str, str], passes: bool
) -> None:
    token = token_for()
    stranger.post("/login", data={"token": token})
    form = {"title": "抽查", "a": "2", "b": "5", "c": "20", "d": "100", "token": token}
    answer = stranger.post(path, data=form, headers=headers, follow_redirects=False)
    assert answer.status_code == (303 if passes else 403)


@pytest.mark.parametrize("role", ["analyst", "supervisor", "auditor"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/plans", "/api/v1/plans/x/freeze", "/api/v1/plans/x/draw", "/api/v1/plans/x/void",
        "/plans", "/plans/x/freeze", "/plans/x/draw", "/plans/x/void",
    ],
)  # fmt: skip
def test_only_planners_and_administrators_write_plans(
    caller: Callable[..., TestClient], role: str, path: str
) -> None:
    body: dict[str, object] = {"title": "t", "ratios": {"a": "0.1", "b": "0.1", "c": "0.1", "d": "0.1"}}
    if path.endswith("void"):
        body = {"reason": "wrong quarter"}
    answer = caller(role).post(path, json=body) if path.startswith("/api") else caller(role).post(path)
    assert answer.status_code == 403
    assert answer.json()["got"] == f"role {role} of 李敏"


def test_a_region_sees_only_its_own(caller: Callable[..., TestClient], city: Any) -> None:
    own = city.register.page(limit=1).lines[0].region_code or ""
    inside = caller(region_prefix=own)
    found = inside.get("/api/v1/grades?limit=500").json()
    assert 0 < found["matching"] < city.snapshot.rows
    assert {line["region_code"] for line in found["entities"]} == {own}
    assert sum(line["count"] for line in found["grades"]) == found["matching"]
    other = next(line for line in city.register.page(limit=300).lines if line.region_code != own)
    assert inside.get(f"/api/v1/entities/{other.entity_id}").status_code == 404
    assert inside.get(f"/entities/{other.entity_id}", headers=HTML).status_code == 404
    assert other.entity_id not in inside.get("/register?offset=0", headers=HTML).text
    refused = inside.get(f"/api/v1/grades?region={other.region_code}")
    assert (refused.status_code, refused.json()["got"]) == (403, f"'{other.region_code}'")


def test_every_answer_keeps_foreign_content_out(app: FastAPI, stranger: TestClient) -> None:
    for path in ("/", "/healthz", "/login", "/static/xinheng.css"):
        headers = stranger.get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert stranger.get("/").headers["Cache-Control"] == "no-store"
