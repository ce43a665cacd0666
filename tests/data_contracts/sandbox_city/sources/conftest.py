"""One town for all tests of this folder, and what every source draws for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.data_contracts.sandbox_city.sources.town import DRAWS, Town, make_town


@pytest.fixture(scope="session")
def town() -> Town:
    return make_town()


@pytest.fixture(scope="session")
def drawn(town: Town) -> Mapping[str, Any]:
    """The rows of every source."""
    return {name: draw(town, 1) for name, draw in DRAWS.items()}
