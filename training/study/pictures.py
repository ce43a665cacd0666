"""The pictures of the studies, each from its JSON document: plain SVG, the same bytes each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.pack.drawing import INK, Frame, axes, dot, line, text, whisker

OURS, NAIVE, MISSED = "#1f5aa6", "#c2571a", "#b83232"
COLOURS = {"honest": OURS, "ours": OURS, "naive": NAIVE}
WORDS = {
    "auc": "AUC",
    "average_precision": "average precision",
    "lift_at_5pct": "lift at 5 %",
    "population_rate": "rate of violations, all entities",
    "population_rate_robust": "the same, doubly robust",
    "rate_A": "rate of grade A",
    "rate_B": "rate of grade B",
    "rate_C": "rate of grade C",
    "rate_D": "rate of grade D",
    "found_in_worst": "true violators graded C or D",
    "missed_in_best": "true violators graded A",
    "reached_in_best": "violators of grade A reached by a visit",
}
# So many histories are drawn, evenly chosen among all: more would be a smear.
DRAWN = 60
PANEL_WIDTH, PANEL_HEIGHT, TITLE = 300.0, 210.0, 34.0


def coverage_picture(document: Any) -> str:
    """A panel for each figure: the truth as a line, intervals of honest and naive histories beside it."""
    names = list(dict.fromkeys(each["figure"] for each in document["figures"]))
    panels = [
        _intervals(name, [each for each in document["figures"] if each["figure"] == name]) for name in names
    ]
    shown = f"; {DRAWN} of each drawn" if document["histories"] > DRAWN else ""
    title = (
        f"{document['histories']} histories of {document['entities']:,} entities: 95 % intervals "
        f"and the truth (red: missed){shown}"
    )
    return sheet(panels, title=title, columns=3)


def loops_picture(document: Any) -> str:
    """A panel for each figure: its mean by year in both ways, with intervals over the repetitions."""
    names = [name for name in WORDS if name in document["gap_in_last_year"]]
    visits = "planned visits, complaints and leads" if document["prompted"] else "planned visits only"
    title = (
        f"{document['years']} years of inspecting by last year's grade, {document['entities']:,} entities; "
        f"{visits}; mean of {document['repetitions']} lives, 95 %"
    )
    return sheet([_by_year(name, document["ways"]) for name in names], title=title, columns=4)


def sheet(panels: Sequence[str], *, title: str, columns: int) -> str:
    """The panels in rows under a title, as a file of its own."""
    columns = min(columns, len(panels))
    width, rows = PANEL_WIDTH * columns, -(-len(panels) // columns)
    height = TITLE + PANEL_HEIGHT * rows
    parts = [text(12, 22, title, anchor="start", size=14, colour=INK)]
    for number, panel in enumerate(panels):
        row, column = divmod(number, columns)
        x, y = PANEL_WIDTH * column, TITLE + PANEL_HEIGHT * row
        parts.append(f'<g transform="translate({x:g} {y:g})">{panel}</g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>'
        + "".join(parts) + "</svg>\n"
    )  # fmt: skip


def _frame(low: float, high: float, across: float) -> Frame:
    """The frame of a panel with a little air above and below."""
    air = 0.05 * (high - low) or 0.01
    return Frame(
        x=(0, across), y=(low - air, high + air), width=PANEL_WIDTH, height=PANEL_HEIGHT,
        left=50, right=14, top=38, bottom=28,
    )  # fmt: skip


def _intervals(name: str, ways: Sequence[Any]) -> str:
    """Intervals of one figure side by side: honest on the left, naive on the right."""
    chosen = {each["way"]: _evenly(each["intervals"]) for each in ways}
    drawn = [interval for intervals in chosen.values() for interval in intervals]
    truth = ways[0]["truth"]
    low = min(truth, *(low for _, low, _ in drawn))
    high = max(truth, *(high for _, _, high in drawn))
    frame = _frame(low, high, len(drawn) + 3)
    parts = [_grid(frame), text(frame.left, 16, WORDS[name], anchor="start", size=12.5, colour=INK)]
    place = 1
    for number, each in enumerate(ways):
        words = f"{each['way']} {each['coverage']:.1%}"
        x = (frame.left, frame.width - frame.right)[number]
        parts.append(
            text(x, 31, words, anchor=("start", "end")[number], size=11, colour=COLOURS[each["way"]])
        )
        for value, below, above in sorted(chosen[each["way"]]):
            colour = COLOURS[each["way"]] if below <= truth <= above else MISSED
            x = frame.across(place)
            parts.append(line([(x, frame.up(below)), (x, frame.up(above))], colour=colour, width=1.1))
            parts.append(dot(x, frame.up(value), colour=colour, radius=1.1))
            place += 1
        place += 1
    at = frame.up(truth)
    parts.append(line([(frame.left, at), (frame.width - frame.right, at)], colour=INK, width=1.3, dash="4 2"))
    parts.append(text((frame.left + frame.width) / 2, frame.height - 10, f"truth {truth:.3f}", size=11))
    return "".join(parts)


def _by_year(name: str, ways: Sequence[Any]) -> str:
    """One figure by year, both ways."""
    numbers = [number for way in ways for year in way["by_year"] for number in year[name]]
    frame = _frame(min(numbers), max(numbers), len(ways[0]["by_year"]) - 1)
    parts = [_grid(frame), text(frame.left, 16, WORDS[name], anchor="start", size=12.5, colour=INK)]
    for number, way in enumerate(ways):
        colour = COLOURS[way["name"]]
        places = [
            (frame.across(year["year"]) + 3 * number, *map(frame.up, year[name])) for year in way["by_year"]
        ]
        parts.append(line([(x, mean) for x, mean, _, _ in places], colour=colour, width=1.8))
        for x, mean, low, high in places:
            parts += [whisker(x, low, high, colour=colour), dot(x, mean, colour=colour, radius=2.6)]
        parts.append(text(frame.left + 52 * number, 31, way["name"], anchor="start", size=11, colour=colour))
    parts += [
        text(frame.across(year["year"]), frame.height - 10, str(year["year"]), size=11)
        for year in ways[0]["by_year"]
    ]
    return "".join(parts)


def _grid(frame: Frame) -> str:
    """Lines and numbers along the height; what stands across is written by the caller."""
    return axes(frame, x_words="", y_words="", x_numbers=False, y_percent=False)


def _evenly(intervals: Sequence[Sequence[float | None]]) -> list[tuple[float, float, float]]:
    """Some of the histories that could tell something, evenly chosen."""
    told = [
        (value, low, high)
        for value, low, high in intervals
        if value is not None and low is not None and high is not None
    ]
    return told[:: max(1, len(told) // DRAWN)][:DRAWN]
