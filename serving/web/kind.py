"""A type of refusal as it is told: its status and its words; which values of the finding are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One type. `value` finds the offending values in the English finding; `words` tells coded ones."""

    status: int
    title_en: str
    title_zh: str
    expected_zh: str
    got_zh: str
    todo_zh: str
    value: re.Pattern[str] = QUOTED
    words: Mapping[str, str] | None = None

    def found(self, got: str) -> str:
        """What came, in 中文: the finding of this type with the offending values and nothing else of it."""
        values = [found.group(found.lastindex or 0).strip("'\"") for found in self.value.finditer(got)]
        shown = "、".join(dict.fromkeys((self.words or {}).get(value, value) for value in values))
        cut = "…" if len(shown) > LONGEST else ""
        return f"{self.got_zh}：{shown[:LONGEST]}{cut}" if values else self.got_zh
