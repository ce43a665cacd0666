"""What would lower a grade, a part of the entity page: computed when asked for, kept per register."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from fastapi import Request
from starlette.responses import Response

from data_contracts.refusal import Refusal
from models.decision import Decision
from models.grades import Grade
from models.remedies.asking import advice_for, searcher_of
from models.remedies.search import Advice, Searcher
from models.remedies.telling import (
    ENTITY,
    SUPERVISOR,
    act_told,
    as_json,
    assumptions,
    nothing_told,
    obstacle_told,
    obstacles_of,
    rules_told,
    way_told,
)
from serving.web.desk import Desk
from serving.web.holder import holder_of_request
from serving.web.language import language_of, speaker
from serving.web.rendering import View, render

if TYPE_CHECKING:
    from features.engines.on_duckdb import DuckEngine

# Of one entity a few hundred rows are in memory; the rest of the limit is for plans.
MEMORY, THREADS = "1GB", 1
# Answers kept; each is a few kilobytes.
MOST_KEPT = 2000


class NoReplay(Refusal):
    """Nothing can be replayed: the records behind the grades are not here."""


class Remedies:
    """The advice given so far, and the one search that gives it; a new register begins anew."""

    def __init__(self) -> None:
        """Opens nothing: the first who asks waits for the queries to be planned."""
        self._lock = Lock()
        self._of: tuple[str, ...] = ()
        self._kept: dict[str, Advice] = {}
        self._engine: DuckEngine | None = None
        self._searcher: Searcher | None = None

    def advice(self, desk: Desk, decision: Decision) -> Advice:
        """The advice about a decision of the desk's register; one at a time."""
        with self._lock:
            searcher = self._standing(desk)
            if decision.entity_id not in self._kept:
                if len(self._kept) >= MOST_KEPT:
                    self._kept.clear()
                self._kept[decision.entity_id] = advice_for(searcher, decision)
            return self._kept[decision.entity_id]

    def _standing(self, desk: Desk) -> Searcher:
        lake = desk.lake
        if lake is None or desk.of_another_lake:
            raise NoReplay(
                expected=f"the records that the register as of {desk.as_of.on} was made from",
                got="records admitted since" if lake else "no records on this machine",
                todo="grade the city again with `python -m serving grade`, then ask again",
            )
        of = (desk.register.digest, lake.digest, desk.release.release_id)
        if self._searcher is None or of != self._of:
            if self._engine is not None:
                self._engine.connection.close()
            # Not before somebody asks: a service that only looks grades up starts without an engine.
            from features.engines.on_duckdb import open_engine  # noqa: PLC0415

            self._engine = open_engine(lake, memory_limit=MEMORY, threads=THREADS)
            self._searcher = searcher_of(desk.release, lake, self._engine, desk.as_of)
            self._kept, self._of = {}, of
        return self._searcher


@dataclass(frozen=True, slots=True, kw_only=True)
class WayLine:
    """One way: told to the supervisor and to the entity, the grade and score expected, the acts."""

    sentence: str
    for_entity: str
    grade: str
    score: int
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemediesPage:
    """The page; `whole` with its frame, else the part that the entity page takes in."""

    entity_id: str
    name: str
    whole: bool
    lowest: bool
    ways: tuple[WayLine, ...]
    nothing: str
    rules: tuple[str, ...]
    obstacles: tuple[str, ...]
    assumptions: str
    without: str


def remedies(request: Request, entity_id: str) -> Response:
    """The page of one entity's remedies, or the part of it that the entity page takes in."""
    desk: Desk = request.app.state.desk_source()
    entry = desk.register.find(entity_id, region_prefix=holder_of_request(request).region_prefix)
    language, without, advice = language_of(request), "", None
    if entry.decision.grade is not Grade.A:
        try:
            advice = request.app.state.remedies.advice(desk, entry.decision)
        except NoReplay:
            without = speaker(language)(
                "本机没有评级所依据的记录，或评级之后数据已重新入库：请重新评级后再推算。",
                "The records behind the grades are not here, or were admitted anew: grade again first.",
            )
    page = RemediesPage(
        entity_id=entity_id,
        name=entry.name or entity_id,
        whole="hx-request" not in request.headers,
        lowest=entry.decision.grade is Grade.A,
        ways=_ways(advice, language) if advice else (),
        nothing=nothing_told(advice, language) if advice else "",
        rules=rules_told(advice, language) if advice else (),
        obstacles=tuple(obstacle_told(one, language) for one in obstacles_of(advice)) if advice else (),
        assumptions=assumptions(language),
        without=without,
    )
    return render(request, desk, View(template="remedies.html", page=page, current="overview"))


def remedies_answer(request: Request, entity_id: str) -> dict[str, Any]:
    """What would lower the grade of one entity: ways, acts and sentences, and what stands in the way."""
    desk: Desk = request.app.state.desk_source()
    entry = desk.register.find(entity_id, region_prefix=holder_of_request(request).region_prefix)
    answer: dict[str, Any] = as_json(request.app.state.remedies.advice(desk, entry.decision))
    return answer


def _ways(advice: Advice, language: str) -> tuple[WayLine, ...]:
    return tuple(
        WayLine(
            sentence=way_told(advice, way, language, SUPERVISOR),
            for_entity=way_told(advice, way, language, ENTITY) if way.offers else "",
            grade=way.grade.value,
            score=way.score,
            acts=tuple(act_told(offer, way.done_on, language) for offer in way.offers),
        )
        for way in advice.ways
    )
