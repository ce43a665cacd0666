"""Ids that no entity has are counted, and known ids one character away are told; nothing is repaired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_contracts.admission import near_misses
from data_contracts.report import as_markdown, report_of

KNOWN = "91110105MA00ABCD1X"
OTHER = "91110105MA00ABCD2X"
MAPPING = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "register"
table = "entities"
file = "register.csv"
reject_limit = 1.0
[feed.columns]
entity_id = "id"
id_kind = { value = "local" }
known_on = "known"
[[feed]]
name = "letters"
table = "complaints"
file = "letters.csv"
[feed.columns]
complaint_id = "id"
entity_id = "entity"
channel = { value = "letter" }
kind = { value = "complaint" }
occurred_on = { value = 2024-01-01 }
known_on = { value = 2024-01-01 }
"""


@pytest.fixture
def admitted(town: Any) -> Callable[..., tuple[Any, list[tuple[Any, ...]]]]:
    def admit(*given: str, known: tuple[str, ...] = (KNOWN, OTHER)) -> tuple[Any, list[tuple[Any, ...]]]:
        rows = [f"{entity},2024-01-01" for entity in known]
        town.write("register.csv", "\n".join(["id,known", *rows]) + "\n")
        town.write("letters.csv", "\n".join(["id,entity", *(f"{n},{e}" for n, e in enumerate(given))]) + "\n")
        outcome = town.admit(town.mapping(MAPPING))
        found = pq.read_table(outcome.lake.folder / "near_misses.parquet").to_pylist()
        return outcome, [tuple(row.values()) for row in found]

    return admit


def changed(place: int, character: str = "Z", text: str = KNOWN) -> str:
    return text[:place] + character + text[place + 1 :]


def test_one_other_character_at_any_place_is_near(admitted: Any) -> None:
    given = [changed(place) for place in range(len(KNOWN))]
    pairs = {(text, KNOWN) for text in given} | {(changed(16), OTHER)}
    assert set(admitted(*given, *given)[1]) == {
        ("complaints", text, known, 2, "events") for text, known in pairs
    }


def test_anything_farther_is_only_unknown(admitted: Any) -> None:
    farther = (
        KNOWN[:-1],  # shorter
        KNOWN + "1",  # longer
        changed(3, text=changed(4)),  # two characters
        changed(3, "中"),  # no letter or digit that an id may have
        "abc",
    )
    outcome, found = admitted(KNOWN, *farther)
    assert found == []
    (count,) = outcome.report.strangers
    assert (count.table, count.rows, count.ids, count.near_ids, count.not_compared) == (
        "complaints", 5, 5, 0, 1
    )  # fmt: skip


def test_short_ids_are_not_compared(admitted: Any) -> None:
    known = ("12345678901234", "123456789012345")
    found = admitted("1234567890123X", "12345678901234X", known=known)[1]
    assert [row[1] for row in found] == ["12345678901234X"]


def test_the_id_of_a_rejected_entity_is_compared_as_well(town: Any) -> None:
    town.write("register.csv", f"id,known\n{KNOWN},2024-01-01\n{changed(2)},2030-01-01\n{KNOWN},2031-01-01\n")
    town.write("letters.csv", f"id,entity\n1,{KNOWN}\n")
    outcome = town.admit(town.mapping(MAPPING))
    found = pq.read_table(outcome.lake.folder / "near_misses.parquet").to_pylist()
    assert [tuple(row.values()) for row in found] == [("entities", changed(2), KNOWN, 1, "rejected")]
    (count,) = outcome.report.strangers
    assert str(count) == (
        "entities: 1 rejected rows name 1 ids that no entity has; "
        "one character off a known id: 1 ids in 1 rows"
    )


def test_the_lake_keeps_the_unknown_id_as_it_came(admitted: Any, rows_of: Any) -> None:
    outcome, _ = admitted(changed(5))
    assert [row["entity_id"] for row in rows_of(outcome, "complaints")] == [changed(5)]


def test_the_report_tells_it_and_is_read_back(admitted: Any) -> None:
    outcome, _ = admitted(changed(5), changed(5), "nobody")
    told = "complaints: 3 rows name 2 ids that no entity has; one character off a known id: 1 ids in 2 rows"
    assert as_markdown(outcome.report).endswith(f"- {told}\n")
    assert report_of(outcome.report.as_json()) == outcome.report


def test_too_many_unknown_ids_are_told_and_the_first_are_compared(
    admitted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_misses, "MOST_COMPARED", 1)
    outcome, found = admitted(changed(5, "Y"), changed(5, "Z"))
    assert [given for _, given, *_ in found] == [changed(5, "Y")]
    assert str(outcome.report.strangers[0]).endswith("; not compared with known ids: 1")


def test_without_a_register_nothing_is_unknown(town: Any) -> None:
    town.write_rows("a.csv", [("1", "甲", "food", "2024-01-02")])
    outcome = town.admit()
    assert outcome.report.strangers == ()
    assert pq.read_table(outcome.lake.folder / "near_misses.parquet").num_rows == 0
