"""Rules by which entities bear marks: a TOML file of [[mark]], each dated and with its ground.

What cities do: firms of the 四新 and new ones have an observation or tolerance period of about a year, which
a red line pierces (Jiulongpo 2022, Dazu 2022; 《优化营商环境条例》 art. 55: 包容审慎); grade A is left alone
save for complaints, monitoring and case leads (国市监信发〔2022〕6号); lists of no disturbance and of full
coverage stand beside the random draw (Zhejiang: Jinyun 2025).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from data_contracts.mapping.complaints import Complaints, Place
from data_contracts.mapping.toml_places import line_of, toml_places
from data_contracts.refusal import Refusal
from models.direct_rules import RULES
from models.grades import LETTERS
from serving.rosters.marks import MARKS
from serving.rosters.tag_rules import BOUNDS, LISTS, Whom, complain_of_whom

# Windows of days that end on the register's date. What the first are about lasts as long as its window;
# the second ask that nothing of the kind is known in theirs.
SPANS = (
    "founded_within_days", "passed_within_days", "serious_within_days", "complaint_within_days",
    "upheld_within_days",
)  # fmt: skip
FREE_OF = ("no_problem_within_days", "no_complaint_within_days")
_KEYS = ("mark", "title", "law", "valid_from", "valid_until", "grades", "direct_rules")
_MOST_DAYS = 3653


class MarkRulesRefused(Refusal):
    """A file of mark rules that cannot be followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRule(Whom):
    """An entity bears the mark while every condition holds; what is empty or None asks nothing.

    `grades`: letters of the register; `direct_rules`: codes of direct rules in force, any of them. Days are
    windows (day - N, day]: founded; last inspection with a recorded result found no problem; a serious
    problem; a genuine complaint or report that is not rejected; one that was upheld. The rule itself is in
    force from `valid_from` to `valid_until`, both included.
    """

    mark: str
    title: str
    law: str
    valid_from: date
    valid_until: date | None = None
    grades: tuple[str, ...] = ()
    direct_rules: tuple[str, ...] = ()
    founded_within_days: int | None = None
    passed_within_days: int | None = None
    serious_within_days: int | None = None
    complaint_within_days: int | None = None
    upheld_within_days: int | None = None
    no_problem_within_days: int | None = None
    no_complaint_within_days: int | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force that day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRules:
    """The rules of a file, and its text."""

    rules: tuple[MarkRule, ...]
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_mark_rules(path: Path) -> MarkRules:
    """The rules of a file, or one refusal that lists everything wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise MarkRulesRefused(
            expected=f"{path.name} to be a file of mark rules, TOML in UTF-8",
            got=str(cause),
            todo="correct the line it names, or --marks",
        ) from cause
    complaints = Complaints()
    top = Place(path=(), words="the top of the file")
    complaints.unknown(top, document, ("title", "mark"))
    entries = document.get("mark", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        complaints.add(top.inside("mark"), "expected rules as [[mark]]")
        entries = []
    rules = [_rule(entry, number, complaints) for number, entry in enumerate(entries)]
    if complaints.found:
        places = toml_places(text)
        lines = [line_of(places, complaint.place.path) for complaint in complaints.found]
        told = zip(lines, complaints.found, strict=True)
        raise MarkRulesRefused(
            expected=f"a file of mark rules that only uses known words ({path.name})",
            got="; ".join(f"line {line}, {one}" if line else str(one) for line, one in told),
            todo=f"correct the file in {len(lines)} place(s)",
        )
    return MarkRules(rules=tuple(rule for rule in rules if rule), text=text)


def _rule(entry: Mapping[str, Any], number: int, complaints: Complaints) -> MarkRule | None:
    place = Place(path=("mark", number), words=f"mark {entry.get('title')!r}")
    before = len(complaints.found)
    asking = (*LISTS, *BOUNDS, "grades", "direct_rules", *SPANS, *FREE_OF)
    complaints.unknown(place, entry, (*_KEYS, *asking))
    complaints.unknown(place.inside("mark"), [str(entry.get("mark"))], MARKS)
    complain_of_whom(entry, place, complaints)
    _complain_of_words(entry, place, complaints)
    _complain_of_days(entry, place, complaints)
    if not any(name in entry for name in asking):
        complaints.add(place, "has no condition, so every entity would bear the mark")
    if len(complaints.found) > before:
        return None
    lists = {name: tuple(entry[name]) for name in (*LISTS, "grades", "direct_rules") if name in entry}
    return MarkRule(**{**entry, **lists})


def _complain_of_words(entry: Mapping[str, Any], place: Place, complaints: Complaints) -> None:
    """Titles and grounds that are missing, grades and direct rules that nobody knows."""
    for name in ("title", "law"):
        if not isinstance(entry.get(name), str) or not str(entry.get(name)).strip():
            complaints.add(place.inside(name), f'{name} = "WORDS" is missing: a mark tells its ground')
    for name, known in (("grades", LETTERS), ("direct_rules", [rule.code for rule in RULES])):
        words = entry.get(name, list(known))
        if not isinstance(words, list) or not words:
            complaints.add(place.inside(name), f"{name!r} is a list of texts, got {words!r}")
        else:
            complaints.unknown(place.inside(name), map(str, words), known)


def _complain_of_days(entry: Mapping[str, Any], place: Place, complaints: Complaints) -> None:
    """Dates that are none, windows that are no number of days."""
    for name in ("valid_from", "valid_until"):
        if type(entry.get(name)) is not date and (name in entry or name == "valid_from"):
            complaints.add(place.inside(name), f"{name} = 2026-01-01 is expected, got {entry.get(name)!r}")
    for name in (*SPANS, *FREE_OF):
        if name in entry and not (type(entry[name]) is int and 1 <= entry[name] <= _MOST_DAYS):
            complaints.add(place.inside(name), f"{name!r} is 1 to {_MOST_DAYS} days, got {entry[name]!r}")
