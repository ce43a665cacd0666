"""From a plan in the browser to the next release: drawn, entered, returned, admitted, learned from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Page, expect

from data_contracts.__main__ import app as data_contracts
from data_contracts.codes import problem_codes
from data_contracts.lake import Lake, open_lake
from data_contracts.sandbox_city import SandboxPlan, generate
from data_contracts.sandbox_city.truth import read_truth
from features.engines.on_duckdb import open_engine
from models.registry import resolve
from models.release import Release, load_release
from serving.grading import write_register
from serving.web.following import DeskFollower
from tests.serving.browser.ceremony import drawn_by
from tests.serving.browser.conftest import Site, served, visited
from tests.serving.browser.test_journey import assert_fits
from tests.serving.conftest import City, described, with_ledger, written
from tests.serving.own_city import Own
from tests.serving.plan_lives import filled
from training.__main__ import app as training
from training.plan.recipe import Recipe, read_recipe
from training.rows.history import gather_history
from training.rows.parts import part_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    # What MLflow's own queries are warned about is not ours.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader"),
]
# The plan is of a quarter that the city's records go far beyond: when they end, what its visits found can be
# learned from, and later draws of the city judge what was learned. In that quarter the plan comes first.
CITY = SandboxPlan(entities=3_000, seed=11, first_day=date(2024, 7, 1))
QUARTER, VISITED, RETURNED = date(2025, 7, 1), date(2025, 7, 2), date(2026, 6, 30)
ITEM = "REG-01"
BY_HAND = 3
RECIPE = """
outcome = "problem_found"
horizon_days = 85
training_dates = [2025-07-01]
calibration_dates = [2025-10-01]
test_dates = [2026-04-01]
weight_cap = 150
bootstrap_repetitions = 10
[boosting]
rounds = 20
learning_rate = 0.1
leaves = 4
depth = 2
rows_per_leaf = 15
"""


@dataclass
class Clock:
    """What time it is for the service; the journey moves it."""

    now: datetime = field(default_factory=lambda: morning(QUARTER))

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A city with its lake, release, register and rosters, served to two persons at a browser."""

    own: Own
    clock: Clock
    follower: DeskFollower
    planner: Page
    witness: Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Whom a plan drew: the chance of each, and whether a visit finds a problem."""

    plan: str
    chances: Mapping[str, float]
    found: Mapping[str, bool]


def morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


@pytest.fixture
def own(tmp_path: Path) -> Own:
    """A city with all that follows a city's records, graded as it was known on the day of the draw."""
    made = Own(home=tmp_path / "var", releases=tmp_path / "releases")
    generate(CITY, made.folder / "raw", made.folder / "truth")
    made.command("admit", app=data_contracts)
    lake = open_lake(made.folder / "lake")
    snapshot, attributes = described(lake, made.folder / "snapshots", QUARTER)
    release = load_release(written(made.releases / "sandbox", snapshot.read()))
    register = write_register(release, snapshot, attributes, folder=made.folder / "register")
    city = City(
        home=made.home, releases=made.releases, lake=lake, snapshot=snapshot, attributes=attributes,
        release=release, register=register,
    )  # fmt: skip
    with_ledger(city, now=morning(QUARTER))
    made.keep_rosters()
    return made


@pytest.fixture
def journey(own: Own, browser: Browser) -> Iterator[Journey]:
    clock, people = Clock(), own.people()
    follower = DeskFollower(own.place, now=clock)
    with served(follower) as address:
        token, witness_token = people.planners[0][1], people.officials[0][1]
        site = Site(address=address, token=token, witness_token=witness_token)
        with (
            visited(browser, site, token=token, width=1440) as planner,
            visited(browser, site, token=witness_token, width=1440) as witness,
        ):
            yield Journey(
                own=own, clock=clock, follower=follower, planner=planner.log_in("/plans"),
                witness=witness.log_in(),
            )  # fmt: skip


def test_results_of_a_browsers_plan_become_labels_of_a_new_release_that_is_served(
    journey: Journey, tmp_path: Path
) -> None:
    own, page = journey.own, journey.planner
    before = open_lake(own.folder / "lake")
    drawn = as_the_city_truly_is(own, planned_and_drawn(journey))
    staffed(page)
    journey.clock.now = morning(VISITED)
    entered_by_hand(page, drawn)
    imported(page, drawn, tmp_path)
    journey.clock.now = morning(RETURNED)
    admission = returned(page, drawn)

    own.command(*admission.split()[3:], app=data_contracts)
    lake = open_lake(own.folder / "lake")
    assert lake.digest != before.digest
    assert inspected(lake, drawn.plan) == {
        one: ("random_draw", chance, drawn.found[one], VISITED) for one, chance in drawn.chances.items()
    }
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE, "utf-8")
    own.command("fit", "--by", "han", "--recipe", str(recipe), app=training)
    release = load_release(resolve(own.releases / "sandbox"))
    assert release.manifest.lake_digest == lake.digest
    assert_learned_from(drawn, own, lake, release, read_recipe(recipe))
    graded_and_served(journey, release)


def planned_and_drawn(journey: Journey) -> str:
    """A plan made in the workbench, frozen, committed to and revealed by two, and drawn; its id."""
    page = journey.planner
    page.fill("input[name=title]", "第三季度登记事项抽查")
    page.check(f"input[value='{ITEM}']")
    for grade, percent in {"a": "5", "b": "8", "c": "20", "d": "60"}.items():
        page.fill(f"input[name={grade}]", percent)
    page.click("text=保存为草案")
    expect(page.locator(".terms").first).to_contain_text("登记事项检查")
    drawn_by(page, journey.witness)
    expect(page.locator("#drawn")).to_be_visible()
    return page.url.partition("#")[0].rpartition("/")[2]


