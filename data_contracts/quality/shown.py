"""Quality as a person sees it on a terminal: one line per table and provider, or the months of
one table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.box import SIMPLE
from rich.table import Table

from data_contracts.quality.faults import DIMENSIONS
from data_contracts.quality.ledger import Kind
from data_contracts.quality.score import UNKNOWN, Month, Quality, Score, TableQuality, Weights
from data_contracts.quality.words import SHORT, chinese_of

BARS = "▁▂▃▄▅▆▇█"
LOWEST_BAR = 80  # scores below all get the lowest bar: what matters happens above
MONTHS = 12
FEWEST_ROWS = 20  # of a month with a bar: fewer say little
FIRST_WIDTH = 9
GOOD, FAIR = 0.99, 0.95
LEGEND = (
    f"{' · '.join(f'{SHORT[name]} {name}' for name in DIMENSIONS)}: percent that is right, "
    "– where nothing can be said. Score: the mean of what can be said, and of how many of the seven. "
    "Bars: the last twelve months, a dot where a month cannot be compared."
)


def quality_table(quality: Quality, weights: Weights, month: Month | None = None) -> Table:
    """One line per table and provider, over all months or in one."""
    period = "all months" if month is None else f"month {month if month == UNKNOWN else f'{month:%Y-%m}'}"
    table = _empty(f"Quality of {quality.city}, version {quality.version}, {period}", "table · provider")
    for entry in quality.tables:
        provider = f"{_plain(chinese_of(entry.provider))}\n" if entry.provider else ""
        bars = sparkline(entry, weights, quality.exported_on)
        name = f"{entry.table}\n[dim]{provider}{bars}[/]"
        table.add_row(name, *_cells(_score_of(entry, month), weights))
    return table


def _score_of(entry: TableQuality, month: Month | None) -> Score:
    if month is None:
        return entry.total
    return entry.months.get(month if isinstance(month, date) else None, Score())


def months_table(quality: Quality, entry: TableQuality, weights: Weights) -> Table:
    """The last twelve months of one table, those after the export and unknown ones, and all together."""
    provider = f" · {_plain(chinese_of(entry.provider))}" if entry.provider else ""
    title = f"{entry.table} {entry.label_zh}{provider} · {_plain(chinese_of(entry.responsible))}"
    table = _empty(f"{title}, version {quality.version}", "month")
    table.add_column("delay", justify="right", no_wrap=True)
    known = sorted(month for month in entry.months if month is not None)
    later = [month for month in known if month not in _up_to(known, quality.exported_on)]
    for month in (*_up_to(known, quality.exported_on)[-MONTHS:], *later):
        score = entry.months[month]
        table.add_row(f"{month:%Y-%m}", *_cells(score, weights), _delay(score))
    if None in entry.months:
        table.add_row(UNKNOWN, *_cells(entry.months[None], weights), _delay(entry.months[None]))
    table.add_section()
    table.add_row(f"all {len(known)}", *_cells(entry.total, weights), _delay(entry.total))
    return table


def sparkline(entry: TableQuality, weights: Weights, last_day: date | None) -> str:
    """The scores of the last twelve months as bars from 80 to 100.

    A dot where fewer dimensions speak than of all months together, or few rows came: such a month
    cannot be compared with the others.
    """
    known = _up_to(sorted(month for month in entry.months if month is not None), last_day)
    said = entry.total.said()
    return "".join(
        _bar(score.overall(weights) if score.said() == said and score.read >= FEWEST_ROWS else None)
        for score in (entry.months[month] for month in known[-MONTHS:])
    )


def _up_to(months: Sequence[date], last_day: date | None) -> list[date]:
    """Without months that only faulty rows can be of: nothing is known after the export."""
    return [month for month in months if last_day is None or month <= last_day]


def percent(share: float | None) -> str:
    """A share in percent, cut and not rounded: 100 means that nothing at all is wrong."""
    if share is None:
        return "–"
    return "100" if share >= 1 else f"{math.floor(share * 1000) / 10:.1f}"


def _empty(title: str, first: str) -> Table:
    table = Table(box=SIMPLE, title=title, title_justify="left", padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(first, overflow="fold", min_width=FIRST_WIDTH)
    for dimension in DIMENSIONS:
        table.add_column(SHORT[dimension], justify="right", no_wrap=True)
    for heading in ("score", "read"):
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _cells(score: Score, weights: Weights) -> list[str]:
    overall = score.overall(weights)
    of_seven = f"[dim]{score.said()}/{len(DIMENSIONS)}[/]"
    told = "–" if overall is None else f"{percent(overall / 100)} {of_seven}"
    return [
        *(_coloured(score.share(dimension)) for dimension in DIMENSIONS),
        f"[bold]{told}[/]",
        f"{score.read:,}",
    ]


def _delay(score: Score) -> str:
    return "–" if score.median_delay_days is None else f"{score.median_delay_days} d"


def _coloured(share: float | None) -> str:
    if share is None:
        return "[dim]–[/]"
    colour = "green" if share >= GOOD else "yellow" if share >= FAIR else "red"
    return f"[{colour}]{percent(share)}[/]"


def _bar(score: float | None) -> str:
    if score is None:
        return "·"
    place = (score - LOWEST_BAR) / (100 - LOWEST_BAR) * (len(BARS) - 1)
    return BARS[max(0, min(len(BARS) - 1, math.floor(place)))]


def _plain(text: str) -> str:
    """Text in which no bracket is markup."""
    return text.replace("[", "\\[")


def unsaid_lines(entry: TableQuality) -> list[str]:
    """Why a dimension of a table is null, one line each."""
    return [f"[dim]{SHORT[name]} {name}: {_plain(reason)}[/]" for name, reason in entry.unsaid.items()]


def kinds_text(kinds: Sequence[Kind], target: Path) -> str:
    """How many problems were listed, for how many offices, and where."""
    found, listed = sum(kind.found for kind in kinds), sum(kind.listed for kind in kinds)
    offices = len({kind.responsible for kind in kinds})
    some = f"{listed:,} of {found:,}" if listed < found else f"{found:,}"
    whose = "1 office" if offices == 1 else f"{offices} offices"
    return f"{some} problems of {whose} written to {_plain(str(target))}"
