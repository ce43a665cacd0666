"""Any shuffling, splitting and repeating of files gives the same lake, and the account holds every row."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.account import AccountLine, balance

MAPPING = """
city = "town"
exported_on = 2024-06-30
[[feed]]
name = "register"
table = "entities"
file = "**register*"
provider = "Registry"
reject_limit = 1.0
[feed.columns]
entity_id = "id"
id_kind = { value = "local" }
name = "text"
known_on = "known"
[[feed]]
name = "lists"
table = "listings"
file = "**lists*"
reject_limit = 1.0
[feed.columns]
listing_id = "id"
entity_id = "entity"
kind = { value = "abnormal" }
ground = "text"
occurred_on = "day"
known_on = "known"
ended_on = "ended"
end_known_on = "ended"
forgotten_on = "forgotten"
retracted = "retracted"
"""
HEAD = {"register": "id,text,known", "lists": "id,entity,text,day,known,ended,forgotten,retracted"}
KNOWN = st.sampled_from(["2024-01-02", "2024-02-03", "2024-02-04", "2024-13-01", "2030-01-01", ""])
ENTITIES = st.tuples(st.sampled_from(["e1", "e2", ""]), st.sampled_from(["", "A", "B"]), KNOWN)
LISTINGS = st.tuples(
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from(["e1", "e1", "e9", ""]),
    st.sampled_from(["", "other", "other", "nonsense"]),
    st.sampled_from(["2024-01-01", "2024-01-01", "2024-01-02", "soon"]),
    KNOWN,
    st.sampled_from(["", "", "2024-03-01", "2024-03-02", "2023-01-01"]),
    st.sampled_from(["", "", "2024-05-01", "2024-06-01"]),
    st.sampled_from(["", "no", "yes", "perhaps"]),
)
Sources = dict[str, list[tuple[str, ...]]]


def deliver(town: Any, name: str, rows: list[tuple[str, ...]], file: str) -> None:
    (town.raw / file).parent.mkdir(exist_ok=True)
    town.write(file, "\n".join([HEAD[name], *(",".join(row) for row in rows)]) + "\n")


def scattered(town: Any, sources: Sources, chance: random.Random) -> dict[str, int]:
    """The same rows in another order, cut into files in folders, some files twice; rows delivered by feed."""
    delivered = {}
    for name, rows in sources.items():
        mixed = chance.sample(rows, len(rows))
        cut = chance.randint(0, len(rows))
        files = [mixed[:cut], mixed[cut:]]
        files += [chance.choice(files)]
        for number, part in enumerate(chance.sample(files, len(files))):
            deliver(town, name, part, chance.choice(["", "a/", "z/"]) + f"{name}{number}.csv")
        delivered[name] = sum(map(len, files))
    return delivered


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entities=st.lists(ENTITIES, min_size=1, max_size=6),
    listings=st.lists(LISTINGS, min_size=1, max_size=12),
    chance=st.randoms(use_true_random=False),
)
def test_the_lake_is_the_same_for_any_delivery_and_no_row_is_unaccounted_for(
    new_town: Callable[[], Any],
    rows_of: Callable[..., list[dict[str, Any]]],
    rejected_of: Callable[..., list[dict[str, Any]]],
    entities: list[tuple[str, ...]],
    listings: list[tuple[str, ...]],
    chance: random.Random,
) -> None:
    sources: Sources = {"register": entities, "lists": listings}
    plain, other = new_town(), new_town()
    for name, rows in sources.items():
        deliver(plain, name, rows, f"{name}.csv")
    delivered = scattered(other, sources, chance)
    outcomes = [town.admit(town.mapping(MAPPING)) for town in (plain, other)]
    assert outcomes[0].lake.digest == outcomes[1].lake.digest
    for outcome, read in zip(
        outcomes, [{name: len(rows) for name, rows in sources.items()}, delivered], strict=True
    ):
        feeds = {feed.feed: feed for feed in outcome.report.feeds}
        assert {name: feed.read for name, feed in feeds.items()} == read
        for feed in feeds.values():
            assert feed.read == feed.admitted + feed.rejected + feed.duplicates
            assert min(feed.admitted, feed.rejected, feed.duplicates) >= 0
            assert feed.admitted == len(rows_of(outcome, feed.table)) == outcome.lake.table(feed.table).rows
            assert feed.rejected == len(rejected_of(outcome, feed.table)) == sum(feed.reasons.values())
        account = pq.read_table(outcome.lake.folder / "account.parquet").to_pylist()
        sums = Counter[tuple[str, str]]()
        reasons = Counter[tuple[str, str]]()
        for line in account:
            assert line["rows"] > 0
            assert (line["reason"] is not None) == (
                line["outcome"] == "rejected" or line["reason"] == "completes"
            )
            assert line["month"] is None or line["month"].day == 1
            sums[line["feed"], line["outcome"]] += line["rows"]
            if line["outcome"] == "rejected":
                reasons[line["feed"], line["reason"]] += line["rows"]
        assert sums == Counter(
            {
                (name, word): rows
                for name, feed in feeds.items()
                for word, rows in (
                    ("admitted", feed.admitted),
                    ("rejected", feed.rejected),
                    ("duplicate", feed.duplicates),
                )
                if rows
            }
        )
        assert dict(reasons) == {
            (n, reason): k for n, feed in feeds.items() for reason, k in feed.reasons.items()
        }


def test_the_account_tells_feed_table_provider_and_month(town: Any) -> None:
    deliver(
        town,
        "register",
        [("e1", "A", "2024-02-03"), ("e1", "A", "2024-02-03"), ("e2", "B", "")],
        "register.csv",
    )
    deliver(town, "lists", [("1", "e1", "other", "2024-01-01", "2024-01-31", "", "", "")], "lists.csv")
    outcome = town.admit(town.mapping(MAPPING))
    lines = pq.read_table(outcome.lake.folder / "account.parquet").to_pylist()
    assert [tuple(line.values())[:3] for line in lines[:1]] == [("register", "entities", "Registry")]
    assert lines[-1]["provider"]  # of its contract, where the mapping names none
    assert [(line["month"], line["outcome"], line["reason"], line["rows"]) for line in lines] == [
        (None, "rejected", "missing", 1),
        (date(2024, 2, 1), "admitted", None, 1),
        (date(2024, 2, 1), "duplicate", None, 1),
        (date(2024, 1, 1), "admitted", None, 1),
    ]


def test_what_is_neither_admitted_nor_rejected_is_a_duplicate() -> None:
    lines = balance(
        {(1, None): 7, (2, None): 1},
        {(1, None): 2, (2, None): 1},
        {(1, None, "missing"): 2},
        {(1, None): 2},
    )
    assert lines == tuple(
        AccountLine(feed=feed, month=None, outcome=outcome, reason=reason, rows=rows)
        for feed, outcome, reason, rows in (
            (1, "admitted", None, 2),
            (1, "duplicate", None, 1),
            (1, "duplicate", "completes", 2),
            (1, "rejected", "missing", 2),
            (2, "admitted", None, 1),
        )
    )
