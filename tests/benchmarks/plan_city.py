"""The city and service that plan_life runs on: made with the ordinary commands, started, timed, compared."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from serving.ledger.database import open_ledger
from serving.ledger.tokens import create_token
from serving.process import Address, free_address, served
from tests.serving.killable import Killable
from tests.serving.ledger_twins import copied
from tests.serving.plan_lives import Lives, People

PLANNERS, OFFICIALS = ("planner-one", "planner-two"), ("official-one", "official-two")
AS_OF = "2026-06-30"


@dataclass(kw_only=True)
class Life:
    """A run: the city, the service over it, what each step took and what differs."""

    home: Path
    entities: int
    steps: list[tuple[str, float, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lives: Lives | None = None

    @property
    def city(self) -> Path:
        """The city's folder."""
        return self.home / "sandbox"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of commands and service."""
        return self.environment_of(self.home)

    def environment_of(self, home: Path) -> dict[str, str]:
        """The same for a copy of the city."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("XINHENG_")}
        return kept | {
            "XINHENG_CITY": "sandbox", "XINHENG_HOME": str(home), "NO_COLOR": "1",
            "XINHENG_RELEASES": str(self.home / "releases"), "BENTOML_DO_NOT_TRACK": "True",
            "XINHENG_LEDGER_URL": f"sqlite:///{home}/sandbox/ledger.sqlite",
            "BENTOML_HOME": str(self.city / "bentoml"),
        }  # fmt: skip

    @contextmanager
    def timed(self, step: str) -> Iterator[list[str]]:
        """Takes the time of a step; what is appended stands beside it."""
        told: list[str] = []
        begun = time.perf_counter()
        yield told
        self.steps.append((step, time.perf_counter() - begun, "; ".join(told)))
        typer.echo(f"{step:34} {self.steps[-1][1]:8.2f} s  {self.steps[-1][2]}")

    def command(self, *words: str, home: Path | None = None) -> str:
        """A command of ours; its output."""
        run = subprocess.run(
            [sys.executable, "-m", *words], env=self.environment_of(home or self.home), capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        if run.returncode:
            raise AssertionError(f"{' '.join(words)}: {run.stdout[-800:]}{run.stderr[-1500:]}")
        return run.stdout

    def expect(self, holds: bool, fault: str) -> None:
        """Keeps a fault for the end."""
        if not holds:
            self.faults.append(fault)
            typer.echo(f"DIFFERS: {fault}")

    @property
    def by_http(self) -> Lives:
        """The people at the service."""
        if self.lives is None:
            raise AssertionError("start it first")
        return self.lives


def made_city(life: Life) -> None:
    """The city from its records to the service's first page, with the ordinary commands."""
    if not (life.city / "register").is_dir():
        with life.timed("make the city"):
            life.command("data_contracts", "sandbox", "--entities", str(life.entities))
            life.command("data_contracts", "admit")
            life.command("training", "fit", "--by", "analyst")
            life.command("serving", "migrate")
            why = ("--reason", "a journey", "--despite", "all", "--because", "nobody is inspected by it")
            life.command("serving", "promote", "latest", "--by", "supervisor", *why)
            life.command("serving", "grade", "--as-of", AS_OF, "--by", "supervisor")
            for roster in ("items", "inspectors"):
                life.command("serving", roster, "import", "--preset", "sandbox", "--by", "planner")
            life.command("serving", "objects", "build")
        copied(life.city, life.home / "untouched" / "sandbox")
    else:
        for name in ("plans", "results", "ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"):
            subprocess.run(["rm", "-rf", str(life.city / name)], check=True)
        copy = life.home / "untouched" / "sandbox" / "ledger.sqlite"
        (life.city / "ledger.sqlite").write_bytes(copy.read_bytes())
        life.command("serving", "migrate")
    subprocess.run(["rm", "-rf", str(life.city / "raw" / "returned")], check=True)


def people_of(life: Life) -> People:
    """Tokens for two planners and two officials."""
    ledger = open_ledger(life.environment["XINHENG_LEDGER_URL"])
    now = datetime.now(UTC)
    ends = now.date() + timedelta(days=30)
    tokens = {
        person: create_token(ledger, person=person, role=role, expires_on=ends, now=now)
        for role, persons in (("planner", PLANNERS), ("supervisor", OFFICIALS))
        for person in persons
    }
    ledger.close()
    return People(
        planners=[(one, tokens[one]) for one in PLANNERS], officials=[(one, tokens[one]) for one in OFFICIALS]
    )


def service_of(life: Life) -> Killable:
    """The service as `python -m serving run` starts it."""

    @contextmanager
    def launch() -> Iterator[tuple[Address, int]]:
        address = free_address("127.0.0.1", 18_700)
        with served(address, settings=life.environment, log=life.city / "service.log") as process:
            yield address, process.pid

    return Killable(launch=launch)
