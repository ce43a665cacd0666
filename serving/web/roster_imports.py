"""Imports of items and inspectors over HTTP, on the page and for programs: files with their mapping file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from fastapi import File, Form, Request, UploadFile
from pydantic import BaseModel
from starlette.responses import Response

from data_contracts.refusal import Refusal
from serving.ledger.tokens import Holder
from serving.rosters.importing import Import, RosterFileRefused, import_roster
from serving.rosters.roster_mapping import read_roster_mapping
from serving.web.desk import Desk
from serving.web.field.asking import asking
from serving.web.field.rosters_page import rosters_page
from serving.web.holder import planner_of_request

LARGEST = 64 * 2**20
MOST_TOLD = 200
Roster = Literal["items", "inspectors"]
Files = Annotated[list[UploadFile], File(max_length=20)]
Reason = Annotated[str, Form(max_length=500)]


class RejectedAnswer(BaseModel):
    """A row that became nothing: where it stands, which field is wrong and why."""

    file: str
    line: int
    field: str
    reason: str


class RosterImportAnswer(BaseModel):
    """What became of the rows: counts by name, and the first that were rejected."""

    roster: str
    counts: dict[str, int]
    rejected: list[RejectedAnswer]


def import_answer(
    request: Request,
    roster: Roster,
    mapping: Annotated[UploadFile, File()],
    files: Files,
    reason: Reason = "",
) -> RosterImportAnswer:
    """Records every good row of the files as their mapping reads them; again, it changes nothing."""
    desk: Desk = request.app.state.desk_source()
    holder = planner_of_request(request)
    made = imported(desk, holder, roster, mapping, files, reason)
    told = [RejectedAnswer.model_validate(one, from_attributes=True) for one in made.rejected[:MOST_TOLD]]
    return RosterImportAnswer(roster=made.roster, counts=made.counts(), rejected=told)


def import_page(
    request: Request,
    mapping: Annotated[UploadFile, File()],
    files: Files,
    roster: Annotated[Roster, Form()] = "items",
    reason: Reason = "",
) -> Response:
    """The same on the page of the rosters."""
    holder = planner_of_request(request)
    found = asking(request)
    made: Import | None = None
    refused: Refusal | None = None
    try:
        made = imported(found.desk, holder, roster, mapping, files, reason)
    except Refusal as refusal:
        refused = refusal
    page = rosters_page(found, roster, imported=made, refusal=refused)
    return found.shown("rosters.html", page, current="rosters", refusal=refused)


def imported(
    desk: Desk, holder: Holder, roster: str, mapping: UploadFile, files: Sequence[UploadFile], reason: str
) -> Import:
    """The files in the ledger; a mapping reads none but those that came with it."""
    with tempfile.TemporaryDirectory(prefix="xinheng-roster-") as place:
        folder = Path(place)
        (folder / "mapping").mkdir()
        names = {_kept(one, folder) for one in files}
        feeds = read_roster_mapping(folder / "mapping" / _kept(mapping, folder / "mapping"))
        strange = sorted({feed.file for feed in feeds if feed.roster == roster} - names)
        if strange:
            raise RosterFileRefused(
                expected=f"every file that the mapping names: {', '.join(strange)}",
                got=", ".join(sorted(names)) or "no file",
                todo="send these files too, under these names",
            )
        return import_roster(
            desk.ledger, desk.city, roster, feeds, folder=folder, by=holder.person, now=desk.now(),
            reason=reason,
        )  # fmt: skip


def _kept(file: UploadFile, folder: Path) -> str:
    """Writes an uploaded file down under its own name, without any folder."""
    name = Path((file.filename or "").replace("\\", "/")).name
    data = file.file.read(LARGEST + 1)
    if not name or name.startswith(".") or len(data) > LARGEST:
        raise RosterFileRefused(
            expected=f"files with names, of at most {LARGEST:,} bytes",
            got=f"{name!r}",
            todo="name the file, or split it",
        )
    (folder / name).write_bytes(data)
    return name
