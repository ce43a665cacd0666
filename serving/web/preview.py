"""What ratios would draw from the grades as they stand, what it would find, and whether the floor is met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from data_contracts.refusal import Refusal
from models.grades import LETTERS
from serving.register import Register
from serving.sampling.allocation import Allocation, counts
from serving.sampling.policy import Ratios, check_legal_floor
from serving.sampling.visit_findings import VisitChances
from serving.web.errors import Complaint, complaint_of
from serving.web.hit_rates import Evidence, HitRate

_NORMAL = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLine:
    """One grade under the ratios: how many are drawn, and how many findings to expect (with interval).

    Under a policy two lines may follow the letters: "-" of types that it does not grade, and "full" of a list
    of full coverage.
    """

    grade: str
    size: int
    ratio: str
    drawn: int
    expected: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What ratios would draw, or why they are refused; `flat_rate` is the hit rate of a blind draw.

    `of_enterprises`: the floor is held against enterprises alone, as the law has it.
    """

    complaint: Complaint | None
    lines: tuple[PreviewLine, ...]
    size: int
    drawn: int
    overall: float
    expected: float | None
    hit_rate: float | None
    flat_rate: float | None
    floor_met: bool
    short: int
    of_enterprises: bool = False


def ratios_of_percents(percents: Mapping[str, str]) -> Ratios:
    """The ratios of a form that asks for percent; what is no number goes on, to be refused by name."""
    a, b, c, d = (share_of_percent(percents[grade]) for grade in LETTERS)
    return Ratios(a=a, b=b, c=c, d=d)


def share_of_percent(percent: str) -> str:
    """A decimal percent as a decimal share, exact; what is no number goes on, to be refused by name."""
    text = percent.strip().removesuffix("%").strip()
    try:
        value = Decimal(text) / 100
    except InvalidOperation:
        return text or "(empty)"
    return f"{value:f}" if value.is_finite() and -1000 < value < 1000 else text


class RegionEmpty(Refusal):
    """A region in which the register holds nobody."""


def sizes_in(register: Register, region: str) -> Mapping[str, int]:
    """Entities per grade in a region; refuses one without any: nothing drawn of nobody would look lawful."""
    sizes = register.counts(region)
    if not sum(sizes.values()):
        raise RegionEmpty(
            expected="the first digits of a region that the register holds entities of",
            got=f"{region!r}, with none",
            todo="correct the region, or leave it empty for the whole city",
        )
    return sizes


def percent_of(text: str) -> str:
    """A ratio such as "0.025" or "1/40" as percent, "2.5"; one without end is cut after four digits."""
    value = Fraction(text) * 100
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{exact.quantize(Decimal('0.0001')).normalize():f}"


def preview_of(sizes: Mapping[str, int], ratios: Ratios, evidence: Evidence) -> Preview:
    """The preview of ratios over grades of these sizes."""
    drawn = counts(ratios, sizes)
    lines = tuple(
        _line(
            evidence.rates[grade], size=sizes.get(grade, 0), drawn=drawn[grade], ratio=f"{percent_of(text)}%"
        )
        for grade, text in zip(LETTERS, ratios.texts(), strict=True)
    )
    size, total = sum(sizes.values()), sum(drawn.values())
    floor = check_legal_floor(drawn=total, total=size)
    expected = _sum_of_known(lines)
    return Preview(
        complaint=None,
        lines=lines,
        size=size,
        drawn=total,
        overall=total / size if size else 0.0,
        expected=expected,
        hit_rate=expected / total if expected is not None and total else None,
        flat_rate=_flat_rate(sizes, evidence),
        floor_met=floor.met,
        short=max(floor.required - total, 0),
    )


def preview_of_lines(
    allocations: Mapping[str, Allocation],
    chances: Mapping[str, VisitChances],
    *,
    ratios: Mapping[str, str],
    evidence: Evidence,
) -> Preview:
    """The preview of counts by line: every letter, and the other lines that hold somebody.

    chances: what a visit finds, missing where nobody knows; ratios: as told; the floor is the caller's.
    """
    shown = [one for line, one in allocations.items() if line in LETTERS or one.size]
    lines = tuple(
        _line(
            visit_rate(one.stratum, chances.get(one.stratum), evidence),
            size=one.size,
            drawn=one.count,
            ratio=ratios[one.stratum],
        )
        for one in shown
    )
    size, drawn = sum(one.size for one in shown), sum(one.count for one in shown)
    expected = _sum_of_known(lines)
    known = [(one.size, chances.get(one.stratum)) for one in shown if one.size]
    flat = None
    if size and all(chance is not None for _, chance in known):
        flat = sum(count * chance.rate for count, chance in known if chance is not None) / size
    return Preview(
        complaint=None,
        lines=lines,
        size=size,
        drawn=drawn,
        overall=drawn / size if size else 0.0,
        expected=expected,
        hit_rate=expected / drawn if expected is not None and drawn else None,
        flat_rate=flat,
        floor_met=False,
        short=0,
    )


def visit_rate(line: str, chance: VisitChances | None, evidence: Evidence) -> HitRate:
    """What a visit to a line finds; of a grade weighed by whole visits it is what the release measured."""
    if line in LETTERS and (chance is None or set(chance.checked) <= {""}):
        return evidence.rates[line]
    rate = low = high = None
    if chance is not None:
        rate, spread = chance.rate, _NORMAL * chance.rate_error
        low, high = max(rate - spread, 0.0), min(rate + spread, 1.0)
    return HitRate(grade=line, inspected=0, problems=0, rate=rate, low=low, high=high)


def refused_preview(refusal: Refusal, language: str) -> Preview:
    """A preview that says why there is none."""
    return Preview(
        complaint=complaint_of(refusal, language),
        lines=(),
        size=0,
        drawn=0,
        overall=0.0,
        expected=None,
        hit_rate=None,
        flat_rate=None,
        floor_met=False,
        short=0,
    )


def _line(rate: HitRate, *, size: int, drawn: int, ratio: str) -> PreviewLine:
    def times(share: float | None) -> float | None:
        return None if share is None else drawn * share

    return PreviewLine(
        grade=rate.grade,
        size=size,
        ratio=ratio,
        drawn=drawn,
        expected=times(rate.rate),
        low=times(rate.low),
        high=times(rate.high),
    )


def _sum_of_known(lines: tuple[PreviewLine, ...]) -> float | None:
    """Unknown as soon as a grade that is drawn has no measured rate: a part would look like the total."""
    known = [line.expected for line in lines if line.drawn]
    return None if any(value is None for value in known) else sum(value or 0.0 for value in known)


def _flat_rate(sizes: Mapping[str, int], evidence: Evidence) -> float | None:
    """The hit rate of a draw that ignores grades."""
    size = sum(sizes.values())
    rates = [(sizes.get(grade, 0), evidence.rates[grade].rate) for grade in LETTERS if sizes.get(grade, 0)]
    if not size or any(rate is None for _, rate in rates):
        return None
    return sum(count * (rate or 0.0) for count, rate in rates) / size
