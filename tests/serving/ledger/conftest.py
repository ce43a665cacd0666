"""A ledger on a real SQLite file, made by the migrations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.ledger.database import Ledger, migrate, open_ledger


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/new folder/100%/ledger.sqlite"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    migrate(url)
    opened = open_ledger(url)
    yield opened
    opened.close()
