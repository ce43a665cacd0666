from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

Told = Callable[..., dict[str, Any]]
T = date(2024, 7, 1)


def test_attributes_by_hand(of_one: Told) -> None:
    told = of_one(
        T,
        entities=[
            {"id_kind": "uscc", "known_on": date(2016, 3, 1), "registered_on": date(2016, 2, 29),
             "entity_type": "company", "region_code": "110101", "industry_code": "F5211",
             "registered_capital_fen": 50_000_000_00, "ownership": "private"},
            # moved and raised its capital in 2020; the industry was left out of that message
            {"id_kind": "uscc", "known_on": date(2020, 5, 4), "region_code": "110105",
             "latitude": 39.9, "longitude": 116.4, "registered_capital_fen": 80_000_000_00},
            # known the day after: not yet
            {"id_kind": "uscc", "known_on": date(2024, 7, 2), "region_code": "110108",
             "entity_type": "branch"},
        ],
    )  # fmt: skip
    # 29 Feb 2016 to 1 Jul 2024: 8 years of which 2 leap days after the start (2020, 2024): 3045 days
    assert told["entity_age_now"] == 3045 / 365.25
    assert told["entity_capital_now"] == 80_000_000.0  # fen / 100
    assert told["entity_type_now"] == "company"
    assert told["entity_region_now"] == "110105"
    assert (told["entity_latitude_now"], told["entity_longitude_now"]) == (39.9, 116.4)
    assert told["entity_section_now"] == "F"
    assert told["entity_industry_now"] == "F52"
    assert told["entity_ownership_now"] == "private"


@pytest.mark.parametrize(
    ("code", "section", "division"),
    [
        ("01", "A", "01"),
        ("0514", "A", "05"),
        ("06", "B", "06"),
        ("4390", "C", "43"),
        ("44", "D", "44"),
        ("97", "T", "97"),
        ("98", None, "98"),  # no such division
        ("00", None, "00"),
        ("I6420", "I", "I64"),
        ("U01", None, "U01"),  # no such section
        ("Restaurant", None, "Restaurant"),  # a foreign code that begins with a section's letter
        (None, None, None),
    ],
)
def test_an_industry_code_gives_its_section_only_if_it_is_gb_t_4754(
    of_one: Told, code: str | None, section: str | None, division: str | None
) -> None:
    told = of_one(T, entities=[{"id_kind": "local", "known_on": T, "industry_code": code}])
    assert (told["entity_section_now"], told["entity_industry_now"]) == (section, division)


def test_an_entity_known_before_its_registration_has_no_age(of_one: Told) -> None:
    told = of_one(T, entities=[{"id_kind": "local", "known_on": T, "registered_on": date(2024, 7, 2)}])
    assert told["entity_age_now"] is None
