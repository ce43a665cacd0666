"""Tags of the object roster (业态 品类 载体 规模), and which station answers where: a TOML file of rules."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_contracts.mapping.complaints import Complaints, Place
from data_contracts.mapping.toml_places import line_of, toml_places
from data_contracts.refusal import Refusal

DIMENSIONS = ("业态", "品类", "载体", "规模")
LISTS = ("entity_types", "industries", "licences", "names")
BOUNDS = ("capital_from", "capital_below")


class TagRulesRefused(Refusal):
    """A file of tag rules that cannot be followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whom a rule is about: every condition must hold; an empty list and a bound of None ask nothing.

    Industries are beginnings of codes, names are parts of the registered name; capital is in yuan,
    `capital_from` included and `capital_below` not. Unknown capital meets no bound.
    """

    entity_types: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    capital_from: int | None = None
    capital_below: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRule(Whom):
    """An entity gets the tag if every condition holds."""

    dimension: str
    tag: str

    @property
    def word(self) -> str:
        """As items name it: dimension:tag."""
        return f"{self.dimension}:{self.tag}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRules:
    """The rules of a file, the station that answers for each beginning of region codes, and the text."""

    rules: tuple[TagRule, ...]
    stations: Mapping[str, str]
    text: str


def read_tag_rules(path: Path) -> TagRules:
    """The rules of a file, or one refusal that lists everything wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise TagRulesRefused(
            expected=f"{path.name} to be a file of tag rules, TOML in UTF-8",
            got=str(cause),
            todo="correct the line it names, or --rules",
        ) from cause
    complaints = Complaints()
    made = _rules(document, text, complaints)
    if complaints.found:
        places = toml_places(text)
        lines = [line_of(places, complaint.place.path) for complaint in complaints.found]
        told = zip(lines, complaints.found, strict=True)
        raise TagRulesRefused(
            expected=f"a file of tag rules that only uses known words ({path.name})",
            got="; ".join(f"line {line}, {one}" if line else str(one) for line, one in told),
            todo=f"correct the file in {len(lines)} place(s)",
        )
    return made


def _rules(document: Mapping[str, Any], text: str, complaints: Complaints) -> TagRules:
    top = Place(path=(), words="the top of the file")
    complaints.unknown(top, document, ("title", "stations", "tag"))
    entries, stations = document.get("tag", []), document.get("stations", {})
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        complaints.add(top.inside("tag"), "expected rules as [[tag]]")
        entries = []
    if not isinstance(stations, dict) or not all(_is_words(regions) for regions in stations.values()):
        complaints.add(top.inside("stations"), 'expected STATION = ["region code", …]')
        stations = {}
    by_region = {str(region): station for station, regions in stations.items() for region in regions}
    rules = [_rule(entry, number, complaints) for number, entry in enumerate(entries)]
    return TagRules(rules=tuple(rule for rule in rules if rule), stations=by_region, text=text)


def _rule(entry: Mapping[str, Any], number: int, complaints: Complaints) -> TagRule | None:
    place = Place(path=("tag", number), words=f"tag {entry.get('tag')!r}")
    before = len(complaints.found)
    complaints.unknown(place, entry, ("dimension", "tag", *LISTS, *BOUNDS))
    complaints.unknown(place.inside("dimension"), [str(entry.get("dimension"))], DIMENSIONS)
    if not isinstance(entry.get("tag"), str) or not str(entry.get("tag")).strip():
        complaints.add(place, 'tag = "WORD" is missing')
    complain_of_whom(entry, place, complaints)
    if not any(name in entry for name in (*LISTS, *BOUNDS)):
        complaints.add(place, "has no condition, so every entity would have the tag")
    if len(complaints.found) > before:
        return None
    lists = {name: tuple(entry[name]) for name in LISTS if name in entry}
    return TagRule(**{**entry, **lists})


def complain_of_whom(entry: Mapping[str, Any], place: Place, complaints: Complaints) -> None:
    """What is wrong with the conditions of a rule that say whom it is about."""
    for name in LISTS:
        if name in entry and not _is_words(entry[name]):
            complaints.add(place.inside(name), f"{name!r} is a list of texts, got {entry[name]!r}")
    for name in BOUNDS:
        if name in entry and type(entry[name]) is not int:
            complaints.add(place.inside(name), f"{name!r} is a whole number of yuan, got {entry[name]!r}")


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) and word for word in value)
