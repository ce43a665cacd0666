"""The steps of a yearly plan: create, amend, publish; versions stay, and each publication has its files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from serving.inspections.plans.bundle import publish, staged
from serving.inspections.plans.plan import refuse_no_name
from serving.inspections.yearly.yearly_plan import (
    CSV_FILE,
    JSON_FILE,
    YearlyLine,
    YearlyPlan,
    YearlyPlanNotFound,
    YearlyPlanRefused,
    YearlyVersion,
    checked_lines,
    csv_text,
    digest_of_lines,
    json_text,
)
from serving.ledger.database import Ledger
from serving.ledger.schema import YearlyPlanPublicationRow, YearlyPlanRow, YearlyPlanVersionRow


def create_yearly_plan(
    ledger: Ledger,
    *,
    city: str,
    year: int,
    department: str,
    lines: Sequence[YearlyLine],
    by: str,
    now: datetime,
) -> YearlyPlan:
    """The first version of a department's plan for a year; there is one such plan."""
    refuse_no_name(by, "the name of who creates the yearly plan")
    refuse_no_name(department, "the department of the yearly plan")
    lines, prefix = checked_lines(lines), f"{city}-{year}-y"
    try:
        with ledger.writing() as session:
            of_year = (YearlyPlanRow.city == city, YearlyPlanRow.year == year)
            earlier = session.scalar(select(func.count()).select_from(YearlyPlanRow).where(*of_year)) or 0
            row = YearlyPlanRow(yearly_plan_id=f"{prefix}{earlier + 1:02d}", city=city, year=year)
            row.department, row.by, row.at, row.reason = department.strip(), by, now, "created"
            session.add(row)
            session.flush()
            _add_version(session, row.yearly_plan_id, 1, lines, by=by, now=now, reason="created")
            return _load(session, row.yearly_plan_id)
    except IntegrityError as error:
        raise YearlyPlanRefused(
            expected=f"one yearly plan of {department} for {year}",
            got="one that is there already, or another created in the same instant",
            todo="amend the plan that is there, with the reason",
        ) from error


def amend_yearly_plan(
    ledger: Ledger, yearly_plan_id: str, lines: Sequence[YearlyLine], *, reason: str, by: str, now: datetime
) -> YearlyPlan:
    """A new version with its reason; a plan that was published is to be published again."""
    refuse_no_name(by, "the name of who amends the yearly plan")
    lines = checked_lines(lines)
    with _once(ledger) as session:
        plan = _load(session, yearly_plan_id)
        faults = [] if reason.strip() else ["no reason"]
        if digest_of_lines(lines) == plan.latest.digest:
            faults.append(f"the lines of version {plan.latest.version}")
        if faults:
            raise YearlyPlanRefused(
                expected="changed lines and the reason of the change",
                got=" and ".join(faults),
                todo="write why the plan changes, and change it",
            )
        version = plan.latest.version + 1
        _add_version(session, yearly_plan_id, version, lines, by=by, now=now, reason=reason.strip())
        return _load(session, yearly_plan_id)


def publish_yearly_plan(
    ledger: Ledger, yearly_plan_id: str, *, folder: Path, on: date, by: str, now: datetime
) -> YearlyPlan:
    """Publishes the version that counts, as CSV and JSON in a folder of its own; files first, ledger last."""
    refuse_no_name(by, "the name of who publishes the yearly plan")
    plan = find_yearly_plan(ledger, yearly_plan_id)
    latest = plan.latest
    table = csv_text(latest.lines)
    record = YearlyPlanPublicationRow(yearly_plan_id=yearly_plan_id, version=latest.version, published_on=on)
    record.csv_digest = hashlib.sha256(table).hexdigest()
    content = json_text(plan, published_on=on, csv_digest=record.csv_digest)
    record.json_digest = hashlib.sha256(content).hexdigest()
    record.by, record.at, record.reason = by, now, "published"
    with staged(folder, {CSV_FILE: table, JSON_FILE: content}) as staging, _once(ledger) as session:
        _refuse_published(_load(session, yearly_plan_id), latest)
        session.add(record)
        session.flush()
        publish(staging, published_folder(folder, plan, latest.version))
        return _load(session, yearly_plan_id)


