"""What courts and registers say: enforcement, freezes, pledges, mortgages, cases, bankruptcy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city import listings as listed
from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import Codes, Floats, Ints, Longs, joined
from data_contracts.sandbox_city.days import DOTTED_DAY, NEVER, Days, written_dates
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.happenings import ends_known, happening
from data_contracts.sandbox_city.listings import Listings
from data_contracts.sandbox_city.names import numbered, words
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness

KIND_WORDS = np.array(["被执行人", "股权冻结", "股权出质", "动产抵押", "诉讼", "破产", "清算"])
DEBTOR, FREEZE, PLEDGE, MORTGAGE, LITIGATION, BANKRUPTCY, LIQUIDATION = range(7)
ROLE_WORDS = np.array(["原告", "被告", "第三人", "被执行人", "其他"])
PLAINTIFF, DEFENDANT, THIRD_PARTY, OWES, OTHER_ROLE = range(5)
AUTHORITY_WORDS = np.array(
    ["人民法院", "人民法院", "市场监管局", "市场监管局", "人民法院", "人民法院", "市场监管局"]
)
PER_QUARTER = np.array([0.0008, 0.0012, 0.0011, 0.0005, 0.0030, 0.00005, 0.0003])
RISK_SLOPES = np.array([0.8, 0.9, 0.1, 0.1, 0.45, 1.0, 0.6])
COMPANIES_ONLY = np.isin(np.arange(7), [FREEZE, PLEDGE, BANKRUPTCY, LIQUIDATION])
MEAN_DAYS = np.array([400, 600, 800, 900, 240, 700, 150])
OPEN_SHARES = np.array([0.35, 0.3, 0.2, 0.2, 0.05, 0.3, 0.1])
YUAN_LOGS = np.array([11.0, 12.5, 13.5, 12.5, 10.5, 14.0, 0.0])
ROLES = np.array([OWES, OWES, OTHER_ROLE, OTHER_ROLE, DEFENDANT, OWES, OTHER_ROLE])


@dataclass(frozen=True, slots=True, kw_only=True)
class Judicial:
    """One element per case or measure; no amount is 0, no share is not a number."""

    entity: Ints
    occurred: Days
    known: Days
    ended: Days
    end_known: Days
    kind: Codes
    role: Codes
    amount_fen: Longs
    equity_share: npt.NDArray[np.float32]


def make_judicial(
    population: Population,
    riskiness: Riskiness,
    *,
    quarters: tuple[int, ...],
    last_day: int,
    listings: Listings,
    rng: np.random.Generator,
) -> Judicial:
    """Cases and measures since the first quarter; whoever is listed as a judgment debtor was sued before."""
    batches = [_before_listings(population, riskiness, listings, rng)]
    spans = zip(quarters, (*quarters[1:], last_day + 1), strict=True)
    company = population.form == places.COMPANY
    for risk, span in zip(riskiness, spans, strict=True):
        for kind in range(len(KIND_WORDS)):
            rates = np.float32(PER_QUARTER[kind]) * np.exp(np.float32(RISK_SLOPES[kind]) * risk)
            if COMPANIES_ONLY[kind]:
                rates = rates * company
            who, occurred = happening(population, rates, span, rng)
            batches.append(_rows(population, kind, who, occurred, risk[who], rng))
    return joined(batches)


def judicial_table(rows: Judicial, ids: pa.Array, numbers: Ints) -> pa.Table:
    """Courts and registers, in Chinese: 案号, 统一社会信用代码, 事项类别 (KIND_WORDS), 主体地位 (ROLE_WORDS),
    标的金额元 (two decimals), 股权比例 (0 to 1), 办理机关, 立案日期, 录入日期, 结束日期, 结束录入日期.

    Dates are written 2024.3.5.
    """
    nothing = pa.scalar(None, pa.string())
    share = pc.cast(pa.array(np.round(rows.equity_share.astype(np.float64), 4)), pa.string())
    return pa.table(
        {
            "案号": numbered("SF", numbers),
            "统一社会信用代码": ids.take(pa.array(rows.entity)),
            "事项类别": words(KIND_WORDS, rows.kind),
            "主体地位": words(ROLE_WORDS, rows.role),
            "标的金额元": _yuan(rows.amount_fen),
            "股权比例": pc.if_else(pa.array(np.isnan(rows.equity_share)), nothing, share),
            "办理机关": words(AUTHORITY_WORDS, rows.kind),
            "立案日期": written_dates(rows.occurred, DOTTED_DAY),
            "录入日期": written_dates(rows.known, DOTTED_DAY),
            "结束日期": written_dates(rows.ended, DOTTED_DAY),
            "结束录入日期": written_dates(rows.end_known, DOTTED_DAY),
        }
    )


def _before_listings(
    population: Population, riskiness: Riskiness, listings: Listings, rng: np.random.Generator
) -> Judicial:
    """The enforcement that led to a listing as a judgment debtor, weeks or months before it."""
    rows = listings.kind == listed.DEBTOR
    who, day = listings.entity[rows], listings.occurred[rows]
    occurred = np.maximum(day - rng.integers(20, 200, len(who)), population.registered[who] + 1)
    return _rows(population, DEBTOR, who, occurred.astype(np.int32), riskiness[0][who], rng)


def _rows(
    population: Population, kind: int, who: Ints, occurred: Days, risk: Floats, rng: np.random.Generator
) -> Judicial:
    count = len(who)
    lasts = 10 + rng.exponential(MEAN_DAYS[kind], count).astype(np.int64)
    ended = np.where(rng.random(count) < OPEN_SHARES[kind], NEVER, occurred + lasts)
    gone = np.maximum(population.deregistered[who], occurred + 1)
    ended = np.minimum(ended, gone).astype(np.int32)
    known = known_after(occurred, rng, usual=15, late_share=0.12)
    role = np.full(count, ROLES[kind], np.int8)
    if kind == LITIGATION:
        lot = rng.random(count) - 0.06 * np.clip(risk, -2, 2)  # the riskier are sued rather than sue
        role = np.where(lot > 0.65, PLAINTIFF, np.where(lot > 0.6, THIRD_PARTY, DEFENDANT)).astype(np.int8)
    yuan = np.exp(YUAN_LOGS[kind] + 0.5 * population.size[who] + 1.2 * rng.standard_normal(count))
    share = np.round(rng.beta(1.5, 2.5, count), 4)
    held = kind in (FREEZE, PLEDGE)
    return Judicial(
        entity=who,
        occurred=occurred,
        known=known,
        ended=ended,
        end_known=ends_known(ended, known, rng, usual=20, late_share=0.15),
        kind=np.full(count, kind, np.int8),
        role=role,
        amount_fen=np.where(kind == LIQUIDATION, 0, np.round(yuan * 100)).astype(np.int64),
        equity_share=(share if held else np.full(count, np.nan)).astype(np.float32),
    )


def _yuan(fen: Longs) -> pa.Array:
    """Fen written in yuan with two decimals, exactly; nothing for zero."""
    whole = pc.cast(pa.array(fen // 100), pa.string())
    rest = pc.utf8_lpad(pc.cast(pa.array(fen % 100), pa.string()), 2, "0")
    written = pc.binary_join_element_wise(whole, rest, ".")
    return pc.if_else(pa.array(fen == 0), pa.scalar(None, pa.string()), written)
