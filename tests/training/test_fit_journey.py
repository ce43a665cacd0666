"""From a tiny sandbox city to a registered release: the commands a data scientist runs, on real engines."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from data_contracts.__main__ import app as records
from data_contracts.lake import open_lake
from features.as_of import AsOf
from features.engines.on_duckdb import open_engine
from features.snapshot import build_snapshot
from models.deciding import decide
from models.registry import release_ids, resolve
from models.release import Release, load_release
from models.scorer import Scorer
from serving.__main__ import app as office
from training.__main__ import app
from training.plan.recipe import read_recipe
from training.release.fitted_model import fit_model
from training.release.model_card import write_card
from training.release.release_writer import Provenance, write_release
from training.release.tracking import addressed
from training.rows.history import History, gather_history
from training.rows.matrix import LabelledRows
from training.rows.parts import part_of

RECIPE = """
outcome = "problem_found"
horizon_days = 90
training_dates = [2021-10-01, 2022-10-01, 2023-04-01]
calibration_dates = [2024-04-01]
test_dates = [2025-07-01]
weight_cap = 150
bootstrap_repetitions = 30
[boosting]
rounds = 30
learning_rate = 0.1
leaves = 4
depth = 2
rows_per_leaf = 15
"""
# What MLflow's own queries are warned about is not ours.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]


class City:
    """A working folder with an admitted city of 3,000 entities."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.recipe = home / "recipe.toml"
        self.environment = {
            "XINHENG_HOME": str(home / "var"), "XINHENG_RELEASES": str(home / "releases"),
            "XINHENG_CITY": "sandbox", "COLUMNS": "160",
        }  # fmt: skip

    @property
    def releases(self) -> Path:
        return self.home / "releases" / "sandbox"

    @property
    def lake(self) -> Path:
        return self.home / "var" / "sandbox" / "lake"

    @property
    def snapshots(self) -> Path:
        return self.home / "var" / "sandbox" / "snapshots"

    def latest(self) -> Release:
        return load_release(resolve(self.releases))

    def run(self, *words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, list(words), env=self.environment)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    def fit(self, by: str = "li", *more: str) -> str:
        code, output = self.run("fit", "--by", by, "--recipe", str(self.recipe), *more)
        assert code == 0, output
        return output


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    made = City(tmp_path_factory.mktemp("city"))
    made.recipe.write_text(RECIPE, "utf-8")
    for words in (["sandbox", "--entities", "3000"], ["admit"]):
        result = CliRunner().invoke(records, words, env=made.environment)
        assert result.exit_code == 0, result.output
    made.fit()
    return made


def test_fit_writes_a_release_that_loads_and_says_how_it_was_judged(city: City) -> None:
    release = city.latest()
    assert release.manifest.trained_by == "li"
    assert set(release.manifest.snapshot_digests) == {
        "2021-10-01", "2022-10-01", "2023-04-01", "2024-04-01", "2025-07-01",
    }  # fmt: skip
    validation = release.validation
    assert validation["rows"]["test_honest"] < validation["rows"]["test"]
    assert set(validation["baselines"]) == {
        "random", "last_result", "own_past_rate", "points_table", "scorecard", "unweighted"
    }  # fmt: skip
    assert [row["grade"] for row in validation["grades"]] == ["A", "B", "C", "D"]
    assert "randomly drawn" in validation["selection_note_en"]
    assert validation["dropped_indicators"]["serious_listed_now"] == "decided by a direct rule"
    assert "## 选取方式 Selection" in release.card
    assert not list(city.releases.rglob("*.pkl"))


def test_the_grades_keep_near_the_shares_of_the_policy_on_later_dates(city: City) -> None:
    """Cut where calibration has 1.5 % in D; a city of 3,000 drifts, and direct rules lift entities into D."""
    release = city.latest()
    shares = [row["share"] for row in release.validation["grades"]]
    assert sum(shares) == pytest.approx(1)
    assert shares[0] == pytest.approx(0.65, abs=0.1)
    assert shares[3] < 0.1


