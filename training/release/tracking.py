"""Runs and models in MLflow, on SQLite: a notebook for data scientists. What is live is decided elsewhere."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from data_contracts.refusal import Refusal
from models.registry import RELEASE_TAG, mirror_alias, registered_name
from models.release import Release
from models.schema import Schema
from training.pack.logged import flat_figures, pictures
from training.release.model_card import missing_parts

CHALLENGER = "challenger"
MODEL_CODE = Path(__file__).with_name("mlflow_model.py")
# What scoring needs. Always given: without it MLflow spends 15 s on guessing.
REQUIREMENTS = ("xinheng", "lightgbm", "numpy", "pandas", "pyarrow", "scipy")
# Government networks are closed, and nobody asked to be counted. MLflow reads these when it is imported.
SILENT = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_AGENT_HINT": "true",
}


# Setting an address writes these, so that processes started later inherit it.
ADDRESSES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")


class TrackingRefused(Refusal):
    """MLflow did not keep what it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A release in MLflow's registry."""

    name: str
    version: str
    fresh: bool


def register_release(release: Release, *, tracking_url: str, artifacts: Path) -> Registered:
    """The release as a run, a logged model and a registered version, once each; alias `challenger`.

    A release whose card does not say what it is for and what it cannot do is not registered.
    """
    missing = missing_parts(release.card)
    if missing:
        raise TrackingRefused(
            expected="a model card with purpose, data, selection, results, limits and owner",
            got=f"none about {', '.join(missing)} in {release.release_id}",
            todo="fit again with `python -m training fit`, which writes the card",
        )
    mlflow = _silent_mlflow()
    name = registered_name(release.manifest.city)
    client = mlflow.MlflowClient(tracking_uri=tracking_url, registry_uri=tracking_url)
    # Warnings here speak of MLflow's own insides, and ask for an input example where a signature is given.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = client.search_model_versions(
            f"name = '{name}' and tags.{RELEASE_TAG} = '{release.release_id}'"
        )
        if not known:
            _log(mlflow, client, release, tracking_url=tracking_url, artifacts=artifacts)
        version = mirror_alias(tracking_url, release.manifest, CHALLENGER)
    return Registered(name=name, version=version, fresh=not known)


def _log(mlflow: Any, client: Any, release: Release, *, tracking_url: str, artifacts: Path) -> None:
    """One run: parameters, figures, the release folder, and the release as a model."""
    experiment = _experiment(client, release.manifest.city, artifacts)
    with (
        addressed(mlflow, tracking_url),
        mlflow.start_run(experiment_id=experiment, run_name=release.release_id),
    ):
        mlflow.set_tags({
            RELEASE_TAG: release.release_id,
            "trained_by": release.manifest.trained_by,
            "gates": "passed" if release.verdict.passed else "failed",
            "gates_failed": ", ".join(gate.name for gate in release.verdict.failed),
        })  # fmt: skip
        mlflow.log_params(parameters_of(release))
        mlflow.log_metrics(flat_figures(release.validation))
        for name, drawn in pictures(release.validation).items():
            mlflow.log_text(drawn, f"plots/{name}")
        mlflow.log_artifacts(str(release.folder), "release")
        logged = mlflow.pyfunc.log_model(
            name="release",
            python_model=str(MODEL_CODE),
            artifacts={"release": str(release.folder)},
            signature=_signature(mlflow, release.schema),
            pip_requirements=[f"{package}=={metadata.version(package)}" for package in REQUIREMENTS],
        )
        # It announces each version on standard error; failures are raised all the same.
        with contextlib.redirect_stderr(io.StringIO()):
            registered = mlflow.register_model(
                logged.model_uri,
                registered_name(release.manifest.city),
                tags={RELEASE_TAG: release.release_id},
            )
    if logged.signature is None:
        raise TrackingRefused(
            expected=f"a signature on version {registered.version} of {registered.name}",
            got="none: MLflow would accept any columns",
            todo="check the indicator types of the release",
        )


@contextlib.contextmanager
def addressed(mlflow: Any, url: str) -> Iterator[None]:
    """Inside, MLflow's fluent calls go to the address; afterwards they go where they went before.

    The addresses are globals of the process and of its environment: what was unset becomes unset again, for a
    pinned default would send whatever runs next in this process to a place nobody chose.
    """
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    environment = {name: os.environ.get(name) for name in ADDRESSES}
    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(None)
        mlflow.set_registry_uri(None)
        for name, value in environment.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ.update({name: value})
        # Set by a call, and to something else than the environment says.
        if mlflow.get_tracking_uri() != before[0]:
            mlflow.set_tracking_uri(before[0])
        if mlflow.get_registry_uri() != before[1]:
            mlflow.set_registry_uri(before[1])


def _experiment(client: Any, city: str, artifacts: Path) -> str:
    """The city's experiment; its files lie beside the releases and not in the working folder."""
    name = registered_name(city)
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    place = (artifacts / city).resolve()
    place.mkdir(parents=True, exist_ok=True)
    return str(client.create_experiment(name, artifact_location=place.as_uri()))


def _signature(mlflow: Any, schema: Schema) -> Any:
    """Columns by name. Whole numbers are doubles here: MLflow drops a signature with nullable integers."""
    from mlflow.types import ColSpec  # noqa: PLC0415
    from mlflow.types import Schema as Columns  # noqa: PLC0415

    inputs = [
        ColSpec("string" if spec.kind == "category" else "double", spec.name, required=False)
        for spec in schema
    ]
    outputs = [ColSpec("double", "probability"), ColSpec("string", "grade")]
    return mlflow.models.ModelSignature(inputs=Columns(inputs), outputs=Columns(outputs))


def parameters_of(release: Release) -> dict[str, str]:
    """What a person filters runs by."""
    made = release.manifest
    boosting = made.parameters.get("boosting")
    flat = {f"boosting.{k}": str(v) for k, v in boosting.items()} if isinstance(boosting, Mapping) else {}
    return flat | {
        "outcome": made.outcome,
        "horizon_days": str(made.horizon_days),
        "training_dates": f"{made.training_dates[0]} … {made.training_dates[-1]}",
        "calibration_dates": ", ".join(map(str, made.calibration_dates)),
        "test_dates": ", ".join(map(str, made.test_dates)),
        "lake_digest": made.lake_digest,
        "definitions_digest": made.definitions_digest,
        "code_commit": made.code_commit,
    }


def _silent_mlflow() -> Any:
    """MLflow, imported late (it takes seconds) and told to call nobody."""
    for name, value in SILENT.items():
        os.environ.setdefault(name, value)
    import mlflow  # noqa: PLC0415

    # It reports its own migrations at every first use.
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow
