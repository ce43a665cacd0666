"""The published folder of a draw: frame.csv, plan.json, draw.json, verify.py; whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data_contracts.refusal import Refusal
from serving.inspections.plan import Plan
from serving.sampling import verifier
from serving.sampling.allocation import Allocation
from serving.sampling.draw import DrawnEntity
from serving.sampling.frame import digest_of_bytes

FRAME, PLAN, DRAW, VERIFIER = "frame.csv", "plan.json", "draw.json", "verify.py"


class BundleRefused(Refusal):
    """A bundle that is not there, or whose files are not the frozen ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What the verifier found; no differences means that the draw is the one that follows from its files."""

    differences: tuple[str, ...]
    draw_digest: str

    @property
    def ok(self) -> bool:
        """True if nothing differs."""
        return not self.differences


def verify_bundle(folder: Path, *, expected_digest: str = "") -> Verification:
    """Repeats the draw of a bundle; a wholly forged bundle shows by the expected digest."""
    frame, plan, draw, program = (_read(folder / name) for name in (FRAME, PLAN, DRAW, VERIFIER))
    try:
        found = verifier.differences(frame, plan, draw)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        # Only a forger writes files whose digests agree but whose content is no draw.
        found = [f"{DRAW}: cannot be followed ({error!r})"]
    if program != verifier_text():
        found.append(f"{VERIFIER}: is not the verifier that this program publishes")
    digest = digest_of_bytes(draw)
    if expected_digest not in ("", digest):
        found.append(f"{DRAW}: is not the draw in the ledger ({expected_digest[:16]}…)")
    return Verification(differences=tuple(found), draw_digest=digest)


def verifier_text() -> bytes:
    """The stand-alone program as published."""
    return Path(verifier.__file__).read_bytes()


def plan_text(
    plan: Plan, allocations: tuple[Allocation, ...], *, frame_digest: str, frame_rows: int
) -> bytes:
    """The plan as published; its digest enters the seed, so nothing in it can be changed after the freeze."""
    draft = plan.draft
    strata = [
        {"stratum": one.stratum, "grade": one.grade, "size": one.size, "count": one.count}
        for one in allocations
    ]
    content = {
        "format": "xinheng-plan-v1",
        "plan_id": plan.plan_id,
        "title": draft.title,
        "city": draft.city,
        "as_of": draft.as_of.isoformat(),
        "release_id": draft.release_id,
        "register_digest": draft.register_digest,
        "region_prefix": draft.region_prefix,
        "stratification": draft.stratification.value,
        "ratios": dict(zip("ABCD", draft.ratios.texts(), strict=True)),
        "allow_zero": draft.ratios.allow_zero,
        "created_by": plan.created_by,
        "created_at": moment_text(plan.created_at),
        "frame_rows": frame_rows,
        "frame_digest": frame_digest,
        "strata": strata,
    }
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def draw_text(
    plan: Plan, selected: tuple[DrawnEntity, ...], *, seed: str, drawn_by: str, drawn_at: datetime
) -> bytes:
    """The draw as published, with a digest over all the rest of it."""
    content = {
        "format": "xinheng-draw-v1",
        "plan_id": plan.plan_id,
        "frame_digest": plan.frame_digest,
        "plan_digest": plan.plan_digest,
        "commitments": [
            {"official": one.official, "by": one.by, "commitment": one.commitment, "at": moment_text(one.at)}
            for one in plan.commitments
        ],
        "reveals": [
            {"official": one.official, "by": one.by, "secret": one.secret, "at": moment_text(one.at)}
            for one in plan.reveals
        ],
        "seed": seed,
        "drawn_by": drawn_by,
        "drawn_at": moment_text(drawn_at),
        "selected": [entity.as_row() for entity in selected],
    }
    own = hashlib.sha256(verifier.canonical(content)).hexdigest()
    return verifier.canonical({**content, "content_digest": own})


def moment_text(moment: datetime) -> str:
    """A time in UTC to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


@contextmanager
def staged(folder: Path, files: Mapping[str, bytes]) -> Iterator[Path]:
    """A hidden folder beside the bundles, holding the files safely on disk; it is gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".staged-", dir=folder))
    try:
        for name, data in files.items():
            with (staging / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def publish(staging: Path, bundle: Path) -> None:
    """Moves the staged files into the bundle, each at once; what a crash left there is replaced."""
    bundle.mkdir(exist_ok=True)
    for file in sorted(staging.iterdir()):
        file.replace(bundle / file.name)
    for folder in (bundle, bundle.parent):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def frozen_frame(bundle: Path, plan: Plan) -> bytes:
    """The frame of the bundle, if frame and plan are still the frozen ones."""
    frame = _read(bundle / FRAME)
    for name, data, digest in (
        (FRAME, frame, plan.frame_digest),
        (PLAN, _read(bundle / PLAN), plan.plan_digest),
    ):
        if digest_of_bytes(data) != digest:
            raise BundleRefused(
                expected=f"{name} with the digest frozen in the ledger, {digest[:16]}…",
                got=f"{bundle / name} with {digest_of_bytes(data)[:16]}…",
                todo="bring the frozen file back from a copy, or void the plan with the reason",
            )
    return frame


def _read(file: Path) -> bytes:
    """A file of the bundle."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise BundleRefused(
            expected=f"a bundle with {FRAME}, {PLAN}, {DRAW} and {VERIFIER}",
            got=f"no readable {file}",
            todo="name the folder of a drawn plan, or bring the file back from a copy",
        ) from error
