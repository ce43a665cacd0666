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

from data_contracts.contract import Column, Contract
from data_contracts.near_names import likeness

_FILE = Path(__file__).with_suffix(".toml")
# A label may list several words, and explain itself in brackets.
_BETWEEN = re.compile("[、，,;；（）()]")
_BRACKETS = re.compile("[（(【][^）)】]*[）)】]")
LIKELY, _SURE_OF_LETTERS = 0.6, 0.8


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def table_words(table: str) -> tuple[str, ...]:
    """Words of a file name that speak for a table."""
    return tuple(_words()["tables"].get(table, ()))


def heading_likeness(contract: Contract, column: Column, heading: str) -> float:
    """From 0 to 1: how much a heading, with or without its brackets, looks like one of a column of ours."""
    words = _words()
    if any(word in heading for word in words["not"].get(column.name, ())):
        return 0.0
    own = words.get(contract.table, {}).get(column.name, ())
    known = [column.name, column.label_zh, *own, *words["columns"].get(column.name, ())]
    return max(_best(heading, known), _best(_BRACKETS.sub("", heading), known))


def unit_of_heading(heading: str) -> str | None:
    """The unit that a heading names for its amounts; the longer word decides."""
    found = [
        (len(word), unit) for unit, words in _words()["units"].items() for word in words if word in heading
    ]
    return max(found)[1] if found else None


def names_persons(heading: str) -> bool:
    """True if the values below a heading are most likely persons, or how to reach them."""
    folded, words = heading.casefold(), _words()
    return any(word in folded for word in words["persons"]) and not any(
        word in folded for word in words["not_persons"]
    )


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
