"""The same ledger and the same life of a plan on a real PostgreSQL."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from serving.inspections.plans.bundle import verify_bundle
from serving.inspections.plans.plan import PlanRefused
from serving.inspections.plans.steps import find_plan
from serving.ledger.database import Ledger
from serving.ledger.schema import LedgerTable
from tests.serving.inspections.planners import race


@pytest.fixture
def ledger(postgres: Ledger) -> Ledger:
    return postgres


def test_the_migrations_make_exactly_the_declared_tables(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, LedgerTable.metadata) == []


def test_a_plan_is_drawn_as_on_sqlite(ceremony: Any, ledger: Ledger) -> None:
    on_postgres = replace(ceremony, ledger=ledger, folder=ceremony.folder / "postgres")
    first, second = (made.draw(made.revealed(by_region=True)) for made in (ceremony, on_postgres))
    assert first.selected == second.selected
    assert replace(first.plan, events=()) == replace(second.plan, events=())
    assert verify_bundle(second.bundle, expected_digest=second.plan.draw_digest).ok


def test_rows_can_be_neither_changed_nor_deleted_nor_truncated(ledger: Ledger) -> None:
    for table in sorted(set(LedgerTable.metadata.tables) - {"api_tokens"}):
        column = LedgerTable.metadata.tables[table].columns.keys()[0]
        for statement in (
            f"UPDATE {table} SET {column} = NULL",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            with pytest.raises(DBAPIError, match="is append-only"), ledger.writing() as session:
                session.execute(text(statement))


def test_an_upsert_counts_as_a_change(ledger: Ledger) -> None:
    statement = (
        "INSERT INTO deployments (deployment_id, city, release_id, trained_by, by, at, reason) "
        "VALUES (1, 'c', 'r', 't', 'b', now(), 'x') ON CONFLICT (deployment_id) DO UPDATE SET city = 'x'"
    )
    with pytest.raises(DBAPIError, match="is append-only"), ledger.writing() as session:
        session.execute(text(statement))


def test_plans_created_in_one_instant_get_numbers_of_their_own(ceremony: Any, ledger: Ledger) -> None:
    made, start = replace(ceremony, ledger=ledger), threading.Barrier(8)
    outcomes: list[object] = []

    def create() -> None:
        start.wait()
        try:
            outcomes.append(made.create())
        except Exception as fault:  # noqa: BLE001 - a thread would swallow it
            outcomes.append(fault)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(outcomes)) == 8
    assert all(isinstance(outcome, str) and outcome.startswith("sandbox-2026") for outcome in outcomes)


def test_of_two_who_freeze_at_once_one_succeeds(ceremony: Any, ledger: Ledger) -> None:
    made = replace(ceremony, ledger=ledger)
    plan_id, outcomes, start = made.create(), [], threading.Barrier(2)

    def freeze() -> None:
        start.wait()
        try:
            outcomes.append(made.freeze(plan_id).frame_digest)
        except PlanRefused as refused:
            outcomes.append(str(refused))

    threads = [threading.Thread(target=freeze) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("which is frozen" in outcome for outcome in outcomes) == 1
    assert find_plan(ledger, plan_id).frame_digest in outcomes


def test_concurrent_planners_cannot_break_the_cap(ceremony: Any, ledger: Ledger) -> None:
    race(replace(ceremony, ledger=ledger, folder=ceremony.folder / "race"))
