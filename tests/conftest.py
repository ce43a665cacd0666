"""What tests of several folders share."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts.__main__ import app
from tests.typed import typed


@pytest.fixture(scope="session")
def home_of_a_thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a sandbox city of 1,000 entities, as `make demo` makes and admits it; only to be read."""
    home = tmp_path_factory.mktemp("cities") / "1000"
    settings = {"XINHENG_HOME": str(home), "XINHENG_CITY": "sandbox"}
    for words in (["sandbox", "--entities", "1000"], ["admit", "--raw", str(home / "sandbox" / "raw")]):
        done = typed(app, *words, settings=settings)
        assert done.returncode == 0, done.stderr
    return home