def published_folder(folder: Path, plan: YearlyPlan, version: int) -> Path:
    """Where a version lies once it is published."""
    return folder / f"{plan.yearly_plan_id}-v{version}"


def find_yearly_plan(ledger: Ledger, yearly_plan_id: str) -> YearlyPlan:
    """The yearly plan under this id."""
    with ledger.reading() as session:
        return _load(session, yearly_plan_id)


def list_yearly_plans(ledger: Ledger, city: str, year: int) -> tuple[YearlyPlan, ...]:
    """The yearly plans of a city, by department."""
    with ledger.reading() as session:
        of_year = (YearlyPlanRow.city == city, YearlyPlanRow.year == year)
        ids = session.scalars(select(YearlyPlanRow.yearly_plan_id).where(*of_year)).all()
        return tuple(sorted((_load(session, one) for one in ids), key=lambda plan: plan.department))


@contextmanager
def _once(ledger: Ledger) -> Iterator[Session]:
    """A transaction of which, if two take the same step at once, only one succeeds."""
    try:
        with ledger.writing() as session:
            yield session
    except IntegrityError as error:
        raise YearlyPlanRefused(
            expected="a step that nobody else took in the same instant",
            got="one that another person just took",
            todo="look at the yearly plan again, and take the step once more if it is still to do",
        ) from error


def _refuse_published(plan: YearlyPlan, meant: YearlyVersion) -> None:
    """A version is published once, and the one that counts."""
    if not plan.to_publish or plan.latest.version != meant.version:
        raise YearlyPlanRefused(
            expected=f"a version of yearly plan {plan.yearly_plan_id} that is not published yet",
            got=f"version {plan.latest.version}, published on {plan.latest.published_on}",
            todo="amend the plan with a reason; its new version can be published",
        )


def _add_version(
    session: Session,
    yearly_plan_id: str,
    version: int,
    lines: Sequence[YearlyLine],
    *,
    by: str,
    now: datetime,
    reason: str,
) -> None:
    """Appends a version; its number is unique."""
    row = YearlyPlanVersionRow(yearly_plan_id=yearly_plan_id, version=version)
    row.lines, row.digest = [line.as_json() for line in lines], digest_of_lines(lines)
    row.by, row.at, row.reason = by, now, reason
    session.add(row)
    session.flush()


def _load(session: Session, yearly_plan_id: str) -> YearlyPlan:
    """The yearly plan with its versions."""
    row = session.get(YearlyPlanRow, yearly_plan_id)
    if row is None:
        raise YearlyPlanNotFound(
            expected="the id of a yearly plan",
            got=f"{yearly_plan_id!r}",
            todo="look the id up in the list of yearly plans",
        )
    of_plan = YearlyPlanPublicationRow.yearly_plan_id == yearly_plan_id
    publications = {
        one.version: one for one in session.scalars(select(YearlyPlanPublicationRow).where(of_plan))
    }
    versions = session.scalars(
        select(YearlyPlanVersionRow)
        .where(YearlyPlanVersionRow.yearly_plan_id == yearly_plan_id)
        .order_by(YearlyPlanVersionRow.version)
    )
    return YearlyPlan(
        yearly_plan_id=yearly_plan_id,
        city=row.city,
        year=row.year,
        department=row.department,
        versions=tuple(_version(one, publications.get(one.version)) for one in versions),
    )


def _version(row: YearlyPlanVersionRow, published: YearlyPlanPublicationRow | None) -> YearlyVersion:
    """A version with its publication, if there is one."""
    return YearlyVersion(
        version=row.version,
        lines=tuple(YearlyLine.from_json(line) for line in row.lines),
        digest=row.digest,
        by=row.by,
        at=row.at,
        reason=row.reason,
        published_on=published.published_on if published else None,
        csv_digest=published.csv_digest if published else "",
        json_digest=published.json_digest if published else "",
    )
