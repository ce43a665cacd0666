"""Gates and candidates for tests of what goes live."""

from __future__ import annotations

from models.verdict import Gate, Verdict
from serving.ledger.deployments import Candidate


def gate(name: str = "auc_above_chance", *, passed: bool = True, condition: str = "") -> Gate:
    return Gate(
        name=name, passed=passed, value=0.7, limit="interval above 0.5", reason_zh="AUC 0.7",
        reason_en="AUC 0.7", condition=condition,
    )  # fmt: skip


def candidate(
    release_id: str, *gates: Gate, city: str = "sandbox", trained_by: str = "Han", digest: str = ""
) -> Candidate:
    """A release that is there in name only; without gates of its own it has one that passed."""
    return Candidate(
        city=city, release_id=release_id, digest=digest, trained_by=trained_by,
        verdict=Verdict(gates=gates or (gate(),)),
    )  # fmt: skip
