"""Which release a name means, and its alias in a real MLflow store."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models.registry import release_ids, resolve
from models.release import ReleaseNotFound


def test_the_latest_is_the_one_written_last_for_the_last_date(copied: Path) -> None:
    older = Path(shutil.copytree(copied, copied.with_name("sandbox-20250401-00000000")))
    os.utime(older / "manifest.json", (1, 1))
    assert release_ids(copied.parent) == (older.name, copied.name)
    assert resolve(copied.parent) == copied
    assert resolve(copied.parent, older.name) == older


def test_a_folder_that_is_being_written_is_no_release(copied: Path) -> None:
    copied.rename(copied.with_name(f".{copied.name}.part"))
    assert release_ids(copied.parent) == ()


@pytest.mark.parametrize("name", ["sandbox-20250401-ffffffff", "..", "../../etc", "."])
def test_an_unknown_name_is_refused_with_those_there_are(copied: Path, name: str) -> None:
    with pytest.raises(ReleaseNotFound, match=f"a release among {copied.name}; got"):
        resolve(copied.parent, name)


def test_no_release_at_all_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ReleaseNotFound, match="train one with `python -m training fit`"):
        resolve(tmp_path / "sandbox")


def test_importing_the_package_imports_no_heavy_or_unsafe_library() -> None:
    code = (
        "import models, models.registry, models.sentences, sys;"
        "heavy = ('mlflow', 'shap', 'ibis', 'duckdb', 'fastapi', 'sqlalchemy', 'bentoml');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


# In a process of its own: MLflow sets up loggers and filters at import that other tests should not meet.
MIRROR = """
import sys
from pathlib import Path
from mlflow import MlflowClient
from models.manifest import Manifest
from models.registry import MirrorRefused, mirror_alias, registered_name
url, manifest = sys.argv[1], Manifest.from_json(Path(sys.argv[2]).read_text("utf-8"))
client = MlflowClient(tracking_uri=url, registry_uri=url)
name = registered_name(manifest.city)
client.create_registered_model(name)
try:
    mirror_alias(url, manifest, "champion")
except MirrorRefused as refused:
    print(refused.todo)
for release_id in ("another", manifest.release_id):
    client.create_model_version(name, source=sys.argv[3], tags={"release_id": release_id})
print(mirror_alias(url, manifest, "champion"), client.get_model_version_by_alias(name, "champion").version)
"""


@pytest.mark.slow
def test_an_alias_points_at_the_version_of_the_release(release_folder: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MIRROR, f"sqlite:///{tmp_path}/mlflow.sqlite",
         str(release_folder / "manifest.json"), str(tmp_path)],
        capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "register the release with `python -m training register` first",
        "2 2",
    ], done.stderr
