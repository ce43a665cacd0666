# %% [markdown]
# # Indicators: add one, look at it, then trust it
#
# An indicator is one expression and its words. This notebook adds one, checks it by hand on five records,
# shows its query, and then asks of the whole catalogue: how are values spread, how often are they missing,
# and does the rate of problems rise with them, as the direction says? Nothing is written to a release.
#
# Before: `python -m data_contracts sandbox && python -m data_contracts admit` (or any other city).

# %%
from datetime import date
from functools import reduce
from operator import or_

import duckdb
import ibis
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.stats import rankdata

from data_contracts.contract import load_contract
from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from features.as_of import AsOf
from features.assembly import assemble, promised, unavailable
from features.catalogue import CATALOGUE, by_name
from features.catalogue.penalty_fields import WORDS
from features.engines.on_duckdb import open_engine
from features.indicator import Dimension, Indicator, Missing
from features.portable import count, within
from features.snapshot import build_snapshot
from training.estimates.measures import Judged, auc, rate_interval
from training.plan.recipe import read_recipe, recipe_file
from training.rows.history import knowledge_of
from training.rows.matrix import choose_columns, join_labels
from training.rows.outcomes import LabelWindow, outcome_of, outcome_rows
from training.rows.parts import part_of

# Labels are Chinese where they name an indicator; without the first font the second shows boxes for them.
plt.rcParams["font.family"] = ["Noto Sans CJK SC", "DejaVu Sans"]
plt.rcParams["axes.unicode_minus"] = False

environment = Environment()
lake = open_lake(environment.lake_folder)
recipe = read_recipe(recipe_file(environment.city))
engine = open_engine(lake)

# %% [markdown]
# ## Add one
# Say inspectors ask for *penalties for food in the last two years*. Offices write the field in words of
# their own, from 食品安全 to a whole sentence, so words in it are looked for, never one code. A slip is
# refused by name: a window that is not the one in the name, words that are missing, a column that is not
# there.
#
# In the product it takes four places, and `make test` fails until all four agree:
#
# 1. the indicator, here in `features/catalogue/penalty_fields.py` (a new file also joins the list in
#    `features/catalogue/__init__.py`);
# 2. the same told once more by plain loops in `tests/features/oracle/penalties.py`;
# 3. the page for people: `python -m features list --markdown > features/CATALOGUE.md`;
# 4. the number of indicators in `README.md`.

# %%
FOOD = Indicator(
    name="penalties_food_730d",
    dimension=Dimension.SUPERVISION,
    source="penalties",
    reads=("penalties.occurred_on", "penalties.field"),
    expression=lambda penalties, as_of: count(
        penalties, within(penalties, as_of, 730) & reduce(or_, map(penalties.field.contains, WORDS["food"]))
    ),
    window_days=730,
    direction=1,
    kind="integer",
    unit="次",
    unit_en="times",
    missing=Missing.ZERO,
    family="penalties_food",
    label_zh="近两年因食品安全违法受到行政处罚次数",
    label_en="Penalties concerning food safety in the last two years",
    raises_zh="近两年因食品安全违法受到行政处罚{value}次",
    raises_en="{value} penalties concerning food safety in the last two years",
    lowers_zh="近两年仅有{value}次因食品安全违法受到行政处罚",
    lowers_en="Only {value} penalties concerning food safety in the last two years",
)

# %% [markdown]
# ## Check it by hand
# Five records of one entity, as of 1 July 2024, used on 1 September: one counts. The reasons stand beside
# them.

# %%
JULY = AsOf(on=date(2024, 7, 1), used_on=date(2024, 9, 1))
columns = ["field", "occurred_on", "known_on", "forgotten_on", "why"]
five = pd.DataFrame(
    [
        ("销售过期食品", date(2024, 5, 2), date(2024, 5, 9), None, "counts: 食品 is in the words"),
        ("广告违法", date(2024, 5, 2), date(2024, 5, 9), None, "another field"),
        ("食品安全", date(2022, 7, 2), date(2022, 7, 2), None, "730 days ago: just out of the window"),
        ("餐饮服务", date(2024, 6, 20), date(2024, 7, 2), None, "known a day too late"),
        ("food", date(2023, 3, 1), date(2023, 3, 1), date(2024, 8, 1), "repaired before it is used"),
    ],
    columns=columns,
)


def rows_of(table, rows):
    """Rows in the columns of a contract, as a lake holds them."""
    types = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "date": pa.date32()}
    schema = [(c.name, types.get(c.kind, pa.bool_())) for c in load_contract(table).columns]
    return pa.Table.from_pylist(rows, schema=pa.schema(schema))


def by_hand(indicator, **tables):
    """The indicator of each entity in rows of one's own."""
    connection = duckdb.connect()
    for table, rows in tables.items():
        connection.register(table, rows_of(table, rows))
    query = assemble({table: promised(table) for table in tables}, JULY, (indicator,), skipped=())
    return connection.sql(str(ibis.to_sql(query, dialect="duckdb"))).df()


