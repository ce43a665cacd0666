# %% [markdown]
# # Compare two releases
#
# Who would change grade if the newer release went live instead of the older one, and why.
# Both grade the same entities of the same day, so that nothing but the model differs.
#
# Before: two releases in the folder of releases (`python -m training fit --by YOU --recipe OTHER`).

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from data_contracts.environment import Environment
from features.catalogue import CATALOGUE
from models.contributions import contributions_of
from models.registry import release_ids, resolve
from models.release import load_release
from training.commands.compare import compared_on_last_date
from training.release.release_scale import scale_of
from training.rows.matrix import values_of

# A Chinese font if the machine has one; labels below are short enough to do without.
plt.rcParams["font.family"] = ["Noto Sans CJK SC", "DejaVu Sans"]
plt.rcParams["axes.unicode_minus"] = False

environment = Environment()
names = release_ids(environment.releases_folder)[-2:]
older, newer = (load_release(resolve(environment.releases_folder, name)) for name in names)
labels = {indicator.name: indicator.label_en for indicator in CATALOGUE}
print("older:", older.release_id, "newer:", newer.release_id)

# %% [markdown]
# ## Figures side by side
# They compare only if both were measured on the same dates.

# %%
same = older.manifest.test_dates == newer.manifest.test_dates
print("same test dates" if same else "DIFFERENT test dates: the figures do not compare")
figures = ("auc", "average_precision", "lift_at_5pct", "ks", "brier")
table = pd.DataFrame({
    release.release_id: {name: release.validation["metrics"][name]["value"] for name in figures}
    for release in (older, newer)
})  # fmt: skip
measured = [release.validation["metrics"]["auc"] for release in (older, newer)]
figure, axes = plt.subplots(figsize=(7, 1.8))
for place, auc in enumerate(measured):
    axes.plot([auc["low"], auc["high"]], [place, place], color=f"C{place}", linewidth=3)
    axes.plot(auc["value"], place, "o", color=f"C{place}")
axes.set_yticks([0, 1], ["older", "newer"])
axes.set_xlabel("AUC, 95 %")
figure.tight_layout()
table

# %% [markdown]
# ## Who moves grade
# Rows: grade under the older release; columns: under the newer. Direct rules are in both.

# %%
compared = compared_on_last_date(environment, older, newer)
counts = np.array(compared.migration.matrix)
figure, axes = plt.subplots(figsize=(4, 4))
shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
for (row, column), count in np.ndenumerate(counts):
    dark = shares[row, column] > 0.5
    axes.text(column, row, f"{count:,}", ha="center", va="center", color="white" if dark else "black")
axes.set_xticks(range(4), list("ABCD"))
axes.set_yticks(range(4), list("ABCD"))
axes.set_xlabel("newer")
axes.set_ylabel("older")
axes.set_title(
    f"{compared.on}: {compared.migration.churn:.1%} move, {compared.migration.jumps:.1%} by two or more"
)
figure.tight_layout()

# %% [markdown]
# ## Why they move
# The mean change of each indicator's contribution (calibrated log-odds) among those who get worse or better.

# %%
figure, both = plt.subplots(1, 2, figsize=(11, 3.2))
for axes, movers, words in zip(both, (compared.worse, compared.better), ("worse", "better"), strict=True):
    axes.barh(
        [labels.get(each.name, each.name) for each in movers][::-1], [each.change for each in movers][::-1]
    )
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_title(f"why {words}")
figure.tight_layout()

# %% [markdown]
# ## One entity that moved furthest
# Its contributions under both releases: every difference adds up to the change of its score.

# %%
step = compared.second - compared.first
place = int(np.argmax(np.abs(step)))
print(f"from {'ABCD'[compared.first[place]]} to {'ABCD'[compared.second[place]]}")
row = compared.table.slice(place, 1)
told = {}
for words, release in (("older", older), ("newer", newer)):
    scale = scale_of(release)
    found = contributions_of(scale.booster, values_of(scale.schema, row))[0, :-1]
    told[words] = pd.Series(found * scale.calibration.slope, [spec.name for spec in scale.schema])
both = pd.DataFrame(told).fillna(0.0)
largest = (both["newer"] - both["older"]).abs().sort_values(ascending=False).index[:8]
chosen = both.loc[largest].rename(index=labels)
figure, axes = plt.subplots(figsize=(8, 3.5))
chosen[::-1].plot.barh(ax=axes)
axes.set_xlabel("contribution in log-odds")
figure.tight_layout()
chosen
