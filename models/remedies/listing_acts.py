"""Acts that take an entity off a list: cure the ground, pay, perform, and ask for removal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from models.days import day_en, day_zh
from models.remedies.filing_acts import of_years, overdue_reports
from models.remedies.offers import Act, Edits, Offer, Words, always
from models.remedies.records import Edit, Records, Row, added, changed, ended, happened, next_day
from models.remedies.waiting import waiting_on

_ABNORMAL = ("企业经营异常名录管理办法", "Measures for the List of Abnormal Operations")
_LISTED = ("abnormal_listed_now", "abnormal_days_now", "lists_count_now", "listed_overdue_now")


def _leaving(code: str, *moves: str) -> Act:
    return Act(code=code, basis_zh=_ABNORMAL[0], basis_en=_ABNORMAL[1], moves=(*_LISTED, *moves))


REPORT = _leaving("leave_abnormal_report", "abnormal_report_now", "report_missing_2y", "report_filed_last")
ADDRESS = _leaving("leave_abnormal_address", "abnormal_unreachable_now", "crowded_unreachable_now")
DISCLOSURE = _leaving("leave_abnormal_disclosure", "abnormal_disclosure_now")
NAME = _leaving("leave_abnormal_name")
SERIOUS = Act(
    code="leave_serious",
    basis_zh="市场监督管理严重违法失信名单管理办法（总局令第44号）",
    basis_en="Measures for the List of Serious Violations (SAMR Order No. 44)",
    moves=("serious_listed_now", "lists_count_now", "listed_overdue_now"),
)
JUDGMENT = Act(
    code="perform_judgment",
    basis_zh="最高人民法院关于公布失信被执行人名单信息的若干规定",
    basis_en="Provisions of the Supreme People's Court on the list of judgment debtors",
    moves=("debtor_listed_now", "enforcement_open_now", "enforcement_amount_now", "lists_count_now"),
    certain=False,
)
_TAX = ("税收征收管理法", "Law on the Administration of Tax Collection")
TAX = {
    "tax_abnormal": (
        "tax_abnormal_now", "补办纳税申报、缴清税款和罚款，并申请解除税务非正常户",
        "file the missing tax returns, pay, and ask to be taken off the list of abnormal tax payers",
    ),
    "tax_arrears": (
        "tax_arrears_now", "缴清欠税，由税务机关撤下欠税公告",
        "pay the tax arrears, so that the tax office ends their announcement",
    ),
}  # fmt: skip
TAX_ACTS = {
    kind: Act(
        code=f"leave_{kind}", basis_zh=_TAX[0], basis_en=_TAX[1], moves=(indicator, "lists_count_now"),
        certain=False,
    )
    for kind, (indicator, _, _) in TAX.items()
}  # fmt: skip
TAX_SERIOUS = Act(
    code="leave_tax_serious",
    basis_zh="重大税收违法失信主体信息公布管理办法（国家税务总局令第54号）",
    basis_en="Measures on Publishing Major Tax Violations (STA Order No. 54)",
    moves=("tax_violation_now", "lists_count_now"),
    certain=False,
)
_CURES: dict[str, tuple[Act, str, str]] = {
    "unreachable": (
        ADDRESS, "办理住所变更登记或恢复通过登记住所可以联系，并申请移出经营异常名录",
        "register the right address or be reachable at the registered one, and ask for removal from the "
        "abnormal list",
    ),
    "disclosure_missing": (
        DISCLOSURE, "履行公示义务，并申请移出经营异常名录",
        "publish what is missing, and ask for removal from the abnormal list",
    ),
    "disclosure_false": (
        DISCLOSURE, "更正公示信息，并申请移出经营异常名录",
        "correct what was published, and ask for removal from the abnormal list",
    ),
    "name_ruling_ignored": (
        NAME, "按裁决变更企业名称，并申请移出经营异常名录",
        "change {its} name as ruled, and ask for removal from the abnormal list",
    ),
}  # fmt: skip


def listing_offers(records: Records) -> Iterator[Offer]:
    """An offer for each list, and on the abnormal list for each ground, that an act can end."""
    standing = records.still_open("listings") if "listings" in records.rows else []
    first = next_day(records.days.on)
    for ground in sorted({row["ground"] for row in standing if row["kind"] == "abnormal" and row["ground"]}):
        own = [row for row in standing if row["kind"] == "abnormal" and row["ground"] == ground]
        if ground == "annual_report_missing":
            yield _by_reports(records, own)
        elif ground in _CURES:
            act, zh, en = _CURES[ground]
            yield Offer(act=act, earliest=first, words=always(zh, en), edits=_cured(records, ground, own))
    for kind, (_, zh, en) in TAX.items():
        own = [row for row in standing if row["kind"] == kind]
        if own:
            yield Offer(act=TAX_ACTS[kind], earliest=first, words=always(zh, en), edits=_ends(own))
    yield from _serious(records, [row for row in standing if row["kind"] == "serious"])
    yield from _tax_serious(records, [row for row in standing if row["kind"] == "tax_serious"])
    yield from _debts(records, [row for row in standing if row["kind"] == "judgment_debtor"])


def _by_reports(records: Records, own: Sequence[Row]) -> Offer:
    def words(on: date) -> Words:
        years, _ = overdue_reports(records, on)
        if not years:
            return "申请移出经营异常名录", "ask for removal from the abnormal list"
        zh, en = of_years(years)
        return (
            f"补报{zh}年报并申请移出经营异常名录",
            f"file the annual reports of {en} and ask for removal from the abnormal list",
        )

    def edits(on: date) -> Sequence[Edit]:
        return (*overdue_reports(records, on)[1], *_ends(own)(on))

    return Offer(act=REPORT, earliest=next_day(records.days.on), words=words, edits=edits)


def _cured(records: Records, ground: str, own: Sequence[Row]) -> Edits:
    def edits(on: date) -> Sequence[Edit]:
        # The change of the name is a record too, and it counts.
        with_change = ground == "name_ruling_ignored" and "registry_changes" in records.rows
        record_id = f"remedy:{records.entity_id}:name"
        change = [added("registry_changes", records, record_id, on, item="name")] if with_change else []
        return (*change, *_ends(own)(on))

    return edits


def _ends(own: Sequence[Row], table: str = "listings") -> Edits:
    return lambda on: tuple(ended(table, row, on) for row in own)


def _serious(records: Records, own: Sequence[Row]) -> Iterator[Offer]:
    waiting = waiting_on("serious_list", next_day(records.days.on))
    if not own or waiting is None:
        return
    listed = max(happened(row) for row in own)
    yield Offer(
        act=SERIOUS,
        earliest=max(next_day(records.days.on), waiting.over_on(listed)),
        words=always(
            f"纠正违法行为，并就{day_zh(listed)}列入的严重违法失信名单申请提前移出（信用修复）",
            f"cure the violation and ask for early removal from the serious list of {day_en(listed)}",
        ),
        # Removal by repair: from then on the record may not be used either.
        edits=lambda on: tuple(
            changed("listings", row, ended_on=on, end_known_on=on, forgotten_on=on) for row in own
        ),
        certain=waiting.certain,
    )


def _tax_serious(records: Records, own: Sequence[Row]) -> Iterator[Offer]:
    first = next_day(records.days.on)
    waiting = waiting_on("tax_serious_list", first)
    if not own or waiting is None:
        return
    listed = max(happened(row) for row in own)
    yield Offer(
        act=TAX_SERIOUS,
        earliest=max(first, waiting.over_on(listed)),
        words=always(
            f"缴清税款、滞纳金和罚款，并就{day_zh(listed)}公布的重大税收违法失信信息申请提前停止公布",
            f"pay taxes, late fees and fines, and ask that the major tax violation published on "
            f"{day_en(listed)} be taken down early",
        ),
        edits=_ends(own),
        certain=waiting.certain,
    )


def _debts(records: Records, own: Sequence[Row]) -> Iterator[Offer]:
    standing = records.still_open("judicial") if "judicial" in records.rows else []
    cases = [row for row in standing if row["kind"] == "debtor"]
    if own or cases:
        yield Offer(
            act=JUDGMENT,
            earliest=next_day(records.days.on),
            words=always(
                "履行生效法律文书确定的义务，由法院结案并删除失信信息",
                "perform what the judgment orders, so that the court closes the case and deletes the listing",
            ),
            edits=lambda on: (*_ends(own)(on), *_ends(cases, "judicial")(on)),
        )
