"""People who answer for something in an entity: seven groups, their posts, and how long they are qualified.

A renewed qualification is a later version of the post's row: same record, known later, qualified for longer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data_contracts.sandbox_city import persons, places
from data_contracts.sandbox_city import relations as related
from data_contracts.sandbox_city.columns import Codes, Floats, Ints, chosen, joined
from data_contracts.sandbox_city.days import NEVER, Days, arrow_dates
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.happenings import ends_known
from data_contracts.sandbox_city.names import numbered, words
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.relations import Relations
from data_contracts.sandbox_city.riskiness import Riskiness, chance, on_days

GROUPS = np.array(
    [
        "legal_representative", "food_safety_officer", "quality_safety_director",
        "special_equipment_operator", "licensed_pharmacist", "shareholder_controller", "barred_person",
    ]
)  # fmt: skip
HEAD, FOOD, QUALITY, EQUIPMENT, PHARMACIST, CONTROLLER, BARRED = range(7)
POSTS = np.array(
    ["法定代表人", "食品安全员", "质量安全总监", "特种设备作业人员", "执业药师", "控股股东", "受限制人员"]
)
# Share of the entities of a trade that must have such a person, by letter of the industry.
QUALIFIED = {
    FOOD: {"A": 0.1, "C": 0.12, "F": 0.2, "H": 0.7, "P": 0.1, "Q": 0.05},
    QUALITY: {"C": 0.2, "A": 0.05, "E": 0.03},
    EQUIPMENT: {"C": 0.2, "E": 0.15, "G": 0.06, "H": 0.05, "K": 0.3, "N": 0.1, "Q": 0.1},
    PHARMACIST: {"F": 0.05, "Q": 0.2},
}
ROLES = {
    FOOD: persons.OFFICER,
    QUALITY: persons.DIRECTOR,
    EQUIPMENT: persons.OPERATOR,
    PHARMACIST: persons.PHARMACIST,
}
CERTIFIED_DAYS = {FOOD: 3 * 365, QUALITY: 4 * 365, EQUIPMENT: 4 * 365, PHARMACIST: 5 * 365}
WATCHED_TRADES = np.isin(list(places.INDUSTRIES), list("CHJPQ"))  # their heads are key persons
WATCHED_HEADS, WATCHED_CONTROLLERS = 0.9, 0.45
BARRED_LOG_ODDS, BARRED_SLOPE, BARRED_DAYS = -5.0, 0.8, 3 * 365
LATE_LOG_ODDS, LATE_SLOPE = -1.6, 0.9
ROUNDS = 3  # of certificates: after the third, the history is over
LEAVES = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPersons:
    """One element per version of a post; versions of one post have its record number."""

    entity: Ints
    occurred: Days
    known: Days
    ended: Days
    end_known: Days
    record: Ints
    person: Ints
    group: Codes
    qualified_until: Days


def make_key_persons(
    population: Population,
    riskiness: Riskiness,
    *,
    quarters: tuple[int, ...],
    last_day: int,
    relations: Relations,
    rng: np.random.Generator,
) -> KeyPersons:
    """Posts held at the first quarter or later; heads and controllers are those of the relations."""
    posts = [
        _heads(population, relations, quarters[0], rng),
        _controllers(relations, quarters[0], rng),
        _barred(population, riskiness, relations, quarters, last_day, rng),
        *[_post(population, group, quarters[0], relations, rng) for group in QUALIFIED],
    ]
    rows = joined(posts)
    rows = replace(rows, record=np.arange(1, len(rows.entity) + 1, dtype=np.int32))
    return joined(_renewed(riskiness, rows, quarters, last_day, rng))


def key_persons_table(rows: KeyPersons, ids: pa.Array) -> pa.Table:
    """The register of key persons: record_no (of the post, not of the row), entity_id, person_no,
    person_name, group (GROUPS), post (POSTS), qualified_until, begins_on, known_on, ended_on, end_known_on.
    """
    return pa.table(
        {
            "record_no": numbered("RY", rows.record),
            "entity_id": ids.take(pa.array(rows.entity)),
            "person_no": persons.identity_tokens(rows.person),
            "person_name": persons.person_names(rows.person),
            "group": words(GROUPS, rows.group),
            "post": words(POSTS, rows.group),
            "qualified_until": arrow_dates(rows.qualified_until),
            "begins_on": arrow_dates(rows.occurred),
            "known_on": arrow_dates(rows.known),
            "ended_on": arrow_dates(rows.ended),
            "end_known_on": arrow_dates(rows.end_known),
        }
    )


def _heads(
    population: Population, relations: Relations, first_day: int, rng: np.random.Generator
) -> KeyPersons:
    """The heads of entities in watched trades, while they are heads."""
    watched = WATCHED_TRADES[population.industry] & (rng.random(len(population)) < WATCHED_HEADS)
    rows = (relations.kind == related.HEAD) & watched[relations.entity] & (relations.ended > first_day)
    return _as_related(chosen(relations, rows), HEAD)


def _controllers(relations: Relations, first_day: int, rng: np.random.Generator) -> KeyPersons:
    """People who hold more than half of an entity."""
    rows = (relations.kind == related.SHAREHOLDER) & (relations.party == related.PERSON)
    rows &= (relations.share > 0.5) & (relations.ended > first_day)
    rows &= rng.random(len(rows)) < WATCHED_CONTROLLERS
    return _as_related(chosen(relations, rows), CONTROLLER)


def _as_related(rows: Relations, group: int) -> KeyPersons:
    count = len(rows.entity)
    return KeyPersons(
        entity=rows.entity,
        occurred=rows.occurred,
        known=rows.known,
        ended=rows.ended,
        end_known=rows.end_known,
        record=np.zeros(count, np.int32),
        person=rows.related,
        group=np.full(count, group, np.int8),
        qualified_until=np.full(count, NEVER, np.int32),
    )


def _barred(
    population: Population,
    riskiness: Riskiness,
    relations: Relations,
    quarters: tuple[int, ...],
    last_day: int,
    rng: np.random.Generator,
) -> KeyPersons:
    """Heads who may not be one for three years from some day of their time on; the riskier the more often."""
    heads = chosen(relations, (relations.kind == related.HEAD) & (relations.ended > quarters[0]))
    since = np.maximum(heads.occurred, quarters[0])
    until = np.minimum(heads.ended, last_day)
    day = since + np.floor(rng.random(len(since)) * np.maximum(until - since, 1)).astype(np.int64)
    risk = on_days(riskiness, quarters, heads.entity, day.astype(np.int32))
    rows = (rng.random(len(day)) < chance(BARRED_LOG_ODDS + BARRED_SLOPE * risk)) & (day < until)
    heads, occurred = chosen(heads, rows), day[rows].astype(np.int32)
    known = known_after(occurred, rng, usual=15, late_share=0.15)
    ended = np.minimum(occurred + BARRED_DAYS, population.deregistered[heads.entity]).astype(np.int32)
    return replace(
        _as_related(heads, BARRED),
        occurred=occurred,
        known=known,
        ended=ended,
        end_known=ends_known(ended, known, rng, usual=10, late_share=0.1),
    )


def _post(
    population: Population, group: int, first_day: int, relations: Relations, rng: np.random.Generator
) -> KeyPersons:
    """Posts that need a certificate: the head holds it in a shop, somebody else in a company."""
    shares = np.array([QUALIFIED[group].get(letter, 0.0) for letter in places.INDUSTRIES], np.float32)
    holds = rng.random(len(population), dtype=np.float32) < shares[population.industry]
    who = np.flatnonzero(holds).astype(np.int32)
    soon = population.registered[who] + rng.integers(0, 61, len(who))
    earlier = rng.integers(first_day - CERTIFIED_DAYS[group], first_day, len(who))
    begun = np.maximum(soon, earlier).astype(np.int32)
    there = begun < population.deregistered[who]
    who, begun = who[there], begun[there]
    count = len(who)
    person = persons.person_numbers(ROLES[group], who, len(population))
    if group == FOOD:
        head = _first_heads(relations, len(population))[who]
        person = np.where((population.form[who] == places.SOLE_TRADER) & (head >= 0), head, person)
    leaves = begun + 60 + rng.exponential(1_500, count).astype(np.int64)
    ended = np.where(rng.random(count) < LEAVES, leaves, NEVER)
    return KeyPersons(
        entity=who,
        occurred=begun,
        known=known_after(begun, rng, usual=15, late_share=0.12),
        ended=np.minimum(ended, population.deregistered[who]).astype(np.int32),
        end_known=np.full(count, NEVER, np.int32),
        record=np.zeros(count, np.int32),
        person=person.astype(np.int32),
        group=np.full(count, group, np.int8),
        qualified_until=(begun + CERTIFIED_DAYS[group] - 1).astype(np.int32),
    )


def _renewed(
    riskiness: Riskiness,
    posts: KeyPersons,
    quarters: tuple[int, ...],
    last_day: int,
    rng: np.random.Generator,
) -> list[KeyPersons]:
    """The posts and a version for each renewal; only the last version tells of the end."""
    certified = np.isin(posts.group, list(QUALIFIED))
    versions, now = [chosen(posts, ~certified)], chosen(posts, certified)
    days = np.array([CERTIFIED_DAYS.get(group, 0) for group in range(len(GROUPS))])
    for _ in range(ROUNDS):
        risk = on_days(riskiness, quarters, now.entity, now.qualified_until)
        renewed = _renewals(now.qualified_until, risk, rng)
        goes_on = (renewed < now.ended) & (renewed <= last_day)
        going, staying = chosen(now, goes_on), chosen(now, ~goes_on)
        versions += [
            replace(going, ended=np.full(len(going.entity), NEVER, np.int32)),
            _at_its_end(staying, rng),
        ]
        renewed = renewed[goes_on]
        known = np.maximum(known_after(renewed, rng, usual=15, late_share=0.1), going.known + 1)
        until = np.maximum(renewed, going.qualified_until) + days[going.group]
        now = replace(going, known=known, qualified_until=until.astype(np.int32))
    return [*versions, _at_its_end(now, rng)]


def _renewals(until: Days, risk: Floats, rng: np.random.Generator) -> Days:
    """In the weeks before the end; for some, the riskier the more, months after it."""
    late = rng.random(len(risk)) < chance(LATE_LOG_ODDS + LATE_SLOPE * risk)
    after = 1 + rng.exponential(150, len(risk)).astype(np.int64)
    return (until + np.where(late, after, -rng.integers(0, 60, len(risk)))).astype(np.int32)


def _at_its_end(rows: KeyPersons, rng: np.random.Generator) -> KeyPersons:
    return replace(rows, end_known=ends_known(rows.ended, rows.known, rng, usual=20, late_share=0.15))


def _first_heads(relations: Relations, entities: int) -> npt.NDArray[np.int32]:
    """The first head of each entity; -1 where none is on record."""
    heads = chosen(relations, relations.kind == related.HEAD)
    order = np.argsort(-heads.occurred, kind="stable")  # the first is written last
    people = np.full(entities, -1, np.int32)
    people[heads.entity[order]] = heads.related[order]
    return people
