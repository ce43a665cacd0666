"""Checks a draw by SM3, a public value, partners or unequal chances: `python verify.py [folder]`."""

import csv
import hashlib
import json
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any
from unicodedata import normalize

from serving.sampling.verifier import damaged, digest, fields, seed_of

UNIT, WIDTH = 10**12, 2**256


def key(number: int, part: int) -> int:
    """What orders entities before their tickets: Pareto's key; in equal draws all have a UNIT and 0."""
    return (number + 1) * (UNIT - part) * WIDTH // ((WIDTH - number) * max(part, 1))


def method_seed(plan: dict[str, Any], draw: dict[str, Any]) -> tuple[str, list[str]]:
    """The seed from all partners' files and from secrets or a public value, and what is wrong with them."""
    own = [draw[x] for x in ("plan_id", "frame_digest", "plan_digest")]
    whose, files, opened, found = own[0], own[1:], draw["reveals"], list[str]()
    if joint := plan["method"]["joint"]:
        if [x[0] for x in draw["partners"]] != joint["plans"] or own not in draw["partners"]:
            found.append("draw.json: the partners are not those that plan.json names")
        whose, every = draw["partners"][0][0], (text for partner in draw["partners"] for text in partner)
        files = [digest(fields("xinheng-joint-v1", joint["label"], *every)), ""]
    if not (public := plan["method"]["public"]):
        seed, wrong = seed_of(draw, whose, *files)
        return seed, found + wrong
    names = {" ".join(normalize("NFKC", normalize("NFKC", x["official"]).casefold()).split()) for x in opened}
    if min(x["at"] for x in opened) < public["published_at"] or len({x["secret"] for x in opened}) > 1:
        found.append("draw.json: a public value was entered before its time, or two that differ")
    if draw["commitments"] or len(names) < 2:
        found.append("draw.json: fewer than two officials entered the public value")
    return digest(fields("xinheng-public-seed-v1", *files, opened[0]["secret"])), found


def differences(frame: bytes, plan_file: bytes, draw_file: bytes) -> list[str]:
    """Draws again from frame, plan and what was opened; one sentence for everything that differs."""
    if found := damaged(frame, plan_file, draw_file):
        return found
    plan, draw = json.loads(plan_file), json.loads(draw_file)
    (seed, found), design, joint = method_seed(plan, draw), plan["method"]["design"], plan["method"]["joint"]
    if (draw["plan_id"], draw["seed"], plan["frame_digest"]) != (plan["plan_id"], seed, draw["frame_digest"]):
        found.append("draw.json: plan, seed or frame digest does not follow from the files")
    lots, expected, previous = {x["stratum"]: list[Any]() for x in plan["strata"]}, set[Any](), ""
    start = fields("xinheng-draw-v1", seed, joint["label"] if joint else plan["plan_id"], "entities")
    states = {x: hashlib.new(plan["method"]["hash"], start + fields("" if joint else x)) for x in lots}
    for entity, stratum, _, eligible, _, chance in csv.reader(frame.decode().split("\n")[1:-1]):
        if entity <= previous or (eligible != "yes" and chance != "0"):
            found.append(f"frame.csv: {entity} is out of order, twice, or excluded with a chance")
        if (previous := entity) and eligible == "yes":
            (state := states[stratum].copy()).update(fields(entity))
            ticket, part = state.hexdigest(), UNIT if design == "stratified" else int(Fraction(chance) * UNIT)
            lots[stratum].append((key(int(ticket, 16), part), ticket, entity, chance, part))
    for row in plan["strata"]:
        name, grade, lot = row["stratum"], row["grade"], lots[row["stratum"]]
        share, size = 1 if name.endswith("/full") else Fraction(plan["ratios"][grade]), len(lot)
        count, total = -(-share * size // 1), sum(x[-1] for x in lot)
        same, near = {x[3] for x in lot} <= {f"{count}/{size}"}, abs(total - count * UNIT) <= size
        if (size, count) != (row["size"], row["count"]) or not (same if design == "stratified" else near):
            found.append(f"plan.json: size, count or chances of stratum {name} do not follow")
        reached = [x for x in lot if int(x[1], 16) * UNIT < x[-1] * WIDTH]
        drawn = reached if design == "poisson" else sorted(lot)[:count]
        expected |= {(x, grade, chance, name, ticket) for _, ticket, x, chance, _ in drawn}
    times = Counter(tuple(value for _, value in sorted(x.items())) for x in draw["selected"])
    wrong = sorted({x[0] for x in {*expected, *times} if times[x] != (x in expected)})
    return found + [f"draw.json: {x} is selected and should not be, or twice, or the reverse" for x in wrong]


if __name__ == "__main__":
    files = map(Path(*sys.argv[1:2]).joinpath, ("frame.csv", "plan.json", "draw.json"))
    sys.stdout.write("\n".join((problems := differences(*map(Path.read_bytes, files))) or ["OK"]) + "\n")
    sys.exit(1 if problems else 0)
