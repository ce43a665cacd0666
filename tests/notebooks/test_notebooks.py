"""Every notebook runs from top to bottom on a small sandbox city and shows its pictures."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from features.engines.on_duckdb import open_engine
from training.plan.recipe import read_recipe, recipe_file
from training.release.fitted_model import fit_model
from training.release.model_card import write_card
from training.release.release_writer import Provenance, write_release
from training.rows.history import gather_history

HOUSE = Path(__file__).parents[2]
NOTEBOOKS = sorted((HOUSE / "notebooks").glob("*.py"))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a city of 4,000 entities whose records are admitted."""
    home = tmp_path_factory.mktemp("city")
    environment = os.environ | {"XINHENG_HOME": str(home), "XINHENG_RELEASES": str(home / "releases")}
    for words in (["sandbox", "--entities", "4000"], ["admit"]):
        command = [sys.executable, "-m", "data_contracts", *words]
        subprocess.run(command, env=environment, check=True, capture_output=True)
    write_two_releases(home)
    return environment


def write_two_releases(home: Path) -> None:
    """Two releases of the same records, the second of shallower trees, for notebooks that read them."""
    environment = Environment(home=home, releases=home / "releases", city="sandbox")
    lake = open_lake(environment.lake_folder)
    whole = read_recipe(recipe_file("sandbox"))
    deep = replace(
        whole, training_dates=whole.training_dates[-4:], calibration_dates=whole.calibration_dates[-1:],
        test_dates=whole.test_dates[-1:], bootstrap_repetitions=10,
        boosting=replace(whole.boosting, rounds=20, rows_per_leaf=20),
    )  # fmt: skip
    shallow = replace(deep, boosting=replace(deep.boosting, depth=1, leaves=2))
    with open_engine(lake) as engine:
        history = gather_history(
            engine, lake, deep, snapshots_folder=environment.snapshots_folder, progress=str
        )
    for recipe in (deep, shallow):
        fitted = fit_model(history, recipe)
        write_release(
            environment.releases_folder, fitted, history=history, recipe=recipe,
            provenance=Provenance(trained_by="the notebooks' test", code_commit="unknown", libraries={}),
            card=write_card(history, recipe, fitted, trained_by="the notebooks' test"),
        )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(
    path: Path, city: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in city.items():
        monkeypatch.setenv(name, value)
    notebook = jupytext.read(path, fmt="py:percent")
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=str(HOUSE))
    shown = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(shown) >= 4, nbformat.writes(notebook)[-2000:]
