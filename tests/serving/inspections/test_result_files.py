"""Files of results as offices send them: what goes in, what comes back, and what an interruption leaves."""

from __future__ import annotations

import csv
import io
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from serving.inspections.results.cells import day_of
from serving.inspections.results.facts import standing_results
from serving.inspections.results.files import blank_form, import_results
from serving.inspections.results.rules import ResultRefused
from serving.ledger.database import Ledger, open_ledger
from serving.ledger.schema import TaskResultRow
from tests.serving.inspections.staffed_plans import CITY, PLAN, staffed_plan

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)
HEADER = "任务编号,事项编码,检查日期,检查结果,轻微问题数,备注,更正理由"
GOOD = (
    f"{PLAN}/E1,food_safety,2026/7/10,未发现问题,,,",
    f"{PLAN}/E2,food_safety,2026年7月11日,责令改正；未按规定公示应当公示的信息,2,标签缺失,",
)
BAD = (
    f"{PLAN}/E9,food_safety,2026/7/10,未发现问题,,,",
    f"{PLAN}/E3,food_safety,2026-07-32,未发现问题,,,",
    f"{PLAN}/E3,price_tags,2026-07-03,责令改证,many,=1+cmd,",
    f"{PLAN}/E4,food_safety,2026-07-03",
    f"{PLAN}/E4,price_tags,,未发现问题,,,",
)


@pytest.fixture
def ledger(empty_ledger: Path, tmp_path: Path) -> Iterator[Ledger]:
    file = tmp_path / "ledger.sqlite"
    file.write_bytes(empty_ledger.read_bytes())
    opened = open_ledger(f"sqlite:///{file}")
    staffed_plan(opened)
    yield opened
    opened.close()


def sent(folder: Path, *lines: str, encoding: str = "utf-8-sig", header: str = HEADER) -> Path:
    file = folder / "july.csv"
    file.write_bytes(("\r\n".join((header, *lines)) + "\r\n").encode(encoding))
    return file


def taken(ledger: Ledger, file: Path) -> Any:
    return import_results(ledger, file, city=CITY, folder=file.parent / "kept", by="Wu", now=NOW)


def rows_of(file: Path) -> list[list[str]]:
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def standing(ledger: Ledger) -> dict[tuple[str, str], tuple[str, ...]]:
    with ledger.reading() as session:
        found = standing_results(session, [PLAN])
    return {key: result.entry.codes for key, result in found.items()}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-8"])
def test_good_rows_go_in_and_bad_ones_come_back_with_their_reasons(
    ledger: Ledger, tmp_path: Path, encoding: str
) -> None:
    outcome = taken(ledger, sent(tmp_path, *GOOD, *BAD, encoding=encoding))
    assert (outcome.rows, outcome.taken, outcome.rejected, outcome.fresh) == (7, 2, 5, True)
    assert standing(ledger) == {
        (f"{PLAN}/E1", "food_safety"): ("no_problem",),
        (f"{PLAN}/E2", "food_safety"): ("disclosure_missing", "ordered_to_correct"),
    }
    header, *rows = rows_of(outcome.rejected_file)
    assert header[-2:] == ["原行号 line", "拒收原因 why rejected"]
    assert [row[-2] for row in rows] == ["4", "5", "6", "7", "8"]
    reasons = [row[-1] for row in rows]
    assert "the id of a task; got 'sandbox-20260701-01/E9', which is none" in reasons[0]
    assert "a day such as 2026-07-03 in 检查日期 visited_on; got '2026-07-32'" in reasons[1]
    assert "'责令改证' (did you mean '责令改正'?)" in reasons[2]
    assert "a whole number in 轻微问题数 minor_count; got 'many'" in reasons[2]
    assert rows[2][5] == "'=1+cmd"  # nobody's spreadsheet runs it
    assert "3 fields" in reasons[3]
    assert "a value in 检查日期 visited_on; got none" in reasons[4]


def test_the_same_file_twice_changes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    file = sent(tmp_path, *GOOD, *BAD)
    first, second = taken(ledger, file), taken(ledger, file)
    assert (second.import_id, second.taken, second.fresh) == (first.import_id, 2, False)
    assert second.rejected_file == first.rejected_file
    with ledger.reading() as session:
        assert session.scalar(select(func.count()).select_from(TaskResultRow)) == 2


