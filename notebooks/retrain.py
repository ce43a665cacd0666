# %% [markdown]
# # Retrain, and look before you trust
#
# From admitted records to a fitted model, with the pictures a reviewer asks for first.
# Nothing is written to a release here: `python -m training fit --by YOU` does that, from the same functions.
#
# Before: `python -m data_contracts sandbox && python -m data_contracts admit` (or any other city).

# %%
import lightgbm
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import shap

from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from features.catalogue import CATALOGUE
from features.engines.on_duckdb import open_engine
from training.plan.recipe import read_recipe, recipe_file
from training.release.fitted_model import fit_model
from training.rows.history import gather_history
from training.rows.parts import part_of

# A Chinese font if the machine has one; labels below are short enough to do without.
plt.rcParams["font.family"] = ["Noto Sans CJK SC", "DejaVu Sans"]
plt.rcParams["axes.unicode_minus"] = False

environment = Environment()
lake = open_lake(environment.lake_folder)
recipe = read_recipe(recipe_file(environment.city))
pd.Series({name: table.rows for name, table in lake.tables.items()}, name=f"rows in the lake of {lake.city}")

# %% [markdown]
# ## The plan in time
# Nothing is fitted on a later date than it is used for: boosting, then calibration, then the test,
# and each part's outcomes are complete before the next part begins.

# %%
parts = {
    "boosting": recipe.training_dates,
    "calibration": recipe.calibration_dates,
    "test": recipe.test_dates,
}
figure, axes = plt.subplots(figsize=(9, 2.2))
for level, dates in enumerate(parts.values()):
    starts = [pd.Timestamp(day) for day in dates]
    for start in starts:
        axes.barh(level, recipe.horizon_days, left=start, height=0.5, alpha=0.35, color=f"C{level}")
    axes.plot(starts, [level] * len(starts), "|", color=f"C{level}", markersize=14)
axes.set_yticks(range(3), list(parts))
axes.set_title(f"As-of dates and their outcome windows ({recipe.horizon_days} days)")
axes.xaxis_date()
figure.tight_layout()

# %% [markdown]
# ## Gather and fit

# %%
with open_engine(lake) as engine:
    history = gather_history(
        engine, lake, recipe, snapshots_folder=environment.snapshots_folder, progress=print
    )
fitted = fit_model(history, recipe)
validation = fitted.validation
print(*validation.note, *validation.warnings, sep="\n")


def interval(estimate):
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


figures = {"this model": validation.metrics, **validation.baselines}
pd.DataFrame(
    {name: {figure: interval(each) for figure, each in row.items()} for name, row in figures.items()}
).T

# %% [markdown]
# ## Do the grades mean what they say?
# The true rate of each grade on the test dates, with 95 % intervals, on rows that may speak for everyone.

# %%
rates = [grade.rate for grade in validation.grades]
values = np.array([rate.value for rate in rates])
below = values - np.array([rate.low for rate in rates])
above = np.array([rate.high for rate in rates]) - values
figure, axes = plt.subplots(figsize=(6, 3))
colours = ["#2f855a", "#b7791f", "#c05621", "#9b2c2c"]
axes.bar([grade.grade for grade in validation.grades], values, color=colours)
axes.errorbar(range(4), values, yerr=[below, above], fmt="none", ecolor="black", capsize=4)
axes.set_ylabel("rate of problems found")
axes.set_title(f"Rising with probability {validation.order_probability:.2f}")
figure.tight_layout()

# %% [markdown]
# ## Is a probability a probability?
# Ten groups of equal weight: what the model promised against what inspectors found.

# %%
test = part_of(history.rows("test"), fitted.columns.schema, weight_cap=recipe.weight_cap)
honest = test.selection.honest
contributions = lightgbm.Booster(model_str=fitted.booster).predict(test.matrix[honest], pred_contrib=True)
promised = fitted.curve.calibration.probability(contributions.sum(axis=1))
order = np.argsort(promised)
weight = test.selection.honest_weight[honest]
group = np.minimum((np.cumsum(weight[order]) / weight.sum() * 10).astype(int), 9)
table = pd.DataFrame({
    "group": group, "weight": weight[order],
    "promised": promised[order], "found": test.label[honest][order],
})  # fmt: skip
points = np.array([
    np.average(rows[["promised", "found"]], axis=0, weights=rows["weight"])
    for _, rows in table.groupby("group")
])  # fmt: skip
figure, axes = plt.subplots(figsize=(4, 4))
axes.plot([0, points.max()], [0, points.max()], color="grey", linewidth=1)
axes.plot(points[:, 0], points[:, 1], "o-")
axes.set_xlabel("promised")
axes.set_ylabel("found")
figure.tight_layout()

# %% [markdown]
# ## What the model leans on
# Exact contributions (log-odds) of the test rows: every dot is an entity, red is a high value.

# %%
labels = {indicator.name: indicator.label_en for indicator in CATALOGUE}
shap.plots.beeswarm(
    shap.Explanation(
        values=contributions[:, :-1],
        base_values=contributions[:, -1],
        data=test.matrix[honest],
        feature_names=[labels[spec.name] for spec in fitted.columns.schema],
    ),
    max_display=15,
)
