"""Changes of registration: those that versions and relations show too, and those that only this list has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city import persons, places
from data_contracts.sandbox_city import relations as related
from data_contracts.sandbox_city.columns import Codes, Ints, Longs, chosen, joined
from data_contracts.sandbox_city.days import NEVER, Days, arrow_dates
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.happenings import happening
from data_contracts.sandbox_city.names import names, numbered, words
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.relations import Relations
from data_contracts.sandbox_city.riskiness import Riskiness
from data_contracts.sandbox_city.versions import EntityVersions

ITEMS = np.array(
    ["name", "legal_representative", "address", "scope", "capital", "shareholders", "term", "other"]
)
NAME, HEAD, ADDRESS, SCOPE, CAPITAL, SHAREHOLDERS, TERM, OTHER = range(8)
CHAINED = (ADDRESS, SCOPE, TERM)  # what stands before one is what the one before it put there
UNSEEN = {ADDRESS: 0.004, SCOPE: 0.0055, TERM: 0.0018, OTHER: 0.004}  # per quarter, besides versions
RISK_SLOPE = 0.45
NOTHING = -1
SCOPE_TAILS = np.array(
    ["零售", "批发", "零售、批发", "咨询服务", "技术服务", "进出口", "网上销售", "租赁", "仓储", "维修"]
)
TERMS = np.array(["十年", "二十年", "三十年", "五十年", "长期"])
OTHERS = np.array(["章程备案", "联络员备案", "董事、监事备案", "财务负责人备案", "证照遗失补领"])
LETTERS = 16  # districts and trades: four bits of a packed code each


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryChanges:
    """One element per item changed; what `before` and `after` number depends on the item, NOTHING is none."""

    entity: Ints
    occurred: Days
    known: Days
    item: Codes
    before: Ints
    after: Ints
    capital_before_fen: Longs
    capital_after_fen: Longs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Now:
    """An attribute of every entity that changes on one day at most."""

    first: Codes
    day: Days
    second: Codes

    def on(self, entity: Ints, day: Days) -> Ints:
        changed = self.day[entity] <= day
        return np.where(changed, self.second[entity], self.first[entity]).astype(np.int32)


def make_registry_changes(
    population: Population,
    riskiness: Riskiness,
    *,
    quarters: tuple[int, ...],
    last_day: int,
    versions: EntityVersions,
    relations: Relations,
    rng: np.random.Generator,
) -> RegistryChanges:
    """Changes since the first quarter; the end of an entity is none."""
    seen = _seen_in_versions(population, versions, rng)
    district = _attribute(population.district, chosen(seen, seen.item == ADDRESS))
    trade = _attribute(population.industry, chosen(seen, seen.item == SCOPE))
    batches = [seen, _of_heads(relations), _of_shareholders(population, relations)]
    spans, every = zip(quarters, (*quarters[1:], last_day + 1), strict=True), sum(UNSEEN.values())
    for risk, span in zip(riskiness, spans, strict=True):
        who, occurred = happening(population, np.float32(every) * np.exp(RISK_SLOPE * risk), span, rng)
        items = rng.choice(list(UNSEEN), len(who), p=[rate / every for rate in UNSEEN.values()])
        for item in UNSEEN:
            rows = items == item
            batches.append(_unseen(item, who[rows], occurred[rows], district, trade, rng))
    together = joined(batches)
    return _chained(chosen(together, together.occurred >= quarters[0]))


def registry_changes_table(
    rows: RegistryChanges, ids: pa.Array, numbers: Ints, population: Population
) -> pa.Table:
    """The registration system: change_no, entity_id, item (ITEMS), before_text, after_text,
    capital_before_fen, capital_after_fen, changed_on, known_on.

    Texts are empty for capital, amounts for everything else.
    """
    capital = rows.item != CAPITAL
    return pa.table(
        {
            "change_no": numbered("BG", numbers),
            "entity_id": ids.take(pa.array(rows.entity)),
            "item": words(ITEMS, rows.item),
            "before_text": _texts(rows, rows.before, ids, population),
            "after_text": _texts(rows, rows.after, ids, population),
            "capital_before_fen": pa.array(rows.capital_before_fen, mask=capital),
            "capital_after_fen": pa.array(rows.capital_after_fen, mask=capital),
            "changed_on": arrow_dates(rows.occurred),
            "known_on": arrow_dates(rows.known),
        }
    )


def _seen_in_versions(
    population: Population, versions: EntityVersions, rng: np.random.Generator
) -> RegistryChanges:
    """One row per attribute in which a version differs from the one before; known when the version was."""
    later = np.flatnonzero(versions.entity[1:] == versions.entity[:-1]) + 1
    old, new = chosen(versions, later - 1), chosen(versions, later)
    batches = []
    street = rng.integers(0, persons.ADDRESSES, (2, len(later)))
    tail = rng.integers(0, len(SCOPE_TAILS), len(later))
    for item, differs, before, after in (
        (NAME, _name(old) != _name(new), _name(old), _name(new)),
        (
            ADDRESS,
            old.district != new.district,
            _packed(street[0], old.district),
            _packed(street[1], new.district),
        ),
        (SCOPE, old.industry != new.industry, _packed(tail, old.industry), _packed(tail, new.industry)),
        (CAPITAL, old.capital_fen != new.capital_fen, None, None),
    ):
        who = new.entity[differs]
        rows = _rows(item, who, new.known[differs], new.known[differs])
        if before is None or after is None:
            rows = replace(
                rows, capital_before_fen=old.capital_fen[differs], capital_after_fen=new.capital_fen[differs]
            )
        else:
            rows = replace(rows, before=before[differs], after=after[differs])
        batches.append(rows)
    rows = joined(batches)
    lag = rng.integers(0, 6, len(population)) + (rng.random(len(population)) < 0.05) * rng.integers(
        14, 60, len(population)
    )  # one for all items of a version
    latest = np.minimum(rows.known - lag[rows.entity], population.deregistered[rows.entity] - 1)
    occurred = np.minimum(np.maximum(latest, population.registered[rows.entity] + 1), rows.known)
    return replace(rows, occurred=occurred.astype(np.int32))


def _of_heads(relations: Relations) -> RegistryChanges:
    """A head that follows another one."""
    heads = chosen(relations, relations.kind == related.HEAD)
    heads = chosen(heads, np.lexsort((heads.occurred, heads.entity)))
    later = np.flatnonzero(heads.entity[1:] == heads.entity[:-1]) + 1
    rows = _rows(HEAD, heads.entity[later], heads.occurred[later], heads.known[later])
    return replace(rows, before=heads.related[later - 1], after=heads.related[later])


def _of_shareholders(population: Population, relations: Relations) -> RegistryChanges:
    """A shareholder who comes after registration, or goes before the end."""
    held = chosen(relations, relations.kind == related.SHAREHOLDER)
    code = np.where(held.party == related.ENTITY, -2 - held.related, held.related).astype(np.int32)
    came = held.occurred > population.registered[held.entity]
    gone = held.ended < population.deregistered[held.entity]
    coming = _rows(SHAREHOLDERS, held.entity[came], held.occurred[came], held.known[came])
    going = _rows(SHAREHOLDERS, held.entity[gone], held.ended[gone], held.end_known[gone])
    return joined([replace(coming, after=code[came]), replace(going, before=code[gone])])


def _unseen(
    item: int, who: Ints, occurred: Days, district: _Now, trade: _Now, rng: np.random.Generator
) -> RegistryChanges:
    """Changes that no row of the entities shows."""
    count = len(who)
    rows = _rows(item, who, occurred, known_after(occurred, rng, usual=5, late_share=0.05))
    choices = {
        ADDRESS: persons.ADDRESSES, SCOPE: len(SCOPE_TAILS), TERM: len(TERMS), OTHER: len(OTHERS)
    }[item]  # fmt: skip
    before, after = rng.integers(0, choices, (2, count), dtype=np.int32)
    if item in (ADDRESS, SCOPE):
        letter = (district if item == ADDRESS else trade).on(who, occurred)
        before, after = _packed(before, letter), _packed(after, letter)
    if item == OTHER:
        before = np.full(count, NOTHING, np.int32)
    return replace(rows, before=before, after=after)


def _chained(rows: RegistryChanges) -> RegistryChanges:
    """What stood before is what the last change of the item put there; what changes nothing is no change."""
    rows = chosen(rows, np.lexsort((rows.occurred, rows.item, rows.entity)))
    same = np.zeros(len(rows.entity), np.bool_)
    same[1:] = (rows.entity[1:] == rows.entity[:-1]) & (rows.item[1:] == rows.item[:-1])
    same &= np.isin(rows.item, CHAINED)
    before = np.where(same, np.roll(rows.after, 1), rows.before).astype(np.int32)
    changed = (before != rows.after) | (rows.item == CAPITAL)
    return chosen(replace(rows, before=before), changed)


def _attribute(first: Codes, changes: RegistryChanges) -> _Now:
    day, second = np.full(len(first), NEVER, np.int32), first.copy()
    day[changes.entity] = changes.occurred
    second[changes.entity] = (changes.after % LETTERS).astype(np.int8)
    return _Now(first=first, day=day, second=second)


def _rows(item: int, entity: Ints, occurred: Days, known: Days) -> RegistryChanges:
    count = len(entity)
    nothing, none = np.full(count, NOTHING, np.int32), np.zeros(count, np.int64)
    return RegistryChanges(
        entity=entity,
        occurred=occurred,
        known=known,
        item=np.full(count, item, np.int8),
        before=nothing,
        after=nothing,
        capital_before_fen=none,
        capital_after_fen=none,
    )


def _packed(number: npt.NDArray[Any], letter: npt.NDArray[Any]) -> Ints:
    packed: Ints = (number * LETTERS + letter).astype(np.int32)
    return packed


def _name(versions: EntityVersions) -> Ints:
    return _packed(versions.brand * LETTERS + versions.industry, versions.district)


def _texts(rows: RegistryChanges, codes: Ints, ids: pa.Array, population: Population) -> pa.Array:
    """The words of the codes, item by item, back in the order of the rows."""
    order = np.argsort(rows.item, kind="stable")
    parts = [pa.array([], pa.string())]
    for item in range(len(ITEMS)):
        places_of = order[rows.item[order] == item]
        code, entity = codes[places_of], rows.entity[places_of]
        none = pa.array(np.full(len(code), item == CAPITAL) | (code == NOTHING))
        texts = _words_of(item, np.maximum(code, 0), entity, population)
        if item == SHAREHOLDERS:
            company = ids.take(pa.array(np.where(code < NOTHING, -2 - code, 0)))
            texts = pc.if_else(pa.array(code < NOTHING), company, texts)
        parts.append(pc.if_else(none, pa.scalar(None, pa.string()), texts))
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return pa.concat_arrays(parts).take(pa.array(back))


def _words_of(item: int, code: Ints, entity: Ints, population: Population) -> pa.Array:
    number, letter = code // LETTERS, (code % LETTERS).astype(np.int8)
    if item == NAME:
        industry = (number % LETTERS).astype(np.int8)
        return names(number // LETTERS, letter, industry, population.form[entity])
    if item in (HEAD, SHAREHOLDERS):
        return persons.person_names(code)
    if item == ADDRESS:
        return persons.address_texts(letter, number)
    if item == SCOPE:
        trades = words(np.array(places.INDUSTRY_WORDS), letter)
        return pc.binary_join_element_wise(trades, words(SCOPE_TAILS, number), "；")
    listed = TERMS if item == TERM else OTHERS
    return words(listed, code % len(listed))
