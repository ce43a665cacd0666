"""A tiny real city: 300 entities through admission, snapshot, boosting, release and register."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

from data_contracts.admission.admitting import Request, admit
from data_contracts.lake import Lake
from data_contracts.mapping.city_mapping import mapping_path, read_mapping
from data_contracts.sandbox_city import SandboxPlan, generate
from features.as_of import AsOf, known_entities
from features.catalogue import CATALOGUE
from features.engines.on_duckdb import open_engine
from features.snapshot import Snapshot, build_snapshot
from models.calibration import Calibration
from models.grades import GradeCuts
from models.manifest import HASHED_FILES, Manifest, sha256
from models.release import Golden, Release, load_release
from models.schema import ARROW_TYPES, IndicatorSpec, Schema, schema_to_json
from models.scorer import matrix
from models.verdict import Verdict
from serving.grading import write_register
from serving.ledger.database import Ledger, migrate, open_ledger
from serving.ledger.deployments import candidate_of, promote
from serving.ledger.registers import record_register
from serving.ledger.tokens import create_token
from serving.register import ATTRIBUTES, Register
from serving.web.desk import Desk
from tests.candidates import gate

TODAY = date(2026, 6, 30)
NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
# Wide, so that among 300 entities some grades are held.
MARGIN = 0.5
GRADES = [
    {
        "grade": "A",
        "share": 0.65,
        "inspected": 812,
        "problems": 49,
        "rate": 0.0603,
        "low": 0.046,
        "high": 0.079,
    },
    {
        "grade": "B",
        "share": 0.25,
        "inspected": 433,
        "problems": 74,
        "rate": 0.1709,
        "low": 0.138,
        "high": 0.209,
    },
    {
        "grade": "C",
        "share": 0.085,
        "inspected": 164,
        "problems": 57,
        "rate": 0.3476,
        "low": 0.279,
        "high": 0.423,
    },
    {
        "grade": "D",
        "share": 0.015,
        "inspected": 41,
        "problems": 23,
        "rate": 0.5610,
        "low": 0.410,
        "high": 0.702,
    },
]
VALIDATION = {
    "metrics": {
        "auc": {"value": 0.743, "low": 0.721, "high": 0.764},
        "lift_at_5pct": {"value": 3.61, "low": 3.1, "high": 4.2},
    },
    "grades": GRADES,
    "selection_note_zh": "只用有记录入样概率的随机抽查，按 1/π 加权，样本外检验。",
    "selection_note_en": "Random draws with recorded probabilities only, weighted by 1/π, out of time.",
    "test_dates": ["2025-10-01", "2026-01-01"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Where the tiny city lies, with what was made of it."""

    home: Path
    releases: Path
    lake: Lake
    snapshot: Snapshot
    attributes: pa.Table
    release: Release
    register: Register

    @property
    def ledger_url(self) -> str:
        return f"sqlite:///{self.home}/sandbox/ledger.sqlite"


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    home, releases = tmp_path_factory.mktemp("var"), tmp_path_factory.mktemp("releases")
    folder = home / "sandbox"
    generate(SandboxPlan(entities=300, seed=11, first_day=date(2023, 7, 1)), folder / "raw", folder / "truth")
    mapping = read_mapping(mapping_path("sandbox"))
    request = Request(mapping=mapping, raw_folder=folder / "raw", admitted_on=TODAY, key=b"k" * 32)
    lake = admit(request, folder / "lake").lake
    snapshot, attributes = described(lake, folder / "snapshots")
    release = load_release(written(releases / "sandbox", snapshot.read()))
    register = write_register(release, snapshot, attributes, folder=folder / "register")
    made = City(
        home=home, releases=releases, lake=lake, snapshot=snapshot, attributes=attributes,
        release=release, register=register,
    )  # fmt: skip
    with_ledger(made)
    return made


def described(lake: Lake, folder: Path, day: date = TODAY) -> tuple[Snapshot, pa.Table]:
    """The snapshot of a day, and the attributes known then."""
    as_of = AsOf(on=day, used_on=TODAY)
    with open_engine(lake, memory_limit="1GB") as engine:
        known = known_entities(engine.tables["entities"], as_of).select("entity_id", *ATTRIBUTES)
        return build_snapshot(engine, lake, as_of, folder), engine.frame(known)


def with_ledger(city: City, now: datetime = NOW) -> None:
    """A ledger in which the release is live and the register current, from a moment on."""
    migrate(city.ledger_url)
    ledger = open_ledger(city.ledger_url)
    release_id, card = city.release.release_id, city.register.card
    promote(ledger, candidate_of(city.release), by="li", reason="gates", now=now)
    record_register(
        ledger, city="sandbox", as_of=city.register.as_of, release_id=release_id, digest=card.digest,
        folder=city.register.folder, counts=card.counts, by="li", now=now,
    )  # fmt: skip
    ledger.close()


def schema(table: pa.Table) -> Schema:
    """The indicators of the catalogue that are on, without categories that have no table of their own."""
    usable = [one for one in CATALOGUE if one.default_on and (one.kind != "category" or one.categories)]
    usable = [one for one in usable if table.schema.field(one.name).type == ARROW_TYPES[one.kind]]
    return tuple(IndicatorSpec.of(indicator) for indicator in usable)


