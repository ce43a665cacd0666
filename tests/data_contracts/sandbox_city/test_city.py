"""The city as a whole: same bytes again, dirt counted exactly, two clocks, shares near their targets."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from stdnum.cn import uscc

from data_contracts.admission.admitting import Admission, Request, admit
from data_contracts.mapping.city_mapping import mapping_path, read_mapping
from data_contracts.sandbox_city import CityFiles, SandboxPlan, generate
from data_contracts.sandbox_city.faults import event_faults
from data_contracts.sandbox_city.file_columns import event_files
from data_contracts.sandbox_city.plan import SandboxPlanRefused
from data_contracts.sandbox_city.truth import PlantedFile, Truth, read_truth

Admitted = Callable[[str], pa.Table]
EVENTS = (
    "annual_reports", "commitments", "complaints", "inspections", "intellectual_property", "judicial",
    "key_persons", "licences", "listings", "penalties", "products", "public_opinion", "registry_changes",
    "relations", "tax_social", "violations",
)  # fmt: skip
LAST_DAY = date(2026, 6, 30)


def digests(*folders: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }


def admitted_from(files: CityFiles, lake: Path) -> Admission:
    mapping = read_mapping(mapping_path("sandbox"))
    return admit(
        Request(mapping=mapping, raw_folder=files.raw_folder, admitted_on=LAST_DAY, key=b"k" * 32), lake
    )


def test_the_same_plan_gives_the_same_bytes_and_another_seed_gives_others(tmp_path: Path) -> None:
    folders = [(tmp_path / name / "raw", tmp_path / name / "truth") for name in "abc"]
    for (raw, hidden), seed in zip(folders, (3, 3, 4), strict=True):
        generate(SandboxPlan(entities=300, seed=seed), raw, hidden)
    first, again, other = (digests(*pair) for pair in folders)
    assert first == again
    assert len(first) == len(EVENTS) + 1 + 2 + 3 + 4  # two files apart for people, three monthly, the truth
    alike = [name for name in first if name != "README.md" and first[name] == other[name]]
    assert alike == []


def _planted_strangers(outcome: Admission, planted: Mapping[str, PlantedFile]) -> dict[str, int]:
    told: Counter[str] = Counter()
    for feed in outcome.report.feeds:
        if feed.table in EVENTS:
            told[feed.table] += sum(planted[file].unknown_entities for file in feed.files)
    return {table: count for table, count in told.items() if count}


def _strange_rows(outcome: Admission) -> dict[str, int]:
    """Rows of each table whose entity is not in the register on the day of the export."""
    known = pq.read_table(Path(outcome.lake.table("entities").path), columns=["entity_id"])["entity_id"]
    counts = {}
    for table in EVENTS:
        ids = pq.read_table(Path(outcome.lake.table(table).path), columns=["entity_id"])["entity_id"]
        counts[table] = pc.sum(pc.invert(pc.is_in(ids, pc.unique(known)))).as_py()
    return {table: count for table, count in counts.items() if count}


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> tuple[Admission, Truth]:
    """A city of another size and chance, admitted."""
    folder = tmp_path_factory.mktemp("larger")
    files = generate(SandboxPlan(entities=3_000, seed=7), folder / "raw", folder / "truth")
    return admitted_from(files, folder / "lake"), read_truth(files.truth_folder)


@pytest.mark.parametrize("size", ["small", "larger"])
def test_every_planted_fault_is_found_and_counted_by_its_reason(
    size: str, admission: Admission, truth: Truth, request: pytest.FixtureRequest
) -> None:
    outcome, hidden = (admission, truth) if size == "small" else request.getfixturevalue("larger")
    planted = hidden.planted
    assert {file for feed in outcome.report.feeds for file in feed.files} == set(planted)
    for feed in outcome.report.feeds:
        wanted = [planted[file] for file in feed.files]
        reasons = sum((Counter(file.reasons) for file in wanted), Counter())
        assert dict(feed.reasons) == dict(reasons), feed.feed
        assert (feed.read, feed.admitted, feed.duplicates) == (
            sum(file.rows for file in wanted),
            sum(file.admitted for file in wanted),
            sum(file.duplicates for file in wanted),
        ), feed.feed
    assert _strange_rows(outcome) == _planted_strangers(outcome, planted)


def test_every_kind_of_fault_stands_in_every_larger_file(truth: Truth) -> None:
    """One row in fifty may be dirty in a small file; from a thousand rows on that is enough for all kinds."""
    for file, columns in event_files(LAST_DAY).items():
        planted = truth.planted[file]
        kinds = {fault.kind for fault in event_faults(columns, LAST_DAY, "1")}
        if planted.rows > 1_000:
            told = {"duplicates": planted.duplicates, "near_misses": planted.near_misses}
            told["unknown_entities"] = planted.unknown_entities - planted.near_misses
            assert {kind for kind in kinds if not {**told, **planted.reasons}.get(kind)} == set(), file


def test_near_misses_and_strangers_are_told_as_planted(admission: Admission, truth: Truth) -> None:
    near = pq.read_table(admission.lake.folder / "near_misses.parquet").to_pandas()
    near = near.drop_duplicates(["table", "given_id", "where_found"]).groupby("table").rows.sum().to_dict()
    wanted: Counter[str] = Counter()
    for feed in admission.report.feeds:
        wanted[feed.table] += sum(truth.planted[file].near_misses for file in feed.files)
    assert near == {table: count for table, count in wanted.items() if count}


def test_planted_counts_add_up_and_few_rows_are_dirty(truth: Truth) -> None:
    for file, planted in truth.planted.items():
        rejected = sum(planted.reasons.values())
        assert planted.rows == planted.admitted + planted.duplicates + rejected, file
        assert rejected <= 0.05 * planted.rows, file  # the limit above which a feed is refused
        if planted.rows > 5_000:
            assert rejected <= 0.01 * planted.rows, file


def test_later_rows_correct_complete_and_withdraw_earlier_ones(
    every_row: Callable[[str], pa.Table], truth: Truth
) -> None:
    for table in ("annual_reports", "penalties", "complaints", "tax_social", "key_persons", "products"):
        rows = every_row(table).to_pandas()
        versions = sum(p.versions for file, p in truth.planted.items() if f"{table}." in file)
        superseded = rows.superseded_on.notna() & ~rows.retracted
        assert superseded.sum() - rows.retracted.sum() == versions > 0, table
    for table in ("listings", "penalties", "public_opinion"):
        retractions = sum(p.retractions for file, p in truth.planted.items() if f"{table}." in file)
        assert every_row(table)["retracted"].to_numpy(zero_copy_only=False).sum() == retractions > 0
    assert truth.planted["2026-06/listings.csv"].completions > 0
    assert truth.planted["2026-06/complaints.parquet"].completions > 0


def test_raw_files_are_written_as_their_offices_write_them(city: CityFiles) -> None:
    listings = (city.raw_folder / "listings.csv").read_bytes().split(b"\n")[0]
    assert listings.decode("gb18030").startswith("列入编号,统一社会信用代码,名录类型")
    assert (city.raw_folder / "penalties.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    written = {path for path in city.raw_folder.rglob("*") if path.is_file()}
    assert {path.relative_to(city.raw_folder).as_posix() for path in written} == set(city.rows)


@pytest.mark.parametrize("table", EVENTS)
def test_nothing_is_known_before_it_happened_or_after_the_export(table: str, every_row: Admitted) -> None:
    rows = every_row(table)
    assert rows.num_rows > 100
    assert pc.all(pc.less_equal(rows["occurred_on"], rows["known_on"])).as_py()
    assert pc.max(rows["known_on"]).as_py() <= LAST_DAY
    late = pc.sum(pc.greater(pc.days_between(rows["occurred_on"], rows["known_on"]), 21)).as_py()
    assert late > 0, "some things become known only weeks later"


@pytest.mark.parametrize("table", EVENTS)
def test_nothing_is_known_of_an_entity_before_the_entity_itself(table: str, every_row: Admitted) -> None:
    entities, rows = every_row("entities").to_pandas(), every_row(table).to_pandas()
    since = rows.entity_id.map(entities.groupby("entity_id").known_on.min())
    there = since.notna()  # all but the planted strangers
    assert there.mean() > 0.9
    assert (rows.known_on[there] >= since[there]).all()


@pytest.mark.parametrize("table", EVENTS)
def test_every_event_but_those_planted_belongs_to_an_entity_of_the_city(
    table: str, every_row: Admitted, admission: Admission, truth: Truth
) -> None:
    known = pc.unique(every_row("entities")["entity_id"])
    strange = pc.sum(pc.invert(pc.is_in(every_row(table)["entity_id"], known))).as_py()
    files = [file for feed in admission.report.feeds if feed.table == table for file in feed.files]
    assert strange == sum(truth.planted[file].unknown_entities for file in files)


def test_credit_codes_are_valid_inside_and_outside_and_all_different(
    admitted: Admitted, plan: SandboxPlan
) -> None:
    codes = set(admitted("entities")["entity_id"].to_pylist())
    assert len(codes) > 0.98 * plan.entities
    assert [code for code in codes if not uscc.is_valid(code)] == []
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    for code in codes:
        total = sum(int(letter, 36) * weight for letter, weight in zip(code[8:16], weights, strict=True))
        assert code[16] == "0123456789X"[(11 - total % 11) % 11]


def test_an_entity_has_versions_in_order_and_a_later_one_keeps_what_did_not_change(
    admitted: Admitted,
) -> None:
    rows = admitted("entities").to_pandas().sort_values(["entity_id", "known_on"])
    assert 1.05 < len(rows) / rows.entity_id.nunique() < 1.6
    last = rows.groupby("entity_id").last()
    assert 0.12 < last.deregistered_on.notna().mean() < 0.35
    ended = rows[rows.deregistered_on.notna()]
    assert (ended.known_on >= ended.deregistered_on).all()
    assert rows[["name", "region_code", "industry_code", "registered_capital_fen"]].notna().all().all()
    assert rows.groupby("entity_id").registered_on.nunique().max() == 1


def test_shares_are_near_their_targets(admitted: Admitted) -> None:
    entities = admitted("entities").to_pandas().drop_duplicates("entity_id")
    assert entities.entity_type.value_counts(normalize=True)["sole_trader"] == pytest.approx(0.5, abs=0.05)
    assert entities.region_code.nunique() == 16
    new = (entities.registered_on >= date(2020, 7, 1)).mean()
    assert new == pytest.approx(0.3, abs=0.05)
    complaints = admitted("complaints").to_pandas()
    assert complaints.suspected_professional.mean() == pytest.approx(0.16, abs=0.12)
    counts = np.sort(complaints.groupby("entity_id").size().to_numpy())[::-1]
    assert counts[: len(counts) // 10].sum() > 0.25 * counts.sum(), "the tail is heavy"


def test_the_truth_lies_apart_from_what_the_offices_send(city: CityFiles) -> None:
    assert city.truth_folder not in (city.raw_folder, *city.raw_folder.parents)
    for path in city.raw_folder.glob("*.parquet"):
        assert not {"riskiness", "probability", "strictness"} & set(pq.read_schema(path).names)
    explained = (city.truth_folder / "README.md").read_text("utf-8")
    assert [path.name for path in city.truth_folder.iterdir() if path.name not in explained] == ["README.md"]


def test_the_truth_tells_riskiness_and_chance_of_all_who_could_be_drawn(truth: Truth) -> None:
    rows = truth.quarters.to_pandas()
    assert not rows.duplicated(["entity_id", "on"]).any()
    assert rows["on"].nunique() == 24
    assert rows.probability.between(0, 1).all()
    assert rows.notna().all().all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"entities": 5}, "between 100 and 20000000 entities; got entities = 5"),
        ({"seed": -1}, "a seed of zero or more; got seed = -1"),
        (
            {"first_day": date(2020, 7, 2)},
            "first day of a quarter, when the draws are made; got first_day = 2020-07-02",
        ),
        ({"last_day": date(2020, 12, 31)}, "at least one year between .* move last_day"),
    ],
)
def test_a_plan_that_makes_no_city_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SandboxPlanRefused, match=message):
        SandboxPlan(**changes)  # type: ignore[arg-type]


def test_a_hamlet_can_be_made_too(tmp_path: Path) -> None:
    plan = SandboxPlan(entities=100, first_day=date(2022, 1, 1), last_day=date(2023, 3, 15))
    files = generate(plan, tmp_path / "raw", tmp_path / "truth")
    assert files.rows["entities.parquet"] >= 95
    assert files.rows["inspections.parquet"] > 0
