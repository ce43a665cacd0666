# %% [markdown]
# # The truth, and what we say of it
#
# The sandbox city knows how likely an inspection of each entity would find a problem. Here that truth is
# used twice: to count how often our 95 % intervals hold it, and to follow five years of inspecting by last
# year's grade. The figures come from `python -m training study`; the last part lives a tiny version of both
# again.
#
# Before: `python -m data_contracts sandbox && python -m data_contracts admit`.

# %%
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from data_contracts.environment import Environment
from training.plan.recipe import read_recipe, recipe_file
from training.study import coverage, loops
from training.study.city import read_city
from training.study.grading import Learning

STUDIES = Path("docs/studies")
COLOURS = {"honest": "#1f5aa6", "ours": "#1f5aa6", "naive": "#c2571a"}

# %% [markdown]
# ## Do 95 % intervals hold the truth?
# Honest: random draws only, weighted by 1/π. Naive: every inspected row alike. Both by the same functions.

# %%
told = json.loads((STUDIES / "coverage.json").read_text("utf-8"))
pd.DataFrame(told["figures"]).drop(columns="intervals").pivot(
    index="figure", columns="way", values=["truth", "mean", "coverage", "coverage_low", "coverage_high"]
).round(3)


# %%
def shares(figures: list[dict]) -> None:
    """How often each interval held the truth, with what so many histories can tell about it."""
    axes = plt.figure(figsize=(9, 4), layout="constrained").subplots()
    for shift, way in ((-0.15, "honest"), (0.15, "naive")):
        rows = [each for each in figures if each["way"] == way]
        places = np.arange(len(rows)) + shift
        share = np.array([each["coverage"] for each in rows])
        ends = np.array([[each["coverage_low"], each["coverage_high"]] for each in rows]).T
        axes.errorbar(places, share, np.abs(ends - share), fmt="o", color=COLOURS[way], label=way)
    axes.axhspan(*coverage.PROMISED, color="#1f5aa6", alpha=0.12)
    axes.set_xticks(range(len(rows)), [each["figure"].replace("_", "\n") for each in rows], fontsize=8)
    axes.set(ylabel="share of histories whose interval holds the truth", ylim=(-0.03, 1.03))
    axes.legend(frameon=False)


shares(told["figures"])
# %% [markdown]
# The same for the rate of all entities, history by history: honest intervals move around the truth, naive
# ones are narrow and elsewhere. More inspections of the same kind would not help them.

# %%
figure, axes = plt.subplots(figsize=(9, 3.5), layout="constrained")
start = 0
for each in (each for each in told["figures"] if each["figure"] == coverage.POPULATION_RATE):
    value, low, high = np.array(each["intervals"], dtype=float).T
    order = np.argsort(value)
    places = start + np.arange(len(order))
    axes.vlines(places, low[order], high[order], color=COLOURS[each["way"]], linewidth=0.8, label=each["way"])
    axes.axhline(each["truth"], color="black", linewidth=1, linestyle="--")
    start += len(order) + 10
axes.set(ylabel="rate of violations", xticks=[])
axes.legend(frameon=False)

# %% [markdown]
# ## Five years of inspecting by last year's grade
# Both ways begin with the same flat draw and plan as many visits. Ours draws in every grade; the naive office
# spends all of them on grades C and D and learns from every inspected row alike.


# %%
def by_year(document: dict) -> None:
    """Each figure by year in both ways, with intervals over the lives."""
    names = list(document["gap_in_last_year"])
    panels = plt.figure(figsize=(3.2 * len(names), 3), layout="constrained").subplots(1, len(names))
    for panel, name in zip(panels, names, strict=True):
        for way in document["ways"]:
            mean, low, high = np.array([year[name] for year in way["by_year"]]).T
            panel.plot(mean, "o-", color=COLOURS[way["name"]], label=way["name"], markersize=3)
            panel.fill_between(range(len(mean)), low, high, color=COLOURS[way["name"]], alpha=0.15)
        panel.set_title(name.replace("_", " "), fontsize=9)
        panel.set_xlabel("year")
    panels[0].legend(frameon=False)


lived = json.loads((STUDIES / "loops_planned_only.json").read_text("utf-8"))
by_year(lived)
# %% [markdown]
# ## A tiny version, now
# The same functions on the city of this environment: few trees, few histories. With so few visits the
# intervals are wide and a grade may have none; what stands above was measured on a large city.

# %%
environment = Environment()
city = read_city(environment.city_folder, date(2026, 1, 1))
recipe = read_recipe(recipe_file("sandbox"))
learning = Learning(
    boosting=replace(recipe.boosting, rounds=20, rows_per_leaf=10), weight_cap=recipe.weight_cap,
    grade_shares=recipe.grade_shares, seed=recipe.seeds.boosting, threads=1,
)  # fmt: skip
plan = coverage.Plan(histories=20, seed=1, repetitions=20, training_draws=20)
tiny = coverage.study_coverage(city, learning, plan, tell=lambda: None)
shares(tiny.to_json()["figures"])
pd.DataFrame(coverage.table_of(tiny.figures), columns=["figure", "truth", "honest: mean · covered", "naive"])

# %%
years = loops.Plan(years=2, repetitions=2, seed=1, learned_years=1, prompted=False)
by_year(loops.study_loops(city, learning, years, tell=lambda: None).to_json())
