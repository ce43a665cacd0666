"""What admission keeps for those who measure quality: who sent each row, month and key of rejected ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from data_contracts.quality import measure

FEED = """
[[feed]]
name = "{name}"
table = "complaints"
file = "{file}"
provider = "{provider}"
reject_limit = 1.0
[feed.columns]
complaint_id = "id"
entity_id = "entity"
channel = {{ value = "letter" }}
kind = {{ value = "complaint" }}
occurred_on = "day"
known_on = "day"
"""
HEAD = 'city = "town"\ntitle = "Town"\nexported_on = 2024-06-30\n'
Read = Callable[[Any, str], list[dict[str, Any]]]


def two_offices(town: Any) -> Any:
    """Rows of two offices whose entities alternate; c is sent by both, and one day of the second is none."""
    town.write("one.csv", "id,entity,day\na,E1,2024-01-02\nc,E3,2024-01-04\nd,E5,2024-02-01\n")
    town.write(
        "two.csv", "id,entity,day\nb,E2,2024-01-03\nc,E3,2024-01-04\ne,E4,2024-13-01\n,E6,2024-03-05\n"
    )
    feeds = (("first", "one.csv", "North"), ("second", "two.csv", "South"))
    text = "".join(FEED.format(name=name, file=file, provider=who) for name, file, who in feeds)
    return town.admit(town.mapping(HEAD + text))


def test_the_feed_of_each_row_stands_beside_the_table(town: Any, rows_of: Read) -> None:
    outcome = two_offices(town)
    beside = pq.read_table(outcome.lake.folder / "feeds" / "complaints.parquet")["feed"].to_pylist()
    sent = {
        row["complaint_id"]: feed for row, feed in zip(rows_of(outcome, "complaints"), beside, strict=True)
    }
    assert sent == {"a": "first", "b": "second", "c": "first", "d": "first"}


def test_a_table_of_one_feed_needs_no_list_of_feeds(town: Any) -> None:
    town.write_rows("letters.csv", [("1", "E1", "noise", "2024-01-02")])
    assert not (town.admit().lake.folder / "feeds").exists()


def test_a_rejected_row_keeps_its_month_and_key_as_far_as_they_can_be_read(
    town: Any, rejected_of: Read
) -> None:
    rejected = rejected_of(two_offices(town), "complaints")
    told = [(row["line"], row["reason"], row["key"], row["month"]) for row in rejected]
    assert told == [(4, "not_a_date", "e", None), (5, "missing", None, date(2024, 3, 1))]


def test_each_office_is_measured_by_its_own_rows(town: Any, tmp_path: Path) -> None:
    whole, north, south = measure(two_offices(town).lake, tmp_path, memory_limit="1GB").tables
    assert (whole.provider, north.provider, south.provider) == (None, "North", "South")
    assert (whole.total.read, north.total.read, south.total.read) == (7, 3, 4)
    shares = {entry.provider: entry.total.shares for entry in (north, south)}
    assert (shares["North"]["redundancy"].value, shares["South"]["redundancy"].value) == (1, 0.75)
    # Of the second office b is right and e is not; what came without a key was not judged so far.
    assert (shares["North"]["conformity"].value, shares["South"]["conformity"].value) == (1, 0.5)
