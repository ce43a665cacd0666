"""Opening and migrating the ledger, and what it never lets happen to its rows."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from serving.ledger.database import Ledger, LedgerRefused, migrate, open_ledger
from serving.ledger.deployments import live_at
from serving.ledger.schema import (
    AssignmentRow,
    CapStepRow,
    CommitmentRow,
    DeploymentRow,
    DrawnEntityRow,
    DrawRow,
    FollowUpRow,
    FrameRecord,
    InspectorConflictRow,
    InspectorLeaveRow,
    InspectorRow,
    ItemRow,
    LedgerTable,
    PlanEventRow,
    PlanMethodRow,
    PlanRow,
    PlanTermsRow,
    PolicyRow,
    RecusalRow,
    RegisterRow,
    ResultImportRow,
    ResultPublicationRow,
    ResultReturnRow,
    RevealRow,
    RosterImportRow,
    StaffingRow,
    TaskResultRow,
    TaskRow,
    VisitRow,
    VisitStartRow,
    YearlyPlanPublicationRow,
    YearlyPlanRow,
    YearlyPlanVersionRow,
)

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
OF_AN_ITEM = {"plan_id": "p", "task_id": "p/e", "item_code": "i"}
WHO_WHEN_WHY = {"by": "Li", "at": NOON, "reason": "test"}
ROWS: dict[type[LedgerTable], dict[str, object]] = {
    DeploymentRow: {"city": "c", "release_id": "r", "trained_by": "Wu", **WHO_WHEN_WHY},
    PolicyRow: {
        "policy_id": "p", "version": 1, "city": "c", "title": "t", "document": "{}", **WHO_WHEN_WHY,
    },
    RegisterRow: {
        "city": "c", "as_of": date(2026, 6, 30), "release_id": "r", "digest": "d", "folder": "f",
        "counts": {"A": 1}, **WHO_WHEN_WHY,
    },
    PlanRow: {
        "plan_id": "p", "title": "t", "city": "c", "as_of": date(2026, 6, 30), "release_id": "r",
        "register_digest": "d", "ratios": {}, "allow_zero": "", "stratification": "grade",
        "region_prefix": "", **WHO_WHEN_WHY,
    },
    PlanEventRow: {
        "plan_id": "p", "sequence": 1, "kind": "created", "detail": "", "official": "", **WHO_WHEN_WHY,
    },
    FrameRecord: {
        "plan_id": "p", "frame_digest": "f", "plan_digest": "p", "rows": 1, "strata": [], **WHO_WHEN_WHY,
    },
    CommitmentRow: {
        "plan_id": "p", "official_key": "li", "official": "Li", "commitment": "c", **WHO_WHEN_WHY,
    },
    RevealRow: {"plan_id": "p", "official_key": "li", "official": "Li", "secret": "s", **WHO_WHEN_WHY},
    DrawRow: {"plan_id": "p", "seed": "s", "draw_digest": "d", "drawn": 1, **WHO_WHEN_WHY},
    DrawnEntityRow: {
        "plan_id": "p", "entity_id": "e", "stratum": "A", "grade": "A", "inclusion_probability": "1/2",
        "ticket": "t",
    },
    ItemRow: {
        "city": "c", "code": "i", "version": 1, "name_zh": "n", "name_en": "n", "kind": "key", "methods": [],
        "field": "f", "law": "l", "department": "d", "skills": [], "minutes": 30,
        "valid_from": date(2026, 1, 1), "concerns": {}, **WHO_WHEN_WHY,
    },
    InspectorRow: {
        "city": "c", "inspector_id": "i", "version": 1, "name": "n", "department": "d", "station": "",
        "skills": [], "licence_number": "l", "licensed_from": date(2026, 1, 1),
        "licensed_until": date(2027, 1, 1), "active": True, **WHO_WHEN_WHY,
    },
    InspectorLeaveRow: {
        "city": "c", "inspector_id": "i", "first_day": date(2026, 1, 1), "last_day": date(2026, 1, 2),
        "version": 1, "granted": True, **WHO_WHEN_WHY,
    },
    InspectorConflictRow: {
        "city": "c", "inspector_id": "i", "entity_id": "e", "person": "", "version": 1, "holds": True,
        **WHO_WHEN_WHY,
    },
    RosterImportRow: {
        "city": "c", "roster": "items", "files": {}, "counts": {}, "rejected": [], **WHO_WHEN_WHY,
    },
    PlanTermsRow: {
        "plan_id": "p", "department": "d", "item_codes": ["i"], "policy_id": "", "policy_version": 1,
        "first_day": date(2026, 7, 1), "last_day": date(2026, 9, 30), "design": "stratified", "yearly_cap": 1,
        "joint_with": [], **WHO_WHEN_WHY,
    },
    PlanMethodRow: {"plan_id": "p", "method": {}, **WHO_WHEN_WHY},
    CapStepRow: {"city": "c", "sequence": 1, "plan_id": "p", "kind": "frozen", **WHO_WHEN_WHY},
    YearlyPlanRow: {
        "yearly_plan_id": "y", "city": "c", "year": 2026, "department": "d", **WHO_WHEN_WHY,
    },
    YearlyPlanVersionRow: {
        "yearly_plan_id": "y", "version": 1, "lines": [], "digest": "d", **WHO_WHEN_WHY,
    },
    YearlyPlanPublicationRow: {
        "yearly_plan_id": "y", "version": 1, "published_on": date(2026, 3, 31), "csv_digest": "c",
        "json_digest": "j", **WHO_WHEN_WHY,
    },
    VisitRow: {
        "visit_id": "v", "city": "c", "year": 2026, "number": 1, "entity_id": "e", "plan_id": "p",
        **WHO_WHEN_WHY,
    },
    TaskRow: {
        "task_id": "p/e", "plan_id": "p", "entity_id": "e", "visit_id": "v",
        "first_day": date(2026, 7, 1), "last_day": date(2026, 9, 30),
    },
    StaffingRow: {
        "visit_id": "v", "round": 1, "plan_id": "p", "seed": "s", "scope": "", "departments": ["d"],
        "unstaffable": "", **WHO_WHEN_WHY,
    },
    AssignmentRow: {"visit_id": "v", "round": 1, "inspector_id": "n", "ticket": "t", "replaces": ""},
    RecusalRow: {
        "visit_id": "v", "inspector_id": "n", "round": 1, "asked_by": "entity", **WHO_WHEN_WHY,
    },
    VisitStartRow: {"visit_id": "v", "begun_on": date(2026, 7, 1), **WHO_WHEN_WHY},
    ResultImportRow: {
        "city": "c", "digest": "d", "file_name": "f.csv", "rows": 3, "taken": 1, "unchanged": 1,
        "rejected": 1, **WHO_WHEN_WHY,
    },
    TaskResultRow: {
        **OF_AN_ITEM, "version": 1, "visited_on": date(2026, 6, 30), "result_codes": "no_problem",
        "critical_count": 0, "serious_count": 0, "minor_count": None, "inspectors": ["n"], "note": "",
        "import_id": 1, **WHO_WHEN_WHY,
    },
    ResultPublicationRow: {
        **OF_AN_ITEM, "sequence": 1, "kind": "published", "version": 1, "happened_on": date(2026, 6, 30),
        **WHO_WHEN_WHY,
    },
    FollowUpRow: {
        **OF_AN_ITEM, "sequence": 1, "handled_on": date(2026, 6, 30), "how": "h", **WHO_WHEN_WHY,
    },
    ResultReturnRow: {"plan_id": "p", "digest": "d", "rows": 1, **WHO_WHEN_WHY},
}  # fmt: skip


def fill(ledger: Ledger) -> None:
    """One row in every append-only table, in an order that the foreign keys allow."""
    with ledger.writing() as session:
        for table, row in ROWS.items():
            session.execute(insert(table), [row])


def test_a_missing_ledger_is_refused_with_the_command_and_nothing_is_made(url: str, tmp_path: Path) -> None:
    with pytest.raises(LedgerRefused, match=r"got no ledger there .*To do: run `python -m serving migrate`"):
        open_ledger(url)
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_of_a_later_program_is_refused(url: str) -> None:
    migrate(url)
    opened = open_ledger(url)
    with opened.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    with pytest.raises(LedgerRefused, match=r"got version 9999 .*install the newer program"):
        open_ledger(url)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(LedgerRefused, match="a database address such as sqlite"):
        open_ledger("ledger.sqlite")


def test_migrating_again_changes_nothing(url: str) -> None:
    assert migrate(url) == migrate(url) == "0006"


def test_the_migrations_make_exactly_the_declared_tables(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, LedgerTable.metadata) == []


def test_every_table_but_the_tokens_is_covered_by_the_append_only_tests() -> None:
    assert {table.__tablename__ for table in ROWS} == set(LedgerTable.metadata.tables) - {"api_tokens"}


@pytest.mark.parametrize("table", ROWS, ids=lambda table: table.__tablename__)
def test_a_row_can_be_neither_changed_nor_deleted(ledger: Ledger, table: type[LedgerTable]) -> None:
    """Tried with plain SQL, as another program would do it."""
    fill(ledger)
    name = table.__tablename__
    column = next(iter(ROWS[table]))
    for statement in (f"UPDATE {name} SET {column} = 'x'", f"DELETE FROM {name}"):
        with pytest.raises(IntegrityError, match=f"{name} is append-only"), ledger.writing() as session:
            session.execute(text(statement))
    with ledger.reading() as session:
        assert len(session.execute(select(table)).all()) == 1


@contextmanager
def foreign(ledger: Ledger) -> Iterator[sqlite3.Connection]:
    """A plain connection as another program opens it, without any setting of ours."""
    with closing(sqlite3.connect(str(ledger.engine.url.database))) as connection:
        assert connection.execute("PRAGMA recursive_triggers").fetchone() == (0,)
        yield connection


def as_it_lies(connection: sqlite3.Connection, name: str) -> dict[str, Any]:
    """The one row of the table."""
    cursor = connection.execute(f"SELECT * FROM {name}")
    (row,) = cursor.fetchall()
    return dict(zip([column[0] for column in cursor.description], row, strict=True))


def forged(row: dict[str, Any]) -> dict[str, Any]:
    """The row with every value changed; numbers stay numbers."""
    return {key: value + 7 if isinstance(value, int) else f"forged {value}" for key, value in row.items()}


def put(connection: sqlite3.Connection, into: str, row: dict[str, Any], *, then: str = "") -> None:
    columns, marks = ", ".join(f'"{key}"' for key in row), ", ".join("?" for _ in row)
    connection.execute(f"{into} ({columns}) VALUES ({marks}) {then}", list(row.values()))


def keys_of(table: type[LedgerTable]) -> list[list[str]]:
    """The columns of the primary key, and of every unique constraint."""
    declared = LedgerTable.metadata.tables[table.__tablename__].constraints
    keys = [one for one in declared if isinstance(one, UniqueConstraint | PrimaryKeyConstraint)]
    return [[column.name for column in one.columns] for one in keys]


def numbered(row: dict[str, Any], table: type[LedgerTable], number: int) -> dict[str, Any]:
    """The row under this rowid, which a whole number as only key is another name of."""
    alias = [key for (key, *more) in keys_of(table) if not more and isinstance(row[key], int)]
    return {key: value for key, value in row.items() if key not in alias} | {"rowid": number}


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT"])
@pytest.mark.parametrize("table", ROWS, ids=lambda table: table.__tablename__)
def test_no_key_of_a_row_is_taken_again_by_a_foreign_program(
    ledger: Ledger, table: type[LedgerTable], verb: str
) -> None:
    """REPLACE deletes without asking triggers on delete; tried over every key, the hidden rowid included."""
    fill(ledger)
    name = table.__tablename__
    with foreign(ledger) as connection:
        before = as_it_lies(connection, name)
        attempts = [forged(before) | {key: before[key] for key in keys} for keys in keys_of(table)]
        attempts.append(numbered(forged(before), table, 1))
        for row in attempts:
            with pytest.raises(sqlite3.IntegrityError, match=f"{name} is append-only"):
                put(connection, f"{verb} INTO {name}", row)
        assert as_it_lies(connection, name) == before


@pytest.mark.parametrize("table", ROWS, ids=lambda table: table.__tablename__)
def test_a_foreign_program_can_neither_upsert_nor_update_over_a_row(
    ledger: Ledger, table: type[LedgerTable]
) -> None:
    fill(ledger)
    name, column = table.__tablename__, next(iter(ROWS[table]))
    with foreign(ledger) as connection:
        before = as_it_lies(connection, name)
        with pytest.raises(sqlite3.IntegrityError, match=f"{name} is append-only"):
            put(connection, f"INSERT INTO {name}", before, then=f"ON CONFLICT DO UPDATE SET {column} = 'x'")
        with pytest.raises(sqlite3.IntegrityError, match=f"{name} is append-only"):
            connection.execute(f"UPDATE OR REPLACE {name} SET {column} = 'x'")
        assert as_it_lies(connection, name) == before


@pytest.mark.parametrize("table", ROWS, ids=lambda table: table.__tablename__)
def test_a_foreign_row_cannot_shut_a_table(ledger: Ledger, table: type[LedgerTable]) -> None:
    """A row that names no number comes to the trigger as -1; were there such a row, none could follow."""
    fill(ledger)
    name = table.__tablename__
    with foreign(ledger) as connection:
        row = forged(as_it_lies(connection, name))
        with pytest.raises(sqlite3.IntegrityError, match=f"{name} is append-only"):
            put(connection, f"INSERT INTO {name}", numbered(row, table, -1))
        put(connection, f"INSERT INTO {name}", row)


def test_a_committed_write_survives_a_power_cut_and_readers_do_not_wait(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "journal_mode", "foreign_keys")
        ]
    assert settings == [2, "wal", 1]


def test_a_row_that_belongs_to_no_plan_is_refused(ledger: Ledger) -> None:
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), ledger.writing() as session:
        session.execute(insert(PlanEventRow), [ROWS[PlanEventRow]])


def test_a_failed_step_leaves_nothing_behind(ledger: Ledger) -> None:
    def step() -> None:
        with ledger.writing() as session:
            session.execute(insert(DeploymentRow), [ROWS[DeploymentRow]])
            raise KeyError

    with pytest.raises(KeyError):
        step()
    with ledger.reading() as session:
        assert session.scalars(select(DeploymentRow)).all() == []


def test_times_keep_their_moment_and_a_time_without_zone_is_refused(ledger: Ledger) -> None:
    beijing = datetime(2026, 6, 30, 20, tzinfo=timezone(timedelta(hours=8)))
    with ledger.writing() as session:
        session.execute(insert(DeploymentRow), [{**ROWS[DeploymentRow], "at": beijing}])
    with ledger.reading() as session:
        row = session.scalars(select(DeploymentRow)).one()
        assert row.at == NOON
        assert row.at.tzinfo is UTC
    with pytest.raises(StatementError, match="a time with its time zone"), ledger.writing() as session:
        session.execute(insert(DeploymentRow), [{**ROWS[DeploymentRow], "at": datetime(2026, 6, 30)}])  # noqa: DTZ001


def test_writers_wait_for_each_other_and_none_is_lost(ledger: Ledger) -> None:
    def write(thread: int) -> None:
        for number in range(10):
            with ledger.writing() as session:
                session.scalars(
                    select(DeploymentRow)
                ).all()  # read first: a deferred transaction would now fail
                session.execute(
                    insert(DeploymentRow), [{**ROWS[DeploymentRow], "release_id": f"{thread}-{number}"}]
                )

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.reading() as session:
        assert len(set(session.scalars(select(DeploymentRow.release_id)))) == 40


def test_deployments_of_an_older_ledger_stay_what_they_were(url: str) -> None:
    """Migrating adds columns to rows that nothing may change; of the old ones nobody knows a digest."""
    migrate(url, until="0001")
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as old, old:
        old.execute(
            "INSERT INTO deployments (city, release_id, trained_by, by, at, reason) "
            "VALUES ('c', 'r', 'Wu', 'Li', '2026-06-30 12:00:00', 'gates')"
        )
    migrate(url)
    opened = open_ledger(url)
    live = live_at(opened, "c", NOON)
    opened.close()
    assert live is not None
    assert (live.release_id, live.digest, live.action, live.exemptions) == ("r", "", "promotion", ())
