"""Checks a published draw with nothing but Python: `python verify.py [folder]` prints OK or what differs."""

import csv
import json
import sys
from collections import defaultdict
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from unicodedata import normalize


def fields(*texts: str) -> bytes:
    """Each text as its length in bytes, colon, bytes, comma."""
    return b"".join(b"%d:%s," % (len(part), part) for part in map(str.encode, texts))


def digest(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return sha256(data).hexdigest()


def canonical(content: object) -> bytes:
    """The only way a JSON file of the bundle may be written."""
    return (json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n").encode()


def damaged(frame: bytes, plan: bytes, draw: bytes) -> list[str]:
    """Names the files that are not the ones the draw was made from."""
    try:
        content = json.loads(draw)
        bare = {key: value for key, value in content.items() if key != "content_digest"}
        if canonical({**bare, "content_digest": digest(canonical(bare))}) != draw:
            return ["draw.json: is not what its own digest says"]
    except (ValueError, AttributeError, RecursionError) as error:
        return [f"draw.json: cannot be read ({error!r})"]
    named = (("frame.csv", frame, "frame_digest"), ("plan.json", plan, "plan_digest"))
    changed = [name for name, data, key in named if digest(data) != content.get(key)]
    return [f"{name}: is not the file that draw.json names" for name in changed]


def differences(frame: bytes, plan_file: bytes, draw_file: bytes) -> list[str]:
    """Draws again from frame, plan and reveals; one sentence for everything that differs."""
    if found := damaged(frame, plan_file, draw_file):
        return found
    plan, draw = json.loads(plan_file), json.loads(draw_file)
    plan_id, chances = plan["plan_id"], {x["stratum"]: f"{x['count']}/{x['size']}" for x in plan["strata"]}
    promised = sorted((x["official"], x["commitment"]) for x in draw["commitments"])
    reveals = sorted((x["official"], x["secret"]) for x in draw["reveals"])
    opened = [(x, digest(fields("xinheng-commitment-v1", plan_id, x, y))) for x, y in reveals]
    people = {" ".join(normalize("NFKC", normalize("NFKC", x).casefold()).split()) for x, _ in promised}
    if promised != opened or len(people) < 2:
        found.append("draw.json: the reveals do not open the commitments of two or more officials")
    seed = digest(fields("xinheng-seed-v1", draw["frame_digest"], draw["plan_digest"], *sum(reveals, ())))
    if (draw["plan_id"], draw["seed"], plan["frame_digest"]) != (plan_id, seed, draw["frame_digest"]):
        found.append("draw.json: plan, seed or frame digest does not follow from the files")
    previous, members, expected = "", defaultdict[str, list[str]](list), set[tuple[str, ...]]()
    for entity, stratum, _, eligible, _, chance in csv.reader(frame.decode().split("\n")[1:-1]):
        if entity <= previous or chance != (chances.get(stratum) if eligible == "yes" else "0"):
            found.append(f"frame.csv: {entity} is out of order, twice, or has not the chance of its stratum")
        members[stratum].extend([entity] if eligible == "yes" else [])
        previous = entity
    for row in plan["strata"]:
        name, grade, ids = row["stratum"], row["grade"], members[row["stratum"]]
        if (len(ids), -(-Fraction(plan["ratios"][grade]) * len(ids) // 1)) != (row["size"], row["count"]):
            found.append(f"plan.json: size or count of stratum {name} does not follow from frame and ratio")
        lots = sorted((digest(fields("xinheng-draw-v1", seed, plan_id, "entities", name, x)), x) for x in ids)
        expected |= {(x, grade, chances[name], name, ticket) for ticket, x in lots[: row["count"]]}
    selected = [tuple(value for _, value in sorted(x.items())) for x in draw["selected"]]
    if len(selected) != len(expected):
        found.append(f"draw.json: {len(selected)} are selected and not {len(expected)}")
    wrong = sorted({x[0] for x in expected.symmetric_difference(selected)})
    return found + [f"draw.json: {entity} is selected and should not be, or the reverse" for entity in wrong]


if __name__ == "__main__":
    files = map(Path(*sys.argv[1:2]).joinpath, ("frame.csv", "plan.json", "draw.json"))
    sys.stdout.write("\n".join((problems := differences(*map(Path.read_bytes, files))) or ["OK"]) + "\n")
    sys.exit(1 if problems else 0)
