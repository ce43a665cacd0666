"""From the results of a plan to a new release: entered, returned, admitted, learned from by their chance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from data_contracts.admission.admitting import Request, admit
from data_contracts.lake import Lake
from data_contracts.mapping.city_mapping import mapping_path, read_mapping
from data_contracts.sandbox_city import SandboxPlan, generate
from data_contracts.sandbox_city.truth import read_truth
from features.engines.on_duckdb import open_engine
from models.release import load_release
from serving.inspections.results.entering import enter_results
from serving.inspections.results.returning import return_results
from serving.inspections.results.rules import ResultEntry
from serving.ledger.database import Ledger, migrate, open_ledger
from tests.serving.inspections.staffed_plans import CITY, staffed_plan
from training.plan.recipe import Recipe, read_recipe
from training.release.fitted_model import fit_model
from training.release.model_card import write_card
from training.release.release_writer import Provenance, write_release
from training.rows.history import History, gather_history

RECIPE = """
outcome = "problem_found"
horizon_days = 85
training_dates = [2025-04-01]
calibration_dates = [2025-10-01]
test_dates = [2026-04-01]
weight_cap = 150
bootstrap_repetitions = 10
[boosting]
rounds = 10
learning_rate = 0.1
leaves = 4
depth = 2
rows_per_leaf = 15
"""
QUARTERS = (date(2025, 4, 1), date(2025, 10, 1), date(2026, 4, 1))
MANY = 300


def plan_of(quarter: date) -> str:
    return f"{CITY}-{quarter:%Y%m%d}-01"


def inspected(ledger: Ledger, quarter: date, chance: dict[str, float]) -> dict[str, bool]:
    """Draws, inspects in the state that the city truly is in and enters; who had a problem."""
    generator = np.random.default_rng(quarter.toordinal())
    drawn = sorted(generator.choice(sorted(chance), MANY, replace=False).tolist())
    found = {one: bool(generator.random() < chance[one]) for one in drawn}
    at = datetime(quarter.year, quarter.month, 1, 4, tzinfo=UTC)
    staffed_plan(
        ledger, plan_of(quarter), items=("price_tags",),
        entities=[(one, "A", f"{MANY}/{len(chance)}") for one in drawn],
        strata=[{"stratum": "A", "grade": "A", "size": len(chance), "count": MANY}],
        drawn_at=at, window=(quarter, quarter + timedelta(days=29)),
    )  # fmt: skip
    entries = [
        ResultEntry(
            task_id=f"{plan_of(quarter)}/{one}", item_code="price_tags",
            visited_on=quarter + timedelta(days=1),
            codes=("ordered_to_correct",) if found[one] else ("no_problem",),
        )
        for one in drawn
    ]  # fmt: skip
    entered = enter_results(ledger, entries, city=CITY, by="Wu", now=at + timedelta(days=20))
    assert entered.taken == MANY
    return found


def learned(folder: Path, recipe: Recipe) -> tuple[Lake, History]:
    """The lake with what was returned, and what the recipe learns from it."""
    mapping = read_mapping(mapping_path("sandbox"))
    few = tuple(feed for feed in mapping.feeds if feed.table in ("entities", "inspections", "complaints"))
    request = Request(
        mapping=replace(mapping, feeds=few, ignored={"*": "not of this test"}),
        raw_folder=folder / "raw", admitted_on=date(2026, 6, 30), key=b"k" * 32,
    )  # fmt: skip
    lake = admit(request, folder / "lake").lake
    with open_engine(lake, memory_limit="1GB") as engine:
        history = gather_history(
            engine, lake, recipe, snapshots_folder=folder / "snapshots", progress=lambda _: None
        )
    return lake, history


@pytest.mark.slow
def test_results_of_a_plan_become_labels_of_a_new_release(tmp_path: Path) -> None:
    plan = SandboxPlan(entities=1_000, seed=11, first_day=date(2024, 7, 1))
    generate(plan, tmp_path / "raw", tmp_path / "truth")
    table = read_truth(tmp_path / "truth").quarters.to_pylist()
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    migrate(url)
    ledger = open_ledger(url)
    for quarter in QUARTERS:
        chance = {row["entity_id"]: row["probability"] for row in table if row["on"] == quarter}
        found = inspected(ledger, quarter, chance)
    now = datetime(2026, 6, 30, tzinfo=UTC)
    files = return_results(ledger, CITY, raw_folder=tmp_path / "raw", by="Wu", now=now)
    assert [file.rows for file in files] == [MANY] * 3
    ledger.close()
    (tmp_path / "recipe.toml").write_text(RECIPE, "utf-8")
    recipe = read_recipe(tmp_path / "recipe.toml")
    lake, history = learned(tmp_path, recipe)

    (rows,) = history.rows("test")
    own = [
        row
        for row in rows.outcomes.to_pylist()
        if str(row["inspection_id"]).startswith(plan_of(QUARTERS[-1]))
    ]
    assert len(own) > MANY / 2  # of one whom the city's own draw came to earlier, that visit counts
    assert {row["inclusion_probability"] for row in own} == {MANY / len(chance)}
    assert all(row["label"] == found[row["entity_id"]] for row in own)

    fitted = fit_model(history, recipe, threads=1)
    card = write_card(history, recipe, fitted, trained_by="li")
    provenance = Provenance(trained_by="li", code_commit="test", libraries={})
    written = write_release(
        tmp_path / "releases", fitted, history=history, recipe=recipe, provenance=provenance, card=card
    )
    release = load_release(written.folder)
    assert release.manifest.lake_digest == lake.digest
    assert release.validation["rows"]["test_honest"] >= len(own)
