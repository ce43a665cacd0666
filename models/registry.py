"""The releases on disk, what a name among them means, and their aliases in MLflow for data scientists.

What is live is decided by the deployment ledger of serving, never here.
"""

from __future__ import annotations

from pathlib import Path

from data_contracts.refusal import Refusal
from models.manifest import FORMAT, MANIFEST_FILE, SIZE_LIMITS, Manifest, format_of
from models.release import ReleaseNotFound

LATEST = "latest"
# A registered version carries this tag, so that an alias can be moved to a release by its name.
RELEASE_TAG = "release_id"


class MirrorRefused(Refusal):
    """MLflow does not know the release."""


def registered_name(city: str) -> str:
    """The name of a city's model in MLflow's registry."""
    return f"xinheng-{city}"


def release_ids(folder: Path) -> tuple[str, ...]:
    """The releases in a city's folder, oldest first: by last training date, then by time of writing.

    One of another format is not among them: it can be named, and is refused with the way out.
    """
    found = [path for path in _manifests(folder) if format_of(path.read_text("utf-8"), str(path)) == FORMAT]
    return tuple(path.parent.name for path in sorted(found, key=_age))


def resolve(folder: Path, name: str = LATEST) -> Path:
    """The folder of a release by its name, or of the latest one."""
    known = release_ids(folder)
    if name == LATEST and known:
        return folder / known[-1]
    # Membership, not a path join: a name with slashes cannot leave the folder.
    if name in {path.parent.name for path in _manifests(folder)}:
        return folder / name
    raise ReleaseNotFound(
        expected=f"a release among {', '.join(known)}" if known else f"a release in {folder}",
        got=repr(name) if known else "none",
        todo="choose one of these" if known else "train one with `python -m training fit`",
    )


def mirror_alias(tracking_url: str, manifest: Manifest, alias: str) -> str:
    """Points an MLflow alias (`champion`, `challenger`) at the release; the version it now means."""
    # MLflow takes seconds to import and is no part of a serving process.
    from mlflow import MlflowClient  # noqa: PLC0415

    client = MlflowClient(tracking_uri=tracking_url, registry_uri=tracking_url)
    name = registered_name(manifest.city)
    versions = [
        version
        for version in client.search_model_versions(f"name = '{name}'")
        if version.tags.get(RELEASE_TAG) == manifest.release_id
    ]
    if not versions:
        raise MirrorRefused(
            expected=f"a version of {name} in MLflow tagged {RELEASE_TAG}={manifest.release_id}",
            got="none",
            todo="register the release with `python -m training register` first",
        )
    latest = max(versions, key=lambda version: int(version.version))
    client.set_registered_model_alias(name, alias, latest.version)
    return str(latest.version)


def _manifests(folder: Path) -> list[Path]:
    """The manifests of all releases in a city's folder, whatever their format."""
    if not folder.is_dir():
        return []
    manifests = [path / MANIFEST_FILE for path in folder.iterdir() if not path.name.startswith(".")]
    return [
        path for path in manifests if path.is_file() and path.stat().st_size <= SIZE_LIMITS[MANIFEST_FILE]
    ]


def _age(path: Path) -> tuple[str, int, str]:
    manifest = Manifest.from_json(path.read_text("utf-8"), str(path))
    return max(manifest.training_dates).isoformat(), path.stat().st_mtime_ns, path.parent.name
