"""Clocks as pages show them: a colour that is always said in words too, and how long is left."""

from __future__ import annotations

from dataclasses import dataclass

from serving.inspections.clocks.clocks import WORDS, Clock, Colour
from serving.web.language import Say

COLOURS = {
    Colour.RED: ("已逾期", "over"),
    Colour.AMBER: ("即将到期", "due soon"),
    Colour.GREEN: ("期限内", "in time"),
    Colour.MET: ("已完成", "done"),
}
# The most urgent first.
URGENCY = {colour: place for place, colour in enumerate(COLOURS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChip:
    """A clock in a few words and in a sentence."""

    colour: str
    what: str
    left: str
    due: str
    told: str


def chip_of(clock: Clock, say: Say) -> ClockChip:
    """The clock for a reader."""
    return ClockChip(
        colour=clock.colour.value,
        what=say(*WORDS[clock.kind]),
        left=left_words(clock, say),
        due=clock.due.isoformat(),
        told=say(clock.words_zh, clock.words_en),
    )


def left_words(clock: Clock, say: Say) -> str:
    """How long is left, or how long it is over."""
    if clock.met_on:
        late = say("（逾期）", " (late)") if clock.late else ""
        return say(f"{clock.met_on} 完成", f"done on {clock.met_on}") + late
    if clock.colour is Colour.RED:
        return say(f"逾期 {-clock.left} 个工作日", f"{-clock.left} working days over")
    if clock.left == 0:
        return say("今天到期", "due today")
    return say(f"剩 {clock.left} 个工作日", f"{clock.left} working days left")
