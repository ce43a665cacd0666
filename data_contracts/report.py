"""What an admission did: rows read = admitted + rejected + duplicates for every feed, with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

# The reason of rows that a feed leaves to another on purpose; they do not count against its limit.
SET_ASIDE = "set_aside"
HEADINGS = ("feed", "table", "files", "read", "admitted", "rejected", "duplicates", "main reasons")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One rejected row, as a person finds it in the file."""

    file: str
    line: int
    column: str
    reason: str
    value: str | None
    todo: str

    def __str__(self) -> str:
        """Reads as `file line 7: column 'x' not_a_date '2021-13-40'`."""
        return f"{self.file} line {self.line}: {self.column} {self.reason} {self.value!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCount:
    """The account of one feed."""

    feed: str
    table: str
    files: tuple[str, ...]
    read: int
    admitted: int
    rejected: int
    duplicates: int
    reject_limit: float
    reasons: Mapping[str, int]
    examples: tuple[Example, ...]
    empty: tuple[str, ...] = ()  # the files without a row

    @property
    def over_limit(self) -> bool:
        """True if more rows are rejected than the feed allows; rows set aside on purpose do not count."""
        asked = self.read - self.reasons.get(SET_ASIDE, 0)
        return self.rejected - self.reasons.get(SET_ASIDE, 0) > self.reject_limit * asked

    @property
    def reasons_text(self) -> str:
        """The three most frequent reasons with their counts."""
        ranked = sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{reason} {count:,}" for reason, count in ranked[:3])

    def cells(self) -> tuple[str, ...]:
        """The account as one line of text cells, in the order of HEADINGS."""
        counts = (len(self.files), self.read, self.admitted, self.rejected, self.duplicates)
        return (self.feed, self.table, *(f"{count:,}" for count in counts), self.reasons_text or "–")


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangerCount:
    """Rows of one table whose entity nobody registered; `where` is events, or rejected rows of entities.

    Near ids are one substituted character off a known one. Not compared are some of
    very many unknown ids, and long ones with a character that is neither a letter nor a digit of ASCII.
    """

    table: str
    where: str
    rows: int
    ids: int
    near_rows: int
    near_ids: int
    not_compared: int

    def __str__(self) -> str:
        """Reads as `complaints: 5 rows name 3 ids that no entity has; one character off …`."""
        rejected = "rejected " if self.where == "rejected" else ""
        told = f"{self.table}: {self.rows:,} {rejected}rows name {self.ids:,} ids that no entity has"
        if self.near_ids:
            told += f"; one character off a known id: {self.near_ids:,} ids in {self.near_rows:,} rows"
        return told + (f"; not compared with known ids: {self.not_compared:,}" if self.not_compared else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The account of one admission."""

    city: str
    title: str
    version: str
    exported_on: str | None
    feeds: tuple[FeedCount, ...]
    strangers: tuple[StrangerCount, ...] = ()

    @property
    def totals(self) -> tuple[int, int, int, int]:
        """Read, admitted, rejected and duplicate rows of all feeds together."""
        return (
            sum(feed.read for feed in self.feeds),
            sum(feed.admitted for feed in self.feeds),
            sum(feed.rejected for feed in self.feeds),
            sum(feed.duplicates for feed in self.feeds),
        )

    def as_json(self) -> dict[str, Any]:
        """The plain form kept in report.json."""
        return {
            "city": self.city,
            "title": self.title,
            "version": self.version,
            "exported_on": self.exported_on,
            "feeds": [
                {
                    "feed": feed.feed,
                    "table": feed.table,
                    "files": list(feed.files),
                    "read": feed.read,
                    "admitted": feed.admitted,
                    "rejected": feed.rejected,
                    "duplicates": feed.duplicates,
                    "reject_limit": feed.reject_limit,
                    "reasons": dict(feed.reasons),
                    "empty": list(feed.empty),
                    "examples": [
                        {name: getattr(example, name) for name in Example.__slots__}
                        for example in feed.examples
                    ],
                }
                for feed in self.feeds
            ],
            "strangers": [
                {name: getattr(count, name) for name in StrangerCount.__slots__} for count in self.strangers
            ],
        }


def report_of(document: Mapping[str, Any]) -> Report:
    """The report from its plain form."""
    feeds = tuple(
        FeedCount(
            **{
                **entry,
                "files": tuple(entry["files"]),
                "empty": tuple(entry.get("empty", ())),
                "examples": tuple(Example(**example) for example in entry["examples"]),
            }
        )
        for entry in document["feeds"]
    )
    strangers = tuple(StrangerCount(**entry) for entry in document["strangers"])
    return Report(**{**document, "feeds": feeds, "strangers": strangers})


def as_table(report: Report) -> Table:
    """The report as a table that fits a terminal of 80 columns; reasons stand below their feed."""
    title = f"{report.title or report.city}, version {report.version}"
    table = Table(box=SIMPLE, title=title, title_justify="left", padding=(0, 1))
    table.add_column("feed → table")
    for heading in HEADINGS[3:7]:
        table.add_column(heading, justify="right", no_wrap=True)
    for feed in report.feeds:
        reasons = f"\n[dim]{feed.reasons_text}[/]" if feed.reasons else ""
        table.add_row(f"{feed.feed} → {feed.table}{reasons}", *feed.cells()[3:7])
    table.add_section()
    table.add_row("all", *_total(report)[3:7])
    if report.strangers:
        table.caption = "\n".join(map(str, report.strangers))
        table.caption_justify = "left"
    return table


def as_markdown(report: Report) -> str:
    """The report as a Markdown table."""
    lines = [
        f"| {' | '.join(HEADINGS)} |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
        *(f"| {' | '.join(feed.cells())} |" for feed in report.feeds),
        f"| {' | '.join(f'**{cell}**' if cell else '' for cell in _total(report))} |",
    ]
    if report.strangers:
        lines += ["", *(f"- {count}" for count in report.strangers)]
    return "\n".join(lines) + "\n"


def _total(report: Report) -> tuple[str, ...]:
    files = len({name for feed in report.feeds for name in feed.files})
    return ("all", "", f"{files:,}", *(f"{count:,}" for count in report.totals), "")
