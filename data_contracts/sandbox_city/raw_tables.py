"""The city's records as the offices' systems export them: column names, words and dates of each source."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city import complaints as said
from data_contracts.sandbox_city import inspections as seen
from data_contracts.sandbox_city import listings as listed
from data_contracts.sandbox_city import penalties as decided
from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.annual_reports import AnnualReports
from data_contracts.sandbox_city.columns import Ints, Truths
from data_contracts.sandbox_city.complaints import Complaints
from data_contracts.sandbox_city.credit_codes import code_strings
from data_contracts.sandbox_city.days import (
    CHINESE_DAY,
    NEVER,
    SLASHED_DAY,
    arrow_dates,
    as_date,
    written_dates,
)
from data_contracts.sandbox_city.figures import NOT_STATED, Figures
from data_contracts.sandbox_city.inspections import Inspections, Inspectors
from data_contracts.sandbox_city.listings import Listings
from data_contracts.sandbox_city.names import entity_names, numbered, words
from data_contracts.sandbox_city.penalties import Penalties
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.versions import EntityVersions
from data_contracts.sandbox_city.visits import MECHANISMS, STRATA

WITHDRAWN, WITHDRAWN_WORD, YES = "retracted", "撤销", "是"
STRATUM_NAMES = ("A", "B", "C", "D", "ALL")


def entity_ids(population: Population) -> pa.Array:
    """The credit code of every entity, in order of entity number."""
    return code_strings(population.credit_codes)


def entities_table(versions: EntityVersions, population: Population, ids: pa.Array) -> pa.Table:
    """The registration system: one row per version."""
    who = versions.entity
    codes = ids.take(pa.array(who))
    return pa.table(
        {
            "entity_no": codes,
            "uscc": codes,
            "name": entity_names(versions, population.form),
            "entity_type": words(places.FORM_WORDS, population.form[who]),
            "region": words(places.DISTRICT_CODES, versions.district),
            "industry": words(places.INDUSTRY_CODES, versions.industry),
            "registered_on": arrow_dates(population.registered[who]),
            "deregistered_on": arrow_dates(versions.deregistered),
            "capital_fen": pa.array(versions.capital_fen),
            "ownership": words(places.OWNERSHIP_WORDS, population.ownership[who]),
            "known_on": arrow_dates(versions.known),
        }
    )


def annual_reports_table(
    reports: AnnualReports, figures: Figures, ids: pa.Array, numbers: Ints, *, amended: bool
) -> pa.Table:
    """The disclosure system: one row per filing, and one more per amendment."""
    return pa.table(
        {
            "report_id": numbered("NB", numbers),
            "entity_id": ids.take(pa.array(reports.entity)),
            "report_year": pa.array(reports.year),
            "filed_on": arrow_dates(reports.occurred),
            "known_on": arrow_dates(reports.amended if amended else reports.known),
            "amended": pa.repeat(amended, len(numbers)),
            "contact_confirmed": pa.array(reports.contact_confirmed),
            **{name: _stated(getattr(figures, name)) for name in Figures.__slots__},
        }
    )


def listings_table(rows: Listings, ids: pa.Array, numbers: Ints) -> pa.Table:
    """The list office: Chinese headings, words and dates."""
    return pa.table(
        {
            "列入编号": numbered("LR", numbers),
            "统一社会信用代码": ids.take(pa.array(rows.entity)),
            "名录类型": words(listed.KIND_WORDS, rows.kind),
            "列入原因": words(listed.GROUND_WORDS, rows.ground),
            "作出机关": words(listed.AUTHORITY_WORDS, rows.kind),
            "列入日期": written_dates(rows.occurred, CHINESE_DAY),
            "录入日期": written_dates(rows.known, CHINESE_DAY),
            "移出日期": written_dates(rows.ended, CHINESE_DAY),
            "移出录入日期": written_dates(rows.end_known, CHINESE_DAY),
            "信用修复日期": written_dates(rows.forgotten, CHINESE_DAY),
        }
    )


def penalties_table(rows: Penalties, ids: pa.Array, numbers: Ints) -> pa.Table:
    """The enforcement office: amounts in ten thousand yuan, dates with slashes."""
    return pa.table(
        {
            "决定书文号": numbered("XHCF", numbers),
            "统一社会信用代码": ids.take(pa.array(rows.entity)),
            "处罚种类": words(decided.KIND_WORDS, rows.kinds),
            "程序": words(np.array(["普通程序", "简易程序"]), rows.simple.astype(np.int8)),
            "领域": words(decided.FIELDS, rows.field),
            "罚款万元": _ten_thousands(rows.fine_fen),
            "没收万元": _ten_thousands(rows.confiscated_fen),
            "处罚机关": words(decided.AUTHORITIES, rows.authority),
            "决定日期": written_dates(rows.occurred, SLASHED_DAY),
            "入库日期": written_dates(rows.known, SLASHED_DAY),
            "修复日期": written_dates(rows.forgotten, SLASHED_DAY),
        }
    )


def complaints_table(rows: Complaints, ids: pa.Array, numbers: Ints) -> pa.Table:
    """The complaint platform; an outcome is empty until it is known."""
    told = (rows.answered < NEVER) | (rows.outcome == said.PENDING)
    return pa.table(
        {
            "complaint_id": numbered("TS", numbers),
            "entity_id": ids.take(pa.array(rows.entity)),
            "channel": words(said.CHANNELS, rows.channel),
            "kind": words(said.KINDS, rows.kind),
            "topic": words(said.TOPICS, rows.topic),
            "outcome": pc.if_else(pa.array(told), words(said.OUTCOMES, rows.outcome), None),
            "outcome_known_on": arrow_dates(rows.answered),
            "suspected_professional": pa.array(rows.professional),
            "occurred_on": arrow_dates(rows.occurred),
            "known_on": arrow_dates(rows.known),
        }
    )


def inspections_table(
    rows: Inspections, ids: pa.Array, numbers: Ints, inspectors: pa.Array, quarters: tuple[int, ...]
) -> pa.Table:
    """The inspection platform: result codes by number, the draw and its probability."""
    drawn = rows.draw >= 0
    return pa.table(
        {
            "inspection_id": numbered("JC", numbers),
            "entity_id": ids.take(pa.array(rows.entity)),
            "occurred_on": arrow_dates(rows.occurred),
            "known_on": arrow_dates(rows.known),
            "mechanism": words(MECHANISMS, rows.mechanism),
            "inclusion_probability": pa.array(rows.probability, mask=~drawn),
            "draw_id": _draw_ids(rows.draw, quarters),
            "item_code": words(seen.ITEMS, rows.item),
            "results": _results(rows),
            "critical_count": pa.array(rows.critical),
            "serious_count": pa.array(rows.serious),
            "minor_count": pa.array(rows.minor),
            "inspector": inspectors.take(pa.array(rows.inspector)),
        }
    )


def with_withdrawals(table: pa.Table, withdrawn: Truths, known: str) -> pa.Table:
    """The table with a last column that marks withdrawals; these tell their key and day and nothing else."""
    blank = pa.array(withdrawn)
    if withdrawn.any():
        columns = [
            column if name in (table.column_names[0], known) else _but(column, blank)
            for name, column in zip(table.column_names, table.columns, strict=True)
        ]
        table = pa.table(columns, schema=table.schema)
    if known.isascii():
        return table.append_column(WITHDRAWN, blank)
    return table.append_column(WITHDRAWN_WORD, pc.if_else(blank, YES, pa.scalar(None, pa.string())))


def _but(column: pa.ChunkedArray, blank: pa.Array) -> pa.ChunkedArray:
    return pc.if_else(blank, pa.scalar(None, column.type), column)


def inspector_ids(inspectors: Inspectors) -> pa.Array:
    """Pseudonyms: the district's code and a number."""
    numbers = np.arange(len(inspectors.district)) - inspectors.first_of_district[inspectors.district]
    codes = places.DISTRICT_CODES[inspectors.district]
    return pa.array([f"{code}-{number + 1:03d}" for code, number in zip(codes, numbers, strict=True)])


