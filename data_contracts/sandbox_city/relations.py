"""What the offices know of who belongs together: heads, shareholders, branches, investments, addresses.

A row says that `related` is the KIND of the entity: its shareholder, its head, its branch, its address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city import persons, places
from data_contracts.sandbox_city.circles import ALONE, Circles
from data_contracts.sandbox_city.columns import Codes, Floats, Ints, Truths, chosen, joined
from data_contracts.sandbox_city.days import NEVER, Days, arrow_dates
from data_contracts.sandbox_city.delays import known_after
from data_contracts.sandbox_city.happenings import ends_known
from data_contracts.sandbox_city.names import numbered, words
from data_contracts.sandbox_city.population import Population
from data_contracts.sandbox_city.riskiness import Riskiness, chance

KINDS = np.array(["shareholder", "legal_representative", "branch", "investment", "shared_address"])
SHAREHOLDER, HEAD, BRANCH, INVESTMENT, ADDRESS = range(5)
PARTIES = np.array(["entity", "person", "address"])
ENTITY, PERSON, PLACE = range(3)
OWNED_FORMS = (places.COMPANY, places.PARTNERSHIP, places.COOPERATIVE)
HEADED_BY_HOLDER = 0.65  # of the members of a circle that could also be held by shares alone
HELD_TOO = 0.8  # of those headed by the holder are held by shares as well
OWNED_BY_HEAD, PARTNERED = 0.45, 0.3  # of the entities outside circles whose shareholders are on record
PARTNERS_LEAVE = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """One element per relation; `related` is an entity, a person or an address, as `party` says."""

    entity: Ints
    occurred: Days
    known: Days
    ended: Days
    end_known: Days
    kind: Codes
    party: Codes
    related: Ints
    share: npt.NDArray[np.float32]  # not a number where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ties:
    """How the members of circles are tied to the holder, and which share the holder has."""

    headed: Truths
    held: Truths
    branch: Truths
    share: Floats


def make_relations(
    population: Population,
    riskiness: Riskiness,
    *,
    circles: Circles,
    last_day: int,
    rng: np.random.Generator,
) -> Relations:
    """Relations that began by the last day, ended with their entity at the latest."""
    ties = _ties(population, circles, rng)
    batches = [
        *_heads(population, riskiness, circles, ties, last_day, rng),
        *_shareholders(population, circles, ties, last_day, rng),
        *_investments(population, circles, ties, rng),
        _addresses(population, circles, rng),
    ]
    rows = joined(batches)
    rows = chosen(rows, (rows.occurred < rows.ended) & (rows.occurred <= last_day))
    return _of_known_parties(population, rows)


def relations_table(rows: Relations, ids: pa.Array, numbers: Ints, population: Population) -> pa.Table:
    """The registration system: relation_no, entity_id, relation (KINDS), related_type (PARTIES), related_no,
    related_name, share, begins_on, known_on, ended_on, end_known_on.

    related_no is a credit code, an identity token or an address in words; related_name only names people.
    """
    related, party = rows.related, rows.party
    person, place = (np.where(party == code, related, 0) for code in (PERSON, PLACE))
    written = pc.choose(
        pa.array(party.astype(np.int64)),
        ids.take(pa.array(np.where(party == ENTITY, related, 0))),
        persons.identity_tokens(person),
        persons.address_texts(population.district[rows.entity], place),
    )
    nobody = pa.scalar(None, pa.string())
    return pa.table(
        {
            "relation_no": numbered("GX", numbers),
            "entity_id": ids.take(pa.array(rows.entity)),
            "relation": words(KINDS, rows.kind),
            "related_type": words(PARTIES, party),
            "related_no": written,
            "related_name": pc.if_else(pa.array(party == PERSON), persons.person_names(person), nobody),
            "share": pa.array(np.round(rows.share.astype(np.float64), 4), mask=np.isnan(rows.share)),
            "begins_on": arrow_dates(rows.occurred),
            "known_on": arrow_dates(rows.known),
            "ended_on": arrow_dates(rows.ended),
            "end_known_on": arrow_dates(rows.end_known),
        }
    )


def _of_known_parties(population: Population, rows: Relations) -> Relations:
    """A relation is known when both its entities are."""
    other = np.where(rows.party == ENTITY, rows.related, rows.entity)
    since = np.maximum(population.registered_known[rows.entity], population.registered_known[other])
    known = np.maximum(rows.known, since)
    return replace(
        rows,
        known=known,
        end_known=np.where(rows.ended < NEVER, np.maximum(rows.end_known, known), NEVER).astype(np.int32),
    )


def _ties(population: Population, circles: Circles, rng: np.random.Generator) -> _Ties:
    inside, led = circles.circle >= 0, circles.leader != ALONE
    leads = led & (circles.leader == np.arange(len(population)))
    owned = np.isin(population.form, OWNED_FORMS)
    branch = led & (population.form == places.BRANCH)
    headed = inside & ~branch & (leads | ~owned | (rng.random(len(population)) < HEADED_BY_HOLDER))
    held = inside & owned & ~leads & (led | ~headed | (rng.random(len(population)) < HELD_TOO))
    share = np.round(rng.beta(4, 2, len(population)), 4)
    return _Ties(headed=headed, held=held, branch=branch, share=share)


def _heads(
    population: Population,
    riskiness: Riskiness,
    circles: Circles,
    ties: _Ties,
    last_day: int,
    rng: np.random.Generator,
) -> list[Relations]:
    """Up to three heads one after the other: the first, the holder or a second one, and the second again."""
    count = len(population)
    everybody = np.arange(count, dtype=np.int32)
    first = persons.person_numbers(persons.FIRST_HEAD, everybody, count)
    second = persons.person_numbers(persons.SECOND_HEAD, everybody, count)
    risk = riskiness[len(riskiness) // 2].astype(np.float64)
    moves = rng.random(count) < chance(-2.7 + 0.5 * risk)
    handed = np.where(moves, _some_day(population, last_day, rng), NEVER)
    came = np.where(ties.headed, circles.joined, handed).astype(np.int32)
    went = np.where(ties.headed, circles.left, NEVER).astype(np.int32)
    middle = np.where(ties.headed, circles.circle, second).astype(np.int32)
    turns = (
        (first, population.registered, came),
        (middle, came, went),
        (second, went, population.deregistered),
    )
    return [
        _rows(population, everybody, (HEAD, PERSON), related=who, days=(begin, end), rng=rng)
        for who, begin, end in turns
    ]


def _shareholders(
    population: Population, circles: Circles, ties: _Ties, last_day: int, rng: np.random.Generator
) -> list[Relations]:
    count = len(population)
    owned = np.isin(population.form, OWNED_FORMS)
    partnered = owned & (rng.random(count) < PARTNERED)
    by_head = owned & ~ties.held & (rng.random(count) < OWNED_BY_HEAD)
    leaves = rng.random(count) < PARTNERS_LEAVE
    until = np.where(leaves, _some_day(population, last_day, rng), NEVER)
    batches = []
    for mask, party in (
        (ties.held & (circles.leader == ALONE), PERSON),
        (ties.held & (circles.leader >= 0), ENTITY),
    ):
        who = np.flatnonzero(mask).astype(np.int32)
        related = circles.circle[who] if party == PERSON else circles.leader[who]
        days = (circles.joined[who], circles.left[who])
        batches.append(
            _rows(
                population,
                who,
                (SHAREHOLDER, party),
                related=related,
                days=days,
                rng=rng,
                share=ties.share[who],
            )
        )
    held_shares = np.where(partnered, ties.share, 1.0)
    for mask, role, part in (
        (by_head, persons.FIRST_HEAD, held_shares),
        (partnered & (by_head | ties.held), persons.PARTNER, np.round(1 - ties.share, 4)),
    ):
        who = np.flatnonzero(mask).astype(np.int32)
        related = persons.person_numbers(role, who, count)
        ended = until[who] if role == persons.PARTNER else np.full(len(who), NEVER)
        days = (population.registered[who], ended.astype(np.int32))
        batches.append(
            _rows(
                population, who, (SHAREHOLDER, PERSON), related=related, days=days, rng=rng, share=part[who]
            )
        )
    return batches


def _investments(
    population: Population, circles: Circles, ties: _Ties, rng: np.random.Generator
) -> list[Relations]:
    """What the leading company of a circle tells itself: its branches, and the companies it invests in."""
    batches = []
    invested = ties.held & (circles.leader >= 0) & (population.form == places.COMPANY)
    for mask, kind in ((ties.branch, BRANCH), (invested, INVESTMENT)):
        who = np.flatnonzero(mask).astype(np.int32)
        begin, end = circles.joined[who], np.minimum(circles.left[who], population.deregistered[who])
        leader = circles.leader[who]
        share = ties.share[who] if kind == INVESTMENT else None
        batches.append(
            _rows(population, leader, (kind, ENTITY), related=who, days=(begin, end), rng=rng, share=share)
        )
    return batches


def _addresses(population: Population, circles: Circles, rng: np.random.Generator) -> Relations:
    who = np.flatnonzero(circles.address >= 0).astype(np.int32)
    days = (circles.moved_in[who], circles.moved_out[who])
    return _rows(population, who, (ADDRESS, PLACE), related=circles.address[who], days=days, rng=rng)


def _some_day(population: Population, last_day: int, rng: np.random.Generator) -> Days:
    """A day of each entity's life, at least a month after its registration if it lives that long."""
    begin = population.registered + 30
    life = np.maximum(np.minimum(population.deregistered, last_day) - begin, 1)
    return (begin + np.floor(rng.random(len(population)) * life)).astype(np.int32)


def _rows(
    population: Population,
    entity: Ints,
    kind_and_party: tuple[int, int],
    *,
    related: Ints,
    days: tuple[Days, Days],
    rng: np.random.Generator,
    share: Floats | None = None,
) -> Relations:
    """Relations from the first of the days until the second; those without a day between are none."""
    ended = np.minimum(days[1], population.deregistered[entity])
    there = np.flatnonzero(days[0] < ended)
    entity, occurred, ended = entity[there], days[0][there], ended[there]
    count = len(entity)
    known = known_after(occurred, rng, usual=5, late_share=0.06)
    return Relations(
        entity=entity,
        occurred=occurred,
        known=known,
        ended=ended,
        end_known=ends_known(ended, known, rng, usual=15, late_share=0.15),
        kind=np.full(count, kind_and_party[0], np.int8),
        party=np.full(count, kind_and_party[1], np.int8),
        related=related[there],
        share=np.full(count, np.nan, np.float32) if share is None else share[there].astype(np.float32),
    )
