"""The whole life of plans by HTTP over kill -9: `python -m tests.benchmarks.plan_life --home FOLDER`.

A sandbox city of 20,000 entities (made with the ordinary commands if FOLDER has none), three departments, 40
inspectors, a graded policy with a floor of 3 % and a cap of two visits a year, two planners at once. Freeze,
draw, staffing and import of results are taken by HTTP and killed in their middle, and taken by command on a
copy that nobody disturbs: rows and bundles must be the same. Ends with 1 if anything differs.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import typer

from data_contracts.lake import open_lake
from serving.inspections.plans.bundle import verify_bundle
from serving.inspections.plans.caps import visits_in_year
from serving.ledger.database import open_ledger
from tests.benchmarks.plan_city import PLANNERS, Life, made_city, people_of, service_of
from tests.serving.killable import AnswerError
from tests.serving.ledger_twins import bundles, copied, differences, ledger_rows, writer_of
from tests.serving.plan_lives import FOUND, NOTHING, Lives, as_csv, rows_of, window

MARKET, FARMING, CULTURE = "市场监管局", "农业农村局", "文化和旅游局"
CAP = 2
# First the server is killed in the middle of a step, all made and waiting to write it into the ledger; then
# so many seconds after the step's start, wherever it is.
LATER = 0.03
WAITING = 2.0


def killed(
    life: Life, name: str, step: Callable[[], Any], command: Sequence[str], sign: Callable[[], bool]
) -> None:
    """Takes a step on a copy by command, and over kills by HTTP; both must have come to the same."""
    twin = life.home / "twin"
    before = ledger_rows(life.city)
    copied(life.city, twin / "sandbox")
    with life.timed(f"{name} by command, undisturbed"):
        life.command("serving", *command, home=twin)
    after = ledger_rows(twin / "sandbox")
    with life.timed(f"{name} by HTTP over kill -9") as told:
        for held, moment in ((writer_of(life.city), sign), (None, soon(LATER))):
            answered = life.by_http.service.killed_in(step, sign=moment, held=held)
            rows = ledger_rows(life.city)
            stands = "all" if rows == after else "none" if rows == before else "HALF"
            told.append(f"killed: {stands} of it stands")
            life.expect(stands != "HALF", f"{name}: {differences(rows, after)} after kill -9")
            life.expect(not answered or stands == "all", f"{name}: answered and lost")
            if stands == "all":
                break
        if ledger_rows(life.city) == before:
            step()
        else:
            refused_or_same(life, name, step)
    rows, ours = ledger_rows(life.city), bundles(life.city)
    life.expect(rows == after, f"{name}: rows of {differences(rows, after)} differ from the undisturbed run")
    files = differences(ours, bundles(twin / "sandbox"))
    life.expect(not files, f"{name}: {files} differ from the undisturbed run")


def refused_or_same(life: Life, name: str, step: Callable[[], Any]) -> None:
    """A step that was taken already is refused, or changes nothing."""
    before = ledger_rows(life.city)
    try:
        step()
    except AnswerError as refused:
        life.expect(refused.status == 409, f"{name} again: {refused}")
    life.expect(ledger_rows(life.city) == before, f"{name} had an effect twice")


def staging(life: Life) -> Callable[[], bool]:
    """Whether files lie staged beside the bundles: the middle of a freeze or a draw."""
    return lambda: any((life.city / "plans").glob(".staged-*"))


def soon(seconds: float) -> Callable[[], bool]:
    """A sign some seconds from its first look."""
    begun: list[float] = []

    def past() -> bool:
        begun.append(time.perf_counter())
        return begun[-1] - begun[0] >= seconds

    return past


def main() -> int:
    """Runs the life; 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--entities", type=int, default=20_000)
    asked = parser.parse_args()
    life = Life(home=asked.home.resolve(), entities=asked.entities)
    made_city(life)
    service = service_of(life)
    life.lives = Lives(service=service, people=people_of(life))
    try:
        with life.timed("start the service"):
            service.start()
        lived(life)
    finally:
        service.stop()
    returned(life)
    typer.echo(f"{len(life.steps)} steps, {service.restarts} kills; differs: {life.faults or 'nothing'}")
    return 1 if life.faults else 0


