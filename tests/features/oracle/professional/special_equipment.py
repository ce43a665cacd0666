"""Special equipment: the indicators of the field told by loops."""

from __future__ import annotations

from tests.features.oracle.key_persons import expired, in_post, persons
from tests.features.oracle.known import Known
from tests.features.oracle.products import DEVICES, in_use, overdue
from tests.features.oracle.professional.food import problems
from tests.lake_rows import Row


def values(known: Known) -> Row:
    devices, operators = in_use(known, *DEVICES), persons(in_post(known, "special_equipment_operator"))
    return {
        "equipment_devices_now": len(devices),
        "equipment_lifts_now": overdue(known, "lift"),
        "equipment_boilers_now": overdue(known, "boiler"),
        "equipment_failing_now": int(any(r["result"] == "unqualified" for r in devices)),
        "equipment_operators_now": operators,
        "equipment_uncertified_now": expired(known, "special_equipment_operator"),
        "equipment_problems_1095d": problems(known, "EQUIP-01"),
        "equipment_unattended_now": int(bool(devices) and not operators),
    }
