"""What foreign words most likely mean: headings against our columns and units, values against our codes.

Guesses, never facts. The words stand in foreign_words.toml beside the names and 中文 labels of the contracts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from data_contracts.contract import Column, Contract, contract_names, load_contract
from data_contracts.near_names import likeness

_FILE = Path(__file__).with_suffix(".toml")
# A label may list several words, and explain itself in brackets.
_BETWEEN = re.compile("[、，,;；（）()]")
_BRACKETS = re.compile("[（(【][^）)】]*[）)】]")
# Headings over several lines and names in records in records: what stands last says what the column is.
_PARTS = re.compile("[./]")
_ENDING = re.compile("[./_]")
_OF_PART = 0.95  # a part of a heading says less than all of it
LIKELY, _SURE_OF_LETTERS = 0.6, 0.8


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def table_words(table: str) -> tuple[str, ...]:
    """Words of a file name that speak for a table."""
    return tuple(_words()["tables"].get(table, ()))


def heading_likeness(contract: Contract, column: Column, heading: str) -> float:
    """From 0 to 1: how much a heading, with or without its brackets, looks like one of a column of ours."""
    if any(word in heading for word in _words()["not"].get(column.name, ())):
        return 0.0
    if names_persons(heading) and column.classification != "personal":
        return 0.0
    known = _known_words(contract, column)
    whole = max(_best(heading, known), _best(_BRACKETS.sub("", heading), known))
    parts = _PARTS.split(heading)
    ends = [parts[-1], "".join(parts[-2:])] if len(parts) > 1 else []
    return max(whole, *(_OF_PART * _best(end, known) for end in ends)) if ends else whole


def is_known_heading(heading: str) -> bool:
    """True for a heading, or the last part of one, that some column of ours is known to have, or a person."""
    ends = (heading, _BRACKETS.sub("", heading), _PARTS.split(heading)[-1])
    return any(_folded(end) in _known_headings() for end in ends) or names_persons(heading)


def ends_like_heading(heading: str) -> bool:
    """True for a word that ends as headings do: a number, a day, a kind of something."""
    bare = _BRACKETS.sub("", heading).strip().casefold()
    return bare.endswith(tuple(_words()["heading_endings"]))


def numbers_rows(heading: str) -> bool:
    """True for a column that only counts the rows of its file."""
    return _folded(_PARTS.split(heading)[-1]) in map(_folded, _words()["row_numbers"])


def is_of_office(heading: str) -> bool:
    """True for a heading that speaks of the office, not of an entity."""
    return any(word in heading for word in _words()["not"]["entity_id"])


def unit_of_heading(heading: str) -> str | None:
    """The unit that a heading names for its amounts; the longer word decides."""
    found = [
        (len(word), unit) for unit, words in _words()["units"].items() for word in words if word in heading
    ]
    return max(found)[1] if found else None


def names_persons(heading: str) -> bool:
    """True if the values below a heading are most likely persons, or how to reach them."""
    folded, words = heading.casefold(), _words()
    if any(word in folded for word in words["not_persons"]):
        return False
    last = _ENDING.split(_BRACKETS.sub("", folded))[-1].strip()
    exactly = words["persons_exactly"]
    return last in exactly or folded in exactly or any(word in folded for word in words["persons"])


def likely_code(table: str, column: Column, value: str) -> str | None:
    """The code of ours that a foreign value most likely means, or None."""
    scored = [(_best(value, words), code) for code, words in _code_words(table, column).items()]
    best = max(scored, key=lambda pair: pair[0], default=(0.0, ""))
    return best[1] if best[0] >= LIKELY else None


def code_named_in(table: str, column: Column, text: str) -> str | None:
    """The code of ours whose word a text holds, such as the name of a file; the longest word decides."""
    held = [
        (len(word), code)
        for code, words in _code_words(table, column).items()
        for word in words
        if len(word) > 2 and word in text
    ]
    return max(held)[1] if held else None


def _known_words(contract: Contract, column: Column) -> list[str]:
    words = _words()
    own = words.get(contract.table, {}).get(column.name, ())
    return [column.name, column.label_zh, *own, *words["columns"].get(column.name, ())]


@cache
def _known_headings() -> frozenset[str]:
    contracts = [load_contract(name) for name in contract_names()]
    known = (word for one in contracts for column in one.columns for word in _known_words(one, column))
    return frozenset(_folded(word) for word in (*known, *_words()["row_numbers"]))


def _folded(heading: str) -> str:
    return "".join(letter for letter in heading.casefold() if letter.isalnum())


def _code_words(table: str, column: Column) -> Mapping[str, tuple[str, ...]]:
    told = _words()["codes"].get(table, {}).get(column.name, {})
    return {
        code.code: (code.code, code.en, *_BETWEEN.split(code.zh), *told.get(code.code, ()))
        for code in column.codes
    }


def _best(word: str, known: Iterable[str]) -> float:
    return max((_meant(word, other) for other in known if other), default=0.0)


def _meant(word: str, other: str) -> float:
    """How alike two words are, unless one denies what the other says."""
    contrary = any((negation in word) != (negation in other) for negation in _words()["negations"])
    alike = likeness(word, other) * (0.5 if contrary else 1.0)
    # Words of letters are alike by chance far more often than words of characters.
    return alike if not other.isascii() or alike >= _SURE_OF_LETTERS else 0.0
