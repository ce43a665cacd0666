# %% [markdown]
# # Explain one decision, from record to sentence
#
# One entity of the last test date of the newest release. Its records become indicator values (by the
# product's query, and once more by hand), values become contributions, these become points, points become
# sentences and a grade. Every step is checked against the one before. At the end the same contributions in
# shap's own plots.
#
# Before: `python -m training fit --by YOU` (or any release in the folder of releases).

# %%
from datetime import timedelta

import ibis
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import shap

from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from features.as_of import AsOf
from features.assembly import assemble, needed
from features.catalogue import by_name, find_indicator
from features.engines.on_duckdb import open_engine
from features.entity_rows import rows_of
from features.snapshot import build_snapshot
from models.colours import default_colours
from models.contributions import contributions
from models.deciding import Occasion, decide_one
from models.direct_rules import RULES, rules_in_force
from models.explanation import explanation_of
from models.explanation.whom import whom_of
from models.points import BASE, POINTS_PER_LOG_ODDS, points_of
from models.registry import resolve
from models.release import load_release
from models.schema import snapshot_columns
from models.scorer import Scorer, matrix
from training.rows.history import knowledge_of

# A Chinese font if the machine has one; labels below are English.
plt.rcParams["font.family"] = ["Noto Sans CJK SC", "DejaVu Sans"]
plt.rcParams["axes.unicode_minus"] = False

environment = Environment()
lake = open_lake(environment.lake_folder)
release = load_release(resolve(environment.releases_folder))
engine = open_engine(lake)
day = release.manifest.test_dates[-1]
days = AsOf(on=day, used_on=max(day, knowledge_of(engine, lake)))
snapshot = build_snapshot(engine, lake, days, environment.snapshots_folder)
print(release.release_id, "as of", days.on, "with", snapshot.rows, "entities")

# %% [markdown]
# ## Choose one
# The riskiest entity that was penalised more than once in three years. Put any identifier into `who` instead.

# %%
table = snapshot.read()
values = matrix(release.schema, snapshot_columns(release.schema, table))
raw = Scorer(release).raw(values)
penalised = np.asarray(table["penalties_count_1095d"].to_numpy() >= 2)
place = int(np.argmax(np.where(penalised, raw, -np.inf)))
who = table["entity_id"][place].as_py()
place = table["entity_id"].to_pylist().index(who)
whom = whom_of(lake, who, days.on)
print(whom.name, whom.type_en, whom.industry_en, whom.registered_on)

# %% [markdown]
# ## The records
# As they were known on the day and may still be used. A record that was repaired is not here at all.

# %%
penalties = pd.DataFrame([
    {"penalty_id": row.record_id, "occurred_on": row.values["occurred_on"], "known_on": row.first_known_on,
     "kinds": row.values["kinds"], "fine_fen": row.values["fine_fen"]}
    for row in rows_of(lake, "penalties", who, days)
])  # fmt: skip
penalties

# %% [markdown]
# ## From records to values: the query, and by hand
# The query below is what the product runs; the same two numbers by hand need no more than the records above.

# %%
NAMES = ("penalties_count_1095d", "penalties_fine_1095d")
wanted = tuple(
    {
        one.name: one for name in NAMES for one in needed(find_indicator(name), tuple(by_name().values()))
    }.values()
)
query = assemble(engine.tables, days, wanted, skipped=())
by_query = engine.frame(query.filter(query.entity_id == who)).to_pylist()[0]
print(str(ibis.to_sql(query, dialect="duckdb"))[:1500], "…")

# %%
window = penalties[penalties["occurred_on"] > days.on - timedelta(days=1095)]
by_hand = {NAMES[0]: len(window), NAMES[1]: int(window["fine_fen"].fillna(0).sum()) / 100}
kept = {name: table[name][place].as_py() for name in NAMES}
for name in NAMES:
    assert by_hand[name] == by_query[name] == kept[name], name
pd.DataFrame({"by hand": by_hand, "by query": {n: by_query[n] for n in NAMES}, "in the snapshot": kept})

# %% [markdown]
# ## From values to contributions
# Exact TreeSHAP in log-odds: what the model adds or takes off for each value, from its mean over the training
# rows on. The kernel, LightGBM's own `pred_contrib` and shap agree to the ninth digit, and all sum to the raw
# score.

