"""Checks a published draw with nothing but Python: `python verify.py [folder]` prints OK or what differs."""

import csv
import hashlib
import json
import re
import sys
from fractions import Fraction
from heapq import nsmallest
from pathlib import Path
from unicodedata import normalize


def fields(*texts: str) -> bytes:
    """Each text as its length in bytes, colon, bytes, comma."""
    return b"".join(b"%d:%s," % (len(part), part) for part in map(str.encode, texts))


def digest(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def damaged(frame: bytes, plan: bytes, draw: bytes) -> list[str]:
    """Names the files that are not the ones the draw was made from."""
    own = re.search(rb'"content_digest": "(\w+)", ', draw)
    if not own or digest(draw.replace(own[0], b"")) != own[1].decode():
        return ["draw.json: is not what its own digest says"]
    named = (("frame.csv", frame, "frame_digest"), ("plan.json", plan, "plan_digest"))
    changed = [name for name, data, key in named if digest(data) != json.loads(draw)[key]]
    return [f"{name}: is not the file that draw.json names" for name in changed]


def seed_of(draw: dict[str, list[dict[str, str]]], whose: str, *files: str) -> tuple[str, list[str]]:
    """The seed from the opened secrets, and what is wrong with them."""
    promised = sorted((x["official"], x["commitment"]) for x in draw["commitments"])
    opened = sorted((x["official"], x["secret"]) for x in draw["reveals"])
    made = [(x, digest(fields("xinheng-commitment-v1", whose, x, secret))) for x, secret in opened]
    people = {" ".join(normalize("NFKC", normalize("NFKC", x).casefold()).split()) for x, _ in opened}
    told = ["draw.json: the reveals do not open the commitments of two or more officials"]
    seed = digest(fields("xinheng-seed-v1", *files, *sum(opened, ())))
    return seed, [] if made == promised and len(people) > 1 else told


def differences(frame: bytes, plan_file: bytes, draw_file: bytes) -> list[str]:
    """Draws again from frame, plan and reveals; one sentence for everything that differs."""
    if found := damaged(frame, plan_file, draw_file):
        return found
    plan, draw = json.loads(plan_file), json.loads(draw_file)
    seed, found = seed_of(draw, plan["plan_id"], draw["frame_digest"], draw["plan_digest"])
    if (draw["plan_id"], draw["seed"], plan["frame_digest"]) != (plan["plan_id"], seed, draw["frame_digest"]):
        found.append("draw.json: plan, seed or frame digest does not follow from the files")
    rows, previous, expected = {x["stratum"]: x for x in plan["strata"]}, "", set[tuple[str, ...]]()
    lots, start = {name: list[tuple[bytes, str]]() for name in rows}, fields("xinheng-draw-v1", seed)
    states = {name: hashlib.sha256(start + fields(plan["plan_id"], "entities", name)) for name in rows}
    chances = {name: f"{row['count']}/{row['size']}" for name, row in rows.items()}
    for entity, stratum, _, eligible, _, chance in csv.reader(frame.decode().split("\n")[1:-1]):
        if entity <= previous or chance != (chances.get(stratum) if eligible == "yes" else "0"):
            found.append(f"frame.csv: {entity} is out of order, twice, or has not the chance of its stratum")
        if (previous := entity) and eligible == "yes":
            (state := states[stratum].copy()).update(fields(entity))
            lots[stratum].append((state.digest(), entity))
    for name, row in rows.items():
        share = 1 if name.endswith("/full") else Fraction(plan["ratios"][row["grade"]])
        if (len(lots[name]), -(-share * len(lots[name]) // 1)) != (row["size"], row["count"]):
            found.append(f"plan.json: size or count of stratum {name} does not follow from frame and ratio")
        lowest = nsmallest(row["count"], lots[name])
        expected |= {(x, row["grade"], chances[name], name, ticket.hex()) for ticket, x in lowest}
    selected = [tuple(value for _, value in sorted(x.items())) for x in draw["selected"]]
    if len(selected) != len(expected):
        found.append(f"draw.json: {len(selected)} are selected and not {len(expected)}")
    wrong = sorted({x[0] for x in expected.symmetric_difference(selected)})
    return found + [f"draw.json: {entity} is selected and should not be, or the reverse" for entity in wrong]


if __name__ == "__main__":
    files = map(Path(*sys.argv[1:2]).joinpath, ("frame.csv", "plan.json", "draw.json"))
    sys.stdout.write("\n".join((problems := differences(*map(Path.read_bytes, files))) or ["OK"]) + "\n")
    sys.exit(1 if problems else 0)
