"""The real service in its own process: scores, pages, one door before everything, a quiet end."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from serving.ledger.database import open_ledger
from serving.ledger.tokens import create_token
from serving.process import Address, ServiceFailed, free_address, served

pytestmark = pytest.mark.slow

SCORING = ("/score", "/explain", "/api/v1/score")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The service with a good token."""

    address: Address
    token: str

    def ask(
        self, method: str, path: str, *, body: object = None, token: str | None = None, accept: str = "*/*"
    ) -> tuple[int, str]:
        """Status and text of one request; no token if it is empty, bytes are sent as they are."""
        connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=10)
        token = self.token if token is None else token
        headers = {"Accept": accept} | ({"Authorization": f"Bearer {token}"} if token else {})
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            sent = body if body is None or isinstance(body, bytes) else json.dumps(body)
            connection.request(method, path, sent, headers)
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


def told(text: str) -> dict[str, str]:
    parts = json.loads(text)
    assert set(parts) == {"expected", "got", "todo"}
    return dict(parts)


@pytest.mark.parametrize("path", SCORING)
def test_wrong_columns_are_422_with_the_three_parts(running: Running, city: Any, path: str) -> None:
    body = body_of(city)
    body["columns"][0:2] = body["columns"][1::-1]
    status, text = running.ask("POST", path, body=body)
    assert status == 422
    assert "out of place" in told(text)["got"]


@pytest.mark.parametrize("path", SCORING)
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"rows": []}',
        b'{"columns": 1, "rows": [[1]]}',
        b'{"columns": ["a"], "rows": [[' + b"9" * 5000 + b"]]}",
        b'{"columns": ["\xff"], "rows": []}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"columns": [], "rows": []}',
    ],
    ids=["cut", "list", "half", "type", "digits", "bytes", "brackets", "empty"],
)
def test_a_malformed_or_hostile_body_is_422_with_the_three_parts(
    running: Running, path: str, body: bytes
) -> None:
    status, text = running.ask("POST", path, body=body)
    assert status == 422, text
    assert told(text)["got"]
    assert "pydantic" not in text


@pytest.mark.parametrize("path", SCORING)
def test_unknown_codes_are_flagged_and_a_giant_number_refused(running: Running, city: Any, path: str) -> None:
    body = body_of(city)
    place = next(i for i, spec in enumerate(city.release.schema) if spec.kind == "category")
    body["rows"][0][place] = "martian"
    assert json.loads(running.ask("POST", path, body=body)[1])["unseen"] == {
        body["columns"][place]: ["martian"]
    }
    number = next(i for i, spec in enumerate(city.release.schema) if spec.kind == "number")
    body["rows"][0][number] = 1e308
    status, text = running.ask("POST", path, body=body)
    assert status == 422
    assert told(text)["got"] == "1e+308 in row 1"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("GET", "/api/v1/nope", 404),
        ("GET", "/entities", 404),
        ("DELETE", "/nope", 404),
        ("GET", "/api/v1/entities/..%2f..%2fetc", 404),
        ("GET", "/static_content/nope", 404),
        ("GET", "/score", 405),
        ("DELETE", "/api/v1/grades", 405),
        ("PUT", "/plans", 405),
    ],
)
def test_unknown_addresses_and_methods_are_told_in_our_shape(
    running: Running, method: str, path: str, status: int
) -> None:
    answered, text = running.ask(method, path)
    assert (answered, told(text)["expected"]) == (status, "an address and method of this service")
    answered, text = running.ask(method, path, accept="text/html")
    assert answered == status
    if path.startswith("/api/"):
        assert told(text)
    else:
        assert ("没有这个页面" if status == 404 else "这个地址不支持该操作") in text


def test_every_answer_carries_the_protective_headers(running: Running) -> None:
    for path in ("/nope", "/", "/livez", "/docs.json"):
        connection = http.client.HTTPConnection(running.address.host, running.address.port, timeout=10)
        connection.request("GET", path, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        assert (answer.getheader("Content-Security-Policy") or "").startswith("default-src 'self'")
        connection.close()


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


def test_a_worker_ends_with_the_parent_that_is_killed() -> None:
    """Whoever is left alone would hold the port and serve what was live then."""
    worker = (
        "import time; from serving.process import end_with_parent; end_with_parent(0.05); "
        "print('up', flush=True); time.sleep(60)"
    )
    code = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {worker!r}], start_new_session=True)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        parent.kill()
        # The pipe ends when the last process that holds it does.
        assert parent.stdout.read() == ""


def test_the_serving_process_imports_neither_mlflow_nor_shap() -> None:
    code = "import sys, serving.service; print({'mlflow', 'shap', 'optuna', 'duckdb'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("host", "port", "told"),
    [
        ("127.0.0.1", 99_999, "Expected a port from 1 to 65535; got 99999"),
        ("192.0.2.1", 18_500, "Expected an address of this machine, .*; got 192.0.2.1: Cannot assign"),
    ],
)
def test_an_address_that_cannot_be_ours_is_refused_as_what_it_is(host: str, port: int, told: str) -> None:
    with pytest.raises(ServiceFailed, match=told):
        free_address(host, port)


def test_the_next_free_port_is_taken() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as taken:
        taken.bind(("127.0.0.1", 18_600))
        taken.listen()
        assert free_address("127.0.0.1", 18_600).port > 18_600
