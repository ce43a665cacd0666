"""People who answer for something: seven groups, their tokens, and versions of their qualification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data_contracts.sandbox_city import key_persons as people
from data_contracts.sandbox_city.days import NEVER
from data_contracts.sandbox_city.key_persons import KeyPersons
from tests.data_contracts.sandbox_city.sources.town import LAST_DAY, TABLES, Town


@pytest.fixture(scope="module")
def rows(drawn: Mapping[str, Any]) -> KeyPersons:
    persons = drawn["key_persons"]
    assert isinstance(persons, KeyPersons)
    return persons


@pytest.fixture(scope="module")
def table(town: Town, rows: KeyPersons) -> pd.DataFrame:
    written: pd.DataFrame = TABLES["key_persons"](town, rows).to_pandas()
    return written


def test_all_seven_groups_are_there(table: pd.DataFrame) -> None:
    shares = table.group.value_counts(normalize=True)
    assert set(shares.index) == set(people.GROUPS)
    assert shares["barred_person"] < 0.03
    assert table.groupby("group").post.nunique().eq(1).all()


def test_heads_have_the_token_that_the_relations_give_them(table: pd.DataFrame, town: Town) -> None:
    heads = TABLES["relations"](town, town.relations).to_pandas()
    heads = heads[heads.relation == "legal_representative"]
    stated = table[table.group == "legal_representative"]
    both = stated.merge(heads, on=["entity_id", "begins_on"], suffixes=("", "_relation"))
    assert len(both) == len(stated)
    assert (both.person_no == both.related_no).all()
    assert (both.person_name == both.related_name).all()
    assert table.person_no.str.len().eq(18).all()


def test_versions_of_a_record_keep_the_post_and_qualify_for_longer(rows: KeyPersons) -> None:
    order = np.lexsort((rows.known, rows.record))
    same = rows.record[order][1:] == rows.record[order][:-1]
    for name in ("entity", "person", "group", "occurred"):
        values = getattr(rows, name)[order]
        assert (values[1:] == values[:-1])[same].all(), name
    for name in ("known", "qualified_until"):
        values = getattr(rows, name)[order]
        assert (values[1:] > values[:-1])[same].all(), name
    assert (rows.ended[order][:-1][same] == NEVER).all(), "only the last version tells of the end"
    certified = np.isin(rows.group, list(people.QUALIFIED))
    assert ((rows.qualified_until < NEVER) == certified).all()


def test_certificates_of_the_riskier_are_renewed_later(rows: KeyPersons, town: Town) -> None:
    order = np.lexsort((rows.known, rows.record))
    same = np.flatnonzero(rows.record[order][1:] == rows.record[order][:-1])
    gap = rows.known[order][1:][same] - rows.qualified_until[order][:-1][same]
    risk = town.risk(rows.entity[order][same])
    late = gap > 60
    assert risk[late].mean() > risk[~late].mean() + 0.1


def test_the_barred_are_the_riskier_for_three_years(rows: KeyPersons, town: Town) -> None:
    barred = rows.group == people.BARRED
    assert (rows.ended - rows.occurred)[barred].max() == people.BARRED_DAYS
    assert town.risk(rows.entity[barred]).mean() > town.riskiness.mean() + 0.1
    assert (rows.occurred[barred] <= LAST_DAY).all()
