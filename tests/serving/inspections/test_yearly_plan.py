"""Yearly plans: lines that are whole, versions with reasons, publication by 31 March with its files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from serving.inspections.clocks.clocks import Colour
from serving.inspections.yearly.yearly_plan import (
    CSV_FILE,
    HEADINGS,
    JSON_FILE,
    YearlyLine,
    YearlyPlan,
    YearlyPlanNotFound,
    YearlyPlanRefused,
    YearlyState,
    checked_lines,
    csv_text,
    punctuality,
    read_lines,
)
from serving.inspections.yearly.yearly_plans import (
    amend_yearly_plan,
    create_yearly_plan,
    find_yearly_plan,
    list_yearly_plans,
    publish_yearly_plan,
    published_folder,
)
from tests.serving.inspections.conftest import NOON, Ceremony

# After the row of Chongqing's plan of 2024 for makers of food-contact materials (DOMAIN 2b).
CONTACT = YearlyLine(
    name="食品相关产品生产企业抽查",
    item_codes=("SC-01", "SC-02"),
    object_scope="全市食品相关产品获证企业",
    kind="general",
    ratios={"A": "0.03", "B": "0.04", "C": "0.05", "D": "0.06"},
    first_month=3,
    last_month=11,
    body="市、区县市场监管局",
)
LIFTS = YearlyLine(
    name="Lifts", item_codes=("TS-07",), object_scope="all, also \"new\"", kind="key", count=120,
    first_month=5, last_month=6, body="station", note="with the fire brigade",
)  # fmt: skip


def created(ceremony: Ceremony, department: str = "市场监管局", *lines: YearlyLine) -> YearlyPlan:
    return create_yearly_plan(
        ceremony.ledger, city="sandbox", year=2026, department=department, lines=lines or (CONTACT, LIFTS),
        by="Li", now=NOON,
    )  # fmt: skip


def published(ceremony: Ceremony, plan: YearlyPlan, on: date) -> YearlyPlan:
    return publish_yearly_plan(
        ceremony.ledger, plan.yearly_plan_id, folder=ceremony.folder, on=on, by="Wu", now=NOON
    )


def test_a_yearly_plan_is_drafted_published_amended_and_published_again(ceremony: Ceremony) -> None:
    plan = created(ceremony)
    assert (plan.yearly_plan_id, plan.state, plan.to_publish) == ("sandbox-2026-y01", YearlyState.DRAFT, True)
    plan = published(ceremony, plan, date(2026, 3, 20))
    assert (plan.state, plan.to_publish) == (YearlyState.PUBLISHED, False)
    plan = amend_yearly_plan(
        ceremony.ledger,
        plan.yearly_plan_id,
        [CONTACT],
        reason="lifts go to the fire brigade",
        by="Li",
        now=NOON,
    )
    assert (plan.state, plan.to_publish, plan.latest.reason) == (
        YearlyState.AMENDED, True, "lifts go to the fire brigade",
    )  # fmt: skip
    plan = published(ceremony, plan, date(2026, 6, 1))
    assert (plan.state, plan.to_publish, len(plan.versions)) == (YearlyState.AMENDED, False, 2)
    assert plan == find_yearly_plan(ceremony.ledger, plan.yearly_plan_id)
    assert [one.lines for one in plan.versions] == [(CONTACT, LIFTS), (CONTACT,)]
    assert punctuality(plan, date(2026, 6, 30)).colour is Colour.MET


def test_the_published_files_carry_their_digests_and_read_back(ceremony: Ceremony) -> None:
    plan = published(ceremony, created(ceremony), date(2026, 3, 20))
    folder = published_folder(ceremony.folder, plan, 1)
    table, content = (folder / CSV_FILE).read_bytes(), (folder / JSON_FILE).read_bytes()
    assert plan.latest.csv_digest == hashlib.sha256(table).hexdigest() == json.loads(content)["csv_digest"]
    assert plan.latest.json_digest == hashlib.sha256(content).hexdigest()
    assert read_lines(table) == (CONTACT, LIFTS)
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert (rows[0]["事项类别"], rows[0]["D级比例"], rows[1]["抽查数量"]) == ("一般", "0.06", "120")


def test_each_department_has_one_plan_a_year(ceremony: Ceremony) -> None:
    plans = [created(ceremony), created(ceremony, "消防")]
    assert [one.department for one in list_yearly_plans(ceremony.ledger, "sandbox", 2026)] == sorted(
        one.department for one in plans
    )
    with pytest.raises(YearlyPlanRefused, match=r"one yearly plan of 消防 for 2026; .*amend the plan"):
        created(ceremony, "消防")
    with pytest.raises(YearlyPlanNotFound, match="got 'nowhere'"):
        find_yearly_plan(ceremony.ledger, "nowhere")


def test_a_version_is_published_once_and_changes_have_reasons(ceremony: Ceremony) -> None:
    plan = published(ceremony, created(ceremony), date(2026, 3, 20))
    with pytest.raises(YearlyPlanRefused, match="got version 1, published on 2026-03-20"):
        published(ceremony, plan, date(2026, 3, 21))
    with pytest.raises(YearlyPlanRefused, match="got no reason and the lines of version 1"):
        amend_yearly_plan(
            ceremony.ledger, plan.yearly_plan_id, [CONTACT, LIFTS], reason=" ", by="Li", now=NOON
        )


@pytest.mark.parametrize(
    ("published_on", "today", "colour", "words"),
    [
        (date(2026, 3, 31), date(2026, 5, 1), Colour.MET, "published in time on 2026-03-31"),
        (date(2026, 4, 3), date(2026, 5, 1), Colour.RED, "published on 2026-04-03, 3 days late"),
        (None, date(2026, 3, 25), Colour.GREEN, "due by 2026-03-31, 4 working days left"),
        (None, date(2026, 3, 26), Colour.AMBER, "due by 2026-03-31, 3 working days left"),
        (None, date(2026, 4, 1), Colour.RED, "due by 2026-03-31 and not published"),
    ],
)
def test_late_publication_is_said(
    ceremony: Ceremony, published_on: date | None, today: date, colour: Colour, words: str
) -> None:
    plan = created(ceremony)
    if published_on:
        plan = published(ceremony, plan, published_on)
    told = punctuality(plan, today)
    assert (told.colour, told.words_en) == (colour, words)
    assert told.words_zh


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": " "}, "line 2: no name"),
        ({"item_codes": ()}, "line 2: no items"),
        ({"kind": "urgent"}, "line 2: kind 'urgent'"),
        ({"count": None}, "line 2: not one of a count from 1 and ratios"),
        ({"count": None, "ratios": {"A": "0.1"}}, "line 2: ratios"),
        ({"count": None, "ratios": dict.fromkeys("ABCD", "1e9")}, "line 2: ratios"),
        ({"first_month": 7}, "line 2: months 7 to 6"),
    ],
)
def test_a_line_that_lacks_something_is_refused(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(YearlyPlanRefused, match=fault):
        checked_lines([CONTACT, replace(LIFTS, **change)])


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"\xff\xfe", "a file that is none"),
        (b"a,b\n1,2\n", f"no column {HEADINGS['name']}"),
        (csv_text([LIFTS]).replace(b",120,", b",many,"), "line 1: a count or month that is no whole number"),
        (csv_text([]), "no column"),
    ],
)
def test_a_file_that_is_no_yearly_plan_is_refused(data: bytes, fault: str) -> None:
    with pytest.raises(YearlyPlanRefused, match=fault):
        read_lines(data)
