"""The desk follows the ledger: what it says is served, and what cannot be opened changes nothing."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from models.release import Release
from serving.grading import write_register
from serving.ledger.database import Ledger
from serving.ledger.deployments import candidate_of, promote, roll_back
from serving.ledger.registers import record_register
from serving.register import Register
from serving.web.app import create_app
from serving.web.desk import Desk
from serving.web.following import PATIENCE, DeskFollower
from serving.web.opening import NothingToServe, Place
from tests.serving.conftest import NOW, with_lower_cuts


@dataclass(kw_only=True)
class Town:
    """A ledger with two releases to go live, and a clock that moves with each entry."""

    ledger: Ledger
    place: Place
    old: Release
    new: Release
    registers: dict[str, Register]
    hours: int = 0

    def now(self) -> Any:
        return NOW + timedelta(hours=self.hours)

    def live(self, release: Release) -> None:
        self.hours += 1
        promote(self.ledger, candidate_of(release), by="li", reason="r", now=self.now())

    def back(self) -> None:
        self.hours += 1
        roll_back(self.ledger, city="sandbox", by="li", reason="r", now=self.now())

    def graded(self, release: Release, *, folder: Path | None = None) -> Register:
        self.hours += 1
        register = self.registers[release.release_id]
        record_register(
            self.ledger, city="sandbox", as_of=register.as_of, release_id=release.release_id,
            digest=register.digest, folder=folder or register.folder, counts={}, by="li", now=self.now(),
        )  # fmt: skip
        return register


@pytest.fixture
def town(city: Any, ledger: Ledger, tmp_path: Path) -> Town:
    releases = tmp_path / "releases" / "sandbox"
    shutil.copytree(city.release.folder, releases / city.release.release_id)
    new = with_lower_cuts(city.release, releases)
    worse = write_register(new, city.snapshot, city.attributes, folder=tmp_path / "register")
    place = Place(
        city="sandbox", ledger_address=ledger.engine.url.render_as_string(), plans_folder=tmp_path,
        releases_folder=releases, lake_folder=city.home / "sandbox" / "lake",
    )  # fmt: skip
    made = Town(
        ledger=ledger, place=place, old=city.release, new=new,
        registers={city.release.release_id: city.register, new.release_id: worse},
    )  # fmt: skip
    made.live(city.release)
    made.graded(city.release)
    return made


def served(desk: Desk) -> tuple[str, str]:
    return desk.release.release_id, desk.register.digest


def test_promotion_grading_and_rollback_are_served_after_one_look(town: Town) -> None:
    follower = DeskFollower(town.place, now=town.now)
    first = follower()
    follower.look()
    assert follower() is first, "nothing changed"
    town.live(town.new)
    worse = town.graded(town.new)
    follower.look()
    assert served(follower()) == (town.new.release_id, worse.digest)
    entity_id = first.register.page(limit=1).lines[0].entity_id
    assert first.register.find(entity_id).entity_id == entity_id, "who is being answered keeps the old desk"
    town.back()
    follower.look()
    assert served(follower()) == served(first)
    assert follower().behind is None


def test_a_release_without_a_register_leaves_the_old_one_served_and_says_so(
    town: Town, token_for: Callable[..., str]
) -> None:
    follower = DeskFollower(town.place, now=town.now)
    before = follower()
    town.live(town.new)
    follower.look()
    assert served(follower()) == served(before)
    assert isinstance(follower().behind, NothingToServe)
    app = create_app(follower)
    with TestClient(app) as stranger:
        assert stranger.get("/livez").text == "ok\n"
        for path in ("/readyz", "/healthz"):
            told = stranger.get(path)
            assert told.status_code == 200
            assert "behind the ledger" in told.text
            assert town.new.release_id not in told.text, "a stranger is told no names"
    planner, administrator = (
        TestClient(app, headers={"Authorization": f"Bearer {token_for(role, person=role)}"})
        for role in ("planner", "administrator")
    )
    assert "暂不能启用；现展示此前的登记册" in planner.get("/", headers={"Accept": "text/html"}).text
    answer = planner.get("/api/v1/live").json()
    assert (answer["release_id"], answer["register_digest"]) == served(before)
    assert answer["behind"] == {"expected": None, "got": None, "todo": None}
    assert town.new.release_id in administrator.get("/api/v1/live").json()["behind"]["expected"]
    town.graded(town.new)
    follower.look()
    assert administrator.get("/api/v1/live").json()["behind"] is None
    assert administrator.get("/readyz").text == "ok\n"
    assert "暂不能启用" not in planner.get("/", headers={"Accept": "text/html"}).text


def test_a_damaged_register_is_not_served_and_is_tried_again_later(
    town: Town, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    follower = DeskFollower(town.place, now=town.now)
    before = follower()
    whole = town.registers[town.new.release_id].folder
    broken = Path(shutil.copytree(whole, tmp_path / "broken"))
    (broken / "register.parquet").write_bytes(b"not what was written")
    town.live(town.new)
    town.graded(town.new, folder=broken)
    for _ in range(3):
        follower.look()
    assert served(follower()) == served(before)
    assert "with SHA-256" in str(follower().behind)
    assert caplog.text.count("still serving release") == 1, "told once, not at every look"
    shutil.copy(whole / "register.parquet", broken)
    follower.look()
    assert follower().behind is not None, "millions of rows are not read again every two seconds"
    for _ in range(PATIENCE):
        follower.look()
    assert served(follower())[0] == town.new.release_id
    assert follower().behind is None


def test_the_watch_outlives_a_ledger_that_fails(town: Town) -> None:
    follower = DeskFollower(town.place, now=town.now)
    before = follower()
    with town.ledger.writing() as session:
        session.execute(text("ALTER TABLE deployments RENAME TO gone"))
    follower.look()
    assert served(follower()) == served(before)
    assert "no such table" in str(follower().behind)
    with town.ledger.writing() as session:
        session.execute(text("ALTER TABLE gone RENAME TO deployments"))
    follower.look()
    assert follower().behind is None


def test_it_looks_by_itself_until_told_to_end(town: Town) -> None:
    follower, over = DeskFollower(town.place, now=town.now), threading.Event()
    watch = follower.follow(seconds=0.05, until=over)
    town.live(town.new)
    town.graded(town.new)
    deadline = time.monotonic() + 20
    while served(follower())[0] != town.new.release_id and time.monotonic() < deadline:
        time.sleep(0.05)
    over.set()
    watch.join(20)
    assert served(follower())[0] == town.new.release_id
    assert not watch.is_alive()
