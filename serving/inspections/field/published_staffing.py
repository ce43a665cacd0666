"""staffing.json beside a plan's draw: what its inspectors were drawn from, act after act, to be checked.

Every act (a staffing, a recusal) publishes the whole file anew and a numbered copy of it; the ledger keeps
its digest in the act's event. What a crash left between file and ledger is overwritten by the act repeated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from serving.inspections.plans.bundle import BundleRefused, Verification, publish, staged, verify_bundle
from serving.inspections.plans.plan import Plan
from serving.sampling.frame import digest_of_bytes
from serving.sampling.staffing import Scope
from serving.sampling.staffing_check import STAFFING_FILE, StaffingRound, staffing_text

_TOLD = re.compile(re.escape(STAFFING_FILE) + r" sha256:([0-9a-f]{64})")


def staffing_digests(plan: Plan) -> tuple[str, ...]:
    """The digests of every staffing.json of the plan that the ledger knows, the newest last."""
    return tuple(found[1] for event in plan.events if (found := _TOLD.search(event.detail)))


def verified(plan: Plan, folder: Path) -> Verification:
    """The plan's published bundle, drawn again and held against the digests in the ledger."""
    staffings = staffing_digests(plan)
    return verify_bundle(
        folder / plan.plan_id,
        expected_digest=plan.draw_digest,
        expected_staffing=staffings[-1] if staffings else "",
    )


def published_rounds(
    folder: Path | None, plan: Plan, rounds: Sequence[StaffingRound], *, scope: Scope
) -> str:
    """Publishes the rounds of an act behind those before it; the words for the act's event, "" if none.

    Call it within the act's transaction, with the plan as locked there: of two acts at once one comes second
    and adds to what the first one published. Raises BundleRefused where the file before
    is not there as it was.
    """
    if folder is None or not rounds:
        return ""
    digests = staffing_digests(plan)
    if not digests and any(one.recusal for one in rounds):
        return ""  # drawn before such files were published: nothing to check the seats that stay against
    bundle = folder / plan.plan_id
    before = _published(bundle / _numbered(len(digests)), digests[-1]) if digests else b""
    text = staffing_text(rounds, scope=scope, seed=plan.seed, before=before)
    with staged(folder, {STAFFING_FILE: text, _numbered(len(digests) + 1): text}) as staging:
        publish(staging, bundle)
    return f"; {STAFFING_FILE} sha256:{digest_of_bytes(text)}"


def _numbered(act: int) -> str:
    return f"{Path(STAFFING_FILE).stem}-{act:03d}.json"


def _published(file: Path, digest: str) -> bytes:
    """The file of the act before."""
    data = file.read_bytes() if file.is_file() else b""
    if digest_of_bytes(data) != digest:
        raise BundleRefused(
            expected=f"{file.name} with the digest in the ledger, {digest[:16]}…",
            got=f"{file} with {digest_of_bytes(data)[:16]}…" if data else f"no {file}",
            todo="bring the published file back from a copy",
        )
    return data
