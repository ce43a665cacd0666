"""How long the law lets an entity wait before it may ask for repair: dated data, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from models.days import months_later

# What an office is given to decide on an application; an assumption of this product, not a rule.
DECIDED_WITHIN_DAYS = 20
# Nothing is promised for a day further off.
HORIZON_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A waiting period in whole months, in force from one day to another (both count).

    `certain` is False where the period comes from a draft or could not be read in its source.
    """

    name: str
    months: int
    valid_from: date
    valid_until: date | None
    basis_zh: str
    basis_en: str
    certain: bool

    def over_on(self, start: date) -> date:
        """The first day on which one who waits from `start` may ask."""
        return months_later(start, self.months)


_SAMR = ("市场监督管理信用修复管理办法（2021年）", "SAMR measures for credit repair (2021)")
_NDRC = ("信用修复管理办法（2026年4月1日起施行）", "Measures for credit repair (in force since 1 April 2026)")
_LIST = (
    "市场监督管理严重违法失信名单管理办法（总局令第44号）",
    "Measures for the List of Serious Violations (SAMR Order No. 44)",
)
_TAX = (
    "重大税收违法失信主体信息公布管理办法（国家税务总局令第54号）",
    "Measures on Publishing Major Tax Violations (STA Order No. 54)",
)
_CHECKS = (
    "关于深化“双随机、一公开”监管的意见（征求意见稿，2023年）",
    "Opinion on deepening random inspections (draft for comments, 2023)",
)
_OLD, _NEW = date(2021, 9, 1), date(2026, 4, 1)
_LAST_OLD = date(2026, 3, 31)

# The 2021 rule leaves light penalties out: they are not published, so there is nothing to repair. The rule of
# 2026 names ranges (general 3 to 12 months, severe 1 to 3 years); the least of each is when one may ask.
WAITINGS: tuple[Waiting, ...] = tuple(
    Waiting(
        name=name, months=months, valid_from=first, valid_until=last, basis_zh=basis[0], basis_en=basis[1],
        certain=certain,
    )
    for name, months, first, last, basis, certain in (
        ("penalty_general", 6, _OLD, _LAST_OLD, _SAMR, True),
        ("penalty_special", 12, _OLD, _LAST_OLD, _SAMR, True),
        ("penalty_severe", 12, _OLD, _LAST_OLD, _SAMR, False),
        ("penalty_light", 3, _NEW, None, _NDRC, True),
        ("penalty_general", 3, _NEW, None, _NDRC, True),
        # Whether food, drugs and special equipment keep their longer wait is not told: it is taken so.
        ("penalty_special", 12, _NEW, None, _NDRC, False),
        ("penalty_severe", 12, _NEW, None, _NDRC, True),
        ("serious_list", 12, _OLD, None, _LIST, False),
        ("tax_serious_list", 6, date(2022, 2, 1), None, _TAX, False),
        ("check_result", 6, date(2023, 10, 7), None, _CHECKS, False),
    )
)  # fmt: skip


def waiting_on(name: str, on: date) -> Waiting | None:
    """The period of that name in force on a day; None where the law of that day knows no such repair."""
    for one in WAITINGS:
        if one.name == name and one.valid_from <= on and (one.valid_until is None or on <= one.valid_until):
            return one
    return None
