"""Opening a desk: the register is one of the live release, before and after a rollback."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.ledger.database import Ledger
from serving.ledger.deployments import promote
from serving.ledger.registers import record_register
from serving.web.desk import Desk
from serving.web.opening import NothingToServe, Place, open_desk
from tests.candidates import candidate


@pytest.fixture
def place(city: Any, ledger: Ledger, tmp_path: Path) -> Place:
    return Place(
        city="sandbox", ledger_address=ledger.engine.url.render_as_string(), plans_folder=tmp_path,
        releases_folder=city.releases / "sandbox", lake_folder=city.home / "sandbox" / "lake",
    )  # fmt: skip


def live(ledger: Ledger, release_id: str, now: datetime) -> None:
    promote(ledger, candidate(release_id), by="li", reason="r", now=now)


def graded(ledger: Ledger, city: Any, release_id: str, *, folder: Path, now: datetime) -> None:
    digest = city.register.digest if release_id == city.release.release_id else "d"
    record_register(
        ledger, city="sandbox", as_of=city.register.as_of, release_id=release_id, digest=digest,
        folder=folder, counts={}, by="li", now=now,
    )  # fmt: skip


def test_after_a_rollback_the_register_of_the_old_release_is_served_again(
    city: Any, ledger: Ledger, place: Place, desk: Desk
) -> None:
    old, now = city.release.release_id, desk.now()
    for release_id, folder in ((old, city.register.folder), ("newer", Path("nowhere"))):
        live(ledger, release_id, now)
        graded(ledger, city, release_id, folder=folder, now=now)
        now += timedelta(hours=1)
    live(ledger, old, now)
    opened = open_desk(place, now=lambda: now)
    assert (opened.release.release_id, opened.register.folder) == (old, city.register.folder)
    graded(ledger, city, old, folder=city.register.folder, now=now)
    assert open_desk(place, now=lambda: now).register.digest == city.register.digest


def test_a_release_that_graded_nothing_is_not_served_and_says_what_there_is(
    city: Any, ledger: Ledger, place: Place, desk: Desk
) -> None:
    with pytest.raises(NothingToServe, match="a live release of sandbox; got none in the ledger"):
        open_desk(place, now=desk.now)
    live(ledger, "newer", desk.now())
    with pytest.raises(NothingToServe, match="by the live release, newer; got none in the ledger"):
        open_desk(place, now=desk.now)
    graded(ledger, city, city.release.release_id, folder=city.register.folder, now=desk.now())
    with pytest.raises(NothingToServe, match=f"got only 2026-06-30 by {city.release.release_id}"):
        open_desk(place, now=desk.now)


def test_records_of_another_lake_are_known_as_such(
    city: Any, ledger: Ledger, place: Place, desk: Desk
) -> None:
    live(ledger, city.release.release_id, desk.now())
    graded(ledger, city, city.release.release_id, folder=city.register.folder, now=desk.now())
    opened = open_desk(place, now=desk.now)
    assert opened.lake is not None
    assert not opened.of_another_lake
