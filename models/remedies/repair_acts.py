"""Acts of repair and renewal: penalties, results of checks, licences, qualifications, commitments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from data_contracts.codes import problem_codes
from data_contracts.contract import load_contract
from features.catalogue.key_persons import BARRED
from features.catalogue.penalties import SEVERE_KINDS
from models.days import day_en, day_zh, months_later
from models.remedies.offers import Act, Edits, Offer, always
from models.remedies.records import Edit, Records, Row, added, corrected, ended, forgotten, happened, next_day
from models.remedies.waiting import HORIZON_DAYS, waiting_on

_REPAIR = ("信用修复管理办法", "Measures for credit repair")
DAYS = 1095
# Years for which a licence and a qualification are commonly renewed.
LICENSED_YEARS, QUALIFIED_YEARS = 5, 3
SPECIAL_FIELDS = ("食品", "药品", "特种设备")
CURABLE = ("ordered_to_correct", "ordered_to_stop", "problem_pending")

PENALTY = Act(
    code="repair_penalty", basis_zh=_REPAIR[0], basis_en=_REPAIR[1],
    moves=(
        "penalties_count_90d", "penalties_count_365d", "penalties_count_1095d", "penalties_fine_365d",
        "penalties_fine_1095d", "penalties_confiscated_1095d", "penalties_severe_1095d",
        "penalties_ordinary_1095d", "penalties_fields_1095d", "penalties_kinds_1095d",
        "penalties_recency_last", "penalties_growth_365d",
    ),
)  # fmt: skip
CHECK = Act(
    code="repair_check_result", basis_zh=_REPAIR[0], basis_en=_REPAIR[1], certain=False,
    moves=(
        "inspections_problems_365d", "inspections_problems_1095d", "inspections_grave_1095d",
        "inspections_rate_365d", "inspections_rate_1095d", "inspections_problem_last",
        "inspections_ordered_1095d", "inspections_critical_1095d", "inspections_serious_1095d",
        "inspections_minor_1095d", "inspections_prompted_1095d",
    ),
)  # fmt: skip
LICENCE = Act(
    code="renew_licence", basis_zh="行政许可法第五十条", basis_en="Administrative Licensing Law, art. 50",
    moves=("licences_overdue_now", "licences_lapsed_1095d", "licences_expiry_now", "licences_expiring_now",
           "listed_overdue_now"),
)  # fmt: skip
QUALIFICATION = Act(
    code="renew_qualification",
    basis_zh="企业落实食品安全主体责任监督管理规定（总局令第60号）等",
    basis_en="SAMR Order No. 60 and the like, on who answers for safety",
    moves=("qualifications_expired_now", "qualifications_expiring_now"),
)
COMMITMENT = Act(
    code="keep_commitment", basis_zh="国办发〔2019〕35号", basis_en="State Council Office (2019) No. 35",
    moves=("commitments_overdue_now", "commitments_kept_1095d", "commitments_share_1095d"),
)  # fmt: skip


def repair_offers(records: Records) -> Iterator[Offer]:
    """An offer for each penalty and check result that can be repaired, and for what ran out or is due."""
    sources = {
        "penalties": _penalties, "inspections": _checks, "licences": _licences,
        "key_persons": _qualifications, "commitments": _commitments,
    }  # fmt: skip
    for table, offers in sources.items():
        if table in records.rows:
            yield from offers(records)


def level_of(penalty: Row) -> str:
    """The name of the waiting period: severe kinds, then the special fields, then warnings alone."""
    kinds = set((penalty["kinds"] or "").split(";"))
    if kinds & set(SEVERE_KINDS):
        return "penalty_severe"
    if any(name in (penalty["field"] or "") for name in SPECIAL_FIELDS):
        return "penalty_special"
    return "penalty_light" if kinds == {"warning"} else "penalty_general"


def _penalties(records: Records) -> Iterator[Offer]:
    for row in records.live("penalties"):
        first = next_day(records.days.on)
        waiting = waiting_on(level_of(row), first)
        if waiting is None or happened(row) <= records.days.on - timedelta(days=DAYS):
            continue
        field = row["field"] or ""
        yield Offer(
            act=PENALTY,
            earliest=max(first, waiting.over_on(happened(row))),
            words=always(
                f"履行并申请修复{day_zh(happened(row))}的行政处罚" + (f"（{field}）" if field else ""),
                f"comply with the penalty of {day_en(happened(row))} and ask for its repair",
            ),
            edits=_forgetting("penalties", row),
            certain=waiting.certain,
        )


def _checks(records: Records) -> Iterator[Offer]:
    first = next_day(records.days.on)
    waiting = waiting_on("check_result", first)
    visits = records.live("inspections")
    for row in visits:
        codes = set((row["result_codes"] or "").split(";"))
        recent = happened(row) > records.days.on - timedelta(days=DAYS)
        if waiting is None or not recent or not codes & set(CURABLE):
            continue
        cured = _cured_on(row, visits)
        yield Offer(
            act=CHECK,
            earliest=max(first, waiting.over_on(cured or first)),
            words=always(*_closing(happened(row), cured, waiting.months)),
            edits=_forgetting("inspections", row),
            certain=waiting.certain,
        )


def _forgetting(table: str, row: Row) -> Edits:
    return lambda on: (forgotten(table, row, on),)


def _closing(found: date, cured: date | None, months: int) -> tuple[str, str]:
    if cured is not None:
        return (
            f"申请修复{day_zh(found)}的检查结果（{day_zh(cured)}复查已无问题）",
            f"ask for repair of the check result of {day_en(found)} (no problem any more on {day_en(cured)})",
        )
    return (
        f"尽快完成{day_zh(found)}检查所发现问题的整改，整改满{months}个月后申请修复该检查结果",
        f"close the rectification of the check of {day_en(found)} at once and, {months} months later, "
        "ask for repair of its result",
    )


def _cured_on(row: Row, visits: Sequence[Row]) -> date | None:
    """The first later visit that found nothing."""
    later = [one for one in visits if one["result_codes"] and happened(one) > happened(row)]
    clean = [happened(one) for one in later if not set(one["result_codes"].split(";")) & problem_codes()]
    return min(clean, default=None)


def _licences(records: Records) -> Iterator[Offer]:
    last = records.days.on + timedelta(days=HORIZON_DAYS)
    held = records.still_open("licences")
    for kind in sorted({row["kind"] for row in held}):
        own = [row for row in held if row["kind"] == kind]
        ends = [row["valid_until"] for row in own if row["valid_until"]]
        if len(ends) < len(own) or max(ends) > last:
            continue
        zh, en = _licence_words(kind)
        yield Offer(
            act=LICENCE,
            earliest=next_day(records.days.on),
            words=always(f"延续或重新取得{zh}", f"renew {{its}} licence ({en})"),
            edits=_renewed(records, kind, own),
        )


def _licence_words(kind: str) -> tuple[str, str]:
    return load_contract("licences").column("kind").in_words(kind)


def _renewed(records: Records, kind: str, own: Sequence[Row]) -> Edits:
    def edits(on: date) -> Sequence[Edit]:
        fresh = added(
            "licences", records, f"remedy:{records.entity_id}:{kind}", on, kind=kind,
            authority=own[0]["authority"], valid_until=months_later(on, 12 * LICENSED_YEARS),
        )  # fmt: skip
        over = [row for row in own if row["valid_until"] < on]
        return (fresh, *(ended("licences", row, on, end_reason="expired") for row in over))

    return edits


def _qualifications(records: Records) -> Iterator[Offer]:
    last = records.days.on + timedelta(days=HORIZON_DAYS)
    in_post = [row for row in records.still_open("key_persons") if row["group"] != BARRED]
    own = [row for row in in_post if row["qualified_until"] and row["qualified_until"] < last]
    if own:
        yield Offer(
            act=QUALIFICATION,
            earliest=next_day(records.days.on),
            words=always(
                f"为{len(own)}名在岗重点人员延续或重新取得资格",
                f"renew the qualification of {len(own)} key persons in post",
            ),
            edits=lambda on: tuple(
                edit
                for row in own
                for edit in corrected(
                    "key_persons", row, on, qualified_until=months_later(on, 12 * QUALIFIED_YEARS)
                )
            ),
        )


def _commitments(records: Records) -> Iterator[Offer]:
    own = [row for row in records.still_open("commitments")
           if row["due_on"] and row["due_on"] <= records.days.on]  # fmt: skip
    if own:
        yield Offer(
            act=COMMITMENT,
            earliest=next_day(records.days.on),
            words=always(
                f"履行{len(own)}项已到期的信用承诺并接受核查",
                f"keep {len(own)} commitments that are due, and have that checked",
            ),
            edits=lambda on: tuple(ended("commitments", row, on, outcome="kept") for row in own),
        )
