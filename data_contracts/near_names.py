"""What a person may have meant: the nearest known names, for every refusal of an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for the nearest known names, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=2, cutoff=0.6)
    return f" (did you mean {' or '.join(repr(word) for word in close)}?)" if close else ""
