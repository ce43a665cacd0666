"""Acts about key products and devices: have them inspected in time, and tested again once mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial

from features.catalogue.products import DEVICES
from models.days import months_later
from models.remedies.offers import Act, Offer, Words, always
from models.remedies.records import Edit, Records, Row, corrected, next_day
from models.remedies.waiting import HORIZON_DAYS

_FAILED = ("products_unqualified_365d", "products_unqualified_1095d", "products_share_1095d")
INSPECT = Act(
    code="inspect_devices",
    basis_zh="特种设备安全法第四十条", basis_en="Special Equipment Safety Law, art. 40",
    moves=("devices_overdue_now", *_FAILED),
)  # fmt: skip
RETEST = Act(
    code="retest_products",
    basis_zh="产品质量监督抽查管理暂行办法", basis_en="Interim Measures for Spot Checks of Product Quality",
    moves=_FAILED, certain=False,
)  # fmt: skip
# Months until a device is due again: the shortest that TSG T7001, TSG 11 and TSG 21 let pass.
DUE_AGAIN = {"lift": 12, "boiler": 12, "pressure_vessel": 36}


def device_offers(records: Records) -> Iterator[Offer]:
    """One offer for the devices due within the horizon or failed, one for other products that failed."""
    if "products" not in records.rows:
        return
    first = next_day(records.days.on)
    last = records.days.on + timedelta(days=HORIZON_DAYS)
    there = records.still_open("products")
    devices = [row for row in there if row["kind"] in DEVICES and (_failed(row) or _due_by(row, last))]
    others = [row for row in there if row["kind"] not in DEVICES and _failed(row)]
    if devices:
        yield Offer(
            act=INSPECT,
            earliest=first,
            words=partial(_inspecting, devices),
            edits=lambda on: [edit for row in _at_hand(devices, on) for edit in _inspected(row, on)],
        )
    if others:
        yield Offer(
            act=RETEST,
            earliest=first,
            words=always(
                f"对{len(others)}件检验不合格的产品完成整改并复检合格",
                f"mend what made {len(others)} products fail and have them pass a second test",
            ),
            edits=lambda on: [
                edit for row in others for edit in corrected("products", row, on, result="qualified")
            ],
        )


def _failed(row: Row) -> bool:
    return bool(row["result"] == "unqualified")


def _due_by(row: Row, last: date) -> bool:
    return row["next_due_on"] is not None and row["next_due_on"] <= last


def _at_hand(devices: Sequence[Row], on: date) -> list[Row]:
    """Those that failed, or are due within a month of the act: nobody inspects half a year early."""
    return [row for row in devices if _failed(row) or _due_by(row, months_later(on, 1))]


def _inspecting(devices: Sequence[Row], on: date) -> Words:
    number = len(_at_hand(devices, on))
    return (
        f"完成{number}台电梯、锅炉或压力容器的定期检验并取得合格结论",
        f"have {number} lifts, boilers or pressure vessels pass their statutory inspection",
    )


def _inspected(row: Row, on: date) -> tuple[Edit, Edit]:
    again = months_later(on, DUE_AGAIN[row["kind"]])
    return corrected("products", row, on, result="qualified", next_due_on=again)