def test_a_second_fit_makes_the_same_bytes_again(city: City) -> None:
    """Only what the manifest says of the maker may differ: a colleague may commit between the two fits."""
    before = city.latest()
    city.fit("li", "--again")
    for name in ("booster.txt", "indicators.json", "calibration.json", "grades.json", "validation.json"):
        assert (city.latest().folder / name).read_bytes() == (before.folder / name).read_bytes()


def test_every_release_is_registered_once_with_the_alias_and_scores_the_same(city: City) -> None:
    import mlflow

    release = city.latest()
    address = f"sqlite:///{city.home}/releases/mlflow.sqlite"
    client = mlflow.MlflowClient(tracking_uri=address, registry_uri=address)
    version = client.get_model_version_by_alias("xinheng-sandbox", "challenger")
    assert version.tags["release_id"] == release.release_id
    versions = client.search_model_versions("name = 'xinheng-sandbox'")
    assert sorted(each.tags["release_id"] for each in versions) == sorted(release_ids(city.releases))
    run = client.get_run(version.run_id)
    assert run.data.metrics["auc"] == pytest.approx(release.validation["metrics"]["auc"]["value"])
    assert run.data.params["boosting.rounds"] == "30"
    assert not Path("mlruns").exists()
    assert not Path("mlflow.db").exists()

    rows = pd.DataFrame(release.golden.matrix, columns=list(release.names))
    for spec in release.schema:
        if spec.kind == "category":
            rows[spec.name] = [
                None if np.isnan(code) else spec.categories[int(code)] for code in rows[spec.name]
            ]
    with addressed(mlflow, address):
        answer = mlflow.pyfunc.load_model("models:/xinheng-sandbox@challenger").predict(rows)
    raw = Scorer(release).raw(release.golden.matrix)
    np.testing.assert_allclose(
        answer["probability"], release.calibration.probability(raw), rtol=0, atol=1e-12
    )


def test_what_speaks_to_mlflow_leaves_its_addresses_as_it_found_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """They are globals of the process: a pinned one would send the next run of anybody here elsewhere."""
    import mlflow

    names = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
    # Whatever ran before in this process, here they are unset.
    mlflow.set_tracking_uri(None)
    mlflow.set_registry_uri(None)
    for name in names:
        monkeypatch.delenv(name, raising=False)

    chosen = f"sqlite:///{tmp_path}/chosen.sqlite"
    with addressed(mlflow, chosen):
        with addressed(mlflow, "sqlite:///elsewhere.sqlite"):
            assert mlflow.get_tracking_uri() == mlflow.get_registry_uri() == "sqlite:///elsewhere.sqlite"
        assert mlflow.get_tracking_uri() == mlflow.get_registry_uri() == chosen
    assert not set(names) & set(os.environ)

    for name in names:
        monkeypatch.setenv(name, chosen)
    with pytest.raises(ValueError, match="spoilt"), addressed(mlflow, "sqlite:///elsewhere.sqlite"):
        raise ValueError("spoilt")
    assert mlflow.get_tracking_uri() == mlflow.get_registry_uri() == chosen
    for name in names:
        monkeypatch.delenv(name)
    assert not mlflow.is_tracking_uri_set()


def test_the_shares_of_the_grades_are_those_of_the_register_direct_rules_included(city: City) -> None:
    release = city.latest()
    day = date(2025, 7, 1)
    with open_engine(open_lake(city.lake)) as engine:
        snapshot = build_snapshot(
            engine, open_lake(city.lake), AsOf(on=day, used_on=date(2026, 6, 30)), city.snapshots
        )
    decided = decide(
        release, snapshot.read(), as_of=day, used_on=snapshot.as_of.used_on, snapshot_digest=snapshot.digest
    )
    grades = np.array(decided.column("grade").to_pylist())
    assert "serious_violation_list" in {code for row in decided.column("rules").to_pylist() for code in row}
    assert [row["share"] for row in release.validation["grades"]] == pytest.approx(
        [np.mean(grades == letter) for letter in "ABCD"], abs=1e-12
    )


