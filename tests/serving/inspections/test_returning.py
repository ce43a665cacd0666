"""Results back into the lake: through real admission, to labels that weigh 1/π."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from data_contracts.admission.admitting import Admission, Request, admit
from data_contracts.mapping.city_mapping import mapping_path, read_mapping
from data_contracts.sandbox_city import SandboxPlan, generate
from features.engines.on_duckdb import open_engine
from serving.inspections.plans.steps import void_plan
from serving.inspections.results.entering import enter_results
from serving.inspections.results.publication import follow_up, publish_results, repair_result
from serving.inspections.results.returning import ReturnedPlan, inspection_id, return_results
from serving.inspections.results.rules import ResultEntry
from serving.ledger.database import Ledger, open_ledger
from tests.serving.inspections.staffed_plans import CITY, PLAN, TEAM, staffed_plan
from training.rows.history import labels_after
from training.rows.outcomes import LabelWindow, outcome_of
from training.rows.selection import select_rows

EXPORTED = date(2026, 6, 30)
DRAWN = datetime(2026, 4, 1, 4, tzinfo=UTC)
ENTERED = datetime(2026, 4, 20, 8, tzinfo=UTC)
VISITED = date(2026, 4, 10)
ITEM = "price_tags"


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The raw files of a tiny city, before anything was returned."""
    folder = tmp_path_factory.mktemp("tiny")
    generate(SandboxPlan(entities=200, seed=11, first_day=date(2024, 7, 1)), folder / "raw", folder / "truth")
    return folder / "raw"


@pytest.fixture
def ledger(empty_ledger: Path, tmp_path: Path, raw: Path) -> Iterator[Ledger]:
    """A city of its own, and a plan that drew 2 of 9 in A and 3 of 5 in D from its entities on 1 April."""
    shutil.copytree(raw, tmp_path / "raw")
    (tmp_path / "ledger.sqlite").write_bytes(empty_ledger.read_bytes())
    opened = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    chances = ["2/9", "2/9", "3/5", "3/5", "3/5"]
    staffed_plan(
        opened,
        items=(ITEM,),
        drawn_at=DRAWN,
        window=(date(2026, 4, 1), date(2026, 4, 30)),
        entities=[
            (one, "A" if c == "2/9" else "D", c) for one, c in zip(drawn_ids(raw), chances, strict=True)
        ],
        strata=[
            {"stratum": "A", "grade": "A", "size": 9, "count": 2},
            {"stratum": "D", "grade": "D", "size": 5, "count": 3},
        ],
    )
    yield opened
    opened.close()


def drawn_ids(raw: Path) -> list[str]:
    """Five entities without an inspection of another draw in the spring of 2026."""
    entities = pq.read_table(raw / "entities.parquet", columns=["uscc"])
    seen = pq.read_table(raw / "inspections.parquet", columns=["entity_id", "occurred_on"]).to_pylist()
    lately = {row["entity_id"] for row in seen if str(row["occurred_on"]) > "2026-03-31"}
    ids = sorted(set(entities["uscc"].to_pylist()) - lately)
    return [one for one in ids if one and len(one) == 18 and one.isascii() and one.isupper()][:5]


def result(entity_id: str, *codes: str, **more: object) -> ResultEntry:
    task = f"{PLAN}/{entity_id}"
    return replace(ResultEntry(task_id=task, item_code=ITEM, visited_on=VISITED, codes=codes), **more)


def enter(ledger: Ledger, *entries: ResultEntry, now: datetime = ENTERED) -> None:
    enter_results(ledger, entries, city=CITY, by="Wu", now=now)


def returned(ledger: Ledger, home: Path, now: datetime = ENTERED) -> tuple[ReturnedPlan, ...]:
    return return_results(ledger, CITY, raw_folder=home / "raw", by="Wu", now=now)


def admitted(home: Path, exported_on: date = EXPORTED) -> Admission:
    """The city's entities and inspections with what was returned."""
    mapping = replace(read_mapping(mapping_path("sandbox")), exported_on=exported_on)
    few = tuple(feed for feed in mapping.feeds if feed.table in ("entities", "inspections"))
    mapping = replace(mapping, feeds=few, ignored={"*": "not of this test"})
    request = Request(mapping=mapping, raw_folder=home / "raw", admitted_on=exported_on, key=b"k" * 32)
    return admit(request, home / "lake")


def returned_rows(admission: Admission) -> list[dict[str, object]]:
    rows = pq.read_table(admission.lake.tables["inspections"].path).to_pylist()
    own = [row for row in rows if row["draw_id"] == PLAN]
    return sorted(own, key=lambda row: (row["inspection_id"], row["known_on"]))


