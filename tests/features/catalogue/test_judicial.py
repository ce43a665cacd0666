from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

Told = Callable[..., dict[str, Any]]
T = date(2024, 7, 1)
OVER = {"ended_on": date(2024, 1, 1), "end_known_on": date(2024, 1, 1)}


def case(kind: str, day: date = date(2023, 7, 1), **more: Any) -> dict[str, Any]:
    return {"kind": kind, "occurred_on": day, **more}


def test_only_lawsuits_as_defendant_count(of_one: Told) -> None:
    told = of_one(
        T,
        judicial=[
            case("litigation", role="defendant", amount_fen=1_000_50),
            case("litigation", role="defendant", **OVER),  # over, and without an amount
            case("litigation", role="plaintiff", amount_fen=7_00),
            case("litigation", role=None, amount_fen=7_00),
            case("litigation", date(2021, 7, 2), role="defendant", amount_fen=7_00),  # 1095 days before
        ],
    )
    assert (told["lawsuits_count_1095d"], told["lawsuits_amount_1095d"]) == (2, 1_000.50)


def test_measures_by_hand(of_one: Told) -> None:
    told = of_one(
        T,
        judicial=[
            case("debtor", amount_fen=500_00),
            case("debtor", amount_fen=900_00, **OVER),
            case("equity_freeze"),
            case("equity_freeze", **OVER),
            case("equity_freeze", date(2015, 1, 1)),  # long ago, still in force
            case("equity_pledge", equity_share=0.25),
            case("equity_pledge", equity_share=0.3333, **OVER),
            case("equity_pledge", date(2015, 1, 1), equity_share=0.1),
            case("chattel_mortgage"),
            case("bankruptcy"),
            case("liquidation", **OVER),
        ],
    )
    assert (told["enforcement_open_now"], told["enforcement_amount_now"]) == (1, 500.0)
    assert (told["freezes_count_1095d"], told["freezes_open_now"]) == (2, 2)
    assert (told["pledges_share_1095d"], told["pledges_share_now"]) == (58.33, 35.0)
    assert (told["mortgages_open_now"], told["bankruptcy_open_now"], told["liquidation_open_now"]) == (
        1,
        1,
        0,
    )


def test_a_part_pledged_twice_is_no_more_than_the_whole(of_one: Told) -> None:
    pledges = [case("equity_pledge", equity_share=share) for share in (0.7, 0.7)]
    assert of_one(T, judicial=pledges)["pledges_share_now"] == 100.0
