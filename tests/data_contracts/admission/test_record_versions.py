"""Events that are corrected, withdrawn, restored, repaired and completed later: each rule worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

Rows = Callable[..., list[dict[str, Any]]]
LISTINGS = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "lists"
table = "listings"
file = "**"
reject_limit = 1.0
[feed.columns]
listing_id = "id"
entity_id = "entity"
kind = { value = "abnormal" }
ground = "ground"
occurred_on = "day"
known_on = "known"
ended_on = "ended"
end_known_on = "end_known"
forgotten_on = "forgotten"
retracted = "retracted"
"""
LISTED = "id,entity,ground,day,known,ended,end_known,forgotten,retracted\n"
REPORTS = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "reports"
table = "annual_reports"
file = "*.csv"
[feed.columns]
report_id = "id"
entity_id = "entity"
report_year = "year"
occurred_on = "day"
known_on = "known"
amended = "amended"
employees = "employees"
"""
COMPLAINTS = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "letters"
table = "complaints"
file = "*.csv"
[feed.columns]
complaint_id = "id"
entity_id = "entity"
channel = { value = "letter" }
kind = { value = "complaint" }
occurred_on = "day"
known_on = "day"
outcome = "outcome"
outcome_known_on = "settled"
"""


class Lists:
    """Deliveries of listings, and what the lake makes of them."""

    def __init__(self, town: Any, rows_of: Rows, rejected_of: Rows) -> None:
        self.town, self.rows_of, self.rejected_of = town, rows_of, rejected_of

    def __call__(self, *deliveries: str) -> list[str]:
        """Versions as `known ground ended forgotten superseded retracted`, a dot for nothing."""
        for number, text in enumerate(deliveries):
            self.town.write(f"{number}.csv", LISTED + text)
        self.outcome = self.town.admit(self.town.mapping(LISTINGS))
        read, admitted, rejected, duplicates = self.outcome.report.totals
        assert read == admitted + rejected + duplicates
        return [
            " ".join(
                "." if row[name] is None else str(row[name]).removeprefix("2024-")
                for name in ("known_on", "ground", "ended_on", "forgotten_on", "superseded_on")
            )
            + (" retracted" if row["retracted"] else "")
            for row in self.rows_of(self.outcome, "listings")
        ]

    def faults(self) -> list[tuple[str, str, int]]:
        rejected = self.rejected_of(self.outcome, "listings")
        return [(row["reason"], row["column"], row["line"]) for row in rejected]


@pytest.fixture
def lists(town: Any, rows_of: Rows, rejected_of: Rows) -> Lists:
    return Lists(town, rows_of, rejected_of)


FIRST = "1,e,other,2024-01-01,2024-01-02,,,,\n"


def test_a_row_that_stands_alone_is_neither_retracted_nor_superseded(lists: Lists) -> None:
    assert lists(FIRST) == ["01-02 other . . ."]


def test_the_same_row_twice_is_one_row_and_a_duplicate(lists: Lists) -> None:
    assert lists(FIRST, FIRST) == ["01-02 other . . ."]
    assert lists.outcome.report.totals == (2, 1, 0, 1)


def test_an_end_delivered_later_completes_the_row(lists: Lists) -> None:
    ended = "1,e,other,2024-01-01,2024-01-02,2024-03-01,2024-03-04,,\n"
    assert lists(ended, FIRST) == ["01-02 other 03-01 . ."]


def test_a_repair_delivered_later_completes_the_row_and_the_earliest_of_two_holds(lists: Lists) -> None:
    repaired = "1,e,other,2024-01-01,2024-01-02,,,2024-05-0{},\n"
    assert lists(FIRST, repaired.format(7), repaired.format(3)) == ["01-02 other . 05-03 ."]


def test_two_different_ends_reject_every_row_of_that_key_and_day(lists: Lists) -> None:
    ends = [f"1,e,other,2024-01-01,2024-01-02,2024-03-0{day},2024-03-04,,\n" for day in (1, 2)]
    assert lists(FIRST + "".join(ends) + "2,e,other,2024-01-01,2024-01-02,,,,\n") == ["01-02 other . . ."]
    assert lists.faults() == [("conflicting_key", "ended_on", line) for line in (2, 3, 4)]


