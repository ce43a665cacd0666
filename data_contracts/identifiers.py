"""Identifiers of market entities: GB 32100 credit codes, 15-digit registration numbers, local ids.

The same checks exist as SQL macros in conversions.py, so that mapping files can use them on whole tables.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from stdnum.cn import uscc as library
from stdnum.iso7064 import mod_11_10

from data_contracts.reading_words import FULL_WIDTH, HALF_WIDTH, NOTHING, NOTHING_BUT_A_WORD

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
# The library wants eight digits first; real codes may have letters for authority and kind (N1…, Y1…),
# so the shape is checked here and only the check character is left to the library.
SHAPE = re.compile(f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")
# What may be a code once width, case and blanks are as they should be; only this is ever rewritten.
POSSIBLE = f"[{ALPHABET}]{{18}}|[0-9]{{15}}"
# A number as spreadsheets and data frames write it: 9.13301E+17, 9.1e17, 913301000000000000.0.
AS_NUMBER = r"[0-9](?:[.,][0-9]+)?[Ee][+][0-9]{1,3}|[0-9][.,][0-9]+[Ee][0-9]{1,3}|[0-9]{15,}[.][0-9]*"
# Spreadsheets keep fifteen digits of a number: of eighteen, the last three become zeros.
CUT = "[0-9]{15}000"
# GB 11714: the organisation code of nine characters that a credit code keeps in its places 9 to 17.
INNER_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
INNER_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
INNER_CHECKS = "0X987654321"  # by the weighted sum modulo 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an identifier is, and in words what of it fails.

    A code may fail a check and be real: a wrong inner character is a finding for the office that keeps the
    register, never a reason to reject. Masked codes have it right in one of eleven, by chance.
    """

    text: str
    kind: str
    failed: tuple[str, ...]


def identity(text: str) -> Identity:
    """The kind of an identifier, with every check that it fails although it has the length for it."""
    return Identity(text=text, kind=id_kind(text), failed=_failed(text))


def is_uscc(text: str | None) -> bool:
    """True for a unified social credit code that keeps GB 32100, letters in the first two places included."""
    if text is None or not SHAPE.fullmatch(text):
        return False
    return bool(library.calc_check_digit(text[:17]) == text[17])


def has_inner_check(text: str | None) -> bool:
    """True for a credit code whose organisation code (places 9 to 17) keeps GB 11714."""
    return text is not None and SHAPE.fullmatch(text) is not None and inner_check(text[8:16]) == text[16]


def inner_check(first_eight: str) -> str:
    """The check character of GB 11714 for the first eight characters of an organisation code."""
    pairs = zip(INNER_WEIGHTS, first_eight, strict=True)
    return INNER_CHECKS[sum(weight * INNER_ALPHABET.index(character) for weight, character in pairs) % 11]


def is_registration_15(text: str | None) -> bool:
    """True for a 15-digit registration number (before 2015) that keeps ISO 7064 MOD 11,10."""
    return (
        text is not None and re.fullmatch(r"[0-9]{15}", text) is not None and bool(mod_11_10.is_valid(text))
    )


def id_kind(text: str | None) -> str:
    """`uscc`, `registration_15`, `local`, or `damaged_number` for what identifies nothing any more."""
    code = entity_code(text)
    if is_damaged_number(code):
        return "damaged_number"
    if is_uscc(code):
        return "uscc"
    return "registration_15" if is_registration_15(code) else "local"


def entity_code(text: str | None) -> str | None:
    """An identifier as it is compared: a possible code in half width, capitals and without any blank.

    Any other text only loses what is blank around it, and a word for nothing is nothing.
    """
    if text is None:
        return None
    squeezed = "".join(one for one in text if not _is_blank(one)).translate(_HALF).upper()
    if re.fullmatch(f"{POSSIBLE}|{AS_NUMBER}", squeezed):
        return squeezed
    start, end = 0, len(text)
    while start < end and _is_blank(text[start]):
        start += 1
    while start < end and _is_blank(text[end - 1]):
        end -= 1
    word = text[start:end]
    return None if word.translate(_HALF).lower() in (*NOTHING, *NOTHING_BUT_A_WORD) else word


def is_damaged_number(code: str | None) -> bool:
    """True for an identifier that a spreadsheet took for a number: which one it was, nobody can tell.

    Eighteen digits that end in 000 are a code only if they keep GB 32100; the inner check is a finding.
    """
    if code is None:
        return False
    if re.fullmatch(CUT, code):
        return not is_uscc(code)
    return re.fullmatch(AS_NUMBER, code) is not None


def uscc_of(first_seventeen: str) -> str:
    """The credit code with its check character, from the first seventeen characters."""
    return first_seventeen + str(library.calc_check_digit(first_seventeen))


_HALF = str.maketrans(FULL_WIDTH, HALF_WIDTH)


def _is_blank(character: str) -> bool:
    return character in "\t\n\v\f\r" or unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cf")


def _failed(text: str) -> tuple[str, ...]:
    if re.fullmatch(r"[0-9]{15}", text):
        right = mod_11_10.calc_check_digit(text[:14])
        return () if text[14] == right else (_differs("check digit (ISO 7064 MOD 11,10)", text, 15, right),)
    if len(text) != 18:
        return ()
    if not SHAPE.fullmatch(text):
        return tuple(_misshapen(text))
    found = []
    if text[17] != library.calc_check_digit(text[:17]):
        right = str(library.calc_check_digit(text[:17]))
        found.append(_differs("check character (GB 32100)", text, 18, right))
    if text[16] != inner_check(text[8:16]):
        right = inner_check(text[8:16])
        found.append(_differs("check character of the organisation code (GB 11714)", text, 17, right))
    return tuple(found)


def _differs(what: str, text: str, place: int, right: str) -> str:
    return f"{what} in place {place} is {text[place - 1]!r}, should be {right!r}"


def _misshapen(text: str) -> list[str]:
    """Places of an 18-character text that no credit code has so."""
    return [
        f"place {place} is {character!r}, a credit code has "
        + ("a digit of the region there" if 3 <= place <= 8 else "digits and capitals without I O S V Z")
        for place, character in enumerate(text, start=1)
        if character not in ("0123456789" if 3 <= place <= 8 else ALPHABET)
    ]
