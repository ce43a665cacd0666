"""An explanation in the terminal: grade, rules, reasons with bars that share one axis, dimensions, sum."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from models.days import date_text
from models.dimensions import told_by_dimension
from models.direct_rules import Evidence
from models.explanation.told import Explanation, RuleTold
from models.sentences import Line, opening

GRADE_COLOURS = {"A": "green", "B": "blue", "C": "yellow", "D": "red"}
DOTS = {"green": "green", "yellow": "bright_yellow", "orange": "dark_orange", "red": "red"}
HALF = 14


def explanation_text(explanation: Explanation, language: str) -> RenderableType:
    """What rich prints, in one language."""
    return Group(*_parts(explanation, language == "en"))


def _parts(explanation: Explanation, english: bool) -> Iterator[RenderableType]:
    yield _head(explanation, english)
    for told in explanation.rules:
        yield _rule(told, english)
    guard = explanation.guard_en if english else explanation.guard_zh
    if guard:
        yield Text(f"  {guard}", style="italic")
    yield _sum(explanation, english)
    if explanation.decision.dimension_points:
        yield _dimensions(explanation, english)
    for section in explanation.sections:
        yield Text(f"\n{section.title_en if english else section.title_zh}", style="bold")
        for zh, en in section.lines:
            yield Text(f"  {en if english else zh}")
    decision = explanation.decision
    yield Text(
        f"\n{decision.release_id}  {decision.snapshot_digest[:16]}  {explanation.rule_set[:16]}", style="dim"
    )


def _head(explanation: Explanation, english: bool) -> Panel:
    decision, whom = explanation.decision, explanation.whom
    language = "en" if english else "zh"
    style = f"bold {GRADE_COLOURS[decision.grade]}"
    label = f"{decision.grade.label_en} risk" if english else f"{decision.grade.label_zh}风险"
    text = Text()
    text.append(f"{decision.grade} {label}", style=style)
    text.append(f"   {decision.score}", style="bold").append(" / 1000")
    text.append("   ●", style=DOTS[explanation.colour])
    text.append(f" {explanation.colour.value}" if english else f" {explanation.colour.label_zh}码")
    text.append(f"\n{opening(decision, language)}\n")
    known = (
        whom.type_en if english else whom.type_zh,
        whom.industry_en if english else whom.industry_zh,
        whom.region_code,
        _registered(whom.registered_on, english),
    )
    text.append(" · ".join(part for part in (decision.entity_id, *known) if part), style="dim")
    return Panel(text, title=whom.name or decision.entity_id, title_align="left", border_style=style)


def _registered(day: date | None, english: bool) -> str:
    if day is None:
        return ""
    return f"registered {date_text(day, 'en')}" if english else f"{date_text(day, 'zh')}成立"


def _rule(told: RuleTold, english: bool) -> Text:
    rule = told.rule
    text = Text()
    text.append(f"  ■ {rule.sentence_en if english else rule.sentence_zh}\n", style="bold red")
    text.append(f"    {rule.legal_basis_en if english else rule.legal_basis_zh}\n", style="dim")
    for one in told.evidence or ():
        text.append(f"    {_record(one, english)}\n")
    if told.evidence == ():
        text.append(
            "    The records may no longer be shown.\n" if english else "    依据的记录现已不再展示。\n"
        )
    return text


def _record(evidence: Evidence, english: bool) -> str:
    day = date_text(evidence.occurred_on or evidence.known_on, "en" if english else "zh")
    facts = [en if english else zh for _, _, zh, en in evidence.facts]
    table = evidence.table if english else evidence.table_zh
    return " · ".join([f"{table} {evidence.record_id}", day, *facts])


def _sum(explanation: Explanation, english: bool) -> Table:
    lines = [line for line in explanation.account("en" if english else "zh") if line.points is not None]
    largest = max((abs(line.points or 0) for line in lines[1:]), default=0) or 1
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(ratio=1, overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, width=2 * HALF + 1)
    table.add_row(Text(lines[0].text, style="dim"), str(lines[0].points), "")
    for line in lines[1:]:
        table.add_row(line.text, _points(line), _bar(line.points or 0, largest))
    table.add_row(
        Text("Risk score" if english else "风险分", style="bold"),
        Text(f"= {explanation.decision.score}", style="bold"),
        "",
    )
    return table


def _points(line: Line) -> Text:
    points = line.points or 0
    return Text(_signed(points), style="red" if points > 0 else "green" if points else "dim")


def _signed(points: int) -> str:
    return f"{points:+d}".replace("-", "−") if points else "0"


def _bar(points: int, largest: int) -> Text:
    """A bar to the right of the axis where the points raise the score, to the left where they lower it."""
    size = round(HALF * abs(points) / largest)
    left = " " * (HALF - size) + "█" * size if points < 0 else " " * HALF
    bar = Text(left, style="green").append("│", style="dim")
    return bar.append("█" * size if points > 0 else "", style="red")


def _dimensions(explanation: Explanation, english: bool) -> Text:
    told = told_by_dimension(explanation.decision.dimension_points)
    parts = (f"{one.label_en if english else one.label_zh} {_signed(one.points)}" for one in told)
    return Text("  " + " · ".join(parts), style="dim")