penalties = [
    {name: told for name, told in row.items() if name != "why" and told is not None}
    | {"entity_id": "our shop", "penalty_id": str(number), "retracted": False}
    for number, row in enumerate(five.astype(object).where(five.notna(), None).to_dict("records"))
]
counted = by_hand(
    FOOD, entities=[{"entity_id": "our shop", "known_on": date(2020, 1, 1)}], penalties=penalties
)
assert counted[FOOD.name].tolist() == [1]
five

# %% [markdown]
# ## Its query, on both engines
# The expression is written once; both queries are generated from it. `python -m features sql NAME` prints the
# first.

# %%
tables = {table: promised(table) for table in ("entities", "penalties")}
expression = assemble(tables, JULY, (FOOD,), skipped=())
print("-- DuckDB", engine.sql(expression), sep="\n", end="\n\n")
try:
    from features.engines.on_spark import spark_sql
except ImportError:
    print("-- Spark: install the extra [spark] to see its query")
else:
    print("-- Spark", spark_sql(expression), sep="\n")

# %% [markdown]
# ## Its distribution in the city
# Nearly everybody has none: hence the logarithm.

# %%
known_by = knowledge_of(engine, lake)
today = AsOf(on=recipe.test_dates[-1], used_on=known_by)
in_city = engine.frame(assemble(engine.tables, today, (FOOD,), skipped=())).to_pandas()[FOOD.name]
figure, axes = plt.subplots(figsize=(6, 3))
shares = in_city.value_counts().sort_index()
axes.bar(shares.index, shares, color="#2b6cb0")
axes.bar_label(axes.containers[0], fontsize=8)
axes.set_yscale("log")
axes.set_xlabel(FOOD.label_zh)
axes.set_ylabel("entities")
axes.set_title(f"{FOOD.name} as of {today.on}")
figure.tight_layout()

# %% [markdown]
# ## The catalogue as of that day

# %%
snapshot = build_snapshot(engine, lake, today, environment.snapshots_folder)
frame = snapshot.read().to_pandas()
figure, axes = plt.subplots(figsize=(7, 3))
sizes = pd.Series([i.dimension.label_zh for i in CATALOGUE]).value_counts(sort=False)
axes.barh(sizes.index, sizes, color="#2f855a")
axes.bar_label(axes.containers[0])
axes.set_title(f"{len(CATALOGUE)} indicators in five dimensions, {snapshot.rows} entities")
axes.invert_yaxis()
figure.tight_layout()

# %% [markdown]
# Six of them, cut at the 99th percentile so that one giant does not hide the rest.

# %%
SIX = [
    "entity_age_now", "debt_ratio_last", "staff_count_last",
    "inspections_recency_last", "inspections_rate_1095d", "complaints_count_365d",
]  # fmt: skip
figure, grid = plt.subplots(2, 3, figsize=(10, 5))
for name, axes in zip(SIX, grid.flat, strict=True):
    values = frame[name].dropna().astype(float)
    axes.hist(values[values <= values.quantile(0.99)], bins=30, color="#2b6cb0")
    axes.set_title(f"{by_name()[name].label_zh}（{by_name()[name].unit or '0/1'}）", fontsize=9)
    axes.text(0.97, 0.92, f"null {frame[name].isna().mean():.0%}", transform=axes.transAxes, ha="right")
figure.tight_layout()

# %% [markdown]
# ## How much is missing, by source
# A source that the city lacks is null for all. Where no record means zero nothing is null; a rate without a
# visit is. Each dot is an indicator.

# %%
missing = pd.DataFrame(
    {"source": [i.source for i in CATALOGUE], "null": [frame[i.name].isna().mean() for i in CATALOGUE]}
)
means = missing.groupby("source")["null"].mean().sort_values()
figure, axes = plt.subplots(figsize=(8, 0.28 * len(means) + 1))
axes.barh(means.index, means, color="#cbd5e0")
axes.plot(missing["null"], missing["source"], "o", color="#c05621", markersize=3, alpha=0.6)
axes.set_xlim(0, 1)
axes.set_xlabel("share of entities without a value (bar: mean of the source)")
figure.tight_layout()
for reason in sorted(set(unavailable(CATALOGUE, lake, today).values())):
    print(reason)

# %% [markdown]
# ## Against the outcome
# Labels are what the first random visit within the horizon found; each is weighted by one over its chance
# of being drawn, so that a rate speaks for every entity. Visits for a reason would show the inspectors'
# suspicion.

