"""The object roster built over HTTP, on the page and for programs: tags and marks of the served register."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import File, Form, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from data_contracts.refusal import Refusal
from serving.rosters.from_lake import (
    MARK_RULES_FILE,
    TAGS_FILE,
    objects_by_rules,
    rule_files,
    rules_beside,
)
from serving.rosters.importing import RosterFileRefused
from serving.rosters.objects import ObjectRoster
from serving.web.desk import Desk
from serving.web.draws_before import RecordsMissing
from serving.web.field.asking import asking
from serving.web.field.rosters_page import rosters_page
from serving.web.holder import planner_of_request
from serving.web.roster_api import ObjectsAnswer

SEE_OTHER = 303
LARGEST = 2**20
# The service answers beside it; what does not fit is put on disk meanwhile.
_MEMORY = "2GB"
PresetName = Annotated[str, Form(max_length=60)]
RuleFile = Annotated[UploadFile | None, File()]


def build_answer(
    request: Request, preset: PresetName = "", rules: RuleFile = None, marks: RuleFile = None
) -> ObjectsAnswer:
    """Tags and marks every entity of the served register: by rule files that are sent, else by a preset's.

    Without a preset it is the one of the city's name; the list of marks in use counts too.
    """
    desk: Desk = request.app.state.desk_source()
    planner_of_request(request)
    return ObjectsAnswer.model_validate(built(desk, preset, rules, marks).card, from_attributes=True)


def build_page(
    request: Request, preset: PresetName = "", rules: RuleFile = None, marks: RuleFile = None
) -> Response:
    """The same on the page of the rosters."""
    planner_of_request(request)
    found = asking(request)
    try:
        built(found.desk, preset, rules, marks)
    except Refusal as refusal:
        page = rosters_page(found, "objects", refusal=refusal)
        return found.shown("rosters.html", page, current="rosters", refusal=refusal)
    return RedirectResponse("/rosters?tab=objects", status_code=SEE_OTHER)


def built(desk: Desk, preset: str, rules: UploadFile | None, marks: UploadFile | None) -> ObjectRoster:
    """The roster of the served register; a browser sends a file that was not chosen without a name."""
    if desk.lake is None:
        raise RecordsMissing(
            expected="the records of the city beside its grades",
            got="a service without them",
            todo="build with `python -m serving objects build` where the lake is",
        )
    with tempfile.TemporaryDirectory(prefix="xinheng-rules-") as place:
        own = _kept(rules, Path(place) / TAGS_FILE)
        tags = own or rule_files(preset or desk.city).tags
        files = rules_beside(tags, _kept(marks, Path(place) / MARK_RULES_FILE))
        return objects_by_rules(
            desk.ledger, desk.register, desk.lake, desk.as_of, files,
            city_folder=desk.plans_folder.parent, memory_limit=_MEMORY,
        )  # fmt: skip


def _kept(file: UploadFile | None, path: Path) -> Path | None:
    """Writes an uploaded file of rules down; None where none was sent."""
    if file is None or not file.filename:
        return None
    data = file.file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise RosterFileRefused(
            expected=f"a file of rules of at most {LARGEST:,} bytes",
            got=f"{file.filename!r}, which is larger",
            todo="send the TOML file of the rules",
        )
    path.write_bytes(data)
    return path
