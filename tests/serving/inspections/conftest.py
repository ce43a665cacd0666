"""A ledger with a small register of grades, and a ceremony that takes a plan through its steps."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from serving.inspections.plans.ceremony import commit_secret, reveal_secret
from serving.inspections.plans.plan import Plan, PlanDraft
from serving.inspections.plans.steps import DrawnPlan, create_plan, draw_plan, freeze_plan, void_plan
from serving.inspections.plans.terms import PlanTerms
from serving.ledger.database import Ledger, migrate, open_ledger
from serving.sampling.frame import Stratification
from serving.sampling.policy import parse_ratios
from serving.sampling.tickets import commitment_of
from tests.serving.postgres_cluster import cluster

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


@dataclass(frozen=True)
class SmallRegister:
    """200 entities: every twentieth D, every tenth C, every third B, the rest A; two regions."""

    digest: str = "ab" * 32

    def rows(self, region_prefix: str) -> Iterable[tuple[str, str, str | None]]:
        for number in range(200):
            grade = "D" if number % 20 == 0 else "C" if number % 10 == 0 else "B" if number % 3 == 0 else "A"
            region = "110101" if number % 2 else "110102"
            if region.startswith(region_prefix):
                yield f"企业-{number:03d}", grade, region


@dataclass(frozen=True)
class Ceremony:
    """The steps of a plan with everything but the interesting part filled in; secrets follow from names."""

    ledger: Ledger
    folder: Path
    register: SmallRegister

    def create(self, region: str = "", by_region: bool = False, terms: PlanTerms | None = None) -> str:
        draft = PlanDraft(
            title="Third quarter",
            city="sandbox",
            as_of=date(2026, 6, 30),
            release_id="r1",
            register_digest="ab" * 32,
            ratios=parse_ratios("A=0.02,B=0.05,C=0.2,D=1"),
            region_prefix=region,
            stratification=Stratification.REGION_AND_GRADE if by_region else Stratification.GRADE,
        )
        return create_plan(self.ledger, draft, by="Li", now=NOON, terms=terms).plan_id

    def freeze(self, plan_id: str, exclusions: dict[str, str] | None = None) -> Plan:
        return freeze_plan(
            self.ledger,
            plan_id,
            register=self.register,
            folder=self.folder,
            by="Li",
            now=NOON,
            exclusions=exclusions,
        )

    def secret(self, official: str) -> str:
        return hashlib.sha256(official.encode()).hexdigest()

    def commit(self, plan_id: str, official: str, by: str = "") -> Plan:
        promised = commitment_of(plan_id, official, self.secret(official))
        return commit_secret(
            self.ledger, plan_id, official=official, commitment=promised, by=by or official, now=NOON
        )

    def reveal(self, plan_id: str, official: str, secret: str | None = None, by: str = "") -> Plan:
        opened = secret or self.secret(official)
        return reveal_secret(
            self.ledger, plan_id, official=official, secret=opened, by=by or official, now=NOON
        )

    def draw(self, plan_id: str) -> DrawnPlan:
        return draw_plan(self.ledger, plan_id, folder=self.folder, by="Li", now=NOON)

    def void(self, plan_id: str, reason: str = "wrong quarter", by: str = "Wu") -> Plan:
        return void_plan(self.ledger, plan_id, reason=reason, by=by, now=NOON)

    def revealed(self, **how: object) -> str:
        plan_id = self.create(**how)  # type: ignore[arg-type]
        self.freeze(plan_id)
        self.open_seed(plan_id)
        return plan_id

    def open_seed(self, plan_id: str) -> None:
        for official in ("Wu", "李"):
            self.commit(plan_id, official)
        for official in ("李", "Wu"):
            self.reveal(plan_id, official)


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once; each test takes a copy."""
    file = tmp_path_factory.mktemp("ledger") / "empty.sqlite"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def new_ceremony(empty_ledger: Path, tmp_path: Path) -> Iterator[Callable[[], Ceremony]]:
    """A maker of ceremonies, each with a ledger and a folder of its own."""
    opened: list[Ledger] = []

    def made() -> Ceremony:
        folder = tmp_path / f"city-{len(opened)}"
        folder.mkdir()
        shutil.copy(empty_ledger, folder / "ledger.sqlite")
        opened.append(open_ledger(f"sqlite:///{folder}/ledger.sqlite"))
        return Ceremony(ledger=opened[-1], folder=folder / "plans", register=SmallRegister())

    yield made
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ceremony(new_ceremony: Callable[[], Ceremony]) -> Ceremony:
    return new_ceremony()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Ledger]:
    """A migrated ledger on a real PostgreSQL; rows stay, so tests take plans of their own."""
    with cluster() as address:
        migrate(address)
        opened = open_ledger(address)
        yield opened
        opened.close()
