"""The course of an entity, a page that the entity page takes in: change, alerts, comparison, life line."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from models.change_told import Change, signed
from models.record_words import FAMILY_WORDS, OTHER
from serving.register import RegisterEntry
from serving.web.alert_lines import AlertLine, alert_lines, alerts_seen, filtered
from serving.web.alerts_page import AlertAnswer, answers_of
from serving.web.changes import change_of
from serving.web.comparison_section import Comparison, comparison
from serving.web.desk import Desk
from serving.web.holder import holder_of_request
from serving.web.language import language_of, speaker
from serving.web.life_line_section import LifeLine, life_line
from serving.web.rendering import View, render


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """One kind of record with its points and why they moved."""

    label: str
    text: str
    points: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePage:
    """The page; `whole` with its frame, else the part that the entity page takes in."""

    entity_id: str
    name: str
    whole: bool
    change: str
    change_lines: tuple[ChangeLine, ...]
    alerts: tuple[AlertLine, ...]
    alerts_made: bool
    comparison: Comparison
    life: LifeLine | None


class PartAnswer(BaseModel):
    """One kind of record; the points of all parts sum to those of the change."""

    kind: str
    points: int
    text_zh: str
    text_en: str


class ChangeAnswer(BaseModel):
    """What moved the score since the register before, of the same release."""

    before: str
    after: str
    points: int
    sentence_zh: str
    sentence_en: str
    parts: list[PartAnswer]


class PeerAnswer(BaseModel):
    """A peer of the caller's own region."""

    entity_id: str
    name: str
    grade: str
    score: int


class ComparisonAnswer(BaseModel):
    """The entity among its like; peers outside the caller's region are only counted."""

    level_zh: str
    level_en: str
    others: int
    percentile: float
    sentence_zh: str
    sentence_en: str
    peers: list[PeerAnswer]
    unnamed: int


class CourseAnswer(BaseModel):
    """Change (null without an earlier register), alerts (null where none were made), comparison."""

    entity_id: str
    change: ChangeAnswer | None
    alerts: list[AlertAnswer] | None
    comparison: ComparisonAnswer


def course(request: Request, entity_id: str) -> Response:
    """The page, or the part of it that htmx asks for."""
    desk: Desk = request.app.state.desk_source()
    holder, language = holder_of_request(request), language_of(request)
    entry = desk.register.find(entity_id, region_prefix=holder.region_prefix)
    page = course_page(
        desk,
        entry,
        region_prefix=holder.region_prefix,
        language=language,
        whole="hx-request" not in request.headers,
    )
    return render(request, desk, View(template="course.html", page=page, current="overview"))


def course_page(
    desk: Desk, entry: RegisterEntry, *, region_prefix: str, language: str, whole: bool
) -> CoursePage:
    """All that the page shows of an entry of the register."""
    change = change_of(desk, entry.entity_id)
    seen = alerts_seen(desk, region_prefix)
    own = () if seen is None else alert_lines(filtered(seen, entity_id=entry.entity_id), language)
    return CoursePage(
        entity_id=entry.entity_id,
        name=entry.name or entry.entity_id,
        whole=whole,
        change="" if change is None else speaker(language)(change.sentence_zh, change.sentence_en),
        change_lines=() if change is None else _change_lines(change, language),
        alerts=own,
        alerts_made=seen is not None,
        comparison=comparison(desk, entry, region_prefix=region_prefix, language=language),
        life=life_line(desk, entry, language),
    )


def course_answer(request: Request, entity_id: str) -> CourseAnswer:
    """What moved an entity's score since the month before, its alerts, and where it stands among its like."""
    desk: Desk = request.app.state.desk_source()
    region = holder_of_request(request).region_prefix
    entry = desk.register.find(entity_id, region_prefix=region)
    change, seen = change_of(desk, entity_id), alerts_seen(desk, region)
    zh, en = (comparison(desk, entry, region_prefix=region, language=one) for one in ("zh", "en"))
    return CourseAnswer(
        entity_id=entity_id,
        change=None if change is None else _change_answer(change),
        alerts=None if seen is None else answers_of(filtered(seen, entity_id=entity_id)),
        comparison=ComparisonAnswer(
            level_zh=zh.level,
            level_en=en.level,
            others=zh.others,
            percentile=zh.percentile,
            sentence_zh=f"{zh.standing}{zh.differs}",
            sentence_en=f"{en.standing} {en.differs}",
            peers=[PeerAnswer.model_validate(peer, from_attributes=True) for peer in zh.peers],
            unnamed=zh.unnamed,
        ),
    )


def _change_lines(change: Change, language: str) -> tuple[ChangeLine, ...]:
    say = speaker(language)
    return tuple(
        ChangeLine(
            label=say(words.zh, words.many_en.capitalize()),
            text=say(part.text_zh, part.text_en),
            points=signed(part.points),
            direction="up" if part.points > 0 else "down",
        )
        for part in change.parts
        for words in [FAMILY_WORDS.get(part.kind, OTHER)]
    )


def _change_answer(change: Change) -> ChangeAnswer:
    return ChangeAnswer(
        before=change.before_on.isoformat(),
        after=change.after_on.isoformat(),
        points=change.points,
        sentence_zh=change.sentence_zh,
        sentence_en=change.sentence_en,
        parts=[PartAnswer.model_validate(part, from_attributes=True) for part in change.parts],
    )