def test_results_come_back_as_rows_of_a_random_draw_and_become_labels_that_weigh_one_over_pi(
    ledger: Ledger, raw: Path, tmp_path: Path
) -> None:
    ids = drawn_ids(raw)
    enter(ledger, result(ids[0], "no_problem"), result(ids[3], "ordered_to_correct", serious_count=1))
    (file,) = returned(ledger, tmp_path)
    assert (file.plan_id, file.rows, file.fresh) == (PLAN, 2, True)
    admission = admitted(tmp_path)
    feed = admission.report.feeds[-1]
    assert (feed.feed, feed.admitted, feed.rejected, feed.duplicates) == ("returned results", 2, 0, 0)
    clean, problem = returned_rows(admission)
    assert clean["inclusion_probability"] == float(Fraction(2, 9))
    assert problem == {
        "inspection_id": f"{PLAN}/{ids[3]}/{ITEM}", "entity_id": ids[3], "occurred_on": VISITED,
        "known_on": date(2026, 4, 20), "forgotten_on": None, "mechanism": "random_draw",
        "inclusion_probability": float(Fraction(3, 5)), "draw_id": PLAN, "item_code": ITEM,
        "result_codes": "ordered_to_correct", "critical_count": None, "serious_count": 1, "minor_count": None,
        "inspector": TEAM[0], "retracted": False, "superseded_on": None,
    }  # fmt: skip
    drawn_on, known_by = date(2026, 4, 1), EXPORTED
    window = LabelWindow(as_of=drawn_on, horizon_days=60, known_by=known_by, used_on=known_by)
    with open_engine(admission.lake, memory_limit="1GB") as engine:
        labels = engine.frame(labels_after(engine.tables, outcome_of("problem_found", (ITEM,)), window))
    own = {row["entity_id"]: row for row in labels.to_pylist() if row["entity_id"] in ids}
    assert {entity_id: row["label"] for entity_id, row in own.items()} == {ids[0]: 0, ids[3]: 1}
    place = {entity_id: number for number, entity_id in enumerate(labels["entity_id"].to_pylist())}
    chances = np.array(labels["inclusion_probability"].to_pylist(), dtype=float)
    weights = select_rows(labels["mechanism"].to_pylist(), chances, weight_cap=100.0)
    assert weights.honest_weight[place[ids[0]]] == pytest.approx(4.5)
    assert weights.honest_weight[place[ids[3]]] == pytest.approx(5 / 3)


def test_the_same_results_twice_change_nothing_and_a_correction_is_known_later(
    ledger: Ledger, raw: Path, tmp_path: Path
) -> None:
    first_id = drawn_ids(raw)[0]
    enter(ledger, result(first_id, "no_problem"))
    (first,) = returned(ledger, tmp_path)
    written = first.path.stat().st_mtime_ns
    (again,) = returned(ledger, tmp_path, ENTERED + timedelta(days=3))
    assert (again.digest, again.fresh, again.path.stat().st_mtime_ns) == (first.digest, False, written)
    same_day = result(first_id, "other", reason="typed in the wrong line")
    enter(ledger, same_day, now=ENTERED + timedelta(hours=1))
    later = result(first_id, "ordered_to_stop", reason="the appeal was heard")
    enter(ledger, later, now=ENTERED + timedelta(days=9))
    (corrected,) = returned(ledger, tmp_path)
    assert (corrected.rows, corrected.fresh) == (2, True)
    before, after = returned_rows(admitted(tmp_path))
    assert (before["result_codes"], before["superseded_on"]) == ("other", date(2026, 4, 29))
    assert (after["result_codes"], after["known_on"]) == ("ordered_to_stop", date(2026, 4, 29))


def test_what_was_known_after_the_export_waits_for_the_next_one(
    ledger: Ledger, raw: Path, tmp_path: Path
) -> None:
    enter(ledger, result(drawn_ids(raw)[0], "no_problem"), now=datetime(2026, 7, 2, tzinfo=UTC))
    returned(ledger, tmp_path)
    admission = admitted(tmp_path)
    assert (admission.report.feeds[-1].read, returned_rows(admission)) == (1, [])
    assert len(returned_rows(admitted(tmp_path, date(2026, 7, 31)))) == 1


def test_a_void_draw_gives_no_chance_and_a_repair_is_forgotten(
    ledger: Ledger, raw: Path, tmp_path: Path
) -> None:
    entry = result(drawn_ids(raw)[0], "disclosure_missing")
    enter(ledger, entry)
    today = date(2026, 4, 20)
    publish_results(ledger, PLAN, on=today, by="Li", now=ENTERED)
    follow_up(ledger, *entry.key, handled_on=today, how="published since", by="Li", now=ENTERED)
    repair_result(ledger, *entry.key, on=today, reason="cured", by="Li", now=ENTERED)
    void_plan(ledger, PLAN, reason="frame was cut", by="Li", now=ENTERED + timedelta(days=20))
    (file,) = returned(ledger, tmp_path)
    told = [
        (row["known_on"], row["mechanism"], row["inclusion_probability"], row["forgotten_on"])
        for row in pq.read_table(file.path).to_pylist()
    ]
    assert told == [
        (date(2026, 4, 20), "random_draw", float(Fraction(2, 9)), today),
        (date(2026, 5, 10), "unknown", None, today),
    ]


def test_an_id_that_would_be_too_long_for_the_lake_is_a_digest() -> None:
    assert inspection_id("p", "e", "i") == "p/e/i"
    assert len(inspection_id("p" * 100, "e" * 60, "i")) == 64
