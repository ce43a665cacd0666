"""An amount of memory as people write it, and as each engine does: one option serves both."""

from __future__ import annotations

import re

from data_contracts.refusal import Refusal

AMOUNT = re.compile(r"^([0-9]+(?:\.[0-9]+)?) ?([MGT])(i?)B?$", re.IGNORECASE)
POWERS = {"M": 2, "G": 3, "T": 4}
LEAST, MOST = 100 * 1000**2, 1000 * 1000**4


class MemoryRefused(Refusal):
    """An amount of memory that is none, or one that a command does not get by with."""


def memory_bytes(limit: str) -> int:
    """The bytes of 8GB, 1.5GB, 800MB or 2TB; with an i, as in GiB, of powers of 1024."""
    found = AMOUNT.match(limit.strip())
    amount = 0
    if found is not None:
        base = 1024 if found[3] else 1000
        amount = int(float(found[1]) * base ** POWERS[found[2].upper()])
    if not LEAST <= amount <= MOST:
        raise MemoryRefused(
            expected="an amount of memory from 100MB, such as 8GB, 1.5GB or 800MB",
            got=repr(limit),
            todo="correct --memory-limit",
        )
    return amount


def as_java(limit: str) -> str:
    """The same as Java takes it: whole mebibytes."""
    return f"{memory_bytes(limit) // 1024**2}m"