def as_the_city_truly_is(own: Own, plan: str) -> Drawn:
    """Whom the published draw names, and who has a problem: tossed with the true chance of the quarter."""
    draw = json.loads((own.folder / "plans" / plan / "draw.json").read_text("utf-8"))
    chances = {one["entity_id"]: float(Fraction(one["inclusion_probability"])) for one in draw["selected"]}
    quarters = read_truth(own.folder / "truth").quarters
    truth = quarters.filter(pc.equal(quarters["on"], QUARTER))
    true = dict(zip(truth["entity_id"].to_pylist(), truth["probability"].to_pylist(), strict=True))
    coins = np.random.default_rng(7)
    # Who is no longer there, which the register did not know yet, has no problem either.
    found = {one: bool(coins.random() < true.get(one, 0.0)) for one in sorted(chances)}
    return Drawn(plan=plan, chances=chances, found=found)


def staffed(page: Page) -> None:
    """Two inspectors for everybody drawn."""
    page.get_by_role("link", name="选派人员").click()
    page.get_by_role("button", name="随机选派").click()
    expect(page.locator("#teams .member").first).to_be_visible()


def entered_by_hand(page: Page, drawn: Drawn) -> None:
    """The first visits begin and end in the form, as an inspector on the way does it."""
    page.get_by_role("link", name="任务", exact=True).first.click()
    visits = [link.get_attribute("href") or "" for link in page.locator(".visit-list a").all()[:BY_HAND]]
    address = re.sub("/tasks.*", "", page.url)
    for visit in visits:
        page.goto(address + visit)
        page.get_by_role("button", name="开始检查").click()
        page.get_by_role("link", name="录入结果").first.click()
        entity = parse_qs(urlsplit(page.url).query)["task"][0].partition("/")[2]
        page.get_by_label("责令改正" if drawn.found[entity] else "未发现问题").check()
        page.get_by_role("button", name="保存结果").click()
        expect(page.locator("#versions li")).to_have_count(1)
    page.get_by_role("link", name="计划的结果").click()


def imported(page: Page, drawn: Drawn, folder: Path) -> None:
    """The page's form of what is not entered yet, filled in and sent back."""
    with page.expect_download() as blank:
        page.get_by_role("link", name="下载空白表").click()
    form = filled(blank.value.path().read_bytes(), lambda one: drawn.found[one], visited_on=VISITED)
    sheet = folder / "results.csv"
    sheet.write_bytes(form)
    page.set_input_files("input[name=file]", sheet)
    page.click("#import button")
    expect(page.locator(".outcome")).to_contain_text(f"录入 {len(drawn.found) - BY_HAND}，未变 0，拒收 0")


def returned(page: Page, drawn: Drawn) -> str:
    """The results among the raw files, once; the command that the page names for their admission."""
    page.reload()
    page.get_by_role("button", name="回流结果").click()
    told = page.locator("#returned")
    expect(told).to_contain_text("等待接收入库")
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert_fits(page)
    file, count, digest, admission = told.locator("dd").all_inner_texts()
    assert (file, count) == (f"returned/{drawn.plan}.parquet", str(len(drawn.chances)))
    page.get_by_role("button", name="回流结果").click()
    expect(told).to_contain_text("没有重复写入")
    expect(told).to_contain_text(digest)
    return admission


def inspected(lake: Lake, plan: str) -> dict[str, tuple[str, float, bool, date]]:
    """What the lake knows of the plan's visits: by which mechanism, with which chance, a problem, the day."""
    table = pq.read_table(lake.table("inspections").path)
    rows = table.filter(pc.equal(table["draw_id"], plan)).to_pylist()
    return {
        row["entity_id"]: (
            row["mechanism"], row["inclusion_probability"],
            not problem_codes().isdisjoint(row["result_codes"].split(";")), row["occurred_on"],
        )
        for row in rows
    }  # fmt: skip


def assert_learned_from(drawn: Drawn, own: Own, lake: Lake, release: Release, recipe: Recipe) -> None:
    """The release was fitted on the plan's own visits: labels as entered, weights one over their chance."""
    with open_engine(lake, memory_limit="1GB") as engine:
        history = gather_history(
            engine, lake, recipe, snapshots_folder=own.folder / "snapshots", progress=lambda _: None
        )
    rows = history.rows("training")
    outcomes = rows[0].outcomes.to_pylist()
    assert release.validation["rows"]["training"] == len(outcomes)
    weights = part_of(rows, release.schema, weight_cap=recipe.weight_cap).selection.training_weight
    learned = {
        row["entity_id"]: (row["label"], weight)
        for row, weight in zip(outcomes, weights, strict=True)
        if row["inspection_id"].startswith(f"{drawn.plan}/")
    }
    assert learned == {
        one: (drawn.found[one], pytest.approx(1 / chance)) for one, chance in drawn.chances.items()
    }


def graded_and_served(journey: Journey, release: Release) -> None:
    """A second person promotes it, it grades the city on its test date, and the service shows its grades."""
    own, page = journey.own, journey.planner
    despite = ("--despite", "all", "--because", "a city of three thousand proves little")
    own.command("promote", "latest", "--by", "wang", "--reason", "learned from the summer's visits", *despite)
    graded_on = str(release.manifest.test_dates[0])
    own.command("grade", "--by", "wang", "--as-of", graded_on)
    journey.clock.now = datetime.now(UTC)
    journey.follower.look()
    page.goto(re.sub("/plans/.*", "/", page.url))
    expect(page.locator("body")).to_contain_text(release.release_id)
    expect(page.locator("body")).to_contain_text(graded_on)
