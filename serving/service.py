"""The BentoML service: scoring functions and the web app behind one door; a thin adapter, an entry point."""

from __future__ import annotations

import os

# Before the import: BentoML otherwise looks up its statistics server, which a closed network answers slowly.
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")

import gc
from datetime import UTC, datetime
from functools import cache
from typing import Any

import bentoml
from starlette.responses import JSONResponse

from data_contracts.environment import Environment
from data_contracts.refusal import Refusal
from serving.process import end_with_parent
from serving.scoring import ScoreRequest, score_rows
from serving.web.access import AccessMiddleware
from serving.web.api import score_answer
from serving.web.app import HeadersMiddleware, create_app
from serving.web.desk import Desk
from serving.web.errors import kind_of, parts_of
from serving.web.following import DeskFollower
from serving.web.health import HealthMiddleware
from serving.web.opening import Place
from serving.web.retelling import RetellingMiddleware

# Two small queries each time; a promotion or rollback is served some seconds after the ledger has it.
LOOK_SECONDS = 2.0


def _now() -> datetime:
    return datetime.now(UTC)


@cache
def _follower() -> DeskFollower:
    """Opened once in a worker, when it starts to serve; importing this module opens nothing."""
    environment = Environment()
    follower = DeskFollower(
        Place(
            city=environment.city,
            ledger_address=environment.ledger_address,
            releases_folder=environment.releases_folder,
            lake_folder=environment.lake_folder,
            plans_folder=environment.plans_folder,
            snapshots_folder=environment.snapshots_folder,
            raw_folder=environment.raw_folder,
        ),
        now=_now,
    )
    follower.follow(seconds=LOOK_SECONDS)
    return follower


def _desk() -> Desk:
    """What is served now; a request asks once and keeps to it."""
    return _follower()()


# A request that waits five seconds has failed; the default keeps what every request used alive for a minute,
# which makes garbage collections of half a second.
@bentoml.service(
    name="xinheng", workers=1, threads=2, traffic={"timeout": 5}, http={"cors": {"enabled": False}}
)
class Xinheng:
    """Grades of one city: scored, explained, looked up, and inspected by plan."""

    def __init__(self) -> None:
        """Opens the desk and freezes what is loaded: full collections over it would stop the service."""
        end_with_parent()
        _desk()
        gc.collect()
        gc.freeze()

    @bentoml.api(route="/score")  # type: ignore[untyped-decorator]
    def score(self, columns: list[str], rows: list[list[Any]]) -> dict[str, Any]:
        """Probability, score and grade of every row of indicators."""
        shown = {"probability", "score", "unclipped", "model_grade", "grade"}
        answer: dict[str, Any] = self._answer(
            columns, rows, {"release_id": True, "unseen": True, "results": {"__all__": shown}}
        )
        return answer

    @bentoml.api(route="/explain")  # type: ignore[untyped-decorator]
    def explain(self, columns: list[str], rows: list[list[Any]]) -> dict[str, Any]:
        """The same with direct rules, points and sentences in 中文 and English."""
        answer: dict[str, Any] = self._answer(columns, rows)
        return answer

    def _answer(self, columns: list[str], rows: list[list[Any]], shown: Any = None) -> Any:
        desk = _desk()
        try:
            request = ScoreRequest(columns=columns, rows=rows)
            scored = score_rows(desk.release, request, desk.as_of)
        except Refusal as refusal:
            # A response passes BentoML as it is; of an exception it would keep one line of text.
            return JSONResponse(parts_of(refusal), status_code=kind_of(refusal).status)
        return score_answer(desk, scored).model_dump(include=shown)


# The app asks for the desk at each request, so that importing this module opens nothing.
Xinheng.mount_asgi_app(create_app(_desk), path="/", name="web")  # type: ignore[attr-defined]
# From outside to inside: BentoML's own routes and errors come out like ours.
Xinheng.add_asgi_middleware(HeadersMiddleware)  # type: ignore[attr-defined]
Xinheng.add_asgi_middleware(AccessMiddleware, desk_source=_desk)  # type: ignore[attr-defined]
Xinheng.add_asgi_middleware(HealthMiddleware, desk_source=_desk)  # type: ignore[attr-defined]
Xinheng.add_asgi_middleware(RetellingMiddleware)  # type: ignore[attr-defined]
