"""The random draws of past years for pages and API: read once for each version of records and registers."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from data_contracts.lake import open_version
from data_contracts.refusal import Refusal
from serving.earlier import registers_until
from serving.ledger.tokens import Holder
from serving.web.desk import Desk

if TYPE_CHECKING:
    from serving.inspections.policies.past_draws import DrawnBefore


class RecordsMissing(Refusal):
    """A replay where the records of past inspections are not at hand."""


def past_draws_of(desk: Desk, holder: Holder) -> DrawnBefore:
    """The past random draws within the holder's region, by the grades of earlier registers."""
    return city_draws_of(desk).within(holder.region_prefix)


def city_draws_of(desk: Desk) -> DrawnBefore:
    """Those of the whole city, the same object while nothing is new; raises NoPastDraws, RecordsMissing."""
    if desk.lake is None:
        raise RecordsMissing(
            expected="the records of past inspections beside the grades",
            got="a service without them",
            todo="serve the city with its lake, or run `python -m serving replay` where the lake is",
        )
    folders = tuple(
        (one.as_of.isoformat(), str(one.path), one.digest)
        for one in registers_until(desk.ledger, desk.register)
    )
    today = desk.today.isoformat()
    return _drawn(str(desk.lake.root), desk.lake.version, folders, today)


@lru_cache(maxsize=4)
def _drawn(root: str, version: str, registers: tuple[tuple[str, str, str], ...], today: str) -> DrawnBefore:
    """Read once a day for each version of the records and registers."""
    from serving.inspections.policies.past_draws import GradedOn, drawn_before  # noqa: PLC0415 - statistics

    graded = [GradedOn(as_of=date.fromisoformat(day), grades=_grades(path)) for day, path, _ in registers]
    return drawn_before(open_version(Path(root), version), registers=graded, today=date.fromisoformat(today))


def _grades(path: str) -> pa.Table:
    return pq.read_table(path, columns=["entity_id", "grade"])