def lived(life: Life) -> None:
    """From the policy to the effect."""
    lives, service = life.by_http, life.by_http.service
    with life.timed("a policy, a plan of one planner"):
        policy = lives.policy()
        first = lives.plan(0, "Registration", department=MARKET, items=["REG-01"], policy=policy)
    killed(
        life,
        "freeze",
        lambda: lives.step(first, "freeze"),
        ["freeze", first, "--by", PLANNERS[0]],
        staging(life),
    )

    def planned(planner: int, department: str, items: Sequence[str]) -> str:
        plan = lives.plan(
            planner,
            f"{department} {items[0]}",
            department=department,
            items=items,
            policy=policy,
            joint_with=[first],
        )
        lives.step(plan, "freeze", planner=planner)
        lives.ceremony(plan)
        return plan

    with life.timed("two planners plan and freeze at once"), ThreadPoolExecutor(2) as pool:
        second, third = pool.map(
            planned, (1, 0), (FARMING, CULTURE), (["AGRI-01", "AGRI-03"], ["CULT-01", "CULT-03"])
        )
    with life.timed("commit and reveal"):
        lives.ceremony(first)
    killed(
        life, "draw", lambda: lives.step(first, "draw"), ["draw", first, "--by", PLANNERS[0]], staging(life)
    )
    with life.timed("two planners draw at once"), ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda plan, one: lives.step(plan, "draw", planner=one), (second, third), (1, 0)))
    killed(
        life,
        "staffing",
        lambda: lives.step(first, "staffing", {}),
        ["staff", first, "--by", PLANNERS[0]],
        soon(WAITING),
    )
    with life.timed("two planners staff at once") as told, ThreadPoolExecutor(2) as pool:
        staffed = list(
            pool.map(lambda plan, one: lives.step(plan, "staffing", {}, planner=one), (second, third), (1, 0))
        )
        told.append(
            f"{sum(one['staffed'] for one in staffed)} visits, "
            f"{sum(len(one['unstaffable']) for one in staffed)} unstaffable"
        )
    recused(life, first)
    plans = [first, second, third, *capped(life, policy)]
    entered(life, first)
    published(life, first)
    for plan in plans:
        checked(life, plan)
    with life.timed("effect") as told:
        effect = service.json(lives.token, "GET", f"/api/v1/effect?by=plan&year={window()[0].year}")
        told.append(f"{len(effect)} plans with {len(effect[0]['measures'])} measures")
    kept_caps(life)


def recused(life: Life, plan_id: str) -> None:
    """One inspector is recused, every team of the plan sets out."""
    lives = life.by_http
    visits = lives.visits(plan_id)
    joint = sum(len(one["tasks"]) > 1 for one in visits)
    life.expect(joint > 0, "no visit serves two plans")
    with life.timed("a recusal"):
        after = lives.recuse(visits[0])
    gone = set(visits[0]["inspectors"]) - set(after["inspectors"])
    life.expect(gone == {visits[0]["inspectors"][0]} and after["staffed"], f"the recusal left {after}")
    with life.timed("begin every visit") as told:
        told.append(f"{lives.begin(plan_id)} of {len(visits)} visits, {joint} joint")


def capped(life: Life, policy: tuple[str, int]) -> tuple[str, ...]:
    """Two planners with plans that are not joint: who may not freeze now waits for the other's draw."""
    lives = life.by_http
    waits = Counter[int]()

    def planned(planner: int, department: str, item: str) -> str:
        plan = lives.plan(planner, f"{department} {item}", department=department, items=[item], policy=policy)
        while True:
            try:
                lives.step(plan, "freeze", planner=planner)
                break
            except AnswerError as refused:
                if refused.status != 409 or waits[planner] > 600:
                    raise
                waits[planner] += 1
                time.sleep(0.1)
        lives.ceremony(plan)
        lives.step(plan, "draw", planner=planner)
        return plan

    with life.timed("two planners against the cap") as told, ThreadPoolExecutor(2) as pool:
        plans = tuple(pool.map(planned, (0, 1), (MARKET, MARKET), ("PRICE-01", "REG-02")))
        told.append(f"{sum(waits.values())} freezes refused while the other plan was open")
    return plans


