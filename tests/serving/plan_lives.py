"""The steps of a plan's life by HTTP, as planners, officials and inspectors take them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from secrets import token_hex
from typing import Any

from serving.ledger.moments import day_in_china
from serving.sampling.tickets import commitment_of
from tests.serving.killable import Killable

POLICY = {"ratios": {"A": "0.03", "B": "0.06", "C": "0.2", "D": "1"}, "yearly_cap": 2}
CSV = "text/csv"
FOUND, NOTHING = "ordered_to_correct", "no_problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who takes part: name and token of each."""

    planners: Sequence[tuple[str, str]]
    officials: Sequence[tuple[str, str]]


def window(now: datetime | None = None) -> tuple[date, date]:
    """The next four weeks, in one year."""
    first = day_in_china(now or datetime.now(UTC))
    return first, min(first + timedelta(27), date(first.year, 12, 31))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """A service and the people who use it."""

    service: Killable
    people: People

    @property
    def token(self) -> str:
        """The first planner's."""
        return self.people.planners[0][1]

    def policy(self, **changed: object) -> tuple[str, int]:
        """A new policy; (id, version)."""
        body = {"title": "Graded, 3 % floor", "policy": POLICY | changed, "reason": "the year's practice"}
        made = self.service.json(self.token, "POST", "/api/v1/policies", body)
        return made["policy_id"], made["version"]

    def plan(
        self,
        planner: int,
        title: str,
        *,
        department: str,
        items: Sequence[str],
        policy: tuple[str, int],
        joint_with: Sequence[str] = (),
    ) -> str:
        """A new plan; its id."""
        first, last = window()
        terms = {
            "department": department, "item_codes": list(items), "first_day": str(first),
            "last_day": str(last), "policy_id": policy[0], "policy_version": policy[1], "yearly_cap": 2,
            "joint_with": list(joint_with),
        }  # fmt: skip
        ratios = {grade.lower(): text for grade, text in POLICY["ratios"].items()}  # type: ignore[attr-defined]
        body = {"title": title, "ratios": ratios, "terms": terms}
        made = self.service.json(self.people.planners[planner][1], "POST", "/api/v1/plans", body)
        return str(made["plan_id"])

    def step(self, plan_id: str, step: str, body: object = None, *, planner: int = 0) -> Any:
        """A planner's step: freeze, draw, staffing, publication, close …"""
        token = self.people.planners[planner][1]
        return self.service.json(token, "POST", f"/api/v1/plans/{plan_id}/{step}", body)

    def ceremony(self, plan_id: str) -> None:
        """Every official commits, then every official reveals."""
        secrets = {name: token_hex(32) for name, _ in self.people.officials}
        for name, token in self.people.officials:
            body = {"commitment": commitment_of(plan_id, name, secrets[name])}
            self.service.json(token, "POST", f"/api/v1/plans/{plan_id}/commitments", body)
        for name, token in self.people.officials:
            self.service.json(token, "POST", f"/api/v1/plans/{plan_id}/reveals", {"secret": secrets[name]})

    def visits(self, plan_id: str) -> list[dict[str, Any]]:
        """All visits in which the plan has a task."""
        found = self.service.json(self.token, "GET", f"/api/v1/plans/{plan_id}/tasks?limit=5000")
        return list(found["visits"])

    def recuse(self, visit: Mapping[str, Any]) -> Mapping[str, Any]:
        """Takes the first inspector off a visit."""
        body = {"inspector_id": visit["inspectors"][0], "asked_by": "inspector", "reason": "a relative"}
        path = f"/api/v1/visits/{visit['visit_id']}/recusals"
        return dict(self.service.json(self.token, "POST", path, body))

    def begin(self, plan_id: str) -> int:
        """Every team sets out today; how many visits had not begun."""
        waiting = [one["visit_id"] for one in self.visits(plan_id) if not one["begun_on"] and one["staffed"]]
        for visit_id in waiting:
            body = {"on": str(window()[0])}
            self.service.json(self.token, "POST", f"/api/v1/visits/{visit_id}/start", body)
        return len(waiting)

    def filled_form(self, plan_id: str, has_problem: Callable[[str], bool]) -> bytes:
        """The plan's form with what was found of each entity."""
        form = self.service.ask(self.token, "GET", f"/api/v1/plans/{plan_id}/results/form")
        return filled(form, has_problem, visited_on=window()[0])

    def send(self, file: bytes, name: str = "results.csv") -> Any:
        """Imports a file of results."""
        path = f"/api/v1/results/imports?name={name}"
        return json.loads(self.service.ask(self.token, "POST", path, file, CSV))

    def enter(self, plan_id: str, rows: Sequence[Sequence[str]], reason: str = "") -> Any:
        """Enters rows of a form by hand; with a reason they correct what stood there."""
        results = [
            {
                "task_id": row[0],
                "item_code": row[1],
                "visited_on": row[2],
                "codes": [row[3]],
                "reason": reason,
            }
            for row in rows
        ]
        return self.step(plan_id, "results", {"results": results})


def filled(form: bytes, has_problem: Callable[[str], bool], *, visited_on: date) -> bytes:
    """A blank form with what was found of each entity on a day."""
    headings, *rows = list(csv.reader(io.StringIO(form.decode("utf-8-sig"))))
    for row in rows:
        row[2], row[3] = str(visited_on), FOUND if has_problem(row[0].partition("/")[2]) else NOTHING
    return as_csv([headings, *rows])


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows as a file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def rows_of(file: bytes) -> list[list[str]]:
    """The rows of a filled form, without its headings."""
    return list(csv.reader(io.StringIO(file.decode())))[1:]
