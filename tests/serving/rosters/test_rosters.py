"""Items and inspectors: imported from any file, kept in versions, nothing lost and nothing overwritten."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from serving.ledger.database import Ledger
from serving.ledger.schema import RosterImportRow
from serving.rosters.cells import Unreadable, day, intervals, number, yes
from serving.rosters.importing import (
    INSPECTORS,
    ITEMS,
    PRESETS,
    Import,
    RosterFileRefused,
    import_roster,
    preset_folder,
)
from serving.rosters.inspector import Conflict, InspectorRefused
from serving.rosters.inspectors import (
    InspectorNotFound,
    find_inspector,
    list_inspectors,
    record_conflict,
    record_inspectors,
    record_leave,
)
from serving.rosters.item import ItemRefused
from serving.rosters.items import ItemNotFound, find_item, item_versions, list_items, record_items
from serving.rosters.roster_mapping import RosterMappingError, read_roster_mapping
from serving.rosters.versions import RosterRefused
from serving.sampling.staffing import Scope, ScopeKind, VisitNeed, staff

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
SANDBOX = PRESETS / "sandbox"
WHO = {"by": "Li", "now": NOON, "reason": "new year"}
COLUMNS = (
    "inspector_id = '工号'\nname = '姓名'\ndepartment = '部门'\nlicence_number = '证号'\n"
    "licensed_from = '起'\nlicensed_until = '止'\nskills = { codes = '技能', table = 'skills' }\n"
    "leave = '请假'\n"
)
CODES = "[codes.skills]\n'食品' = 'food'\n'电梯' = 'lifts'\n"
HEAD = ["工号", "姓名", "部门", "证号", "起", "止", "技能", "请假"]
ROWS = [
    ["J1", "王芳", "市场监管局", "X1", "2020年1月1日", "2028/12/31", "食品、电梯", "2026-07-06至2026-07-10"],
    ["J2", "李强", "市场监管局", "X2", "20200101", "2028-12-31", "食品", ""],
]


def load(ledger: Ledger, roster: str) -> Import:
    feeds = read_roster_mapping(SANDBOX / "rosters.toml")
    return import_roster(ledger, "c", roster, feeds, folder=SANDBOX, **WHO)


def mapping(folder: Path, file: str, more: str = "", columns: str = COLUMNS) -> Path:
    path = folder / "rosters.toml"
    text = f"{CODES}[[feed]]\nroster = 'inspectors'\nfile = '{file}'\n{more}[feed.columns]\n{columns}"
    path.write_text(text, "utf-8")
    return path


def csv_of(rows: list[list[str]]) -> str:
    return "\n".join(",".join(row) for row in [HEAD, *rows]) + "\n"


def test_the_sandbox_preset_is_whole_and_the_same_again_changes_nothing(ledger: Ledger) -> None:
    assert load(ledger, ITEMS).counts() == {
        "read": 21, "added": 21, "changed": 0, "unchanged": 0, "rejected": 0,
    }  # fmt: skip
    assert load(ledger, INSPECTORS).counts()["added"] == 40
    assert load(ledger, ITEMS).counts()["unchanged"] == 21
    assert load(ledger, INSPECTORS).counts()["unchanged"] == 40
    items = list_items(ledger, "c")
    assert len({item.department for item in items}) == 3
    assert {item.kind for item in items} == {"general", "key"}
    wanted = {(item.department, skill) for item in items for skill in item.skills}
    held = {(one.department, skill) for one in list_inspectors(ledger, "c") for skill in one.skills}
    assert wanted <= held
    assert list_items(ledger, "another city") == ()


def test_every_item_of_the_preset_can_be_staffed(ledger: Ledger) -> None:
    load(ledger, ITEMS)
    load(ledger, INSPECTORS)
    visits = [
        VisitNeed(
            visit_id=item.code, entity_id="e", departments=(item.department,), station="",
            skills=frozenset(item.skills), first_day=date(2026, 7, 1), last_day=date(2026, 9, 30),
        )
        for item in list_items(ledger, "c")
    ]  # fmt: skip
    cards = [one.card() for one in list_inspectors(ledger, "c")]
    assert staff(visits, cards, scope=Scope(kind=ScopeKind.WHOLE_BUREAU), seed="5eed").unstaffable == ()


@pytest.mark.parametrize("kind", ["utf-8-sig", "gb18030", "xlsx", "json"])
def test_a_file_of_any_kind_gives_the_same_inspectors(ledger: Ledger, tmp_path: Path, kind: str) -> None:
    file = {"xlsx": "r.xlsx", "json": "r.json"}.get(kind, "r.csv")
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in [HEAD, *ROWS]:
            book.active.append(row)
        book.save(tmp_path / file)
    elif kind == "json":
        records = [dict(zip(HEAD, row, strict=True)) for row in ROWS]
        (tmp_path / file).write_text(json.dumps(records, ensure_ascii=False), "utf-8")
    else:
        (tmp_path / file).write_bytes(csv_of(ROWS).encode(kind))
    feeds = read_roster_mapping(mapping(tmp_path, file))
    made = import_roster(ledger, "c", INSPECTORS, feeds, folder=tmp_path, **WHO)
    assert made.counts()["added"] == 2
    one = find_inspector(ledger, "c", "J1")
    assert (one.name, one.skills, one.station) == ("王芳", ("food", "lifts"), "")
    assert one.leave == ((date(2026, 7, 6), date(2026, 7, 10)),)
    assert one.licensed_until == date(2028, 12, 31)


def test_bad_rows_are_kept_with_every_reason_and_the_others_go_in(ledger: Ledger, tmp_path: Path) -> None:
    bad = [
        ["J3", "", "市场监管局", "X3", "soon", "2028-12-31", "食品", ""],
        ["J4", "赵敏", "市场监管局", "X4", "2020-01-01", "2019-01-01", "食品", ""],
        ["J5", "孙丽", "市场监管局", "X5", "2020-01-01", "2028-12-31", "食物", ""],
        ["J1", "周杰", "市场监管局", "X6", "2020-01-01", "2028-12-31", "", ""],
        ["J6", "吴磊", "市场监管局", "X7", "2020-01-01", "2028-12-31", "", "", "too many"],
    ]
    (tmp_path / "r.csv").write_text(csv_of([*ROWS, *bad]), "utf-8")
    feeds = read_roster_mapping(mapping(tmp_path, "r.csv"))
    made = import_roster(ledger, "c", INSPECTORS, feeds, folder=tmp_path, **WHO)
    assert made.counts() == {"read": 7, "added": 2, "changed": 0, "unchanged": 0, "rejected": 5}
    told = [(row.line, row.field, row.reason) for row in made.rejected]
    assert told[0] == (4, "licensed_from", "'soon' is no day such as 2026-06-30")
    assert told[1] == (5, "licensed_until", "2019-01-01 is before the first day, 2020-01-01")
    assert told[2][:2] == (6, "skills")
    assert told[2][2].startswith("'食物'")
    assert told[3] == (7, "inspector_id", "'J1' stands in an earlier row")
    assert told[4][:2] == (8, "wrong_field_count")
    with ledger.reading() as session:
        (kept,) = session.scalars(select(RosterImportRow)).all()
    assert kept.counts == made.counts()
    assert [row["line"] for row in kept.rejected] == [4, 5, 6, 7, 8]
    assert len(kept.files["r.csv"]) == 64


def test_files_and_columns_that_are_missing_are_named(ledger: Ledger, tmp_path: Path) -> None:
    feeds = read_roster_mapping(mapping(tmp_path, "r.csv"))
    with pytest.raises(RosterFileRefused, match=r"got none called r\.csv.*correct 'file' of the feed"):
        import_roster(ledger, "c", INSPECTORS, feeds, folder=tmp_path, **WHO)
    with pytest.raises(RosterFileRefused, match=r"a \[\[feed\]\] with roster = 'items'; got none"):
        import_roster(ledger, "c", ITEMS, feeds, folder=tmp_path, **WHO)
    (tmp_path / "r.csv").write_text(csv_of(ROWS).replace("证号", "执法证号"), "utf-8")
    with pytest.raises(RosterFileRefused, match=r"got no '证号' \(did you mean '执法证号'\?\)"):
        import_roster(ledger, "c", INSPECTORS, feeds, folder=tmp_path, **WHO)
    with pytest.raises(RosterFileRefused, match=r"a preset \(sandbox\); got 'sandbx' \(did you mean"):
        preset_folder("sandbx")


def test_a_mapping_tells_all_its_mistakes_with_their_lines(tmp_path: Path) -> None:
    columns = COLUMNS.replace("name = '姓名'\n", "naem = '姓名'\n").replace("'skills' }", "'skill' }")
    with pytest.raises(RosterMappingError) as refused:
        read_roster_mapping(mapping(tmp_path, "r.csv", "encoding = 'klingon'\n", columns))
    told = refused.value.got
    assert "unknown 'naem' (did you mean 'name'?)" in told
    assert "name of inspectors are required and not mapped" in told
    assert "'encoding' is the name of an encoding, got 'klingon'" in told
    assert "unknown 'skill' (did you mean 'skills'?)" in told
    assert told.startswith("line ")
    (tmp_path / "empty.toml").write_text("", "utf-8")
    with pytest.raises(RosterMappingError, match="has no"):
        read_roster_mapping(tmp_path / "empty.toml")
    with pytest.raises(RosterMappingError, match="TOML in UTF-8"):
        read_roster_mapping(tmp_path / "none.toml")


def test_a_changed_item_is_a_new_version_and_the_old_one_stays(ledger: Ledger) -> None:
    load(ledger, ITEMS)
    item = find_item(ledger, "c", "FOOD-01")
    longer = replace(item, minutes=120, valid_until=date(2026, 12, 31))
    recorded = record_items(ledger, "c", [longer], by="Wu", now=NOON, reason="a longer list")
    assert recorded.changed == ("FOOD-01",)
    versions = item_versions(ledger, "c", "FOOD-01")
    assert [(one.version, one.minutes, signed.by) for one, signed in versions] == [
        (1, 90, "Li"), (2, 120, "Wu"),
    ]  # fmt: skip
    assert find_item(ledger, "c", "FOOD-01").valid_until == date(2026, 12, 31)
    assert "FOOD-01" not in [one.code for one in list_items(ledger, "c", on=date(2027, 1, 1))]
    assert "FOOD-01" in [one.code for one in list_items(ledger, "c", on=date(2026, 12, 31))]


def test_bad_items_are_refused_with_everything_wrong(ledger: Ledger) -> None:
    load(ledger, ITEMS)
    item = find_item(ledger, "c", "FOOD-01")
    bad = replace(item, kind="often", methods=("walk",), law=" ", minutes=0, valid_until=date(2020, 1, 1))
    with pytest.raises(
        ItemRefused,
        match=r"'FOOD-01': law is empty; 'FOOD-01': kind 'often' is none of general, key; 'FOOD-01': methods "
        r"'walk', known are site, paper, .*minutes 0 is no time from 1 .*valid_until 2020-01-01 is before",
    ):
        record_items(ledger, "c", [bad], **WHO)
    with pytest.raises(RosterRefused, match="every item once; got FOOD-01"):
        record_items(ledger, "c", [item, item], **WHO)
    with pytest.raises(RosterRefused, match="got no person and no reason"):
        record_items(ledger, "c", [item], by=" ", now=NOON, reason=" ")
    with pytest.raises(ItemNotFound, match=r"got 'FOOD-10' \(did you mean 'FOOD-01'"):
        find_item(ledger, "c", "FOOD-10")


def test_leave_and_conflicts_come_and_go_and_every_moment_can_be_seen_again(ledger: Ledger) -> None:
    load(ledger, INSPECTORS)
    days = (date(2026, 7, 1), date(2026, 7, 3))
    later = NOON + timedelta(hours=1)
    assert days in record_leave(ledger, "c", "J001", days, **WHO).leave
    whom = Conflict(entity_id="E1")
    assert record_conflict(ledger, "c", "J001", whom, **WHO).conflicts == {"E1"}
    record_conflict(ledger, "c", "J001", Conflict(person="P1"), **WHO)
    card = find_inspector(ledger, "c", "J001").card(load=3, entities_of_persons={"P1": ["E2", "E3"]})
    assert (card.conflicts, card.load, card.leave) == ({"E1", "E2", "E3"}, 3, (days,))
    gone = {"by": "Li", "now": later, "reason": "mistaken"}
    assert record_leave(ledger, "c", "J001", days, granted=False, **gone).leave == ()
    assert record_conflict(ledger, "c", "J001", whom, holds=False, **gone).conflicts == frozenset()
    again = {"by": "Li", "now": later + timedelta(hours=1), "reason": "not mistaken"}
    assert record_leave(ledger, "c", "J001", days, **again).leave == (days,)
    (then, *_) = list_inspectors(ledger, "c", at=NOON)
    assert (then.leave, then.conflicts) == ((days,), {"E1"})


def test_leave_and_conflicts_that_fit_nothing_are_refused(ledger: Ledger) -> None:
    load(ledger, INSPECTORS)
    days = (date(2026, 7, 1), date(2026, 7, 3))
    with pytest.raises(InspectorRefused, match="days of leave in their order; got 2026-07-03 to 2026-07-01"):
        record_leave(ledger, "c", "J001", (days[1], days[0]), **WHO)
    with pytest.raises(InspectorRefused, match="to take back what stands; got 2026-07-01 to 2026-07-03"):
        record_leave(ledger, "c", "J001", days, granted=False, **WHO)
    with pytest.raises(InspectorRefused, match="one entity or one person to keep away from; got entity ''"):
        Conflict()
    record_conflict(ledger, "c", "J001", Conflict(entity_id="E1"), **WHO)
    with pytest.raises(InspectorRefused, match="a conflict that is new, or to end what stands; got 'E1'"):
        record_conflict(ledger, "c", "J001", Conflict(entity_id="E1"), **WHO)
    with pytest.raises(InspectorNotFound, match="got 'J999'"):
        record_leave(ledger, "c", "J999", days, **WHO)


def test_who_leaves_stays_in_the_ledger_and_off_the_roster(ledger: Ledger) -> None:
    load(ledger, INSPECTORS)
    one = replace(find_inspector(ledger, "c", "J001"), active=False)
    assert record_inspectors(ledger, "c", [one], **WHO).changed == ("J001",)
    assert "J001" not in [found.inspector_id for found in list_inspectors(ledger, "c")]
    assert find_inspector(ledger, "c", "J001").version == 2
    with pytest.raises(InspectorRefused, match="'J001': licence_number is empty; 'J001': name is no person"):
        record_inspectors(ledger, "c", [replace(one, licence_number=" ", name="")], **WHO)


@pytest.mark.parametrize("cell", ["2026-06-30", "2026/6/30", "20260630", "2026年6月30日", "２０２６-06-30"])
def test_days_are_read_as_people_write_them(cell: str) -> None:
    assert day(cell) == date(2026, 6, 30)


def test_cells_that_are_none_of_their_kind() -> None:
    for read, cell in ((day, "2026-02-30"), (number, "1.5"), (yes, "maybe"), (intervals, "2026-01-01/x")):
        with pytest.raises(Unreadable, match=r"is no|neither"):
            read(cell)
    assert intervals("2026-01-01；2026-02-01~2026-02-03") == (
        (date(2026, 1, 1), date(2026, 1, 1)), (date(2026, 2, 1), date(2026, 2, 3)),
    )  # fmt: skip