# %%
parts = contributions(release, values)
own = release.booster.predict(values, pred_contrib=True)
explainer = shap.TreeExplainer(release.booster)
sample = np.unique(np.append(np.linspace(0, len(values) - 1, 300).astype(int), place))
by_shap = explainer(values[sample])
assert np.abs(parts - own).max() <= 1e-9
assert np.abs(by_shap.values - parts[sample, :-1]).max() <= 1e-9
assert np.abs(parts.sum(axis=1) - raw).max() <= 1e-9
labels = [spec.label_en for spec in release.schema]
strongest = np.argsort(-np.abs(parts[place, :-1]))[:10]
pd.DataFrame({
    "value": values[place, strongest], "contribution": parts[place, strongest],
    "family": [release.schema[each].family for each in strongest],
}, index=[labels[each] for each in strongest])  # fmt: skip

# %% [markdown]
# ## From contributions to points
# Calibration has one slope, so a contribution is worth `50 / ln 2 × slope` points. Whole points are rounded
# so that they still add up; no point is off by one or more.

# %%
points = points_of(parts, raw, release.calibration)
exact = POINTS_PER_LOG_ODDS * release.calibration.slope * parts[place, :-1]
assert np.abs(points.indicators[place] - exact).max() < 1 + 1e-9
assert points.base[place] + points.indicators[place].sum() == np.floor(points.unclipped[place] + 0.5)
probability = release.calibration.probability(raw)
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(np.sort(points.unclipped), np.sort(probability), color="grey")
axes.plot(points.unclipped[place], probability[place], "o", color="#ad2318")
axes.axvline(BASE, color="black", linewidth=0.8)
for cut, grade in zip(release.cuts.cuts, "BCD", strict=True):
    axes.axhline(cut, color="C1", linewidth=0.8)
    axes.text(points.unclipped.min(), cut, f"{grade} from here", va="bottom", fontsize=8)
axes.set_xlabel("risk score")
axes.set_ylabel("probability of a problem")
figure.tight_layout()

# %% [markdown]
# ## From points to sentences and the grade
# Related indicators are told once, the five strongest families and all others together; direct rules stand
# beside the model and the worse of the two grades counts. Both are kept.

# %%
occasion = Occasion(as_of=days.on, used_on=days.used_on, snapshot_digest=snapshot.digest)
decision = decide_one(release, table.slice(place, 1), occasion)
told = explanation_of(
    decision, release.schema, whom=whom, colours=default_colours(),
    rows=lambda name: rows_of(lake, name, who, days),
)  # fmt: skip
assert sum(line.points or 0 for line in told.account_en) == decision.score
for zh, en in zip(told.account_zh, told.account_en, strict=True):
    print(f"{'' if zh.points is None else zh.points:>5}  {zh.text}\n       {en.text}")
print("=", decision.score, "| model", decision.model_grade, "| final", decision.grade, "|", told.colour)
for one in told.rules:
    print(one.rule.code, one.rule.legal_basis_en, *(record.record_id for record in one.evidence), sep="\n  ")

# %%
lines = [line for line in told.account_en if line.points is not None]
steps = np.cumsum([0] + [line.points for line in lines])
figure, axes = plt.subplots(figsize=(9, 0.5 * len(lines) + 1))
for row, line in enumerate(lines):
    colour = "#12395b" if row == 0 else "#ad2318" if line.points > 0 else "#1c7651"
    axes.barh(row, line.points, left=steps[row], color=colour)
axes.set_yticks(range(len(lines)), [line.text[:70] for line in lines], fontsize=8)
axes.invert_yaxis()
axes.axvline(BASE, color="black", linewidth=0.8)
axes.set_xlim(left=min(steps[1:].min(), BASE) - 20)
axes.set_title(f"{who}: the points add up to {decision.score}")
figure.tight_layout()

# %% [markdown]
# ## Which rules were asked, and which would have been on other days
# Rules have dates: a past decision is made again under the rules of its day.

# %%
pd.DataFrame([
    {"rule": rule.code, "grade": rule.grade.value, "from": rule.valid_from, "until": rule.valid_until or "–",
     "in force that day": rule in rules_in_force(days.on), "holds here": rule.code in
     {each.rule.code for each in told.rules}}
    for rule in RULES
]).set_index("rule")  # fmt: skip

# %% [markdown]
# ## For data scientists: shap's own plots
# From the same booster. shap knows neither families nor points, so related indicators stand side by side here
# and the unit is log-odds.

# %%
mine = int(np.flatnonzero(sample == place)[0])
by_shap.feature_names = labels
shap.plots.waterfall(by_shap[mine], max_display=12)

# %%
shap.plots.beeswarm(by_shap, max_display=12)