def written(folder: Path, table: pa.Table) -> Path:
    """A release trained on the snapshot against an invented risk: the web asks only that it be real."""
    specs = schema(table)
    values = matrix(specs, table.select([spec.name for spec in specs]))
    directed = np.array([spec.direction for spec in specs], dtype=float)
    ranks = np.argsort(np.argsort(np.nan_to_num(values), axis=0), axis=0) / len(values)
    risk = (ranks * directed).sum(axis=1) + np.random.default_rng(3).normal(0, 1.0, len(values))
    outcome = (risk > np.quantile(risk, 0.75)).astype(float)
    parameters = {
        "objective": "binary", "num_leaves": 6, "min_data_in_leaf": 12, "learning_rate": 0.15,
        "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True, "seed": 1,
        "min_data_per_group": 12,
        "monotone_constraints": [spec.direction for spec in specs],
        "monotone_constraints_method": "intermediate",
    }  # fmt: skip
    names = [spec.name for spec in specs]
    categories = [spec.name for spec in specs if spec.kind == "category"]
    data = lightgbm.Dataset(values, outcome, feature_name=names, categorical_feature=categories)
    booster = lightgbm.train(parameters, data, num_boost_round=30)
    raw = np.asarray(booster.predict(values, raw_score=True))
    probability = 1 / (1 + np.exp(-raw))
    cuts = tuple(float(np.quantile(probability, share)) for share in (0.65, 0.9, 0.97))
    return sealed(folder, booster, Golden.of(values[:10], raw[:10]), specs, cuts)


def sealed(folder: Path, booster: lightgbm.Booster, golden: Golden, specs: Schema, cuts: tuple) -> Path:
    """The release folder with its manifest."""
    parts = {
        "booster.txt": booster.model_to_string(),
        "indicators.json": schema_to_json(specs),
        "calibration.json": Calibration(slope=1.0, intercept=0.0, base_rate=0.13).to_json(),
        "grades.json": GradeCuts(cuts=cuts, margin=MARGIN).to_json(),
        "golden.json": golden.to_json(),
        "validation.json": json.dumps(VALIDATION, ensure_ascii=False),
        "validation.html": "<!doctype html><title>A tiny release</title>\n",
        "gates.json": Verdict(gates=(gate(),)).to_json(),
        "card.md": "# A tiny release\n",
    }
    manifest = Manifest(
        city="sandbox", outcome="problem_found", horizon_days=180, trained_by="han",
        training_dates=(date(2025, 4, 1),), calibration_dates=(date(2025, 7, 1),),
        test_dates=(date(2025, 10, 1), date(2026, 1, 1)), lake_digest="l",
        snapshot_digests={"2025-04-01": "s"},
        definitions_digest="d", code_commit="c", libraries={"lightgbm": lightgbm.__version__},
        seeds={"boosting": 1}, parameters={"num_leaves": 6},
        files={name: sha256(parts[name].encode()) for name in HASHED_FILES},
    ).sealed()  # fmt: skip
    target = folder / manifest.release_id
    target.mkdir(parents=True)
    for name, text in (parts | {"manifest.json": manifest.to_json()}).items():
        (target / name).write_bytes(text.encode())
    return target


def with_lower_cuts(made: Release, folder: Path) -> Release:
    """The same release with cuts a fifth lower, in the folder by its name: grades get worse or stay."""
    staged = folder / "staged"
    shutil.copytree(made.folder, staged)
    lower = (made.cuts.cuts[0] * 0.8, made.cuts.cuts[1] * 0.8, made.cuts.cuts[2] * 0.8)
    low = replace(made.cuts, cuts=lower)
    (staged / "grades.json").write_text(low.to_json(), "utf-8")
    files = {name: sha256((staged / name).read_bytes()) for name in HASHED_FILES}
    fields = {name: getattr(made.manifest, name) for name in Manifest.__slots__}
    manifest = Manifest(**(fields | {"files": files})).sealed()
    (staged / "manifest.json").write_text(manifest.to_json(), "utf-8")
    return load_release(staged.rename(folder / manifest.release_id))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger of one test."""
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    migrate(url)
    opened = open_ledger(url)
    yield opened
    opened.close()


@pytest.fixture
def desk(city: City, ledger: Ledger, tmp_path: Path) -> Desk:
    return Desk(
        city="sandbox", ledger=ledger, register=city.register, release=city.release, lake=city.lake,
        plans_folder=tmp_path / "plans", now=lambda: NOW,
    )  # fmt: skip


@pytest.fixture
def token_for(ledger: Ledger) -> object:
    """Makes a token of a role, a region and a person."""

    def make(role: str = "planner", region_prefix: str = "", person: str = "李敏") -> str:
        return create_token(
            ledger,
            person=person,
            role=role,
            region_prefix=region_prefix,
            expires_on=date(2026, 12, 31),
            now=NOW,
        )

    return make