def _stated(values: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(values, mask=values == NOT_STATED)


def _ten_thousands(fen: npt.NDArray[np.int64]) -> pa.Array:
    """Whole yuan written in ten thousands with four decimals, exactly; nothing for zero."""
    yuan = fen // 100
    whole = pc.cast(pa.array(yuan // 10_000), pa.string())
    rest = pc.utf8_lpad(pc.cast(pa.array(yuan % 10_000), pa.string()), 4, "0")
    written = pc.binary_join_element_wise(whole, rest, ".")
    return pc.if_else(pa.array(fen == 0), pa.scalar(None, pa.string()), written)


def _draw_ids(draw: Ints, quarters: tuple[int, ...]) -> pa.Array:
    names: list[str | None] = [None]
    for start in quarters:
        day = as_date(start)
        names += [f"SJ-{day.year}Q{day.month // 3 + 1}-{name}" for name in (*STRATUM_NAMES, "", "", "")]
    if len(names) != len(quarters) * STRATA + 1:
        raise ValueError(f"{STRATA} strata per quarter, {len(names) - 1} names")
    return pa.array(names, pa.string()).take(pa.array(draw + 1))


def _results(rows: Inspections) -> pa.Array:
    """One or two of the ten national codes as numbers, in rising order."""
    low = np.where(rows.second > 0, np.minimum(rows.first, rows.second), rows.first).astype(np.int64)
    high = np.where(rows.second > 0, np.maximum(rows.first, rows.second), 0).astype(np.int64)
    texts: list[Any] = [f"{a:02d}" if b == 0 else f"{a:02d},{b:02d}" for a in range(11) for b in range(11)]
    return pa.array(texts, pa.string()).take(pa.array(low * 11 + high))