def test_a_quarter_holds_one_draw_and_half_a_year_holds_two(city: City) -> None:
    """1/π of the first draw's visits stands for everyone; with a second draw in the window, for too many."""
    assert city.latest().validation["weight_coverage"]["test"] == pytest.approx(1, abs=0.1)
    assert not [text for text in city.latest().validation["warnings"] if "draws" in text]
    recipe = read_recipe(city.recipe)
    with open_engine(open_lake(city.lake)) as engine:
        history = gather_history(
            engine, open_lake(city.lake), replace(recipe, horizon_days=180),
            snapshots_folder=city.snapshots, progress=[].append,
        )  # fmt: skip
    [rows] = history.rows("test")
    assert rows.population > 1000
    half_a_year = part_of([rows], city.latest().schema, weight_cap=recipe.weight_cap)
    assert half_a_year.coverage == pytest.approx(2, abs=0.2)


def test_the_tables_fit_eighty_columns_and_cut_nothing_short(city: City) -> None:
    city.environment["COLUMNS"] = "80"
    output = city.fit()
    city.environment["COLUMNS"] = "160"
    table = output[output.index("Ranking") : output.index("评估")]
    assert max(map(len, table.splitlines())) <= 80
    assert "…" not in table
    assert re.search(r"this model +0\.\d{3} +0\.\d\d–0\.\d\d", table)
    assert re.search(r"D +\d+\.\d% +\d+ +\d+ +[01]\.\d{3} +[01]\.\d\d–[01]\.\d\d", table)
    assert not re.search(r"INFO|WARNING|Successfully|Created version", output)


def test_two_releases_are_compared_side_by_side(city: City) -> None:
    first = city.latest().release_id
    code, output = city.run("compare", first, first)
    assert code == 0
    assert re.search(r"rate D", output)
    assert "different test dates" not in output


def test_a_month_is_watched_by_one_command_and_dates_the_model_saw_are_refused(city: City) -> None:
    code, output = city.run("drift", "latest", "--on", "2025-04-01")
    assert code in (0, 3)
    assert ("No alarm." in output) == (code == 0)
    told = re.search(r"Written to (\S+\.json)", output.replace("\n", ""))
    assert told, output
    found = json.loads(Path(told[1]).read_text("utf-8"))
    assert {each["name"] for each in found["shifts"]} == {each["name"] for each in found["season"]}
    assert found["kept"]["inspected"] > 0
    code, output = city.run("drift", "latest", "--on", "2024-04-01")
    assert code == 2
    assert "a date after 2024-04-01" in " ".join(output.split())


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("test_dates = [2026-05-01]", r"got 2026-05-01 \(open until 2026-07-30\)"),
        ('excluded_indicators = ["entity_regoin_now"]', "got entity_regoin_now"),
        ('outcome_items = ["no such item"]', "of the items no such item"),
        ("horizont = 3", "got 'horizont'"),
    ],
)
def test_a_recipe_that_the_records_do_not_allow_is_refused_and_nothing_is_written(
    city: City, line: str, named: str
) -> None:
    before = release_ids(city.releases)
    key = line.partition(" ")[0]
    kept = [each for each in RECIPE.splitlines() if not each.startswith(key)]
    city.recipe.with_name("wrong.toml").write_text("\n".join([line, *kept]), "utf-8")
    code, output = city.run("fit", "--by", "li", "--recipe", str(city.recipe.with_name("wrong.toml")))
    assert code == 2
    assert re.search(named, output)
    assert release_ids(city.releases) == before
    assert not [path for path in city.releases.iterdir() if path.name.endswith(".part")]


def test_nobody_trains_nothing(city: City) -> None:
    """A blank name would make the rule of two persons empty: anyone may promote what nobody trained."""
    before = release_ids(city.releases)
    code, output = city.run("fit", "--by", "  ", "--recipe", str(city.recipe), "--again")
    assert code == 2
    assert "Expected the name of who trains; got '  '" in output
    assert release_ids(city.releases) == before


def test_a_release_without_pickles_is_all_that_is_logged(city: City) -> None:
    files = [path.name for path in (city.home / "releases" / "mlflow-artifacts").rglob("*") if path.is_file()]
    assert "booster.txt" in files
    assert not [name for name in files if name.endswith((".pkl", ".pickle", ".joblib"))]
    with sqlite3.connect(city.home / "releases" / "mlflow.sqlite") as store:
        assert store.execute("select count(*) from runs").fetchone() == (len(release_ids(city.releases)),)