def entered(life: Life, plan_id: str) -> None:
    """Results as the city truly is: most by file over kills, some by form, one corrected."""
    lives = life.by_http
    truth = truly(life)
    chance = np.random.default_rng(7)
    file = lives.filled_form(plan_id, lambda entity: bool(chance.random() < truth.get(entity, 0.1)))
    rows = rows_of(file)
    headings = file.decode().splitlines()[0].split(",")
    sheet = life.home / "results.csv"
    sheet.write_bytes(as_csv([headings, *rows[:-5], ["nonsense", *rows[0][1:]]]))
    killed(
        life,
        "import",
        lambda: lives.send(sheet.read_bytes()),
        ["results", "import", str(sheet), "--by", PLANNERS[0]],
        soon(WAITING),
    )
    with life.timed("results by form, a correction") as told:
        told.append(f"{lives.enter(plan_id, rows[-5:])['taken']} by hand of {len(rows)}")
        codes = [FOUND if rows[0][3] == NOTHING else NOTHING, *rows[0][4:]]
        told.append(f"{lives.enter(plan_id, [[*rows[0][:3], *codes]], 'wrong shop')['taken']} corrected")
    found = lives.service.json(lives.token, "GET", f"/api/v1/plans/{plan_id}/results?limit=5000")
    life.expect(found["total"] == len(rows), f"{found['total']} results of {len(rows)}")
    versions = Counter(one["version"] for one in found["results"])
    life.expect(versions == {1: len(rows) - 1, 2: 1}, f"versions {versions}")


def published(life: Life, plan_id: str) -> None:
    """Publication, follow-up of every problem, the plan's end."""
    lives, today = life.by_http, str(window()[0])
    with life.timed("publication") as told:
        told.append(f"{lives.step(plan_id, 'publication', {'on': today})['results']} results")
    found = lives.service.json(lives.token, "GET", f"/api/v1/plans/{plan_id}/results?limit=5000")["results"]
    problems = [one for one in found if one["codes"] == [FOUND]]
    with life.timed("follow-up of every problem") as told:
        for one in problems:
            body = {
                "task_id": one["task_id"],
                "item_code": one["item_code"],
                "handled_on": today,
                "how": "mended",
            }
            lives.step(plan_id, "follow-ups", body)
        told.append(f"{len(problems)} problems in {len(found)} results")
    with life.timed("close"):
        life.expect(lives.step(plan_id, "close")["state"] == "closed", "the plan is not closed")


def truly(life: Life) -> dict[str, float]:
    """The chance of finding a problem by entity, in the city's last quarter."""
    quarters = f"'{life.city}/truth/quarters.parquet'"
    query = f'SELECT entity_id, probability FROM {quarters} QUALIFY "on" = max("on") OVER ()'
    return dict(duckdb.sql(query).fetchall())


def checked(life: Life, plan_id: str) -> None:
    """The bundle against its verifier, by command with the ledger too."""
    verified = verify_bundle(life.city / "plans" / plan_id)
    life.expect(verified.ok, f"{plan_id}: {verified.differences}")
    life.command("serving", "verify-draw", plan_id)


def kept_caps(life: Life) -> None:
    """Nobody is visited more often than the cap, whatever was killed or came at once."""
    ledger = open_ledger(life.environment["XINHENG_LEDGER_URL"])
    with ledger.reading() as session:
        visits = Counter(visits_in_year(session, "sandbox", window()[0].year).values())
    ledger.close()
    life.expect(max(visits) <= CAP, f"visits by entity: {dict(visits)}")
    typer.echo(f"entities by their visits of the year: {dict(sorted(visits.items()))}")


def returned(life: Life) -> None:
    """Back into the lake, and admitted."""
    with life.timed("return to the lake") as told:
        told.append(life.command("serving", "return-results", "--by", PLANNERS[0]).splitlines()[0])
    with life.timed("admission"):
        life.command("data_contracts", "admit", "--exported-on", str(window()[0]))
    lake = open_lake(life.city / "lake")
    found = duckdb.sql(
        f"SELECT count(*), count(DISTINCT entity_id), min(inclusion_probability), "
        f"max(inclusion_probability) FROM '{lake.table('inspections').path}' "
        f"WHERE draw_id LIKE 'sandbox-%' AND mechanism = 'random_draw'"
    ).fetchall()[0]
    typer.echo(f"admitted (rows, entities, least and most chance): {found}")
    ledger = duckdb.sql(f"SELECT count(*) FROM '{life.city}/raw/returned/*.parquet'").fetchall()[0]
    life.expect(found[0] == ledger[0], f"{found[0]} of {ledger[0]} returned rows came back into the lake")


if __name__ == "__main__":
    raise SystemExit(main())
