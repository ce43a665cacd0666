"""A release's gates on the terminal: what was asked, what was measured, what failed."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from models.verdict import Gate, Verdict
from training.commands.terminal import console


def show_verdict(verdict: Verdict) -> None:
    """A line for every gate; failed ones tell their reason below."""
    table = Table(box=SIMPLE_HEAD, title="Gates", collapse_padding=True, pad_edge=False)
    table.add_column("")
    table.add_column("gate", no_wrap=True)
    table.add_column("measured", justify="right")
    table.add_column("asked")
    for gate in verdict.gates:
        sign = "[green]passed[/]" if gate.passed else "[red]failed[/]"
        table.add_row(sign, gate.name, _value(gate), gate.limit)
    console.print(table)
    for gate in verdict.failed:
        console.print(f"[red]{gate.name}[/]: {gate.reason_en}.", soft_wrap=True)
    for gate in verdict.conditions:
        console.print(f"[yellow]{gate.name}[/]: promotion needs --accept-{gate.condition}.", soft_wrap=True)


def _value(gate: Gate) -> str:
    if isinstance(gate.value, float):
        return f"{gate.value:.3g}"
    return gate.value or "–"
