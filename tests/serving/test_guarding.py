"""A register held against the one a month before: who was held is known, told and reproducible."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.snapshot import Snapshot
from models.change_guard import PastRefused
from models.decision import Decision
from serving.__main__ import app
from serving.grading import past_of, write_register
from serving.ledger.database import Ledger
from serving.ledger.registers import previous_register, record_register
from serving.register import Register
from serving.web.app import create_app
from serving.web.desk import Desk
from tests.serving.conftest import MARGIN, NOW, TODAY, described
from tests.serving.web.conftest import TestClient
from tests.typed import typed

BEFORE = date(2026, 5, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """Two registers of one release, a month apart, and how to write the second again."""

    first: Register
    second: Register
    earlier: Snapshot
    write: Callable[[Path], Register]


@pytest.fixture(scope="module")
def months(city: Any, tmp_path_factory: pytest.TempPathFactory) -> Months:
    folder = tmp_path_factory.mktemp("months")
    earlier, attributes = described(city.lake, folder / "snapshots", BEFORE)
    first = write_register(city.release, earlier, attributes, folder=folder / "register")

    def write(where: Path) -> Register:
        return write_register(city.release, city.snapshot, city.attributes, folder=where, previous=first)

    return Months(first=first, second=write(folder / "register"), earlier=earlier, write=write)


def decisions(register: Register) -> dict[str, Decision]:
    ids = pq.read_table(register.path, columns=["entity_id"])["entity_id"].to_pylist()
    return {entity_id: register.find(entity_id).decision for entity_id in ids}


def log_odds(probability: float) -> float:
    return float(np.log(probability) - np.log1p(-probability))


def test_a_first_register_has_no_past_and_says_so(months: Months) -> None:
    card = months.first.card
    assert (card.previous_as_of, card.previous_digest, card.held) == ("", "", 0)
    assert not any(decision.held for decision in decisions(months.first).values())


def test_a_held_grade_is_near_its_border_and_was_not_beyond_it_before(city: Any, months: Months) -> None:
    """Checked by hand, one entity at a time, against what the guard promises."""
    before, now = decisions(months.first), decisions(months.second)
    held = {entity_id: decision for entity_id, decision in now.items() if decision.held}
    assert len(held) == months.second.card.held > 0
    cuts = [log_odds(cut) for cut in city.release.cuts.cuts]
    for entity_id, decision in held.items():
        past = before[entity_id]
        crossed = min(abs(log_odds(decision.probability) - cut) for cut in cuts)
        assert crossed < MARGIN
        assert past.model_grade is not decision.model_grade
        assert decision.guarded_grade is past.guarded_grade
    for entity_id in now.keys() - before.keys():
        assert not now[entity_id].held, "a newcomer has no past"
    assert all(
        d.grade == max(d.guarded_grade, *(hit.rule.grade for hit in d.rules), "A") for d in now.values()
    )


def test_the_same_past_gives_the_same_digest_and_another_past_another(
    city: Any, months: Months, tmp_path: Path
) -> None:
    again = months.write(tmp_path)
    assert again.digest == months.second.digest != city.register.digest
    assert again.folder.name == months.second.folder.name != city.register.folder.name
    assert again.card.previous_digest == months.first.digest
    assert again.card.previous_as_of == "2026-05-31"


def test_the_past_stands_beside_its_own_entities(city: Any, months: Months) -> None:
    past, before = past_of(months.first, city.snapshot), decisions(months.first)
    ids = city.snapshot.read(["entity_id"])["entity_id"].to_pylist()
    for entity_id, grade, probability in zip(ids, past.grade, past.probability, strict=True):
        told = before.get(entity_id)
        assert (grade, told is None) == (
            told.guarded_grade.value if told else "",
            bool(np.isnan(probability)),
        )
        assert told is None or told.probability == probability


def test_a_register_of_a_later_day_or_another_release_is_no_past(
    city: Any, months: Months, tmp_path: Path
) -> None:
    with pytest.raises(PastRefused, match=r"before 2026-05-31; got one of sandbox by .* as of 2026-06-30"):
        write_register(city.release, months.earlier, city.attributes, folder=tmp_path, previous=city.register)
    other = Register(months.first.folder, dataclasses.replace(months.first.card, release_id="other"))
    with pytest.raises(PastRefused, match="got one of sandbox by other"):
        write_register(city.release, city.snapshot, city.attributes, folder=tmp_path, previous=other)


def test_the_ledger_knows_which_register_came_a_month_before(ledger: Ledger) -> None:
    """One of last week would let a step of a week pass for one that lasted two months."""

    def recorded(as_of: date, release_id: str = "r", digest: str = "d") -> None:
        record_register(
            ledger, city="c", as_of=as_of, release_id=release_id, digest=digest, folder="f", counts={},
            by="Li", now=NOW,
        )  # fmt: skip

    def before(as_of: date) -> str | None:
        row = previous_register(ledger, "c", release_id="r", as_of=as_of)
        return row and f"{row.as_of} {row.digest}"

    assert before(TODAY) is None
    recorded(TODAY - timedelta(days=7))
    recorded(BEFORE, release_id="another")
    assert before(TODAY) is None
    recorded(date(2026, 4, 30))
    recorded(BEFORE, digest="first")
    recorded(BEFORE, digest="second")
    assert before(TODAY) == "2026-05-31 second"
    assert before(BEFORE) == "2026-04-30 d"


def test_page_and_interface_tell_what_was_held_and_against_what(
    desk: Desk, months: Months, token_for: Callable[..., str]
) -> None:
    held = next(key for key, decision in decisions(months.second).items() if decision.held)
    free = next(key for key, decision in decisions(months.second).items() if not decision.held)
    guarded = dataclasses.replace(desk, register=months.second)
    with TestClient(create_app(lambda: guarded), headers={"Authorization": f"Bearer {token_for()}"}) as web:
        page = web.get(f"/entities/{held}", headers={"Accept": "text/html"}).text
        english = web.get(f"/entities/{held}?language=en", headers={"Accept": "text/html"}).text
        answer = web.get(f"/api/v1/entities/{held}").json()
        other = web.get(f"/api/v1/entities/{free}").json()
    decision = answer["decision"]
    now, kept = decision["model_grade"], decision["guarded_grade"]
    assert now != kept
    assert decision["guard_zh"] == (
        f"概率刚刚越过{now}级的界线；在明显越过或连续两个月越过之前，模型等级保持{kept}级。"
    )
    assert decision["guard_zh"] in page
    assert "对照截至 2026-05-31 的登记册" in page
    assert f"just within {now}; the model&#39;s grade stays {kept} until" in english
    assert answer["previous_register_digest"] == months.first.digest
    assert (other["decision"]["guard_zh"], other["decision"]["guard_en"]) == ("", "")


def test_the_command_holds_each_month_against_the_one_before(city: Any, tmp_path: Path) -> None:
    settings = {
        **os.environ, "XINHENG_HOME": str(city.home), "XINHENG_RELEASES": str(city.releases),
        "XINHENG_CITY": "sandbox", "COLUMNS": "200",
        "XINHENG_LEDGER_URL": f"sqlite:///{shutil.copy(city.ledger_url[10:], tmp_path)}",
    }  # fmt: skip
    told = []
    for day in ("2026-05-31", "2026-06-30"):
        done = typed(app, "grade", "--as-of", day, "--by", "li", settings=settings)
        assert done.returncode == 0, done.stderr
        told.append(" ".join(done.stdout.split()))
    assert "No register of this release is a month older" in told[0]
    assert "Held against the register as of 2026-05-31: the change guard kept" in told[1]
