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

from models.grades import GradeCuts
from models.manifest import HASHED_FILES, Manifest, sha256
from models.release import Release, load_release
from serving.__main__ import app
from serving.shadow import ShadowRefused, shadow
from tests.typed import typed


@pytest.fixture(scope="module")
def challenger(city: Any, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The live release with lower cuts: everything moves up or stays."""
    made = city.release
    staged = tmp_path_factory.mktemp("challenger") / "staged"
    shutil.copytree(made.folder, staged)
    low = GradeCuts(cuts=(made.cuts.cuts[0] * 0.8, made.cuts.cuts[1] * 0.8, made.cuts.cuts[2] * 0.8))
    (staged / "grades.json").write_text(low.to_json(), "utf-8")
    files = {name: sha256((staged / name).read_bytes()) for name in HASHED_FILES}
    fields = {name: getattr(made.manifest, name) for name in Manifest.__slots__}
    manifest = Manifest(**(fields | {"files": files})).sealed()
    (staged / "manifest.json").write_text(manifest.to_json(), "utf-8")
    (staged.parent / "sandbox").mkdir()
    return load_release(staged.rename(staged.parent / "sandbox" / manifest.release_id))


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
