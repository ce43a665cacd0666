"""The real service in its own process: scores, pages, one door before everything, a quiet end."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from serving.ledger.database import open_ledger
from serving.ledger.tokens import create_token
from serving.process import Address, free_address, served

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The service with a good token."""

    address: Address
    token: str

    def ask(
        self, method: str, path: str, *, body: object = None, token: str | None = None
    ) -> tuple[int, str]:
        """Status and text of one request; no token if it is empty."""
        connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=10)
        token = self.token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def running(city: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("bentoml")
    ledger = open_ledger(city.ledger_url)
    now = datetime.now(UTC)
    last_day = now.date() + timedelta(days=1)
    token = create_token(ledger, person="李敏", role="planner", expires_on=last_day, now=now)
    ledger.close()
    settings = {
        "XINHENG_CITY": "sandbox", "XINHENG_HOME": str(city.home), "XINHENG_RELEASES": str(city.releases),
        "XINHENG_LEDGER_URL": city.ledger_url, "BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": str(folder),
    }  # fmt: skip
    address = free_address("127.0.0.1", 18321)
    with served(address, settings=settings, log=folder / "service.log"):
        yield Running(address=address, token=token)


def body_of(city: Any) -> dict[str, Any]:
    row = city.snapshot.read(list(city.release.names)).slice(0, 1).to_pylist()[0]
    return {"columns": list(row), "rows": [list(row.values())]}


@pytest.mark.parametrize("path", ["/docs.json", "/metrics", "/", "/api/v1/grades", "/static_content/x"])
def test_the_door_covers_the_routes_of_bentoml_too(running: Running, path: str) -> None:
    status, text = running.ask("GET", path, token="")
    assert status == 401
    assert json.loads(text)["expected"] == "a token"
    assert running.ask("GET", path)[0] in (200, 404)


@pytest.mark.parametrize("path", ["/score", "/explain"])
def test_scoring_needs_a_token_and_answers_like_the_api(running: Running, city: Any, path: str) -> None:
    assert running.ask("POST", path, body=body_of(city), token="")[0] == 401
    status, text = running.ask("POST", path, body=body_of(city))
    assert status == 200, text
    _, api = running.ask("POST", "/api/v1/score", body=body_of(city))
    result, expected = json.loads(text)["results"][0], json.loads(api)["results"][0]
    assert result == {name: expected[name] for name in result}
    assert ("reasons" in result) == (path == "/explain")


def test_wrong_columns_are_422_with_the_three_parts(running: Running, city: Any) -> None:
    body = body_of(city)
    body["columns"][0:2] = body["columns"][1::-1]
    for path in ("/score", "/api/v1/score"):
        status, text = running.ask("POST", path, body=body)
        assert status == 422
        assert "out of place" in text


def test_health_is_open_and_pages_are_there(running: Running, city: Any) -> None:
    for path in ("/livez", "/readyz", "/healthz"):
        assert running.ask("GET", path, token="")[0] == 200
    line = city.register.page(limit=1).lines[0]
    assert "信用风险分级总览" in running.ask("GET", "/")[1]
    assert line.entity_id in running.ask("GET", f"/entities/{line.entity_id}")[1]


def test_look_ups_stay_far_from_the_default_tail(running: Running, city: Any) -> None:
    """Out of the box the slowest hundredth takes 170–600 ms; this guards the order on slow machines."""
    ids = [line.entity_id for line in city.register.page(limit=100).lines]
    connection = http.client.HTTPConnection(running.address.host, running.address.port, timeout=10)
    headers, times = {"Authorization": f"Bearer {running.token}"}, []
    for number in range(400):
        start = time.perf_counter()
        connection.request("GET", f"/api/v1/entities/{ids[number % len(ids)]}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        times.append(time.perf_counter() - start)
        assert answer.status == 200
    connection.close()
    assert sorted(times)[int(len(times) * 0.99)] < 0.5


def test_the_serving_process_imports_neither_mlflow_nor_shap() -> None:
    code = "import sys, serving.service; print({'mlflow', 'shap', 'optuna', 'duckdb'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
