"""Checks a draw by SM3, a public value, partners or unequal chances: `python verify.py [folder]`."""

import csv
import hashlib
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any
from unicodedata import normalize

from serving.sampling.verifier import damaged, digest, fields, seed_of

UNIT, WIDTH = 10**12, 2**256
Lot = tuple[int, str, str, str, int]


def rank(number: int, part: int, design: str) -> int:
    """What orders the tickets of a stratum; in a Poisson draw 0 for the drawn and 1 for the others."""
    if design == "pareto":
        return (number + 1) * (UNIT - part) * WIDTH // ((WIDTH - number) * part)
    return int(design == "poisson" and number * UNIT >= part * WIDTH)


def method_seed(plan: dict[str, Any], draw: dict[str, Any]) -> tuple[str, list[str]]:
    """The seed of all partners' files, or from a value that became public; and what is wrong with it."""
    (whose, *files), found, joint = [draw[x] for x in ("plan_id", "frame_digest", "plan_digest")], [], None
    if joint := plan["method"]["joint"]:
        partners = draw["partners"]
        if [x[0] for x in partners] != joint["plans"] or [whose, *files] not in partners:
            found.append("draw.json: the partners are not those that plan.json names")
        whose = partners[0][0]
        every = (text for partner in partners for text in partner)
        files = [digest(fields("xinheng-joint-v1", joint["label"], *every)), ""]
    if not (public := plan["method"]["public"]):
        seed, wrong = seed_of(draw, whose, *files)
        return seed, found + wrong
    entered = [(x["at"], x["secret"], normalize("NFKC", x["official"])) for x in draw["reveals"]]
    if min(entered)[0] < public["published_at"] or len({x for _, x, _ in entered}) > 1:
        found.append("draw.json: a public value was entered before its time, or two that differ")
    if (
        draw["commitments"]
        or len({" ".join(normalize("NFKC", x.casefold()).split()) for _, _, x in entered}) < 2
    ):
        found.append("draw.json: fewer than two officials entered the public value")
    return digest(fields("xinheng-public-seed-v1", *files, entered[0][1])), found


def differences(frame: bytes, plan_file: bytes, draw_file: bytes) -> list[str]:
    """Draws again from frame, plan and what was opened; one sentence for everything that differs."""
    if found := damaged(frame, plan_file, draw_file):
        return found
    plan, draw = json.loads(plan_file), json.loads(draw_file)
    seed, found = method_seed(plan, draw)
    if (draw["plan_id"], draw["seed"], plan["frame_digest"]) != (plan["plan_id"], seed, draw["frame_digest"]):
        found.append("draw.json: plan, seed or frame digest does not follow from the files")
    expected = set[tuple[str, ...]]()
    lots = lots_of(frame, plan, seed, found)
    for row in plan["strata"]:
        name, grade, design, lot = (
            row["stratum"],
            row["grade"],
            plan["method"]["design"],
            lots[row["stratum"]],
        )
        share, size = 1 if name.endswith("/full") else Fraction(plan["ratios"][grade]), len(lot)
        count, total = -(-share * size // 1), sum(part for _, _, _, _, part in lot)
        equal = {chance for _, _, _, chance, _ in lot} <= {f"{count}/{size}"}
        chances_fit = equal if design == "stratified" else abs(total - count * UNIT) <= size
        if (size, count) != (row["size"], row["count"]) or not chances_fit:
            found.append(f"plan.json: size, count or chances of stratum {name} do not follow")
        drawn = [x for x in lot if x[0] == 0] if design == "poisson" else sorted(lot)[:count]
        expected |= {(x, grade, chance, name, ticket) for _, ticket, x, chance, _ in drawn}
    selected = [tuple(value for _, value in sorted(x.items())) for x in draw["selected"]]
    if len(selected) != len(expected):
        found.append(f"draw.json: {len(selected)} are selected and not {len(expected)}")
    wrong = sorted({x[0] for x in expected.symmetric_difference(selected)})
    return found + [f"draw.json: {entity} is selected and should not be, or the reverse" for entity in wrong]


def lots_of(frame: bytes, plan: dict[str, Any], seed: str, found: list[str]) -> dict[str, list[Lot]]:
    """The entities of each stratum with their rank, ticket and chance; says which lines are wrong."""
    joint, design, previous = plan["method"]["joint"], plan["method"]["design"], ""
    start = fields("xinheng-draw-v1", seed, joint["label"] if joint else plan["plan_id"], "entities")
    lots = {row["stratum"]: list[Lot]() for row in plan["strata"]}
    states = {x: hashlib.new(plan["method"]["hash"], start + fields("" if joint else x)) for x in lots}
    for entity, stratum, _, eligible, _, chance in csv.reader(frame.decode().split("\n")[1:-1]):
        if entity <= previous or (eligible != "yes" and chance != "0"):
            found.append(f"frame.csv: {entity} is out of order, twice, or excluded with a chance")
        if (previous := entity) and eligible == "yes":
            (state := states[stratum].copy()).update(fields(entity))
            part = 0 if design == "stratified" else int(Fraction(chance) * UNIT)
            order = rank(int(state.hexdigest(), 16), part, design)
            lots[stratum].append((order, state.hexdigest(), entity, chance, part))
    return lots


if __name__ == "__main__":
    files = map(Path(*sys.argv[1:2]).joinpath, ("frame.csv", "plan.json", "draw.json"))
    sys.stdout.write("\n".join((problems := differences(*map(Path.read_bytes, files))) or ["OK"]) + "\n")
    sys.exit(1 if problems else 0)
