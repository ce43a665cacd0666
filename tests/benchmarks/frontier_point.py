"""One point of the frontier: `python -m tests.benchmarks.frontier_point FOLDER`.

Takes the strata of a frozen plan from FOLDER/plan.json, asks for the most findings at a standard error,
writes FOLDER/point.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from serving.sampling.capacity import Cell, Limits
from serving.sampling.frontier import point_at
from tests.benchmarks.frontier import RATES

POINT = "point.json"
# Officer-hours for a twentieth of the city, and an error that neither end of the curve has.
SHARE, ERROR_OF_35_000 = 0.05, 0.004


def main() -> None:
    """Solves, and keeps what came out."""
    folder = Path(sys.argv[1])
    strata = json.loads((folder / "plan.json").read_text("utf-8"))["strata"]
    cells = [
        Cell(name=one["stratum"], grade=one["grade"], size=one["size"], rate=RATES[one["grade"]])
        for one in strata
    ]
    total = sum(cell.size for cell in cells)
    limits = Limits(hours=SHARE * total, exploration_floor=0.005, ordered=False)
    error = ERROR_OF_35_000 * (35_000 / total) ** 0.5
    point = point_at(cells, limits, target=error)
    found = {"counts": dict(point.counts), "standard_error": point.standard_error, "visits": point.visits}
    (folder / POINT).write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
