"""The marks of the city (标记): how many entities bear each shield and red line, by which rules and list."""

from __future__ import annotations

from dataclasses import dataclass

from serving.ledger.moments import day_in_china
from serving.rosters.importing import RejectedRow
from serving.rosters.mark_lists import MarkImport, current_import
from serving.rosters.marks import COVERAGE, MARKS
from serving.rosters.objects import ObjectsCard, find_card
from serving.sampling.policy import SHIELDS
from serving.web.field.asking import Asking

_REJECTED_SHOWN = 20
# What a mark does to a draw.
_EFFECTS = {
    "shield": ("暂不参加抽取", "kept out of random draws"),
    "trigger": ("可穿透保护，由政策指定", "lets in again, where the policy says so"),
    COVERAGE: ("全部检查", "inspected whole"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkCount:
    """A mark in words, what it does, and how many entities bear it."""

    code: str
    label: str
    effect: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkList:
    """The city's list in use; `rejected` are its first rejected rows, `more` how many follow."""

    day: str
    by: str
    reason: str
    files: str
    read: int
    taken: int
    rejected: tuple[RejectedRow, ...]
    more: int
    digest: str
    in_use: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MarksSection:
    """Marks in force on the day of the register; without counts where none are on record."""

    counts: tuple[MarkCount, ...]
    day: str
    digest: str
    strangers: int
    list: MarkList | None


def marks_section(asking: Asking) -> MarksSection:
    """The marks of the served register, and the list that the city brought last."""
    desk = asking.desk
    card = find_card(desk.plans_folder.parent / "objects", register_digest=desk.register.digest)
    made = current_import(desk.ledger, desk.city)
    known = card if card is not None and card.has_marks else None
    return MarksSection(
        counts=tuple(_count(asking, known, code) for code in MARKS) if known else (),
        day=known.as_of if known else "",
        digest=known.marks_digest if known else "",
        strangers=known.strangers if known else 0,
        list=_list(made, known) if made else None,
    )


def _count(asking: Asking, card: ObjectsCard, code: str) -> MarkCount:
    kind = "shield" if code in SHIELDS else COVERAGE if code == COVERAGE else "trigger"
    return MarkCount(
        code=code,
        label=asking.say(*MARKS[code]),
        effect=asking.say(*_EFFECTS[kind]),
        count=card.marks.get(code, 0),
    )


def _list(made: MarkImport, card: ObjectsCard | None) -> MarkList:
    return MarkList(
        day=day_in_china(made.at).isoformat(),
        by=made.by,
        reason=made.reason,
        files=", ".join(made.files),
        read=made.counts["read"],
        taken=made.counts["read"] - made.counts["rejected"],
        rejected=made.rejected[:_REJECTED_SHOWN],
        more=max(len(made.rejected) - _REJECTED_SHOWN, 0),
        digest=made.digest,
        in_use=card is not None and card.mark_list_digest == made.digest,
    )
