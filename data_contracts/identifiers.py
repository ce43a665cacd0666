"""Identifiers of market entities: GB 32100 credit codes, 15-digit registration numbers, local ids.

The same checks exist as SQL macros in conversions.py, so that mapping files can use them on whole tables.
"""

from __future__ import annotations

import re

from stdnum.cn import uscc as library
from stdnum.iso7064 import mod_11_10

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
# The library wants eight digits first; real codes may have letters for authority and kind (N1…, Y1…),
# so the shape is checked here and only the check character is left to the library.
SHAPE = re.compile(f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")


def is_uscc(text: str | None) -> bool:
    """True for a unified social credit code that keeps GB 32100, letters in the first two places included."""
    if text is None or not SHAPE.fullmatch(text):
        return False
    return bool(library.calc_check_digit(text[:17]) == text[17])


def is_registration_15(text: str | None) -> bool:
    """True for a 15-digit registration number (before 2015) that keeps ISO 7064 MOD 11,10."""
    return (
        text is not None and re.fullmatch(r"[0-9]{15}", text) is not None and bool(mod_11_10.is_valid(text))
    )


def id_kind(text: str | None) -> str:
    """`uscc`, `registration_15` or `local`."""
    if is_uscc(text):
        return "uscc"
    return "registration_15" if is_registration_15(text) else "local"


def uscc_of(first_seventeen: str) -> str:
    """The credit code with its check character, from the first seventeen characters."""
    return first_seventeen + str(library.calc_check_digit(first_seventeen))
