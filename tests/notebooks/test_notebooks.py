"""Every notebook runs from top to bottom on a small sandbox city and shows its pictures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

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
    return environment


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
