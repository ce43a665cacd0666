"""Circles and addresses as drawn, and the relations that the offices know of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pytest

from data_contracts.sandbox_city import persons, places
from data_contracts.sandbox_city import relations as ties
from data_contracts.sandbox_city.circles import ALONE, LARGEST_ADDRESS, LARGEST_CIRCLE
from data_contracts.sandbox_city.columns import chosen
from data_contracts.sandbox_city.days import NEVER
from tests.data_contracts.sandbox_city.sources.town import TABLES, Town


@pytest.fixture(scope="module")
def table(town: Town) -> pd.DataFrame:
    rows: pd.DataFrame = TABLES["relations"](town, town.relations).to_pandas()
    return rows


def test_circles_have_two_to_thirty_members_and_few_are_large(town: Town) -> None:
    circle = town.circles.circle
    sizes = np.bincount(circle[circle >= 0])
    assert sizes.min() == 2
    assert 15 < sizes.max() <= LARGEST_CIRCLE
    assert np.median(sizes) <= 3 < sizes.mean()
    assert 0.6 < (circle == ALONE).mean() < 0.85, "most stand alone"


def test_addresses_lie_in_one_district_and_some_have_ten_entities_or_more(town: Town) -> None:
    address = town.circles.address
    tenants = np.flatnonzero(address >= 0)
    sizes = np.bincount(address[tenants])
    assert sizes.min() == 2
    assert (sizes >= 10).sum() >= 3
    assert sizes.max() <= LARGEST_ADDRESS
    districts = pd.Series(town.population.district[tenants]).groupby(address[tenants]).nunique()
    assert districts.max() == 1


def test_a_company_that_leads_is_the_oldest_company_of_its_circle(town: Town) -> None:
    circles, population = town.circles, town.population
    led = np.flatnonzero(circles.leader != ALONE)
    leaders = circles.leader[led]
    assert len(np.unique(leaders)) > 20
    assert (population.form[leaders] == places.COMPANY).all()
    assert (circles.circle[leaders] == circles.circle[led]).all()
    company = population.form[led] == places.COMPANY
    assert (population.registered[leaders] <= population.registered[led])[company].all()


def test_nobody_joins_before_both_exist_or_stays_after_either_ends(town: Town) -> None:
    circles, population = town.circles, town.population
    inside = circles.circle >= 0
    assert (circles.joined >= population.registered)[inside].all()
    assert (circles.joined <= circles.left).all()
    stays = inside & (circles.joined < circles.left)
    assert (circles.left <= population.deregistered)[stays].all()
    assert (circles.joined[~inside] == NEVER).all()
    led = stays & (circles.leader != ALONE)
    assert (circles.joined >= population.registered[circles.leader])[led].all()
    assert (circles.left <= population.deregistered[circles.leader])[led].all()
    assert 0.05 < (circles.left < population.deregistered)[inside].mean() < 0.3


def test_every_entity_has_one_head_at_a_time(town: Town) -> None:
    heads = chosen(town.relations, town.relations.kind == ties.HEAD)
    heads = chosen(heads, np.lexsort((heads.occurred, heads.entity)))
    follows = heads.entity[1:] == heads.entity[:-1]
    assert (heads.occurred[1:] == heads.ended[:-1])[follows].all()
    assert 0.05 < follows.mean() < 0.3
    in_circles = chosen(heads, town.circles.leader[heads.entity] != ALONE)
    branches = town.population.form[in_circles.entity] == places.BRANCH
    assert len(np.unique(heads.entity)) == len(town.population)
    assert branches.any()


def test_heads_of_the_riskier_change_more_often(town: Town) -> None:
    heads = chosen(town.relations, town.relations.kind == ties.HEAD)
    handed = heads.occurred > town.population.registered[heads.entity]
    alone = town.circles.circle[heads.entity] == ALONE
    risk = town.risk(heads.entity)
    assert risk[handed & alone].mean() > risk[~handed & alone].mean() + 0.1


def test_the_members_of_a_circle_share_a_person_or_a_company(town: Town) -> None:
    """Every stay in a circle is seen in a relation to its holder on the days of the stay."""
    circles, relations = town.circles, town.relations
    stays = np.flatnonzero((circles.circle >= 0) & (circles.joined < circles.left))
    by_person = (relations.party == ties.PERSON) & (relations.related == circles.circle[relations.entity])
    by_company = (
        (relations.party == ties.ENTITY)
        & (relations.kind == ties.SHAREHOLDER)
        & (relations.related == circles.leader[relations.entity])
    )
    branches = relations.related[relations.kind == ties.BRANCH]
    tied = {*relations.entity[by_person | by_company].tolist(), *branches.tolist()}
    assert set(stays.tolist()) <= tied


def test_endpoints_exist_and_nothing_is_related_to_itself(town: Town, table: pd.DataFrame) -> None:
    known = set(town.ids.to_pylist())
    entities = table[table.related_type == "entity"]
    assert set(entities.related_no) <= known
    assert set(table.entity_id) <= known
    assert (table.entity_id != table.related_no).all()
    assert set(table.relation) == set(ties.KINDS)
    assert table.related_no.notna().all()
    assert table.related_name.notna().equals(table.related_type == "person")


def test_an_investment_is_a_shareholding_seen_from_the_other_side(table: pd.DataFrame) -> None:
    investments = table[table.relation == "investment"]
    held = table[(table.relation == "shareholder") & (table.related_type == "entity")]
    seen = {(row.related_no, row.entity_id): row.share for row in held.itertuples()}
    assert len(investments) > 20
    for row in investments.itertuples():
        assert seen[row.entity_id, row.related_no] == row.share


def test_shares_of_the_capital_lie_within_it(table: pd.DataFrame) -> None:
    owned = table.relation.isin(["shareholder", "investment"])
    assert table.share.notna().equals(owned)
    assert table.share[owned].between(0, 1).all()
    together = table[table.relation == "shareholder"].groupby("entity_id").share.sum()
    assert together.max() <= 1.0001


def test_a_shared_address_is_the_same_text_for_its_tenants_only(town: Town, table: pd.DataFrame) -> None:
    shared = table[table.relation == "shared_address"]
    tenants = np.flatnonzero(town.circles.address >= 0)
    rooms = dict(zip(town.ids.take(tenants).to_pylist(), town.circles.address[tenants], strict=True))
    pairs = {(text, rooms[entity]) for text, entity in zip(shared.related_no, shared.entity_id, strict=True)}
    assert len(pairs) == len({text for text, _ in pairs}) == len({room for _, room in pairs})
    assert shared.groupby("related_no").size().max() >= 10


def test_different_people_have_different_tokens_of_districts_that_do_not_exist() -> None:
    people = np.arange(50_000, dtype=np.int32)
    tokens = persons.identity_tokens(people)
    assert len(tokens.unique()) == len(people)
    assert pc.all(pc.starts_with(tokens, "9901")).as_py()
    for token in tokens[:200].to_pylist():
        total = sum(int(d) * w for d, w in zip(token[:17], persons.CHECK_WEIGHTS, strict=True))
        assert token[17] == "10X98765432"[total % 11]
    names = persons.person_names(people)
    assert 1_000 < len(names.unique()) < len(people), "namesakes exist"


def test_more_people_than_tokens_are_refused() -> None:
    with pytest.raises(ValueError, match=f"{persons.TOKENS} people have tokens"):
        persons.identity_tokens(np.array([persons.TOKENS], np.int32))
