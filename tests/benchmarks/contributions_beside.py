"""Exact contributions beside those of LightGBM and shap: `python -m tests.benchmarks.contributions_beside`.

Models of two depths on 120 indicators, in one run; processor time of each row, and the largest difference.
Ends with 1 where ours are less than fifty times as fast as `pred_contrib`, or differ by more than 1e-9.

fasttreeshap asks for NumPy before 2, which the project does not get by with: `--fasttreeshap PYTHON` names
the interpreter of an environment that has it (`pip install "numpy<2" fasttreeshap lightgbm`).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

import lightgbm
import numpy as np
import shap
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from models.treeshap.explainer import explainer_of
from tests.benchmarks.fit_million import LABEL, MATRIX, make

SHAPES = {
    "200 trees of 31 leaves, depth 6": {"num_leaves": 31, "max_depth": 6, "rounds": 200},
    "400 trees of 63 leaves, depth 8": {"num_leaves": 63, "max_depth": 8, "rounds": 400},
}
TAUGHT, OF_PEERS, OF_SHAP, ALONE = 100_000, 2_000, 200, 200
LEAST, TOLERANCE = 50, 1e-9

# Run by the other interpreter: the model and the rows come as files, and seconds a row go to the output.
FAST_TREE_SHAP = """
import sys, time, warnings
warnings.simplefilter("ignore")
import fasttreeshap, lightgbm, numpy
model, rows = lightgbm.Booster(model_file=sys.argv[1]), numpy.load(sys.argv[2])
model.params["objective"] = "binary"
explainer = fasttreeshap.TreeExplainer(model, algorithm="auto", n_jobs=2)
explainer.shap_values(rows[:2])
costs = []
for _ in range(2):
    began = time.process_time()
    explainer.shap_values(rows, check_additivity=False)
    costs.append(time.process_time() - began)
print(min(costs) / len(rows))
"""

Floats = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def seconds_a_row(work: Callable[[Floats], Floats], rows: Floats) -> tuple[float, Floats]:
    """Processor time of a row, all threads together; the faster of two runs."""
    best = float("inf")
    for _ in range(2):
        began = process_time()
        found = work(rows)
        best = min(best, process_time() - began)
    return best / len(rows), found


def of_fast_tree_shap(python: Path, model: lightgbm.Booster, rows: Floats) -> float:
    """Processor time of a row by fasttreeshap, in the environment of another interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "model.txt", Path(folder) / "rows.npy"
        model.save_model(str(files[0]))
        np.save(files[1], rows)
        command = [str(python), "-c", FAST_TREE_SHAP, *map(str, files)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measured(
    shape: dict[str, int], x: Floats, y: Floats, python: Path | None
) -> tuple[list[tuple[str, ...]], bool]:
    """The lines of one shape of model, and whether ours are fast and equal enough."""
    choices = {"objective": "binary", "verbose": -1, "num_threads": 2, **shape}
    rounds = choices.pop("rounds")
    model = lightgbm.train(choices, lightgbm.Dataset(x[:TAUGHT], y[:TAUGHT]), rounds)
    began = perf_counter()
    explainer = explainer_of(model.dump_model())
    explainer.contributions(x[:2])
    ready = perf_counter() - began
    theirs, truth = seconds_a_row(lambda rows: model.predict(rows, pred_contrib=True), x[:OF_PEERS])
    ours, found = seconds_a_row(lambda rows: explainer.contributions(rows, threads=2), x)
    of_shap, _ = seconds_a_row(shap.TreeExplainer(model).shap_values, x[:OF_SHAP])
    costs = [("ours", len(x), ours), ("pred_contrib", OF_PEERS, theirs), ("shap", OF_SHAP, of_shap)]
    if python:
        costs.append(("fasttreeshap", OF_PEERS, of_fast_tree_shap(python, model, x[:OF_PEERS])))
    off = float(np.abs(found[:OF_PEERS] - truth).max())
    lines = [
        (who, f"{rows:,}", f"{1 / cost:,.0f}", f"{theirs / cost:.1f}", f"{off:.1e}" if who == "ours" else "")
        for who, rows, cost in costs
    ]
    alone = f"one row alone {seconds_alone(explainer.contributions, x) * 1000:.2f} ms"
    return [*lines, (f"ready in {ready:.1f} s; {alone}",)], theirs / ours >= LEAST and off <= TOLERANCE


def seconds_alone(work: Callable[[Floats], Floats], rows: Floats) -> float:
    """Seconds of one row that is asked for by itself, after a first one."""
    work(rows[:1])
    began = perf_counter()
    for place in range(ALONE):
        work(rows[place : place + 1])
    return (perf_counter() - began) / ALONE


def main() -> int:
    """Fits the models and prints what each way costs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000, help="distinct rows that ours answers")
    parser.add_argument(
        "--fasttreeshap", type=Path, metavar="PYTHON", help="interpreter that has fasttreeshap"
    )
    asked = parser.parse_args()
    table = Table("model", "who", "rows", "rows/s (cpu)", "times pred_contrib", "difference", box=SIMPLE_HEAD)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "matrix", asked.rows)
        x = np.load(Path(folder) / "matrix" / MATRIX)
        y = np.load(Path(folder) / "matrix" / LABEL)
    for name, shape in SHAPES.items():
        lines, well = measured(shape, x, y, asked.fasttreeshap)
        good = good and well
        for line in lines:
            table.add_row(name, *line)
    Console(width=130).print(table)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
