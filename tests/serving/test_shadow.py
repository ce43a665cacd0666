"""A challenger beside the served register: who would move is told, and nothing served is touched."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from models.release import Release
from serving.__main__ import app
from serving.shadow import ShadowRefused, shadow
from tests.serving.conftest import with_lower_cuts
from tests.typed import typed


@pytest.fixture(scope="module")
def challenger(city: Any, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The live release with lower cuts: everything moves up or stays."""
    return with_lower_cuts(city.release, tmp_path_factory.mktemp("challenger") / "sandbox")


@pytest.fixture
def served(city: Any, tmp_path: Path) -> Any:
    """A copy of the register, so that other tests find nothing new beside theirs."""
    folder = shutil.copytree(city.register.folder, tmp_path / "2026-06-30" / city.register.folder.name)
    return type(city.register)(Path(folder), city.register.card)


def test_the_matrix_counts_every_entity_and_the_moved_are_listed(
    city: Any, served: Any, challenger: Release
) -> None:
    before = served.path.read_bytes()
    found, folder = shadow(served, challenger, city.snapshot)
    assert found.entities == served.card.rows
    assert [sum(row) for row in found.matrix] == [served.card.counts[grade] for grade in "ABCD"]
    moved = pq.read_table(folder / "moved.parquet")
    assert moved.num_rows == round(found.churn * found.entities) > 0
    assert all(row["shadow_grade"] > row["served_grade"] for row in moved.to_pylist()), "cuts are lower"
    assert served.path.read_bytes() == before
    assert json.loads((folder / "shadow.json").read_text("utf-8"))["live"] == city.release.release_id
    assert shadow(served, challenger, city.snapshot)[0] == found, "made once"


def test_the_live_release_is_no_challenger(city: Any, served: Any) -> None:
    with pytest.raises(ShadowRefused, match="a challenger of sandbox beside the live"):
        shadow(served, city.release, city.snapshot)


def test_another_snapshot_is_refused(city: Any, served: Any, challenger: Release) -> None:
    with pytest.raises(ShadowRefused, match="the snapshot that the register was graded from"):
        shadow(served, challenger, replace(city.snapshot, digest="0" * 64))


def test_the_command_tells_who_would_move(city: Any, challenger: Release) -> None:
    settings = {
        **os.environ, "XINHENG_HOME": str(city.home), "XINHENG_RELEASES": str(challenger.folder.parents[1]),
        "XINHENG_CITY": "sandbox", "COLUMNS": "200",
    }  # fmt: skip
    done = typed(app, "shadow", challenger.release_id, settings=settings)
    assert done.returncode == 0, done.stderr
    assert "Nothing served has changed" in done.stdout
    assert f"from {city.release.release_id} to {challenger.release_id}" in " ".join(done.stdout.split())
