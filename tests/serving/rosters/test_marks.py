"""Marks: every rule by hand at its boundary days, lists with wrong rows, and draws that obey them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.as_of import AsOf
from serving.inspections.policies.policy_frames import judged_under
from serving.ledger.database import Ledger
from serving.rosters.derived_marks import FACTS, derive_marks
from serving.rosters.from_lake import objects_of_city
from serving.rosters.importing import PRESETS
from serving.rosters.mark_lists import MarkListDamaged, current_import, current_list, import_marks
from serving.rosters.mark_rules import MarkRules, MarkRulesRefused, read_mark_rules
from serving.rosters.marks import MARKS, SCHEMA, counted, in_force, marks_of, ordered, with_marks
from serving.rosters.objects import ObjectsMissing, find_marks, marks_to_draw_by
from serving.rosters.roster_mapping import RosterFeed, RosterMappingError, read_roster_mapping
from serving.rosters.tag_rules import read_tag_rules
from serving.sampling.eligibility import judge
from serving.sampling.policy import SHIELDS, Policy, parse_ratios
from tests.serving.conftest import City

SANDBOX = PRESETS / "sandbox"
DAY = date(2026, 6, 30)
NOON = datetime(2026, 6, 30, 4, tzinfo=UTC)
WHO = {"by": "Li", "now": NOON, "reason": "本市2026年名单"}
POLICY = Policy(ratios=parse_ratios("A=0.02,B=0.05,C=0.2,D=1"))
HEAD = "mark = '{}'\ntitle = 't'\nlaw = 'l'\nvalid_from = 2022-01-01\n"


def rules_of(folder: Path, *texts: str) -> MarkRules:
    path = folder / "marks.toml"
    path.write_text("".join(f"[[mark]]\n{text}\n" for text in texts), "utf-8")
    return read_mark_rules(path)


def derived(asked: MarkRules, *, day: date = DAY, **facts: object) -> list[dict[str, object]]:
    """The marks of a company of grade A in information services, founded in 2020, but for `facts`."""
    plain = {
        "entity_id": "e", "name": "n", "entity_type": "company", "region_code": "99", "industry_code": "I",
        "grade": "A", "registered_capital_fen": 1, "registered_on": date(2020, 1, 1), "rules": [],
    }  # fmt: skip
    entities = pa.table(
        {name: pa.array([facts.get(name, value)]) for name, value in plain.items() if name != "rules"}
        | {"rules": pa.array([facts.get("rules", [])], pa.list_(pa.string()))}
    )
    known = {name: pa.array([facts.get(name)], pa.date32()) for name in FACTS}
    licences = pa.table({"entity_id": ["e"], "kind": [facts.get("licence", "other")]})
    return derive_marks(
        entities, licences, pa.table({"entity_id": ["e"], **known}), asked, day=day
    ).to_pylist()


@pytest.mark.parametrize(
    ("condition", "fact", "window"),
    [
        ("founded_within_days", "registered_on", 365),
        ("serious_within_days", "serious_on", 30),
        ("complaint_within_days", "complaint_on", 365),
        ("upheld_within_days", "upheld_on", 90),
        ("passed_within_days", "inspected_on", 365),
    ],
)
def test_a_window_holds_from_its_first_day_to_its_last(
    tmp_path: Path, condition: str, fact: str, window: int
) -> None:
    """By hand: of 365 days up to 2026-06-30 the first is 2025-07-01, which is in that day only."""
    rules = rules_of(tmp_path, HEAD.format("red_line") + f"{condition} = {window}")
    first = DAY - timedelta(days=window - 1)
    (mark,) = derived(rules, **{fact: first})
    assert (mark["from_day"], mark["until"], mark["known_on"]) == (first, DAY, DAY)
    (today,) = derived(rules, **{fact: DAY})
    assert today["until"] == DAY + timedelta(days=window - 1)
    for outside in (first - timedelta(days=1), DAY + timedelta(days=1), None):
        assert derived(rules, **{fact: outside}) == []


def test_calm_asks_for_the_last_inspection_and_for_nothing_else_known(tmp_path: Path) -> None:
    text = 'grades = ["A"]\npassed_within_days = 365\nno_problem_within_days = 100\n'
    rules = rules_of(tmp_path, HEAD.format("no_disturb") + text + "no_complaint_within_days = 10")

    def bears(**facts: object) -> bool:
        return bool(derived(rules, **({"inspected_on": date(2026, 6, 1)} | facts)))

    assert bears()
    assert not bears(grade="B")
    assert not bears(inspected_on=None)
    assert bears(problem_on=DAY - timedelta(days=100)), "that problem lies a day before the window"
    assert not bears(problem_on=DAY - timedelta(days=99))
    assert not bears(problem_on=date(2026, 6, 1)), "the last inspection is the one with the problem"
    assert bears(complaint_on=DAY - timedelta(days=10))
    assert not bears(complaint_on=DAY - timedelta(days=9))


def test_direct_rules_licences_and_types_are_asked_too(tmp_path: Path) -> None:
    red = rules_of(tmp_path, HEAD.format("red_line") + 'direct_rules = ["serious_violation_list"]')
    (mark,) = derived(red, rules=["judgment_debtor", "serious_violation_list"])
    assert (mark["from_day"], mark["until"]) == (DAY, None)
    assert derived(red, rules=["judgment_debtor"]) == []
    whole = rules_of(tmp_path, HEAD.format("full_coverage") + 'licences = ["hazardous_chemicals"]')
    assert len(derived(whole, licence="hazardous_chemicals")) == 1
    assert derived(whole) == []
    both = rules_of(tmp_path, HEAD.format("tolerance") + 'industries = ["M"]\nfounded_within_days = 365')
    assert derived(both, registered_on=DAY) == []
    assert len(derived(both, registered_on=DAY, industry_code="M75")) == 1


def test_a_rule_holds_on_its_own_days_only_and_ends_its_marks(tmp_path: Path) -> None:
    text = HEAD.format("tolerance") + "valid_until = 2026-07-15\nfounded_within_days = 365"
    rules = rules_of(tmp_path, text.replace("2022-01-01", "2026-06-30"))
    (mark,) = derived(rules, registered_on=DAY)
    assert mark["until"] == date(2026, 7, 15), "the rule ends before the year does"
    new = date(2026, 7, 15)
    assert len(derived(rules, day=new, registered_on=new)) == 1
    for outside in (date(2026, 6, 29), date(2026, 7, 16)):
        assert derived(rules, day=outside, registered_on=outside) == []


def test_rules_tell_all_their_mistakes(tmp_path: Path) -> None:
    with pytest.raises(MarkRulesRefused) as refused:
        rules_of(
            tmp_path,
            "mark = 'tolerence'\ntitle = 't'\nvalid_from = '2022'\nfounded_within_days = 0",
            HEAD.format("red_line") + 'direct_rules = ["serious_list"]\ngrades = ["E"]\nwithin = 3',
            HEAD.format("red_line"),
        )
    for told in (
        "unknown 'tolerence' (did you mean 'tolerance'?)",
        'law = "WORDS" is missing',
        "valid_from = 2026-01-01 is expected, got '2022'",
        "'founded_within_days' is 1 to 3653 days, got 0",
        "unknown 'serious_list'",
        "unknown 'E', known are A, B, C, D",
        "unknown 'within'",
        "has no condition, so every entity would bear the mark",
    ):
        assert told in refused.value.got


def mapping(folder: Path, rows: list[str]) -> tuple[RosterFeed, ...]:
    (folder / "list.csv").write_text("\n".join(["代码,标记,起,止,决定日,依据", *rows]) + "\n", "utf-8")
    (folder / "rosters.toml").write_text(
        "[codes.marks]\n'观察期' = 'observation'\n'包容' = 'tolerance'\n'红线' = 'red_line'\n"
        "'全覆盖' = 'full_coverage'\n'误' = 'red_lines'\n"
        "[[feed]]\nroster = 'marks'\nfile = 'list.csv'\n[feed.columns]\nentity_id = '代码'\n"
        "mark = { codes = '标记', table = 'marks' }\nfrom_day = '起'\nuntil = '止'\nknown_on = '决定日'\n"
        "reason = '依据'\n",
        "utf-8",
    )
    return read_roster_mapping(folder / "rosters.toml")


GOOD = ["e1,观察期,2026/1/1,2026-12-31,2025-12-20,文件一", "e2,红线,2026-06-01,,,举报"]
WRONG = [
    ("e3,观察期,2026-01-01,,,文件", "until", "a shield without a last day would keep an entity out"),
    (",红线,2026-01-01,,,文件", "entity_id", "is missing"),
    ("e3,宽容,2026-01-01,,,文件", "mark", "'宽容' is no word of the table of codes"),
    ("e3,误,2026-01-01,,,文件", "mark", "'red_lines' is none of observation"),
    ("e3,红线,2026-02-30,,,文件", "from_day", "is no day such as"),
    ("e3,包容,2026-03-01,2026-02-01,,文件", "until", "2026-02-01 lies before 2026-03-01"),
    ("e3,红线,2026-03-01,,2026-07-01,文件", "known_on", "2026-07-01 is yet to come"),
    ("e3,红线,2026-03-01,,,", "reason", "is missing"),
    ("e1,观察期,2026-01-01,2026-11-30,,again", "entity_id", "stands in an earlier row"),
]


def test_a_list_keeps_good_rows_and_tells_the_fault_of_each_other(ledger: Ledger, tmp_path: Path) -> None:
    feeds = mapping(tmp_path, [*GOOD, *(row for row, _, _ in WRONG)])
    made = import_marks(ledger, "c", feeds, folder=tmp_path, lists=tmp_path / "lists", **WHO)
    assert made.counts() == {"read": 11, "added": 2, "changed": 0, "unchanged": 0, "rejected": 9}
    for row, (_, name, reason) in zip(made.rejected, WRONG, strict=True):
        assert (row.field, reason in row.reason) == (name, True), row
    kept = current_list(ledger, "c", lists=tmp_path / "lists")
    told = current_import(ledger, "c")
    assert kept is not None
    assert told is not None
    assert (told.digest, told.rejected, told.by, told.files) == (
        kept.digest,
        made.rejected,
        "Li",
        ("list.csv",),
    )
    assert kept.table.to_pylist()[0] == {
        "entity_id": "e1", "mark": "observation", "from_day": date(2026, 1, 1),
        "until": date(2026, 12, 31), "known_on": date(2025, 12, 20), "source": "list.csv", "reason": "文件一",
    }  # fmt: skip
    assert kept.table["known_on"].to_pylist()[1] == date(2026, 6, 1), (
        "without a day of decision the first day"
    )


def test_the_newest_list_is_the_whole_list_and_a_damaged_one_is_refused(
    ledger: Ledger, tmp_path: Path
) -> None:
    lists = tmp_path / "lists"

    def load(*rows: str) -> dict[str, int]:
        feeds = mapping(tmp_path, list(rows))
        return import_marks(ledger, "c", feeds, folder=tmp_path, lists=lists, **WHO).counts()

    assert current_list(ledger, "c", lists=lists) is None
    load(*GOOD)
    first = current_list(ledger, "c", lists=lists)
    assert load(*reversed(GOOD))["unchanged"] == 2
    again = current_list(ledger, "c", lists=lists)
    assert first is not None
    assert again is not None
    assert again.digest == first.digest, "the order of the rows makes no other list"
    assert load(GOOD[1])["unchanged"] == 1
    last = current_list(ledger, "c", lists=lists)
    assert last is not None
    assert last.table["entity_id"].to_pylist() == ["e2"]
    assert current_list(ledger, "another city", lists=lists) is None
    (lists / last.digest[:16] / "marks.parquet").write_bytes(b"changed")
    with pytest.raises(MarkListDamaged, match="restore the file, or import the list again"):
        current_list(ledger, "c", lists=lists)


def test_a_mapping_without_reason_or_days_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text("[[feed]]\nroster = 'marks'\nfile = 'f'\n[feed.columns]\nentity_id = 'a'\n", "utf-8")
    with pytest.raises(RosterMappingError, match="mark, from_day, reason of marks are required"):
        read_roster_mapping(path)


DAYS = st.dates(DAY - timedelta(days=3), DAY + timedelta(days=3))
BORNE = st.lists(
    st.fixed_dictionaries(
        {
            "entity_id": st.sampled_from([*"abcdef", "stranger"]), "mark": st.sampled_from(list(MARKS)),
            "from_day": DAYS, "until": st.none() | DAYS, "known_on": DAYS, "source": st.just("s"),
            "reason": st.sampled_from(["r", "q"]),
        }
    ),
    max_size=14,
)  # fmt: skip
POLICIES = st.builds(
    Policy,
    ratios=st.just(POLICY.ratios),
    shields=st.lists(st.sampled_from(sorted(SHIELDS)), unique=True).map(tuple),
    triggers=st.lists(st.sampled_from(["red_line", "complaint"]), unique=True).map(tuple),
)
ROWS = pa.table(
    {"entity_id": list("abcdef"), "grade": list("ABCDAB"), "region_code": ["1"] * 6,
     "entity_type": ["company"] * 6}
)  # fmt: skip


def standing(borne: list[dict], entity: str) -> set[str]:
    """Of an entity the marks that hold on DAY and are known by then, in plain Python."""
    return {
        one["mark"] for one in borne
        if one["entity_id"] == entity and one["from_day"] <= DAY and one["known_on"] <= DAY
        and (one["until"] is None or one["until"] >= DAY)
    }  # fmt: skip


@given(BORNE, POLICIES, st.integers(0, 9))
def test_nobody_shielded_may_be_drawn_unless_a_trigger_pierces_it(
    borne: list[dict], policy: Policy, seed: int
) -> None:
    """Whatever the order; what is not in force that day, or became known after it, changes nothing."""
    marks = in_force(ordered([pa.Table.from_pylist(borne, schema=SCHEMA)]), DAY)
    judged = judged_under(ROWS, policy, marks=marks)
    for row in judged.to_pylist():
        own = standing(borne, row["entity_id"])
        shielded, pierced = own & set(policy.shields), own & set(policy.triggers)
        kept_out = str(row["exclusion_reason"]).startswith("shield_")
        assert kept_out == bool(shielded and not pierced)
        assert row["pierced"] == bool(shielded and pierced)
        assert row["stratum"].endswith("/full") == ("full_coverage" in own)
    order = random.Random(seed)
    shuffled, places = order.sample(borne, len(borne)), order.sample(range(6), 6)
    again = judged_under(
        ROWS.take(places), policy, marks=in_force(pa.Table.from_pylist(shuffled, schema=SCHEMA), DAY)
    )
    assert again.sort_by("entity_id").equals(judged)


def test_marks_stand_in_columns_beside_the_rows() -> None:
    facts = {"from_day": DAY, "until": None, "known_on": DAY, "source": "s", "reason": "r"}
    pairs = [("b", "red_line"), ("b", "tolerance"), ("b", "observation"), ("c", "full_coverage")]
    table = ordered(
        [pa.Table.from_pylist([{"entity_id": e, "mark": m, **facts} for e, m in pairs], schema=SCHEMA)]
    )
    rows = with_marks(ROWS, table).select(["shields", "triggers", "full_coverage"]).to_pylist()
    assert rows[1] == {"shields": "observation;tolerance", "triggers": "red_line", "full_coverage": False}
    assert rows[2] == {"shields": "", "triggers": "", "full_coverage": True}
    assert rows[0] == {"shields": "", "triggers": "", "full_coverage": False}
    assert counted(table) == {"observation": 1, "tolerance": 1, "red_line": 1, "full_coverage": 1}
    assert [one.mark for one in marks_of(table, "b")] == ["observation", "tolerance", "red_line"]
    assert judge(with_marks(ROWS, SCHEMA.empty_table()), POLICY).equals(judge(ROWS, POLICY))


def test_the_sandbox_bears_marks_by_rules_and_list(city: City, ledger: Ledger, tmp_path: Path) -> None:
    entity = city.register.listed["entity_id"][0].as_py()
    rows = [
        f"{entity},观察期,2026-06-30,2026-06-30,,文件",
        f"{entity},包容,2026-07-01,2026-12-31,,文件",
        GOOD[0],
    ]
    import_marks(ledger, "c", mapping(tmp_path, rows), folder=tmp_path, lists=tmp_path, **WHO)
    rules = read_mark_rules(SANDBOX / "marks.toml")
    as_of = AsOf(on=city.register.as_of, used_on=city.register.used_on)

    def build(**more: object) -> object:
        return objects_of_city(
            city.register, city.lake, as_of, read_tag_rules(SANDBOX / "tags.toml"),
            folder=tmp_path / "objects", memory_limit="1GB", **more,
        ).card  # fmt: skip

    bare = build()
    assert not bare.has_marks
    assert find_marks(tmp_path / "objects", register_digest=city.register.digest) is None
    card = build(mark_rules=rules, listed=current_list(ledger, "c", lists=tmp_path))
    assert set(card.marks) == set(MARKS)
    assert (card.strangers, card.digest) == (1, bare.digest)
    marks = find_marks(tmp_path / "objects", register_digest=city.register.digest)
    assert marks is not None
    with pytest.raises(ObjectsMissing, match="after every grading"):
        marks_to_draw_by(tmp_path / "objects", register_digest="the next register")
    own = marks_of(marks, entity)
    assert [one.until for one in own if one.source == "list.csv"] == [DAY], (
        "the other one begins the day after"
    )
    young = marks.filter(pa.compute.equal(marks["source"], "新设主体九十日观察期"))["entity_id"].to_pylist()
    register = pq.read_table(city.register.path, columns=["entity_id", "registered_on"]).to_pylist()
    assert young == sorted(
        one["entity_id"] for one in register if one["registered_on"] > date(2026, 4, 1)
    )  # fmt: skip
    assert not build().has_marks
    assert marks_to_draw_by(tmp_path / "objects", register_digest="the next register") is None
    assert find_marks(tmp_path / "objects", register_digest=city.register.digest) is None, "back to none"
