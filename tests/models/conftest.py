"""A tiny real release: 300 entities, five indicators of which one is a category, monotone, on disk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

from models.calibration import Calibration
from models.direct_rules import facts_of
from models.grades import GradeCuts
from models.manifest import HASHED_FILES, Manifest, sha256
from models.release import Golden, Release, load_release
from models.schema import IndicatorSpec, Schema, schema_to_json
from models.scorer import matrix
from models.verdict import Gate, Verdict

KINDS = ("company", "sole_trader", "branch")
# Sorted as a release writes it, with the bounds before the value.
VALIDATION = {
    "metrics": {"auc": {"high": 0.8, "low": 0.6, "value": 0.7}},
    "grades": [
        {
            "grade": "D",
            "high": 0.5,
            "inspected": 41,
            "low": 0.25,
            "problems": 15,
            "rate": 0.366,
            "share": 0.015,
        }
    ],
}


def spec(name: str, *, kind: str, direction: int, family: str, **changed: object) -> IndicatorSpec:
    fields: dict[str, object] = {
        "name": name, "kind": kind, "direction": direction, "family": family, "dimension": "supervision",
        "categories": KINDS if kind == "category" else (), "unit": "次", "unit_en": "penalties",
        "label_zh": "处罚次数", "label_en": "penalties",
        "raises_zh": "近{window}被处罚{value}", "raises_en": "{value} in the last {window}",
        "lowers_zh": "近{window}仅被处罚{value}", "lowers_en": "only {value} in the last {window}",
        "missing": "zero", "window_days": None, "changeable": True,
    }  # fmt: skip
    return IndicatorSpec(**(fields | changed))  # type: ignore[arg-type]


SCHEMA: Schema = (
    spec("penalties_count_365d", kind="integer", direction=1, family="penalties", window_days=365),
    spec("penalties_count_1095d", kind="integer", direction=1, family="penalties", window_days=1095),
    spec(
        "age_years_now", kind="number", direction=-1, family="age", unit="年", unit_en="years", missing="null"
    ),
    spec("entity_type_now", kind="category", direction=0, family="type", unit="", unit_en="", missing="null"),
    spec("fines_amount_1095d", kind="integer", direction=1, family="fines", unit="分", unit_en="fen"),
)


def with_facts(table: pa.Table) -> pa.Table:
    """The table with the facts of all direct rules that it lacks, unknown."""
    for fact in facts_of():
        if fact not in table.column_names:
            table = table.append_column(fact, pa.nulls(table.num_rows, pa.int64()))
    return table


def people(rows: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    recent = rng.poisson(0.5, rows)
    ages = [
        None if missing else float(age)
        for age, missing in zip(rng.gamma(2, 4, rows), rng.random(rows) < 0.1, strict=True)
    ]
    kinds = [
        None if missing else KINDS[k]
        for k, missing in zip(rng.integers(0, 3, rows), rng.random(rows) < 0.1, strict=True)
    ]
    return with_facts(
        pa.table(
            {
                "entity_id": [f"E{number:05d}" for number in range(rows)],
                "penalties_count_365d": pa.array(recent, pa.int64()),
                "penalties_count_1095d": pa.array(recent + rng.poisson(0.8, rows), pa.int64()),
                "age_years_now": pa.array(ages, pa.float64()),
                "serious_listed_now": pa.array(rng.random(rows) < 0.02).cast(pa.int64()),
                "entity_type_now": pa.array(kinds, pa.string()),
                "fines_amount_1095d": pa.array(rng.integers(0, 4, rows) * 500_000, pa.int64()),
            }
        )
    )


def trained(table: pa.Table) -> lightgbm.Booster:
    values = matrix(SCHEMA, table.select([s.name for s in SCHEMA]))
    risk = np.nan_to_num(
        values[:, 1] - 0.1 * values[:, 2] + (values[:, 3] == 2) + values[:, 4] / 1e6, nan=0.0
    )
    outcome = (np.random.default_rng(5).random(len(values)) < 1 / (1 + np.exp(1.5 - risk))).astype(float)
    data = lightgbm.Dataset(
        values,
        outcome,
        feature_name=[s.name for s in SCHEMA],
        categorical_feature=["entity_type_now"],
        free_raw_data=False,
    )
    parameters = {
        "objective": "binary", "num_leaves": 7, "min_data_in_leaf": 15, "learning_rate": 0.2, "verbosity": -1,
        "num_threads": 1, "deterministic": True, "force_row_wise": True, "seed": 1, "min_data_per_group": 10,
        "monotone_constraints": [s.direction for s in SCHEMA], "monotone_constraints_method": "intermediate",
    }  # fmt: skip
    return lightgbm.train(parameters, data, num_boost_round=20)


def passed_gate() -> Gate:
    return Gate(
        name="auc_above_chance", passed=True, value=0.7, limit="interval above 0.5", reason_zh="AUC 0.7",
        reason_en="AUC 0.7",
    )  # fmt: skip


def written(folder: Path, booster: lightgbm.Booster, golden: np.ndarray) -> Path:
    raw = np.asarray(booster.predict(golden, raw_score=True))
    parts = {
        "booster.txt": booster.model_to_string(),
        "indicators.json": schema_to_json(SCHEMA),
        "calibration.json": Calibration(slope=0.9, intercept=-0.05, base_rate=0.31).to_json(),
        "grades.json": GradeCuts(cuts=(0.35, 0.6, 0.8)).to_json(),
        "golden.json": Golden.of(golden, raw).to_json(),
        "validation.json": json.dumps(VALIDATION),
        "validation.html": "<!doctype html><title>A tiny release</title>\n",
        "gates.json": Verdict(gates=(passed_gate(),)).to_json(),
        "card.md": "# A tiny release\n",
    }
    manifest = Manifest(
        city="sandbox", outcome="problem_found", horizon_days=180, trained_by="han",
        training_dates=(date(2025, 1, 1), date(2025, 4, 1)), calibration_dates=(date(2025, 10, 1),),
        test_dates=(date(2026, 1, 1),), lake_digest="l", snapshot_digests={"2025-01-01": "s"},
        definitions_digest="d", code_commit="c", libraries={"lightgbm": lightgbm.__version__},
        seeds={"boosting": 1}, parameters={"num_leaves": 7},
        files={name: sha256(parts[name].encode()) for name in HASHED_FILES},
    ).sealed()  # fmt: skip
    target = folder / manifest.release_id
    target.mkdir(parents=True)
    for name, text in (parts | {"manifest.json": manifest.to_json()}).items():
        (target / name).write_bytes(text.encode())
    return target


@pytest.fixture(scope="session")
def snapshot() -> pa.Table:
    return people(300, seed=3)


@pytest.fixture(scope="session")
def release_folder(tmp_path_factory: pytest.TempPathFactory, snapshot: pa.Table) -> Path:
    golden = matrix(SCHEMA, snapshot.slice(0, 10).select([s.name for s in SCHEMA]))
    return written(tmp_path_factory.mktemp("releases"), trained(snapshot), golden)


@pytest.fixture(scope="session")
def release(release_folder: Path) -> Release:
    return load_release(release_folder)


@pytest.fixture(scope="session")
def rows(release: Release, snapshot: pa.Table) -> pa.Table:
    """The snapshot with the columns of the release only."""
    return snapshot.select(list(release.names))


@pytest.fixture
def copied(release_folder: Path, tmp_path: Path) -> Path:
    """A copy of the release that a test may spoil."""
    return Path(shutil.copytree(release_folder, tmp_path / release_folder.name))


@pytest.fixture
def reseal(tmp_path: Path) -> Callable[[Path], Path]:
    """Writes a new manifest over spoiled files, as somebody would who knows the format."""

    def again(folder: Path) -> Path:
        manifest = Manifest.from_json((folder / "manifest.json").read_text("utf-8"))
        files = {name: sha256((folder / name).read_bytes()) for name in HASHED_FILES}
        fields = {name: getattr(manifest, name) for name in Manifest.__slots__}
        sealed = Manifest(**(fields | {"files": files})).sealed()
        (folder / "manifest.json").write_text(sealed.to_json(), "utf-8")
        return folder.rename(tmp_path / sealed.release_id)

    return again
