"""The colour of a grade (健康码): a policy table in a file, read strictly, internal by default."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from data_contracts.refusal import Refusal
from models.grades import GRADES, Grade

DEFAULT = Path(__file__).with_name("colour_policy.toml")


class ColourPolicyRefused(Refusal):
    """A table of colours that leaves a grade out, knows no such colour, or turns greener as risk rises."""


class Colour(StrEnum):
    """A colour, safest first; Jiangxi publishes these four, others only three of them."""

    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def label_zh(self) -> str:
        """绿, 黄, 橙 or 红."""
        return {"green": "绿", "yellow": "黄", "orange": "橙", "red": "红"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourPolicy:
    """Which colour every grade has, and whether the public may see it."""

    name: str
    public: bool
    colours: Mapping[Grade, Colour]

    def __post_init__(self) -> None:
        """Refuses a worse grade in a safer colour."""
        places = [list(Colour).index(self.colours[grade]) for grade in GRADES]
        if places != sorted(places):
            _refuse(
                "colours that never turn safer as grades get worse",
                ", ".join(f"{grade} {self.colours[grade]}" for grade in GRADES),
            )

    def of(self, grade: Grade) -> Colour:
        """The colour of a grade, for officials."""
        return self.colours[grade]

    def for_the_public(self, grade: Grade) -> Colour | None:
        """The colour where the public may see it, else nothing."""
        return self.colours[grade] if self.public else None


@cache
def default_colours() -> ColourPolicy:
    """The policy that comes with the product."""
    return read_colours(DEFAULT)


def read_colours(path: Path) -> ColourPolicy:
    """Reads a policy file: exactly `name`, `public` and a colour for each of the four grades."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as cause:
        raise ColourPolicyRefused(
            expected=f"a colour policy in {path}", got=str(cause), todo=f"write one like {DEFAULT.name}"
        ) from cause
    if set(document) != {"name", "public", "colours"}:
        _refuse("the keys name, public and colours", f"{sorted(document)} in {path.name}")
    name, public, table = document["name"], document["public"], document["colours"]
    if not (isinstance(name, str) and isinstance(public, bool) and isinstance(table, dict)):
        _refuse("a text, true or false, and a table", f"{name!r}, {public!r}, {table!r} in {path.name}")
    if set(table) != {grade.value for grade in GRADES}:
        _refuse("a colour for each of A, B, C and D", f"{sorted(table)} in {path.name}")
    unknown = [value for value in table.values() if value not in {colour.value for colour in Colour}]
    if unknown:
        _refuse(f"colours among {', '.join(Colour)}", f"{unknown} in {path.name}")
    return ColourPolicy(
        name=name, public=public, colours={grade: Colour(table[grade.value]) for grade in GRADES}
    )


def _refuse(expected: str, got: str) -> None:
    raise ColourPolicyRefused(expected=expected, got=got, todo="correct the colour policy")
