"""A city of one test: its records, its ledger, the people in it, and a server in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn

from serving.__main__ import app as serving
from serving.ledger.database import open_ledger
from serving.ledger.tokens import create_token
from serving.process import Address, _ready, free_address
from serving.web.app import create_app
from serving.web.opening import Place, open_desk
from tests.serving.conftest import City, with_ledger
from tests.serving.plan_lives import People
from tests.typed import typed

FORK = multiprocessing.get_context("fork")
PLANNERS, OFFICIALS = ("陈晨", "林立"), ("吴平", "郑安")


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Where a city of one test lies, with a ledger of its own; commands and a server work on it."""

    home: Path
    releases: Path

    def copy(self, city: City) -> None:
        """Takes another city's records and release, and begins a ledger."""
        shutil.copytree(
            city.home / "sandbox", self.folder, ignore=shutil.ignore_patterns("ledger.sqlite*", "plans")
        )
        with_ledger(replace(city, home=self.home))

    def keep_rosters(self) -> None:
        """The items, inspectors and tagged objects of the sandbox."""
        for roster in ("items", "inspectors"):
            self.command(roster, "import", "--preset", "sandbox", "--by", PLANNERS[0])
        self.command("objects", "build")

    @property
    def folder(self) -> Path:
        """All records of the city."""
        return self.home / "sandbox"

    @property
    def place(self) -> Place:
        """The same as a server is told."""
        return Place(
            city="sandbox", ledger_address=self.address, releases_folder=self.releases / "sandbox",
            lake_folder=self.folder / "lake", plans_folder=self.folder / "plans",
            snapshots_folder=self.folder / "snapshots", raw_folder=self.folder / "raw",
        )  # fmt: skip

    @property
    def address(self) -> str:
        return f"sqlite:///{self.folder}/ledger.sqlite"

    def command(self, *words: str, home: Path | None = None, app: Any = serving) -> str:
        """A command of ours; what it says."""
        settings = {
            **os.environ, "XINHENG_HOME": str(home or self.home), "XINHENG_RELEASES": str(self.releases),
            "XINHENG_CITY": "sandbox", "COLUMNS": "200", "NO_COLOR": "1",
        }  # fmt: skip
        done = typed(app, *words, settings=settings)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def people(self) -> People:
        """Two planners and two officials with their tokens."""
        ledger, now = open_ledger(self.address), datetime.now(UTC)
        ends = now.date() + timedelta(days=2)
        made = [
            [(one, create_token(ledger, person=one, role=role, expires_on=ends, now=now)) for one in persons]
            for role, persons in (("planner", PLANNERS), ("supervisor", OFFICIALS))
        ]
        ledger.close()
        return People(planners=made[0], officials=made[1])

    @contextmanager
    def launched(self) -> Iterator[tuple[Address, int]]:
        """The web app over this city in a process of its own."""
        address = free_address("127.0.0.1", 18_800)
        process = FORK.Process(target=self.serve, args=(address,))
        process.start()
        while not _ready(address):
            assert process.is_alive()
            time.sleep(0.02)
        try:
            yield address, process.pid or 0
        finally:
            process.kill()
            process.join()

    def serve(self, address: Address) -> None:
        """What the process does."""
        desk = open_desk(self.place, now=lambda: datetime.now(UTC))
        uvicorn.run(create_app(lambda: desk), host=address.host, port=address.port, log_level="error")
