"""The steps of a draw of a city: `python -m tests.benchmarks.drawing STEP FOLDER [ROWS]`.

freeze, draw, verify (the published program) and verify_sql, one after the other in one folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from serving.inspections.plans.bundle import draw_text, plan_text, verifiers, verify_bundle
from serving.inspections.plans.ceremony import OpenedSeed
from serving.inspections.plans.plan import Commitment, OpenedSecret, Plan, PlanDraft
from serving.sampling.allocation import Allocation, allocate
from serving.sampling.draw import draw
from serving.sampling.frame import Stratification, build_frame, digest_of_bytes, read_frame
from serving.sampling.ratios import parse_ratios
from serving.sampling.tickets import Reveal, commitment_of, seed_of

RATIOS = parse_ratios("A=0.02,B=0.05,C=0.2,D=1")


def city_rows(rows: int) -> Iterator[tuple[str, str, str]]:
    """Entities in the order of their ids, with a grade each and 16 districts."""
    for number in range(rows):
        place = number * 7919 % 1000
        grade = "A" if place < 650 else "B" if place < 900 else "C" if place < 985 else "D"
        yield f"91{number:014d}MA", grade, f"5001{number % 16:02d}"


def freeze(folder: Path, rows: int) -> None:
    """Frame and plan of a city, written as a freeze writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = build_frame(city_rows(rows), stratification=Stratification.REGION_AND_GRADE)
    allocations = allocate(RATIOS, frame.strata())
    text = frame.text(allocations)
    (folder / "frame.csv").write_bytes(text)
    plan = _plan(allocations, digest_of_bytes(text), "")
    written = plan_text(plan, allocations, frame_digest=plan.frame_digest, frame_rows=rows)
    (folder / "plan.json").write_bytes(written)


def redraw(folder: Path) -> None:
    """Draw and verifiers, written as a draw writes them."""
    data = (folder / "frame.csv").read_bytes()
    written = (folder / "plan.json").read_bytes()
    strata = json.loads(written)["strata"]
    plan = _plan(tuple(Allocation(**one) for one in strata), digest_of_bytes(data), digest_of_bytes(written))
    frame = read_frame(data)
    reveals = [Reveal(official=one.official, secret=one.secret) for one in plan.reveals]
    seed = seed_of(plan.frame_digest, plan.plan_digest, reveals)
    drawn = draw(frame, plan.allocations, seed=seed, plan_id=plan.plan_id)
    opened = OpenedSeed(seed=seed, ceremony=plan, partners=())
    files = {"draw.json": draw_text(plan, drawn, opened, drawn_by="Li", drawn_at=_NOON), **verifiers()}
    for name, content in files.items():
        (folder / name).write_bytes(content)


def by_sql(folder: Path) -> None:
    """The SQL verifier; fails unless it says OK."""
    os.chdir(folder)
    with duckdb.connect() as database:
        told = database.execute(Path("verify.sql").read_text("utf-8")).fetchall()
    if told != [("OK",)]:
        sys.exit(f"{told[:5]}")


def by_python(folder: Path) -> None:
    """The verifier that bundles publish; fails unless it says OK."""
    if found := verify_bundle(folder).differences:
        sys.exit(f"{found[:5]}")


_NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
STEPS = {"draw": redraw, "verify": by_python, "verify_sql": by_sql}


def _plan(allocations: tuple[Allocation, ...], frame_digest: str, plan_digest: str) -> Plan:
    """A plan whose two officials have opened their secrets."""
    draft = PlanDraft(
        title="City", city="bench", as_of=date(2026, 6, 30), release_id="r", register_digest="0" * 64,
        ratios=RATIOS, stratification=Stratification.REGION_AND_GRADE,
    )  # fmt: skip
    people = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("Li", "Wu")}
    return Plan(
        plan_id="bench-1", draft=draft, created_by="Li", created_at=_NOON, frame_rows=0,
        frame_digest=frame_digest, plan_digest=plan_digest, allocations=allocations,
        commitments=tuple(
            Commitment(official=name, by=name, commitment=commitment_of("bench-1", name, secret), at=_NOON)
            for name, secret in people.items()
        ),
        reveals=tuple(OpenedSecret(official=n, by=n, secret=s, at=_NOON) for n, s in people.items()),
        seed="", draw_digest="", drawn_count=0, drawn=(), events=(),
    )  # fmt: skip


def main() -> None:
    """Takes one step."""
    step, folder = sys.argv[1], Path(sys.argv[2])
    if step == "freeze":
        freeze(folder, int(sys.argv[3]))
    else:
        STEPS[step](folder)


if __name__ == "__main__":
    main()
