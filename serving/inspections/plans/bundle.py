"""The published folder of a draw: frame.csv, plan.json, draw.json and the verifiers; whole or not at all.

verify.py is the plain verifier; of a plan with a method of its own the one for methods, with the plain one
beside it as verify_plain.py; verify.sql is for DuckDB.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data_contracts.refusal import Refusal
from serving.inspections.plans.ceremony import OpenedSeed
from serving.inspections.plans.plan import Plan
from serving.sampling import method_verifier, verifier
from serving.sampling.allocation import Allocation
from serving.sampling.draw import DrawnEntity
from serving.sampling.frame import digest_of_bytes
from serving.sampling.method import PLAIN, DrawMethod
from serving.sampling.policy import ORDINARY
from serving.sampling.staffing_check import STAFFING_FILE, verify_staffing

FRAME, PLAN, DRAW, VERIFIER = "frame.csv", "plan.json", "draw.json", "verify.py"
PLAIN_VERIFIER, SQL_VERIFIER = "verify_plain.py", "verify.sql"
# SHA-256 of earlier programs for methods, which stay in their bundles; today's gives the same answers.
FORMER_METHOD_VERIFIERS = ("7e14af17807f26c655318f5c0c741bfefac23679ce851be8a24529c791819a65",)


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


def verify_bundle(folder: Path, *, expected_digest: str = "", expected_staffing: str = "") -> Verification:
    """Repeats the draw of a bundle, and the draw of inspectors where there was one.

    A wholly forged bundle shows by the expected digests, of draw.json and of staffing.json.
    """
    frame, plan, draw = (_read(folder / name) for name in (FRAME, PLAN, DRAW))
    method = _method_in(plan)
    try:
        checked = verifier if method.is_plain else method_verifier
        found = checked.differences(frame, plan, draw)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        # Only a forger writes files whose digests agree but whose content is no draw.
        found = [f"{DRAW}: cannot be followed ({error!r})"]
    for name, program in verifiers(method).items():
        if not _is_ours(_read(folder / name), name, program, method):
            found.append(f"{name}: is not the verifier that this program publishes")
    digest = digest_of_bytes(draw)
    if expected_digest not in ("", digest):
        found.append(f"{DRAW}: is not the draw in the ledger ({expected_digest[:16]}…)")
    found += _staffing_differences(folder, draw, expected_staffing)
    return Verification(differences=tuple(found), draw_digest=digest)


def _is_ours(published: bytes, name: str, program: bytes, method: DrawMethod) -> bool:
    """Whether a bundle's program is today's, or one that its like was published with before."""
    former = FORMER_METHOD_VERIFIERS if name == VERIFIER and not method.is_plain else ()
    return published == program or digest_of_bytes(published) in former


def _staffing_differences(folder: Path, draw: bytes, expected: str) -> list[str]:
    """What differs in the staffing; a plan that nobody staffed yet has none."""
    file = folder / STAFFING_FILE
    if not file.is_file():
        return [f"{STAFFING_FILE}: is missing; the ledger has {expected[:16]}…"] if expected else []
    data = file.read_bytes()
    found = list(verify_staffing(data))
    if expected not in ("", digest_of_bytes(data)):
        found.append(f"{STAFFING_FILE}: is not the one in the ledger ({expected[:16]}…)")
    if not found and json.loads(data)["seed"] != json.loads(draw).get("seed"):
        found.append(f"{STAFFING_FILE}: has another seed than {DRAW}")
    return found


def verifiers(method: DrawMethod = PLAIN) -> dict[str, bytes]:
    """The stand-alone programs as published, by the names of their files."""
    plain = Path(verifier.__file__).read_bytes()
    sql = Path(verifier.__file__).with_name(SQL_VERIFIER).read_bytes()
    if method.is_plain:
        return {VERIFIER: plain, SQL_VERIFIER: sql}
    # Outside of this house the plain verifier is a file beside it.
    own = Path(method_verifier.__file__).read_bytes()
    own = own.replace(b"from serving.sampling.verifier import", b"from verify_plain import")
    return {VERIFIER: own, PLAIN_VERIFIER: plain, SQL_VERIFIER: sql}


def canonical(content: object) -> bytes:
    """The only way draw.json is written: one line, sorted keys, UTF-8."""
    return (json.dumps(content, ensure_ascii=False, sort_keys=True) + "\n").encode()


def plan_text(
    plan: Plan, allocations: tuple[Allocation, ...], *, frame_digest: str, frame_rows: int
) -> bytes:
    """The plan as published; its digest enters the seed, so nothing in it can be changed after the freeze."""
    draft = plan.draft
    strata = [
        {"stratum": one.stratum, "grade": one.grade, "size": one.size, "count": one.count}
        for one in allocations
    ]
    content: dict[str, object] = {
        "format": "xinheng-plan-v1",
        "plan_id": plan.plan_id,
        "title": draft.title,
        "city": draft.city,
        "as_of": draft.as_of.isoformat(),
        "release_id": draft.release_id,
        "register_digest": draft.register_digest,
        "region_prefix": draft.region_prefix,
        "stratification": draft.stratification.value,
        "ratios": dict(zip("ABCD", draft.ratios.texts(), strict=True)) | _ordinary_ratio(allocations),
        "allow_zero": draft.ratios.allow_zero,
        "created_by": plan.created_by,
        "created_at": moment_text(plan.created_at),
        "frame_rows": frame_rows,
        "frame_digest": frame_digest,
        "strata": strata,
    }
    # Plans that name nothing of the kind keep the bytes they always had.
    if not plan.method.is_plain:
        content |= {"format": "xinheng-plan-v2", "method": plan.method.as_json()}
    if plan.terms is not None:
        content["terms"] = plan.terms.content()
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _ordinary_ratio(allocations: tuple[Allocation, ...]) -> dict[str, str]:
    """A ratio from which the counts of those who are not drawn by grade follow; none where there are none.

    The least count/size of their strata: the policy's ratio is not above it, and rounding up gives the same.
    """
    shares = [one.probability for one in allocations if one.grade == ORDINARY and one.size]
    return {ORDINARY: f"{min(shares).numerator}/{min(shares).denominator}"} if shares else {}


def draw_text(
    plan: Plan,
    selected: Sequence[DrawnEntity],
    opened: OpenedSeed,
    *,
    drawn_by: str,
    drawn_at: datetime,
) -> bytes:
    """The draw as published, with a digest over all the rest of it; partners are told by their digests."""
    content: dict[str, object] = {
        "format": "xinheng-draw-v1",
        "plan_id": plan.plan_id,
        "frame_digest": plan.frame_digest,
        "plan_digest": plan.plan_digest,
        "commitments": [
            {"official": one.official, "by": one.by, "commitment": one.commitment, "at": moment_text(one.at)}
            for one in opened.ceremony.commitments
        ],
        "reveals": [
            {"official": one.official, "by": one.by, "secret": one.secret, "at": moment_text(one.at)}
            for one in opened.ceremony.openings
        ],
        "seed": opened.seed,
        "drawn_by": drawn_by,
        "drawn_at": moment_text(drawn_at),
        "selected": [entity.as_row() for entity in selected],
    }
    if opened.partners:
        partners = [[one.plan_id, one.frame_digest, one.plan_digest] for one in opened.partners]
        content["partners"] = partners
    own = hashlib.sha256(canonical(content)).hexdigest()
    return canonical({**content, "content_digest": own})


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


def _method_in(plan: bytes) -> DrawMethod:
    """The method that a plan names; the plain one also of a file that nobody can read, which will be told."""
    try:
        method = json.loads(plan).get("method")
        return DrawMethod.from_json(method) if method else PLAIN
    except (ValueError, LookupError, TypeError, AttributeError):
        return PLAIN


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
