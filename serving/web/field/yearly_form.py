"""The form of a yearly plan: its lines as a person types them, and the lines that they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from models.grades import LETTERS
from serving.inspections.yearly.yearly_plan import YearlyLine, YearlyPlanRefused, checked_lines, read_lines
from serving.web.preview import share_of_percent

MOST_LINES = 200
_COLUMNS = (
    "name", "item_codes", "object_scope", "kind", "count", "percents", "first_month", "last_month", "body",
    "note",
)  # fmt: skip
Cells = Annotated[list[str], Field(max_length=MOST_LINES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFields:
    """A line in texts; `percents` are those of A/B/C/D with slashes between, empty where a count stands."""

    name: str = ""
    item_codes: str = ""
    object_scope: str = ""
    kind: str = "general"
    count: str = ""
    percents: str = ""
    first_month: str = ""
    last_month: str = ""
    body: str = ""
    note: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing was written into it."""
        return not any(getattr(self, one).strip() for one in _COLUMNS if one != "kind")


class YearlyForm(BaseModel):
    """The form as sent: a column of cells for each field of a line, or a file with the lines."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    department: Annotated[str, Field(max_length=120)] = ""
    year: Annotated[int, Field(ge=2004, le=2100)] = 2004
    reason: Annotated[str, Field(max_length=500)] = ""
    name: Cells = []
    item_codes: Cells = []
    object_scope: Cells = []
    kind: Cells = []
    count: Cells = []
    percents: Cells = []
    first_month: Cells = []
    last_month: Cells = []
    body: Cells = []
    note: Cells = []
    file: UploadFile | None = None

    @property
    def fields(self) -> tuple[LineFields, ...]:
        """The lines that somebody wrote something into, as written."""
        columns = [getattr(self, one) for one in _COLUMNS]
        if len({len(cells) for cells in columns}) != 1:
            raise YearlyPlanRefused(
                expected="every field of every line",
                got=", ".join(f"{len(cells)} of {one}" for one, cells in zip(_COLUMNS, columns, strict=True)),
                todo="open the form again and send it whole",
            )
        rows = zip(*columns, strict=True)
        lines = (LineFields(**dict(zip(_COLUMNS, cells, strict=True))) for cells in rows)
        return tuple(line for line in lines if not line.is_blank)


def lines_in(form: YearlyForm) -> tuple[YearlyLine, ...]:
    """The lines of the file where one was handed in, else those typed; refuses every fault at once."""
    if form.file is not None and form.file.filename:
        return read_lines(form.file.file.read())
    return checked_lines([_line(one) for one in form.fields])


def fields_of(lines: Sequence[YearlyLine]) -> tuple[LineFields, ...]:
    """Lines as the form shows them: the way back."""
    return tuple(
        LineFields(
            name=line.name,
            item_codes="; ".join(line.item_codes),
            object_scope=line.object_scope,
            kind=line.kind,
            count="" if line.count is None else str(line.count),
            percents="/".join(_percent(line.ratios[one]) for one in LETTERS) if line.ratios else "",
            first_month=str(line.first_month),
            last_month=str(line.last_month),
            body=line.body,
            note=line.note,
        )
        for line in lines
    )


def _line(typed: LineFields) -> YearlyLine:
    """The line that was typed; what is no number stays one that no line may have, to be refused by name."""
    codes = typed.item_codes.replace("；", ";").replace("、", ";").replace("，", ";").replace(",", ";")
    shares = [share_of_percent(one) for one in typed.percents.split("/")] if typed.percents.strip() else []
    named = dict(zip(LETTERS, shares, strict=False)) if len(shares) == len(LETTERS) else {"?": typed.percents}
    return YearlyLine(
        name=typed.name.strip(),
        item_codes=tuple(code.strip() for code in codes.split(";") if code.strip()),
        object_scope=typed.object_scope.strip(),
        kind=typed.kind.strip(),
        count=_whole(typed.count, empty=None),
        ratios=named if shares else None,
        first_month=_whole(typed.first_month, empty=0) or 0,
        last_month=_whole(typed.last_month, empty=0) or 0,
        body=typed.body.strip(),
        note=typed.note.strip(),
    )


def _whole(text: str, *, empty: int | None) -> int | None:
    """A whole number; 0, which is refused, for what is none."""
    text = text.strip()
    if not text:
        return empty
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _percent(share: str) -> str:
    """A share in percent where that has an end, else as it stands: 1/3."""
    value = Fraction(share) * 100
    scaled = value * 10**9
    if scaled.denominator != 1:
        return share
    return f"{float(value):.9f}".rstrip("0").rstrip(".")
