"""What a person may have meant: the nearest known names, for every refusal of an unknown one."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_SURE = 0.6
_AS_NEAR = 0.15  # a second guess this much worse than the first only distracts


def near(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for the nearest known names, or nothing."""
    close = nearest(name, known)
    return f" (did you mean {' or '.join(repr(word) for word in close)}?)" if close else ""


def nearest(name: str, known: Iterable[str], *, most: int = 2) -> list[str]:
    """Up to `most` known names that look like this one, the nearest first."""
    scored = [(likeness(name, word), word) for word in dict.fromkeys(known)]
    ranked = sorted(scored, key=lambda pair: -pair[0])[:most]
    return [word for score, word in ranked if score >= max(_SURE, ranked[0][0] - _AS_NEAR)]


@lru_cache(maxsize=65_536)
def likeness(one: str, other: str) -> float:
    """From 0 to 1: 1 if only width, case, blanks and marks differ; a name inside the other is near.

    Offices add to names rather than misspell them: a fine is headed by its own name and then by its unit.
    """
    left, right = _plain(one), _plain(other)
    if left == right:
        return 1.0
    if not left or not right:
        return 0.0
    matcher = difflib.SequenceMatcher(None, left, right)
    ratio = matcher.ratio() if matcher.quick_ratio() >= _SURE else 0.0
    short, long = sorted((left, right), key=len)
    if len(short) > 1 and short in long:
        return max(ratio, _SURE + 0.3 * len(short) / len(long))
    return ratio


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in folded if letter.isalnum())