# %%
outcome = outcome_of(recipe.outcome, recipe.outcome_items)
dates = (*recipe.training_dates, *recipe.calibration_dates, *recipe.test_dates)[-4:]
labelled = []
for day in dates:
    as_known = build_snapshot(engine, lake, AsOf(on=day, used_on=known_by), environment.snapshots_folder)
    window = LabelWindow(as_of=day, horizon_days=recipe.horizon_days, known_by=known_by, used_on=known_by)
    outcomes = engine.frame(outcome_rows(engine.tables["inspections"], outcome, window))
    labelled.append(join_labels(day, as_known.read(), outcomes))
chosen = choose_columns(CATALOGUE, labelled, unavailable=as_known.unavailable, excluded=())
part = part_of(labelled, chosen.schema, weight_cap=recipe.weight_cap)
honest = part.selection.honest
label, weight, entity = part.label[honest], part.selection.honest_weight[honest], part.entity[honest]
values = pd.DataFrame(part.matrix[honest], columns=[spec.name for spec in chosen.schema])
print(part.selection.note[1])
print(f"{len(label)} visits, which weigh as much as {part.selection.effective_size:.0f} equal ones;")
print(f"rate of problems {np.average(label, weights=weight):.3f}")

# %% [markdown]
# The strongest, each alone: the chance that a visit with a problem has the higher value (0.5: no news).
# Those without a value are left out, and an indicator that fewer than 100 visits have is not judged.


# %%
def strength(name):
    there = values[name].notna().to_numpy()
    if there.sum() < 100 or len(set(label[there])) < 2 or by_name()[name].kind == "category":
        return np.nan
    return auc(label[there], rankdata(values[name][there]), weight[there])


strengths = pd.Series({name: strength(name) for name in values.columns}).dropna()
strongest = strengths[(strengths - 0.5).abs().sort_values(ascending=False).index][:14]
signs = {1: "#9b2c2c", -1: "#2f855a", 0: "#718096"}
figure, axes = plt.subplots(figsize=(8, 4.5))
colours = [signs[by_name()[name].direction] for name in strongest.index]
axes.barh([by_name()[name].label_zh for name in strongest.index], strongest - 0.5, left=0.5, color=colours)
axes.axvline(0.5, color="black", linewidth=1)
axes.set_xlabel("AUC of the indicator alone (red: declared riskier when more, green: when less)")
axes.invert_yaxis()
figure.tight_layout()

# %% [markdown]
# The rate of problems by bin, with 95 % intervals (Jeffreys, over the effective number of entities). A bin
# with few random visits is honest about it: its interval is wide. The dashed line is the rate of all.


# %%
def bins_of(column):
    """Each value its own bin when there are few, else five of about equal size."""
    told = column.dropna()
    if told.nunique() <= 5:
        return column.map(lambda value: f"{value:g}", na_action="ignore")
    return pd.qcut(column, 5, duplicates="drop").map(lambda one: f"≤{one.right:.3g}", na_action="ignore")


overall = np.average(label, weights=weight)
figure, grid = plt.subplots(2, 3, figsize=(11, 6), sharey=True)
for name, axes in zip(strongest.index[:6], grid.flat, strict=True):
    bins = bins_of(values[name]).astype(object).where(values[name].notna(), "null")
    order = values[name].groupby(bins).min().sort_values().index  # null last: it has no value
    for place, one in enumerate(order):
        inside = (bins == one).to_numpy()
        rows = Judged(label=label[inside], score=label[inside], weight=weight[inside], entity=entity[inside])
        rate = rate_interval(rows)
        axes.errorbar(
            place, rate.value, yerr=[[max(rate.value - rate.low, 0)], [max(rate.high - rate.value, 0)]],
            fmt="o", color="#9b2c2c", capsize=4,
        )  # fmt: skip
        axes.annotate(f"{inside.sum()}", (place, 0.01), ha="center", fontsize=7, color="#4a5568")
    axes.axhline(overall, color="grey", linestyle="--", linewidth=1)
    axes.set_xticks(range(len(order)), order, fontsize=7)
    axes.set_title(by_name()[name].label_zh, fontsize=9)
    axes.set_ylim(0, 1)
grid[0][0].set_ylabel("rate of problems")
grid[1][0].set_ylabel("rate of problems")
figure.suptitle("Rate by bin; below each bin the number of random visits in it", fontsize=10)
figure.tight_layout()

# %% [markdown]
# ## Which say the same
# Rank correlation of the strongest over the whole city: indicators of one family tell one fact, and a
# reason is given once for each family.

# %%
ranks = frame[list(strongest.index)].astype(float).corr(method="spearman")
names = [by_name()[name].label_zh for name in strongest.index]
figure, axes = plt.subplots(figsize=(8, 7))
picture = axes.imshow(ranks, cmap="RdBu_r", vmin=-1, vmax=1)
axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=8)
axes.set_yticks(range(len(names)), names, fontsize=8)
figure.colorbar(picture, shrink=0.7, label="Spearman")
figure.tight_layout()
engine.connection.close()
