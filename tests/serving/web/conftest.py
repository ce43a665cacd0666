"""An in-process client of the app, with and without a token."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI

from serving.web.app import create_app
from serving.web.desk import Desk

with warnings.catch_warnings():
    # It asks for httpx2, which is not among our locked packages; httpx serves it as well.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    return create_app(lambda: desk)


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[TestClient]:
    """A caller without a token."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def caller(app: FastAPI, token_for: Callable[..., str]) -> Callable[..., TestClient]:
    """Makes a caller with a role, a region and a name."""

    def make(role: str = "planner", region_prefix: str = "", person: str = "李敏") -> TestClient:
        token = token_for(role, region_prefix, person)
        return TestClient(app, headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=False)

    return make


@pytest.fixture
def client(caller: Callable[..., TestClient]) -> Iterator[TestClient]:
    """A planner of the whole city."""
    with caller() as opened:
        yield opened
