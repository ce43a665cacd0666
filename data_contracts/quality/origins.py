"""Which files each table was read from, and what that leaves unproven: read from the report of
the admission.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data_contracts.contract import load_contract
from data_contracts.lake import Lake, read_report


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """The files behind every table, and the feeds that only draw entities out of files of events."""

    files: Mapping[str, frozenset[str]]
    by_products: frozenset[str]

    def self_fed(self, table: str, target: str) -> bool:
        """True if a table and the one it refers to come out of the same file: then all references hold."""
        return bool(self.files.get(table, frozenset()) & self.files.get(target, frozenset()))


def origins_of(lake: Lake) -> Origins:
    """The origins of a version of a lake."""
    report = read_report(lake)
    files: dict[str, set[str]] = {}
    for feed in report.feeds:
        files.setdefault(feed.table, set()).update(feed.files)
    by_products = {
        feed.feed
        for feed in report.feeds
        if load_contract(feed.table).versioned
        and any(set(feed.files) & own for table, own in files.items() if table != feed.table)
    }
    return Origins(
        files={table: frozenset(own) for table, own in files.items()}, by_products=frozenset(by_products)
    )