def test_anything_else_that_differs_on_one_day_rejects_all_its_rows(lists: Lists) -> None:
    assert lists(FIRST + "1,e,,2024-01-01,2024-01-02,,,,\n") == []
    assert lists.faults() == [("conflicting_key", "ground", 2), ("conflicting_key", "ground", 3)]


def test_a_conflict_of_one_day_leaves_the_versions_of_other_days(lists: Lists) -> None:
    conflict = "1,e,unreachable,2024-01-01,2024-02-02,,,,\n1,e,other,2024-01-03,2024-02-02,,,,\n"
    later = "1,e,unreachable,2024-01-01,2024-03-02,,,,\n"
    assert lists(FIRST, conflict, later) == ["01-02 other . . 03-02", "03-02 unreachable . . ."]
    assert lists.outcome.report.totals == (4, 2, 2, 0)


def test_a_correction_is_a_new_version_and_the_old_one_is_kept(lists: Lists) -> None:
    corrected = "1,e,unreachable,2024-01-01,2024-02-02,,,,\n"
    assert lists(corrected, FIRST) == ["01-02 other . . 02-02", "02-02 unreachable . . ."]


def test_a_correction_keeps_the_end_and_the_repair_that_it_does_not_state(lists: Lists) -> None:
    first = "1,e,other,2024-01-01,2024-01-02,2024-03-01,2024-03-04,2024-04-01,\n"
    corrected = "1,e,unreachable,2024-01-01,2024-02-02,,,,\n"
    assert lists(first, corrected) == ["01-02 other 03-01 04-01 02-02", "02-02 unreachable 03-01 04-01 ."]


def test_a_later_row_that_says_nothing_new_is_a_duplicate(lists: Lists) -> None:
    again = "1,e,other,2024-01-01,2024-02-02,,,,\n"
    assert lists(FIRST, again) == ["01-02 other . . ."]
    assert lists.outcome.report.totals == (2, 1, 0, 1)


def test_the_earliest_repair_holds_for_all_versions(lists: Lists) -> None:
    first = "1,e,other,2024-01-01,2024-01-02,,,2024-04-01,\n"
    corrected = "1,e,unreachable,2024-01-01,2024-02-02,,,2024-05-01,\n"
    assert lists(first, corrected) == ["01-02 other . 04-01 02-02", "02-02 unreachable . 04-01 ."]


def test_a_repair_in_a_later_row_that_says_nothing_else_makes_no_version(lists: Lists) -> None:
    assert lists(FIRST, "1,e,other,2024-01-01,2024-05-02,,,2024-05-01,\n") == ["01-02 other . 05-01 ."]


def test_a_retraction_needs_only_key_and_day_and_takes_the_rest_from_what_it_withdraws(lists: Lists) -> None:
    assert lists(FIRST, "1,,,,2024-02-02,,,,yes\n") == [
        "01-02 other . . 02-02",
        "02-02 other . . . retracted",
    ]
    assert lists.outcome.report.totals == (2, 2, 0, 0)
    withdrawn = lists.rows_of(lists.outcome, "listings")[1]
    assert (withdrawn["entity_id"], str(withdrawn["occurred_on"])) == ("e", "2024-01-01")


def test_what_a_retraction_says_of_other_columns_is_not_read(lists: Lists) -> None:
    assert lists(FIRST, "1,x,nonsense,soon,2024-02-02,2024-01-01,,,yes\n") == [
        "01-02 other . . 02-02",
        "02-02 other . . . retracted",
    ]


