"""Plain SVG: a frame with scales and axes, and the few marks that the charts of a page need.

No plotting library: the page is one file for closed networks, the same input gives the same bytes, and the
reader's own fonts draw the Chinese.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

INK, FAINT, GRID = "#1f2933", "#7b8794", "#e4e7eb"
ACCENT, SOFT, WARN, BAD = "#0b6e8f", "#9fc9d6", "#b7791f", "#b83232"
GRADE_COLOURS = {"A": "#2f855a", "B": "#b7971f", "C": "#c05621", "D": "#9b2c2c"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The plotting area and its two linear scales, in units of the view box."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: float = 460
    height: float = 300
    left: float = 54
    right: float = 24
    top: float = 14
    bottom: float = 46

    def across(self, value: float) -> float:
        """The place of a value along the width."""
        low, high = self.x
        part = (value - low) / (high - low) if high > low else 0.5
        return self.left + part * (self.width - self.left - self.right)

    def up(self, value: float) -> float:
        """The place of a value along the height; the picture counts from the top."""
        low, high = self.y
        part = (value - low) / (high - low) if high > low else 0.5
        return self.height - self.bottom - part * (self.height - self.top - self.bottom)


def svg(frame: Frame, parts: Sequence[str], *, title: str) -> str:
    """The drawing as an element that scales with the page and says what it shows."""
    return (
        f'<svg viewBox="0 0 {frame.width:g} {frame.height:g}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def text(
    x: float, y: float, words: str, *, anchor: str = "middle", size: float = 12, colour: str = FAINT
) -> str:
    """Words at a place."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size:g}" fill="{colour}">'
        f"{escape(words)}</text>"
    )


def line(
    points: Sequence[tuple[float, float]], *, colour: str = INK, width: float = 2, dash: str = ""
) -> str:
    """A broken line through places of the picture."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashed}/>'


def box(x: float, y: float, width: float, height: float, *, fill: str, opacity: float = 1) -> str:
    """A filled rectangle."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}" '
        f'fill="{fill}" fill-opacity="{opacity:g}"/>'
    )


def dot(x: float, y: float, *, colour: str = ACCENT, radius: float = 4, opacity: float = 1) -> str:
    """A filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}" fill-opacity="{opacity:g}"/>'


def whisker(x: float, low: float, high: float, *, colour: str = INK) -> str:
    """An upright interval with caps."""
    caps = [line([(x - 4, y), (x + 4, y)], colour=colour, width=1.5) for y in (low, high)]
    return line([(x, low), (x, high)], colour=colour, width=1.5) + "".join(caps)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers from low to high, about so many."""
    if not high > low:
        return [low]
    raw = (high - low) / max(count, 1)
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * times for times in (1, 2, 2.5, 5, 10) if unit * times >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(step * place, 10) for place in range(first, last + 1)]


def axes(frame: Frame, *, x_words: str, y_words: str, x_numbers: bool = True, y_percent: bool = True) -> str:
    """Grid, numbers and words of both axes; numbers across are shares, or left to the caller."""
    bottom, right = frame.height - frame.bottom, frame.width - frame.right
    parts = []
    for value in ticks(*frame.y):
        at = frame.up(value)
        parts.append(line([(frame.left, at), (right, at)], colour=GRID, width=1))
        parts.append(text(frame.left - 7, at + 4, number(value, y_percent), anchor="end"))
    for value in ticks(*frame.x) if x_numbers else ():
        parts.append(text(frame.across(value), bottom + 18, number(value, percent=True)))
    parts.append(line([(frame.left, bottom), (right, bottom)], colour=FAINT, width=1))
    parts.append(text((frame.left + right) / 2, frame.height - 8, x_words))
    parts.append(
        f'<text transform="translate(13 {(frame.top + bottom) / 2:.1f}) rotate(-90)" text-anchor="middle" '
        f'font-size="12" fill="{FAINT}">{escape(y_words)}</text>'
    )
    return "".join(parts)


def number(value: float, percent: bool) -> str:
    """A tick's text."""
    return f"{value * 100:g}%" if percent else f"{value:g}"


def mixed(first: str, second: str, part: float) -> str:
    """A colour between two, as #rrggbb."""
    part = min(max(part, 0.0), 1.0)
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