def test_rejected_rows_go_in_once_they_are_mended(ledger: Ledger, tmp_path: Path) -> None:
    returned = taken(ledger, sent(tmp_path, *GOOD, *BAD)).rejected_file
    text = returned.read_text("utf-8-sig").replace("2026-07-32", "2026-07-02").replace("责令改证", "责令改正")
    file = tmp_path / "mended.csv"
    file.write_text(text.replace("many", "3"), "utf-8-sig")
    again = taken(ledger, file)
    assert (again.taken, again.rejected) == (2, 3)
    header = rows_of(again.rejected_file)[0]
    assert header.count("原行号 line") == 1
    with ledger.reading() as session:
        assert standing_results(session, [PLAN])[f"{PLAN}/E3", "price_tags"].entry.note == "=1+cmd"


def test_a_correction_in_a_file_needs_its_reason(ledger: Ledger, tmp_path: Path) -> None:
    taken(ledger, sent(tmp_path, *GOOD))
    changed = f"{PLAN}/E1,food_safety,2026/7/10,其他,,,"
    assert taken(ledger, sent(tmp_path, changed, GOOD[1])).rejected == 1
    outcome = taken(ledger, sent(tmp_path, f"{changed}录入有误", GOOD[1]))
    assert (outcome.taken, outcome.unchanged) == (1, 1)
    assert standing(ledger)[f"{PLAN}/E1", "food_safety"] == ("other",)


def test_the_form_of_a_plan_lists_what_is_missing_and_goes_in_when_filled(
    ledger: Ledger, tmp_path: Path
) -> None:
    taken(ledger, sent(tmp_path, *GOOD))
    with ledger.reading() as session:
        form = blank_form(session, PLAN)
    lines = form.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("任务编号 task_id,事项编码 item_code")
    assert len(lines) == 1 + 8 - 2
    filled = [line.replace(",,,,,,,", ",2026-07-20,no_problem,,,,,") for line in lines[1:]]
    outcome = taken(ledger, sent(tmp_path, *filled, header=lines[0]))
    assert (outcome.taken, outcome.rejected) == (6, 0)


def test_a_file_without_a_column_is_refused_with_what_may_be_it(ledger: Ledger, tmp_path: Path) -> None:
    file = sent(tmp_path, *GOOD, header=HEADER.replace("检查结果", "检查结果情况"))
    with pytest.raises(
        ResultRefused, match=r"no 检查结果 result_codes \(did you mean '检查结果情况'\?\).*fill in"
    ):
        taken(ledger, file)


def test_days_as_offices_write_them() -> None:
    shown = (
        "2026-07-03",
        "2026/7/3",
        "2026.7.3",
        "2026年7月3日",
        "20260703",
        "２０２６/7/3",
        "2026/7/3 0:00:00",
    )
    assert {day_of(text) for text in shown} == {date(2026, 7, 3)}
    assert {day_of(text) for text in ("3.7.2026", "2026-13-01", "46206", "")} == {None}


def test_an_import_that_is_killed_leaves_nothing_and_can_be_repeated(ledger: Ledger, tmp_path: Path) -> None:
    """The process dies by SIGKILL after its rows are written and before it commits."""
    entities = [(f"K{number}", "A", "1/2") for number in range(400)]
    strata = [{"stratum": "A", "grade": "A", "size": 800, "count": 400}]
    plan = staffed_plan(ledger, "sandbox-20260701-02", entities=entities, strata=strata)
    file = sent(tmp_path, *(f"{plan}/{name},food_safety,2026-07-03,no_problem,,," for name, _, _ in entities))
    program = f"""
        import datetime, sys, time
        from pathlib import Path
        from serving.inspections.results import files
        from serving.ledger.database import open_ledger

        def stay(*_):
            print("written", flush=True)
            time.sleep(60)

        files._keep_rejected = stay
        files.import_results(
            open_ledger({str(ledger.engine.url)!r}), Path({str(file)!r}), city="sandbox",
            folder=Path({str(tmp_path)!r}), by="Wu", now=datetime.datetime(2026, 7, 20, tzinfo=datetime.UTC),
        )
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "written\n"
        child.send_signal(signal.SIGKILL)
    with ledger.reading() as session:
        assert standing_results(session, [plan]) == {}
    assert (taken(ledger, file).taken, taken(ledger, file).fresh) == (400, False)
