"""Things under a code of their own: lifts, boilers and vessels with their tests, cold-chain and rice batches.

A test of a device is a later version of its row: known later, with the result and the next day due.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import Codes, Floats, Ints, Truths, chosen, joined
from data_contracts.sandbox_city.days import NEVER, Days, arrow_dates
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.happenings import ends_known, happening
from data_contracts.sandbox_city.names import numbered, words
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness, chance, on_days

KINDS = np.array(["cold_chain", "rice", "lift", "boiler", "pressure_vessel"])
COLD_CHAIN, RICE, LIFT, BOILER, VESSEL = range(5)
UNITS = np.array(["箱", "千克", "台", "台", "台"])
CODE_HEADS = np.array(["LL", "DM", "DT", "GL", "RQ"])
RESULTS = np.array(["qualified", "unqualified", "not_tested"])
QUALIFIED, UNQUALIFIED, NOT_TESTED = range(3)
# Share of the entities of a trade that have a device, by letter of the industry.
DEVICES = {
    LIFT: {"C": 0.05, "F": 0.03, "H": 0.06, "J": 0.1, "K": 0.35, "L": 0.02, "P": 0.1, "Q": 0.15, "R": 0.1},
    BOILER: {"C": 0.06, "H": 0.04, "O": 0.04, "Q": 0.05},
    VESSEL: {"C": 0.12, "E": 0.06, "H": 0.05, "N": 0.1, "Q": 0.1},
}
CYCLE_DAYS = {LIFT: 365, BOILER: 365, VESSEL: 3 * 365}
# Batches per quarter and entity of a trade.
BATCHES = {
    COLD_CHAIN: {"C": 0.012, "F": 0.009, "G": 0.02, "H": 0.011},
    RICE: {"A": 0.02, "C": 0.006, "F": 0.005},
}
QUANTITY_LOGS = {COLD_CHAIN: 3.5, RICE: 7.0}
ROUNDS = 10
LATE_LOG_ODDS, LATE_SLOPE = -1.9, 0.8
UNFIT_LOG_ODDS, UNFIT_SLOPE = -3.2, 0.6
REPAIR_DAYS = 60  # until an unfit device must be tested again
SCRAPPED = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """One element per version of a product; versions of one product have its number."""

    entity: Ints
    occurred: Days
    known: Days
    ended: Days
    end_known: Days
    product: Ints
    kind: Codes
    quantity: Ints
    next_due: Days
    result: Codes


def make_products(
    population: Population,
    riskiness: Riskiness,
    *,
    quarters: tuple[int, ...],
    last_day: int,
    rng: np.random.Generator,
) -> Products:
    """Devices in use since shortly before the first quarter or later, tested in cycles; batches of food."""
    batches: list[Products] = []
    first_number = 1
    for kind in DEVICES:
        devices = _devices(population, kind, first_number, quarters[0], rng)
        first_number += len(devices.entity)
        batches += _tested(riskiness, devices, quarters, last_day, rng)
    spans = zip(quarters, (*quarters[1:], last_day + 1), strict=True)
    for risk, span in zip(riskiness, spans, strict=True):
        for kind in BATCHES:
            batch = _batch(population, kind, first_number, span, risk, rng)
            first_number += len(batch.entity)
            batches.append(batch)
    return joined(batches)


def products_table(rows: Products, ids: pa.Array) -> pa.Table:
    """The product and equipment system: product_no (of the product, not of the row), entity_id,
    kind (KINDS), product_code, quantity, unit (UNITS), next_due_on, result (RESULTS), registered_on,
    known_on, ended_on, end_known_on.
    """
    digits = pc.utf8_lpad(pc.cast(pa.array(rows.product), pa.string()), 12, "0")
    return pa.table(
        {
            "product_no": numbered("CP", rows.product),
            "entity_id": ids.take(pa.array(rows.entity)),
            "kind": words(KINDS, rows.kind),
            "product_code": pc.binary_join_element_wise(words(CODE_HEADS, rows.kind), "9901", digits, ""),
            "quantity": pa.array(rows.quantity),
            "unit": words(UNITS, rows.kind),
            "next_due_on": arrow_dates(rows.next_due),
            "result": words(RESULTS, rows.result),
            "registered_on": arrow_dates(rows.occurred),
            "known_on": arrow_dates(rows.known),
            "ended_on": arrow_dates(rows.ended),
            "end_known_on": arrow_dates(rows.end_known),
        }
    )


def _devices(
    population: Population, kind: int, first_number: int, first_day: int, rng: np.random.Generator
) -> Products:
    """Devices as they are registered, fit for one cycle; those of older entities began in the last one."""
    shares = np.array([DEVICES[kind].get(letter, 0.0) for letter in places.INDUSTRIES], np.float32)
    many = shares[population.industry] * np.exp(0.3 * np.minimum(population.size, 3)).astype(np.float32)
    who = np.flatnonzero(rng.random(len(population), dtype=np.float32) < many).astype(np.int32)
    soon = population.registered[who] + rng.integers(10, 400, len(who))
    begun = np.maximum(rng.integers(first_day - CYCLE_DAYS[kind], first_day, len(who)), soon)
    there = begun < population.deregistered[who]
    who, begun = who[there], begun[there].astype(np.int32)
    count = len(who)
    scrapped = begun + 200 + rng.exponential(1_500, count).astype(np.int64)
    ended = np.where(rng.random(count) < SCRAPPED, scrapped, NEVER)
    return Products(
        entity=who,
        occurred=begun,
        known=known_after(begun, rng, usual=10, late_share=0.06),
        ended=np.minimum(ended, population.deregistered[who]).astype(np.int32),
        end_known=np.full(count, NEVER, np.int32),
        product=np.arange(first_number, first_number + count, dtype=np.int32),
        kind=np.full(count, kind, np.int8),
        quantity=np.ones(count, np.int32),
        next_due=(begun + CYCLE_DAYS[kind]).astype(np.int32),
        result=np.full(count, QUALIFIED, np.int8),
    )


def _tested(
    riskiness: Riskiness,
    devices: Products,
    quarters: tuple[int, ...],
    last_day: int,
    rng: np.random.Generator,
) -> list[Products]:
    """The devices and a version for each test; only the last version tells of the end."""
    versions = []
    now = devices
    for _ in range(ROUNDS):
        risk = on_days(riskiness, quarters, now.entity, now.next_due)
        tested = now.next_due + _delays(risk, rng)
        goes_on = (tested < now.ended) & (tested <= last_day)
        versions += [chosen(_still_in_use(now), goes_on), _at_its_end(chosen(now, ~goes_on), rng)]
        now = _version(chosen(now, goes_on), tested[goes_on], risk[goes_on], rng)
    return [*versions, _at_its_end(now, rng)]


def _delays(risk: Floats, rng: np.random.Generator) -> Days:
    """Days from the day due until the test: some before it, or for some, the riskier the more, after it."""
    late = rng.random(len(risk)) < chance(LATE_LOG_ODDS + LATE_SLOPE * risk)
    after = 1 + rng.exponential(70, len(risk)).astype(np.int64)
    return np.where(late, after, -rng.integers(0, 25, len(risk))).astype(np.int32)


def _version(rows: Products, tested: Days, risk: Floats, rng: np.random.Generator) -> Products:
    unfit: Truths = rng.random(len(risk)) < chance(UNFIT_LOG_ODDS + UNFIT_SLOPE * risk)
    cycle = np.array([CYCLE_DAYS.get(kind, 0) for kind in range(len(KINDS))])[rows.kind]
    known = known_after(tested, rng, usual=10, late_share=0.06)
    return replace(
        rows,
        known=np.maximum(known, rows.known + 1),
        next_due=(tested + np.where(unfit, REPAIR_DAYS, cycle)).astype(np.int32),
        result=np.where(unfit, UNQUALIFIED, QUALIFIED).astype(np.int8),
    )


def _still_in_use(rows: Products) -> Products:
    return replace(rows, ended=np.full(len(rows.entity), NEVER, np.int32))


def _at_its_end(rows: Products, rng: np.random.Generator) -> Products:
    return replace(rows, end_known=ends_known(rows.ended, rows.known, rng, usual=20, late_share=0.15))


def _batch(
    population: Population,
    kind: int,
    first_number: int,
    span: tuple[int, int],
    risk: Floats,
    rng: np.random.Generator,
) -> Products:
    """Batches of food declared in a quarter: part of them tested, gone after some weeks."""
    shares = np.array([BATCHES[kind].get(letter, 0.0) for letter in places.INDUSTRIES], np.float32)
    who, occurred = happening(population, shares[population.industry], span, rng)
    count = len(who)
    unfit = rng.random(count) < chance(UNFIT_LOG_ODDS + UNFIT_SLOPE * risk[who])
    result = np.where(unfit, UNQUALIFIED, QUALIFIED)
    known = known_after(occurred, rng, usual=3, late_share=0.08)
    sold = np.minimum(occurred + rng.integers(10, 121, count), population.deregistered[who])
    ended = np.maximum(sold, occurred).astype(np.int32)
    quantity = np.exp(QUANTITY_LOGS[kind] + 0.4 * population.size[who] + 0.8 * rng.standard_normal(count))
    return Products(
        entity=who,
        occurred=occurred,
        known=known,
        ended=ended,
        end_known=ends_known(ended, known, rng, usual=10, late_share=0.1),
        product=np.arange(first_number, first_number + count, dtype=np.int32),
        kind=np.full(count, kind, np.int8),
        quantity=np.maximum(np.round(quantity), 1).astype(np.int32),
        next_due=np.full(count, NEVER, np.int32),
        result=np.where(rng.random(count) < 0.3, NOT_TESTED, result).astype(np.int8),
    )
