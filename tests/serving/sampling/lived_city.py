"""A sandbox city lived through in memory: the draws as its offices record them, and the hidden truth of them.

Without raw files and admission a city of 20,000 takes a second, so that many seeds can be looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.lake import Lake, LakeTable
from data_contracts.sandbox_city import SandboxPlan
from data_contracts.sandbox_city.annual_reports import make_annual_reports
from data_contracts.sandbox_city.circles import make_circles
from data_contracts.sandbox_city.city import SUBJECTS
from data_contracts.sandbox_city.columns import joined
from data_contracts.sandbox_city.complaints import make_complaints
from data_contracts.sandbox_city.days import as_date, day_number, quarter_starts
from data_contracts.sandbox_city.history import History, QuarterTruth, Stage, live_through
from data_contracts.sandbox_city.inspections import Inspections, make_inspectors
from data_contracts.sandbox_city.listings import for_missing_reports, for_name_rulings
from data_contracts.sandbox_city.population import make_population
from data_contracts.sandbox_city.raw_tables import entity_ids, inspections_table, inspector_ids
from data_contracts.sandbox_city.riskiness import make_riskiness
from serving.inspections.policies.past_draws import GradedOn

GRADED_ON = date(2022, 12, 31)
SHARES = (0.65, 0.25, 0.085, 0.015)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LivedCity:
    """A lived city: who lives in it, the visits of every quarter, and the truth of every quarter."""

    plan: SandboxPlan
    stage: Stage
    visits: Sequence[Inspections]
    quarters: Sequence[QuarterTruth]

    def lake(self, folder: Path) -> Lake:
        """What is known on the last day, as two tables of a lake."""
        stage, until = self.stage, self.plan.last_day
        made = joined(self.visits)
        starts = tuple(start for start, _ in stage.spans)
        numbers = np.arange(len(made.entity), dtype=np.int32)
        rows = inspections_table(
            made, entity_ids(stage.population), numbers, inspector_ids(stage.inspectors), starts
        )
        count = rows.num_rows
        for name, column in {
            "forgotten_on": pa.nulls(count, pa.date32()),
            "superseded_on": pa.nulls(count, pa.date32()),
            "retracted": pa.repeat(False, count),
            "result_codes": pa.array(np.where(made.problem, "unreachable", "no_problem")),
        }.items():
            rows = rows.append_column(name, column)
        pq.write_table(rows.filter(pa.array(made.known <= day_number(until))), folder / "inspections.parquet")
        people = stage.population
        districts = np.char.add("9901", np.char.zfill(people.district.astype(str), 2))
        entities = {
            "entity_id": entity_ids(people),
            "region_code": pa.array(districts),
            "registered_capital_fen": pa.array(people.capital_fen),
        }
        pq.write_table(pa.table(entities), folder / "entities.parquet")
        tables = {name: _table(folder, name) for name in ("inspections", "entities")}
        return Lake(root=folder, version="v", city="lived", digest="", exported_on=until, tables=tables)

    def register(self) -> GradedOn:
        """Grades by riskiness before the graded draws began; not those by which the offices drew."""
        letters = np.array(list("ABCD"))[self._grade_places()]
        ids = pa.chunked_array([entity_ids(self.stage.population)])
        return GradedOn(
            as_of=GRADED_ON,
            grades=pa.table({"entity_id": ids, "grade": pa.chunked_array([pa.array(letters)])}),
        )

    def expected_findings(self, quarters: Sequence[int], ratios: Mapping[str, str]) -> float:
        """What visits of the register's grades at yearly `ratios` find, on average of the quarters."""
        share = np.array([float(Fraction(ratios[letter])) for letter in "ABCD"])[self._grade_places()]
        return float(np.mean([share @ self.found_if_visited(quarter) for quarter in quarters]))

    def found_if_visited(self, quarter: int) -> Floats:
        """Each entity's chance that its visit in the quarter finds a problem; 0 for those not in the frame.

        Visits fall evenly on the days but the first and last week, and find nobody after the day of the end.
        """
        truth, (start, end) = self.quarters[quarter], self.stage.spans[quarter]
        days = max(end - 6, start + 6) - (start + 5)
        alive = np.clip((self.stage.population.deregistered - (start + 5)) / days, 0, 1)
        return np.asarray(truth.frame * truth.violation.astype(np.float64) * alive)

    def quarters_of(self, year: int) -> list[int]:
        """The places of a year's quarters."""
        return [place for place, (start, _) in enumerate(self.stage.spans) if as_date(start).year == year]

    def _grade_places(self) -> npt.NDArray[np.int64]:
        """0 to 3 for A to D."""
        risk = self.stage.riskiness[self.quarters_of(GRADED_ON.year)[-1]]
        return np.searchsorted(np.quantile(risk, np.cumsum(SHARES)[:-1]), risk)


def _table(folder: Path, name: str) -> LakeTable:
    """A table that was written into the folder."""
    path = folder / f"{name}.parquet"
    return LakeTable(name=name, path=path, rows=pq.read_metadata(path).num_rows, digest="", undated=())


def live(entities: int, seed: int) -> LivedCity:
    """Lives through a city; the same seed at the same size is the same history as in raw files."""
    plan = SandboxPlan(entities=entities, seed=seed)
    quarters, last_day = quarter_starts(plan.first_day, plan.last_day), day_number(plan.last_day)
    spawned = np.random.default_rng(plan.seed).spawn(len(SUBJECTS))
    streams = dict(zip(SUBJECTS, spawned, strict=True))
    people = make_population(plan, streams["population"])
    risk = make_riskiness(people, quarters, streams["riskiness"])
    reports = make_annual_reports(
        plan, people, riskiness=risk, quarters=quarters, rng=streams["annual_reports"]
    )
    complaints = make_complaints(
        people, risk, quarters=quarters, last_day=last_day, rng=streams["complaints"]
    )
    stage = Stage(
        population=people,
        riskiness=risk,
        circles=make_circles(people, risk, last_day=last_day, rng=streams["circles"]),
        inspectors=make_inspectors(people, streams["inspectors"]),
        spans=tuple(zip(quarters, (*quarters[1:], last_day + 1), strict=True)),
    )
    listed = [
        for_missing_reports(people, reports, streams["missing_reports"]),
        for_name_rulings(people, risk[-1], last_day, streams["name_rulings"]),
    ]
    history = History(complaints=complaints, listings=listed)
    lived = tuple(live_through(stage, history, streams["history"]))
    return LivedCity(plan=plan, stage=stage, visits=history.inspections, quarters=lived)
