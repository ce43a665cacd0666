from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from features.catalogue.penalty_fields import WORDS

Told = Callable[..., dict[str, Any]]
T = date(2024, 7, 1)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("食品安全", {"food"}),
        ("特种设备安全", {"equipment"}),
        ("使用未经定期检验的电梯", {"equipment"}),
        ("旅行社进行虚假宣传，误导旅游者", {"competition"}),
        ("发布虚假药品广告", {"drugs", "adverts"}),
        ("未与劳动者签订劳动合同", {"labour"}),
        ("丢失发票", set()),
        (None, set()),
    ],
)
def test_the_field_is_read_out_of_the_offices_words(of_one: Told, text: str | None, fields: set[str]) -> None:
    told = of_one(T, penalties=[{"kinds": "fine", "field": text, "occurred_on": date(2024, 1, 1)}])
    assert {field for field in WORDS if told[f"penalties_{field}_1095d"]} == fields
