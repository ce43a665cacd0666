"""One decision as one value: JSON, page and terminal tell the same sum, rules with records, and no more."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console

from features.as_of import AsOf
from features.entity_rows import rows_of
from models.colours import default_colours
from models.deciding import Occasion, decide_one
from models.decision import Decision
from models.direct_rules import RULES, rule_set_digest, rules_in_force
from models.explanation import Explanation, Section, Whom, explanation_of, explanation_page
from models.explanation.terminal import explanation_text
from models.explanation.whom import whom_of
from models.grades import Grade
from models.release import Release
from tests.lake_rows import write_lake

DAY = date(2026, 6, 30)
LISTING = {
    "entity_id": "E1", "listing_id": "L<1>", "kind": "serious", "ground": "other",
    "occurred_on": date(2025, 3, 4), "known_on": date(2025, 3, 9),
}  # fmt: skip


def decided(release: Release, snapshot: pa.Table, *, listed: bool) -> Decision:
    place = snapshot.column("serious_listed_now").to_pylist().index(int(listed))
    row = snapshot.slice(place, 1).set_column(0, "entity_id", pa.array(["E1"]))
    return decide_one(release, row, Occasion(as_of=DAY, used_on=DAY, snapshot_digest="s"))


@pytest.fixture
def told(release: Release, snapshot: pa.Table, tmp_path: Path) -> Explanation:
    """Of a listed entity whose name would be markup."""
    lake = write_lake(tmp_path / "lake", {"listings": [LISTING]})
    return explanation_of(
        decided(release, snapshot, listed=True), release.schema,
        whom=Whom(entity_id="E1", name="<b>甲公司</b>"), colours=default_colours(),
        rows=lambda table: rows_of(lake, table, "E1", AsOf(on=DAY, used_on=DAY)),
        sections=[Section(title_zh="改进", title_en="Ways", lines=(("补报年报", "File the report"),))],
    )  # fmt: skip


def printed(explanation: Explanation, language: str) -> str:
    console = Console(width=120, file=StringIO())
    console.print(explanation_text(explanation, language))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_the_json_holds_the_decision_unchanged_and_all_that_is_told(told: Explanation) -> None:
    document = json.loads(told.to_json())
    own = json.loads(told.decision.to_json())
    assert {name: document[name] for name in own} == own
    assert sum(line["points"] or 0 for line in document["sentences"]) == told.decision.score
    assert document["colour"]["colour"] == "red"
    assert document["rule_set"] == rule_set_digest()
    [rule] = document["direct_rules"]
    assert rule["facts"] == [{"column": "serious_listed_now", "at_least": 1}]
    [record] = rule["evidence"]
    assert (record["table"], record["record_id"], record["occurred_on"]) == ("listings", "L<1>", "2025-03-04")
    assert {"value_zh": "严重违法失信名单"}.items() <= record["facts"][0].items()
    assert set(document["rules_asked"]) == {rule.code for rule in RULES if rule.in_force(DAY)}


def test_both_languages_tell_the_same_sum(told: Explanation) -> None:
    for language in ("zh", "en"):
        assert sum(line.points or 0 for line in told.account(language)) == told.decision.score


def test_the_page_is_self_contained_and_takes_no_name_for_markup(told: Explanation) -> None:
    page = explanation_page(told)
    assert "&lt;b&gt;甲公司" in page
    assert "L&lt;1&gt;" in page
    assert not re.search(r"<script|https?://|src=|@import|<b>甲", page)
    for words in ("第44号", "2025年3月4日", "红码", "仅供内部", "补报年报", f"<b>{told.decision.score}</b>"):
        assert words in page
    assert page == explanation_page(told)


def test_the_terminal_tells_law_record_and_sum_in_either_language(told: Explanation) -> None:
    assert "名录与名单 L<1> · 2025年3月4日 · 严重违法失信名单" in printed(told, "zh")
    english = printed(told, "en")
    assert "listings L<1> · 4 March 2025 · serious-violation list" in english
    assert f"= {told.decision.score}" in english


def test_a_record_repaired_since_is_not_shown_and_this_is_said(told: Explanation, release: Release) -> None:
    later = explanation_of(
        told.decision, release.schema, whom=told.whom, colours=default_colours(), rows=lambda _: ()
    )
    assert "依据的记录现已不再展示" in explanation_page(later)
    assert "依据的记录现已不再展示" in printed(later, "zh")
    unasked = explanation_of(told.decision, release.schema, whom=told.whom, colours=default_colours())
    assert "不再展示" not in explanation_page(unasked)
    assert json.loads(unasked.to_json())["direct_rules"][0]["evidence"] is None


def test_without_a_rule_the_page_says_how_many_were_asked(release: Release, snapshot: pa.Table) -> None:
    plain = explanation_of(
        decided(release, snapshot, listed=False), release.schema, whom=Whom(entity_id="E1"),
        colours=default_colours(), rows=lambda _: (),
    )  # fmt: skip
    assert f"{len(rules_in_force(DAY))}条直接判定规则均不适用" in explanation_page(plain)
    assert json.loads(plain.to_json())["direct_rules"] == []


def test_a_grade_that_the_guard_holds_is_told_as_such(release: Release, snapshot: pa.Table) -> None:
    free = decided(release, snapshot, listed=False)
    held = replace(free, model_grade=Grade.C, guarded_grade=Grade.B, grade=Grade.B)
    page = explanation_page(
        explanation_of(held, release.schema, whom=Whom(entity_id="E1"), colours=default_colours())
    )
    assert "模型等级保持B级" in page
    assert page.index("变动防护") < page.index("最终 final")


def test_whom_it_is_about_is_told_as_known_on_the_day(tmp_path: Path) -> None:
    versions = [
        {"entity_id": "E1", "id_kind": "local", "name": "旧名", "entity_type": "company",
         "industry_code": "F", "known_on": date(2024, 1, 1)},
        {"entity_id": "E1", "id_kind": "local", "name": "新名", "known_on": date(2025, 1, 1)},
        {"entity_id": "E1", "id_kind": "local", "name": "后名", "known_on": date(2026, 7, 1)},
    ]  # fmt: skip
    whom = whom_of(write_lake(tmp_path / "lake", {"entities": versions}), "E1", DAY)
    assert (whom.name, whom.type_zh, whom.type_en) == ("新名", "公司", "company")
    assert whom.industry_zh
    assert whom_of(write_lake(tmp_path / "other", {"entities": versions}), "E2", DAY).name == ""