def test_tuning_goes_on_where_it_ended_and_a_backtest_judges_every_date(city: City) -> None:
    """The plan is shown first; the second run adds to the study of the first; the given recipe stays."""
    given = city.home / "folds.toml"
    given.write_text(
        RECIPE + "[tuning]\nstep_months = 9\nseeds = 1\nmost_rounds = 10\npatience = 5\n", encoding="utf-8"
    )
    before = given.read_bytes()
    told = []
    for trials in ("1", "2"):
        code, output = city.run("tune", "--recipe", str(given), "--trials", trials)
        assert code == 0, output
        told.append(output)
    assert told[0].index("Rolling origin: 2 folds, nothing known after 2025-07-01") < told[0].index(
        "0 trials"
    )
    assert "2024-10-01  ■ ■ ■ ◆ ●" in told[0]
    assert "1 trials are there" in told[1]
    assert "the test dates have not been looked at" in " ".join(told[1].split())
    (written,) = (city.home / "var" / "sandbox" / "studies").glob("*-2.toml")
    assert read_recipe(written).boosting != read_recipe(given).boosting
    assert given.read_bytes() == before
    code, output = city.run("backtest", "--recipe", str(given), "--past", "--into", str(city.home / "b.json"))
    assert code == 0, output
    assert "AUC over 2 dates" in output
    assert [each["day"] for each in json.loads((city.home / "b.json").read_text("utf-8"))] == [
        "2024-01-01", "2024-10-01",
    ]  # fmt: skip


def test_a_release_is_fitted_again_bit_by_bit_from_its_manifest(city: City) -> None:
    code, output = city.run("verify", city.latest().release_id)
    assert code == 0, output
    assert re.search(r"booster\.txt +([0-9a-f]{16}) +\1 +equal", output)
    assert "different" not in output
    assert re.search(r"was fitted again bit by bit: \d+ files are equal", output)


def dealt_anew(history: History, seed: int) -> History:
    """The same history with each date's labels dealt out anew among its inspected entities."""
    generator = np.random.default_rng(seed)

    def dealt(rows: LabelledRows) -> LabelledRows:
        place = rows.outcomes.column_names.index("label")
        column = rows.outcomes.column("label")
        others = column.take(pa.array(generator.permutation(len(column))))
        return replace(rows, outcomes=rows.outcomes.set_column(place, "label", others))

    return replace(history, labelled={n: tuple(map(dealt, each)) for n, each in history.labelled.items()})


def test_a_release_of_shuffled_labels_is_refused_by_the_gates_and_by_promote(city: City) -> None:
    """The whole run on labels that belong to somebody else, from boosting to the test dates."""
    recipe = read_recipe(city.recipe)
    with open_engine(open_lake(city.lake)) as engine:
        history = gather_history(
            engine, open_lake(city.lake), recipe, snapshots_folder=city.snapshots, progress=[].append
        )
    shuffled = dealt_anew(history, seed=5)
    fitted = fit_model(shuffled, recipe)
    release = write_release(
        city.home / "shuffled" / "sandbox", fitted, history=shuffled, recipe=recipe,
        provenance=Provenance(trained_by="li", code_commit="shuffled", libraries={}),
        card=write_card(shuffled, recipe, fitted, trained_by="li"),
    )  # fmt: skip
    auc = release.validation["metrics"]["auc"]
    assert auc["low"] <= 0.5
    failed = {gate.name for gate in release.verdict.failed}
    assert {"auc_above_chance", "rates_rise", "beats_random", "beats_points_table"} <= failed
    environment = city.environment | {"XINHENG_RELEASES": str(city.home / "shuffled")}
    assert CliRunner().invoke(office, ["migrate"], env=environment).exit_code == 0
    words = ["promote", release.release_id, "--by", "wang", "--reason", "looks fine"]
    asked = CliRunner().invoke(office, words, env=environment)
    assert asked.exit_code == 2
    assert "Expected a release whose gates all passed" in asked.output
    assert all(name in asked.output for name in failed)