@pytest.mark.parametrize(
    ("row", "reason", "column"),
    [
        (",e,,,2024-02-02,,,,yes", "missing", "listing_id"),
        ("1,e,,,,,,,yes", "missing", "known_on"),
        ("1,e,,,2030-01-01,,,,yes", "known_in_future", "known_on"),
        ("1,e,,,2024-02-02,,,,perhaps", "not_true_or_false", "retracted"),
        ("1,e,,,2024-02-02,,,,no", "missing", "occurred_on"),
    ],
)
def test_a_retraction_is_still_checked_for_what_it_needs(
    lists: Lists, row: str, reason: str, column: str
) -> None:
    assert lists(FIRST, row + "\n") == ["01-02 other . . ."]
    assert lists.faults() == [(reason, column, 2)]


@pytest.mark.parametrize(
    "earlier", ["", "2,e,other,2024-01-01,2024-01-02,,,,\n", "1,e,other,2024-01-01,2024-03-01,,,,\n"]
)
def test_a_retraction_without_an_earlier_row_is_rejected(lists: Lists, earlier: str) -> None:
    lists("1,e,,,2024-02-02,,,,yes\n" + earlier)
    assert lists.faults() == [("nothing_to_retract", "retracted", 2)]
    assert lists.outcome.report.totals[1] == (1 if earlier else 0)


def test_a_retraction_of_rows_that_were_all_rejected_withdraws_nothing(lists: Lists) -> None:
    conflict = "1,e,unreachable,2024-01-01,2024-01-02,,,,\n"
    assert lists(FIRST, conflict, "1,,,,2024-02-02,,,,yes\n") == []
    assert {reason for reason, _, _ in lists.faults()} == {"conflicting_key", "nothing_to_retract"}


def test_a_row_and_its_retraction_of_one_day_conflict(lists: Lists) -> None:
    assert lists(FIRST, "1,,,,2024-01-02,,,,yes\n") == []
    assert lists.faults() == [("conflicting_key", "retracted", 2)] * 2


def test_a_second_retraction_is_a_duplicate(lists: Lists) -> None:
    twice = "1,,,,2024-02-02,,,,yes\n1,e,,,2024-02-02,,,,yes\n1,,,,2024-03-02,,,,yes\n"
    assert lists(FIRST, twice) == ["01-02 other . . 02-02", "02-02 other . . . retracted"]
    assert lists.outcome.report.totals == (4, 2, 0, 2)


def test_a_record_restored_after_a_retraction_is_a_version_again(lists: Lists) -> None:
    restored = "1,e,other,2024-01-01,2024-03-02,,,,\n"
    assert lists(restored, "1,,,,2024-02-02,,,,yes\n", FIRST) == [
        "01-02 other . . 02-02",
        "02-02 other . . 03-02 retracted",
        "03-02 other . . .",
    ]


def test_a_listing_that_was_ended_and_repaired_by_mistake_is_withdrawn_and_restored_clean(
    lists: Lists,
) -> None:
    ended = "1,e,other,2024-01-01,2024-01-02,2024-02-01,2024-02-01,2024-03-01,\n"
    restored = "1,e,other,2024-01-01,2024-02-12,,,,\n"
    assert lists(ended, "1,,,,2024-02-10,,,,yes\n", restored) == [
        "01-02 other 02-01 03-01 02-10",
        "02-10 other 02-01 03-01 02-12 retracted",
        "02-12 other . . .",
    ]


def test_a_repair_that_the_retraction_states_holds_for_what_it_withdraws(lists: Lists) -> None:
    assert lists(FIRST, "1,e,,,2024-03-01,,,2024-02-01,yes\n") == [
        "01-02 other . 02-01 03-01",
        "03-01 other . 02-01 . retracted",
    ]


def test_a_repair_in_rows_that_dispute_each_other_holds_though_they_are_rejected(lists: Lists) -> None:
    disputed = "1,e,{},2024-01-01,2024-03-01,,,2024-03-01,\n"
    assert lists(FIRST, disputed.format("other"), disputed.format("unreachable")) == ["01-02 other . 03-01 ."]
    assert [fault[0] for fault in lists.faults()] == ["conflicting_key"] * 2


