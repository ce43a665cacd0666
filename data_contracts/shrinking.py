"""Deliveries that shrink: files without rows, and feeds with far fewer rows than the lake has of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from data_contracts.report import Report

LEAST_SHARE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What came for one feed: its rows, and the files that have none."""

    feed: str
    table: str
    rows: int
    empty: tuple[str, ...]


def delivered(report: Report) -> tuple[Delivered, ...]:
    """What the feeds of an admission read."""
    return tuple(
        Delivered(feed=one.feed, table=one.table, rows=one.read, empty=one.empty) for one in report.feeds
    )


def shrinking(feeds: Iterable[Delivered], before: Report | None) -> Iterator[str]:
    """One line for each file without rows, and for each feed with far fewer rows than it had `before`."""
    had = {(feed.feed, feed.table): feed.read for feed in before.feeds} if before else {}
    for feed in feeds:
        for file in feed.empty:
            yield f"{file} has no rows"
        read = had.get((feed.feed, feed.table), 0)
        if feed.rows < LEAST_SHARE * read:
            yield f"{feed.rows:,} rows, {feed.rows / read:.0%} of the {read:,} that the lake has read of it"
