"""Which column of a file plays which part, and how it can be wrong: one entry for each file of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.sandbox_city.days import CHINESE_DAY, DASHED_DAY, DOTTED_DAY, SLASHED_DAY
from data_contracts.sandbox_city.faults import FUTURE_DAYS, LONG_AGO, EventFile
from data_contracts.sandbox_city.raw_tables import WITHDRAWN, WITHDRAWN_WORD, YES


def event_files(last_day: date) -> Mapping[str, EventFile]:
    """Every file of events by its name."""
    later = last_day + timedelta(days=FUTURE_DAYS)
    return {
        **_filed_and_promised(last_day),
        **_decided(),
        **_said_and_seen(later),
        **_registered(),
        **_of_persons_and_products(),
        **_of_courts_and_licences(),
        **_of_others(),
    }


def _filed_and_promised(last_day: date) -> Mapping[str, EventFile]:
    return {
        "annual_reports.parquet": EventFile(
            key="report_id",
            entity="entity_id",
            occurred="filed_on",
            known="known_on",
            differing=("employees", 7_777),
            wrong=(
                ("below_minimum", {"employees": -3}),
                ("above_maximum", {"report_year": 2_150}),
                ("reported_before_the_year", {"report_year": last_day.year + 5}),
            ),
        ),
        "commitments.csv": EventFile(
            key="承诺编号",
            entity="信用代码",
            occurred="承诺日期",
            known="录入日期",
            ended="核查日期",
            end_known="核查录入日期",
            day=DASHED_DAY,
            differing=("履行期限", "2031-01-01"),
            wrong=(
                ("not_a_date", {"履行期限": "明年年底"}),
                ("unknown_code", {"承诺类型": "口头承诺"}),
                ("due_before_it_was_made", {"履行期限": "1985-01-02"}),
                (
                    "outcome_without_date",
                    {"履行情况": "已履行", "核查日期": None, "核查录入日期": None},
                ),
            ),
        ),
    }


def _decided() -> Mapping[str, EventFile]:
    return {
        "listings.csv": EventFile(
            key="列入编号",
            entity="统一社会信用代码",
            occurred="列入日期",
            known="录入日期",
            ended="移出日期",
            end_known="移出录入日期",
            forgotten="信用修复日期",
            withdrawn=(WITHDRAWN_WORD, YES),
            day=CHINESE_DAY,
            differing=("作出机关", "另一机关"),
            wrong=(
                ("not_a_date", {"列入日期": "2023年13月45日"}),
                ("unknown_code", {"名录类型": "待定名录"}),
                ("not_true_or_false", {WITHDRAWN_WORD: "也许"}),
            ),
        ),
        "penalties.csv": EventFile(
            key="决定书文号",
            entity="统一社会信用代码",
            occurred="决定日期",
            known="入库日期",
            forgotten="修复日期",
            withdrawn=(WITHDRAWN_WORD, YES),
            day=SLASHED_DAY,
            differing=("处罚机关", "另一机关"),
            wrong=(
                ("not_a_date", {"决定日期": "2024/2/30"}),
                ("not_an_amount", {"罚款万元": "壹万元整"}),
                ("below_minimum", {"罚款万元": "-0.5000"}),
                ("unknown_code", {"处罚种类": "口头教育"}),
            ),
        ),
    }


def _said_and_seen(later: date) -> Mapping[str, EventFile]:
    return {
        "complaints.parquet": EventFile(
            key="complaint_id",
            entity="entity_id",
            occurred="occurred_on",
            known="known_on",
            differing=("topic", "其他诉求"),
            wrong=(
                ("unknown_code", {"channel": "fax"}),
                ("outcome_known_in_future", {"outcome": "mediated", "outcome_known_on": later}),
                ("settled_before_it_was_made", {"outcome": "mediated", "outcome_known_on": LONG_AGO}),
                ("outcome_without_date", {"outcome": "mediated", "outcome_known_on": None}),
            ),
        ),
        "inspections.parquet": EventFile(
            key="inspection_id",
            entity="entity_id",
            occurred="occurred_on",
            known="known_on",
            differing=("item_code", "OTHER-01"),
            wrong=(
                ("unknown_code", {"results": "99"}),
                ("below_minimum", {"minor_count": -1}),
                ("above_maximum", {"inclusion_probability": 1.5}),
                ("probability_without_draw", {"inclusion_probability": _swapped}),
                ("clean_and_problem", {"results": "01,08"}),
            ),
        ),
        "violations.parquet": EventFile(
            key="finding_id",
            entity="entity_id",
            occurred="found_on",
            known="known_on",
            differing=("code", "OTHER-01-M1"),
            wrong=(
                ("unknown_code", {"severity": "grave"}),
                ("corrected_before_it_was_found", {"corrected_on": LONG_AGO}),
                ("corrected_in_future", {"corrected_on": later}),
            ),
        ),
    }


def _registered() -> Mapping[str, EventFile]:
    relations = EventFile(
        key="relation_no",
        entity="entity_id",
        occurred="begins_on",
        known="known_on",
        ended="ended_on",
        end_known="end_known_on",
        differing=("share", 0.1234),
        wrong=(
            ("unknown_code", {"relation": "friend"}),
            ("below_minimum", {"share": -0.5}),
            ("above_maximum", {"share": 1.5}),
        ),
    )
    changes = EventFile(
        key="change_no",
        entity="entity_id",
        occurred="changed_on",
        known="known_on",
        differing=("item", "other"),
        wrong=(("unknown_code", {"item": "mood"}), ("below_minimum", {"capital_after_fen": -100})),
    )
    return {
        "relations.parquet": replace(
            relations, wrong=(*relations.wrong, ("related_to_itself", {"entity_id": "R", "related_no": "R"}))
        ),
        "relations_of_people.parquet": relations,
        "registry_changes.parquet": changes,
        "registry_changes_of_people.parquet": changes,
    }


def _of_persons_and_products() -> Mapping[str, EventFile]:
    return {
        "key_persons.parquet": EventFile(
            key="record_no",
            entity="entity_id",
            occurred="begins_on",
            known="known_on",
            ended="ended_on",
            end_known="end_known_on",
            differing=("post", "另一职务"),
            wrong=(("unknown_code", {"group": "friends"}),),
        ),
        "products.parquet": EventFile(
            key="product_no",
            entity="entity_id",
            occurred="registered_on",
            known="known_on",
            ended="ended_on",
            end_known="end_known_on",
            differing=("unit", "另一单位"),
            wrong=(
                ("unknown_code", {"kind": "submarine"}),
                ("below_minimum", {"quantity": -1}),
                ("due_before_registration", {"next_due_on": LONG_AGO}),
            ),
        ),
    }


def _of_courts_and_licences() -> Mapping[str, EventFile]:
    return {
        "licences.csv": EventFile(
            key="许可证编号",
            entity="统一社会信用代码",
            occurred="发证日期",
            known="录入日期",
            ended="终止日期",
            end_known="终止录入日期",
            day=CHINESE_DAY,
            differing=("发证机关", "另一机关"),
            wrong=(
                ("not_a_date", {"有效期至": "长期有效期"}),
                ("unknown_code", {"许可类别": "养猫许可"}),
                ("valid_before_issue", {"有效期至": "1985年1月2日"}),
                ("end_reason_without_end", {"终止原因": "申请注销", "终止日期": None, "终止录入日期": None}),
            ),
        ),
        "judicial.csv": EventFile(
            key="案号",
            entity="统一社会信用代码",
            occurred="立案日期",
            known="录入日期",
            ended="结束日期",
            end_known="结束录入日期",
            day=DOTTED_DAY,
            differing=("办理机关", "另一机关"),
            wrong=(
                ("not_a_date", {"立案日期": "去年冬天"}),
                ("not_an_amount", {"标的金额元": "若干"}),
                ("not_a_number", {"股权比例": "一半"}),
                ("below_minimum", {"标的金额元": "-12.50"}),
                ("above_maximum", {"股权比例": "1.7"}),
                ("unknown_code", {"事项类别": "口角"}),
            ),
        ),
    }


def _of_others() -> Mapping[str, EventFile]:
    return {
        "tax_social.parquet": EventFile(
            key="record_id",
            entity="taxpayer",
            occurred="period_end",
            known="received_on",
            differing=("insured_employees", 7_777),
            wrong=(
                ("below_minimum", {"tax_owed_fen": -100}),
                ("too_short", {"period": "24"}),
                ("period_unreadable", {"period": "2024-13"}),
                ("period_does_not_match", {"period": "2011"}),
                ("zero_with_sales", {"zero_declared": True, "sales_fen": 1_234_500}),
            ),
        ),
        "intellectual_property.parquet": EventFile(
            key="right_id",
            entity="holder",
            occurred="granted_on",
            known="known_on",
            ended="ended_on",
            end_known="end_known_on",
            differing=("kind", "pledge"),
            wrong=(("unknown_code", {"kind": "plant_variety"}),),
        ),
        "public_opinion.parquet": EventFile(
            key="opinion_id",
            entity="about",
            occurred="published_on",
            known="noticed_on",
            withdrawn=(WITHDRAWN, True),
            differing=("channel", "其他渠道"),
            wrong=(
                ("unknown_code", {"tone": "mixed"}),
                ("not_an_integer", {"readers": "大约三千"}),
                ("below_minimum", {"readers": "-20"}),
            ),
        ),
    }


def _swapped(probabilities: pa.Array) -> pa.Array:
    """A probability where none was drawn, and none where one was."""
    return pc.if_else(pc.is_null(probabilities), pa.scalar(0.05), pa.scalar(None, pa.float64()))
