"""The marks of an entity page: what it bears, from when to when, and from which rule or list."""

from __future__ import annotations

from dataclasses import dataclass

from serving.rosters.marks import MARKS, marks_of
from serving.rosters.objects import find_marks
from serving.sampling.policy import SHIELDS
from serving.web.desk import Desk
from serving.web.language import speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkLine:
    """A mark in words; `shields` says that it keeps the entity out of draws under policies that use it."""

    code: str
    label: str
    days: str
    source: str
    reason: str
    shields: bool


def mark_lines(desk: Desk, entity_id: str, language: str) -> tuple[MarkLine, ...]:
    """What an entity bore on the register's date; nothing where no marks are on record."""
    say = speaker(language)
    marks = find_marks(
        desk.plans_folder.parent / "objects", register_digest=desk.register.digest, entity_id=entity_id
    )
    return tuple(
        MarkLine(
            code=one.mark,
            label=say(*MARKS[one.mark]),
            days=say(f"{one.from_day} 起，至 {one.until}", f"{one.from_day} to {one.until}")
            if one.until
            else say(
                f"{one.from_day} 起，下次评级时复核", f"from {one.from_day}, until a register says otherwise"
            ),
            source=one.source,
            reason=one.reason,
            shields=one.mark in SHIELDS,
        )
        for one in (marks_of(marks, entity_id) if marks is not None else ())
    )