@pytest.mark.parametrize(
    ("rows", "completing"),
    [
        (FIRST + FIRST, 0),
        (FIRST + "1,e,other,2024-01-01,2024-01-02,2024-03-01,2024-03-04,,\n" * 2, 1),
        (FIRST + "1,e,other,2024-01-01,2024-01-02,,,2024-05-01,\n" * 2, 1),
        (FIRST + "1,e,other,2024-01-01,2024-02-02,,,2024-05-01,\n" * 2, 1),
        (FIRST + "1,e,other,2024-01-01,2024-02-02,2024-03-01,2024-03-04,2024-05-01,\n" * 2, 0),
        # The end is news on the first day only; the second version repeats it.
        (
            "1,e,other,2024-01-01,2024-01-02,2024-03-01,2024-03-04,,\n"
            "1,e,unreachable,2024-01-01,2024-02-02,,,,\n"
            "1,e,unreachable,2024-01-01,2024-02-02,2024-03-01,2024-03-04,,\n",
            0,
        ),
        # After a retraction it is news again.
        (
            "1,e,other,2024-01-01,2024-01-02,2024-03-01,2024-03-04,,\n1,,,,2024-02-01,,,,yes\n"
            "1,e,other,2024-01-01,2024-02-02,,,,\n"
            "1,e,other,2024-01-01,2024-02-02,2024-03-01,2024-03-04,,\n",
            1,
        ),
    ],
)
def test_the_first_duplicate_that_states_an_end_or_a_repair_completes(
    lists: Lists, rows: str, completing: int
) -> None:
    lists(rows)
    account = pq.read_table(lists.outcome.lake.folder / "account.parquet").to_pylist()
    found = {line["reason"]: line["rows"] for line in account if line["outcome"] == "duplicate"}
    assert found.get("completes", 0) == completing
    assert sum(found.values()) == lists.outcome.report.totals[3]


def test_deliveries_may_lie_in_folders_and_come_in_any_order(lists: Lists, new_town: Any) -> None:
    rows = [
        "1,,,,2024-02-02,,,,yes\n",
        FIRST,
        "1,e,unreachable,2024-01-01,2024-03-02,2024-04-01,2024-04-02,,\n",
    ]
    lists(*rows)
    other = new_town()
    (other.raw / "2024").mkdir()
    other.write("2024/all.csv", LISTED + "".join(reversed(rows)))
    other.write("again.csv", LISTED + rows[0] + rows[2])
    assert other.admit(other.mapping(LISTINGS)).lake.digest == lists.outcome.lake.digest


def test_an_amended_annual_report_is_a_version_known_on_its_own_day(town: Any, rows_of: Rows) -> None:
    town.write(
        "first.csv", "id,entity,year,day,known,amended,employees\n1,e,2023,2024-03-01,2024-03-01,no,5\n"
    )
    town.write(
        "amended.csv", "id,entity,year,day,known,amended,employees\n1,e,2023,2024-03-01,2024-06-01,yes,50\n"
    )
    rows = rows_of(town.admit(town.mapping(REPORTS)), "annual_reports")
    found = [
        (str(row["known_on"]), row["amended"], row["employees"], str(row["superseded_on"])) for row in rows
    ]
    assert found == [("2024-03-01", False, 5, "2024-06-01"), ("2024-06-01", True, 50, "None")]


def test_a_pending_complaint_is_settled_by_a_later_delivery(town: Any, rows_of: Rows) -> None:
    head = "id,entity,day,outcome,settled\n"
    town.write("january.csv", head + "1,e,2024-01-01,pending,\n2,e,2024-01-01,pending,\n3,e,2024-01-01,,\n")
    town.write("march.csv", head + "1,e,2024-01-01,upheld,2024-03-01\n3,e,2024-01-01,pending,\n")
    outcome = town.admit(town.mapping(COMPLAINTS))
    assert [(row["outcome"], str(row["outcome_known_on"])) for row in rows_of(outcome, "complaints")] == [
        ("upheld", "2024-03-01"),
        ("pending", "None"),
        ("pending", "None"),
    ]
    assert outcome.report.totals == (5, 3, 0, 2)
