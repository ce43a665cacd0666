"""The digests of the programs that are published with a draw."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from serving.inspections.plans.bundle import verifiers
from serving.inspections.plans.plan import Plan


def verifier_digests(plan: Plan) -> Mapping[str, str]:
    """SHA-256 of each program that is published with the plan's draw, by the names of their files."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in verifiers(plan.method).items()}
