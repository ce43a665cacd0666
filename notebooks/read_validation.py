# %% [markdown]
# # Read a validation
#
# What a release says about itself, read the way an unfriendly reviewer reads it: may it claim anything, does
# it rank, are its probabilities true, do its grades hold, did the world move, is it fair.
# The same figures stand on the page `validation.html` of the release.
#
# Before: `python -m training fit --by YOU` (or any release in the folder of releases).

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from data_contracts.environment import Environment
from models.registry import resolve
from models.release import load_release

# A Chinese font if the machine has one; labels below are short enough to do without.
plt.rcParams["font.family"] = ["Noto Sans CJK SC", "DejaVu Sans"]
plt.rcParams["axes.unicode_minus"] = False

environment = Environment()
release = load_release(resolve(environment.releases_folder))
validation = release.validation
print(release.release_id, "trained by", release.manifest.trained_by)
print("page:", release.folder / "validation.html")

# %% [markdown]
# ## May it go live, and what may it claim?
# Gates are judged when the release is made; who promotes cannot change them. The selection note says for whom
# the figures speak.

# %%
print(validation["selection_note_zh"], validation["selection_note_en"], sep="\n")
print(*validation["warnings"], sep="\n")
pd.DataFrame([gate.fields() for gate in release.verdict.gates])[
    ["name", "passed", "value", "limit", "reason_zh", "reason_en"]
].sort_values("passed")

# %% [markdown]
# ## Does it rank better than what a city has without it?
# Intervals by bootstrap over entities. Intervals that overlap are no proof of a tie: look at the gain.


# %%
def interval(figure):
    return (
        "–"
        if figure["value"] is None
        else f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
    )


gains = pd.DataFrame(
    {
        name: {figure: interval(each) for figure, each in row.items()}
        for name, row in validation["gains"].items()
    }
).T
named = {"this model": validation["metrics"], **validation["baselines"]}
figure, axes = plt.subplots(figsize=(7, 0.5 * len(named) + 1))
for place, auc in enumerate(row["auc"] for row in named.values()):
    axes.plot([auc["low"], auc["high"]], [place, place], color="C0" if place == 0 else "grey")
    axes.plot(auc["value"], place, "o", color="C0" if place == 0 else "grey")
axes.set_yticks(range(len(named)), list(named))
axes.invert_yaxis()
axes.axvline(0.5, color="black", linewidth=0.8)
axes.set_xlabel("AUC on the test dates, 95 %")
figure.tight_layout()
gains

# %% [markdown]
# ## What would the visits find?
# Precision, recall and lift at the shares of all entities that can be visited.

# %%
pd.DataFrame(
    [
        {"share": row["share"]} | {name: interval(row[name]) for name in ("precision", "recall", "lift")}
        for row in validation["ranking_at_capacity"]
    ]
).set_index("share")

# %% [markdown]
# ## Is a probability a probability?
# Ten bins of equal mass. The calibration error of a truthful model is not zero either: chance makes one.

# %%
check = validation["calibration"]
bins = [each for each in check["bins"] if each["found"]["value"] is not None]
figure, axes = plt.subplots(figsize=(4.5, 4.5))
promised = np.array([each["promised"] for each in bins])
found, low, high = (np.array([each["found"][part] for each in bins]) for part in ("value", "low", "high"))
axes.plot([0, high.max()], [0, high.max()], color="grey", linewidth=1)
axes.errorbar(promised, found, yerr=[found - low, high - found], fmt="o-", capsize=3)
axes.set_xlabel("promised")
axes.set_ylabel("found")
axes.set_title(
    f"slope {check['slope']:.2f}, ECE {check['ece']:.3f} (truthful: {check['ece_if_truthful']['value']:.3f})"
)
figure.tight_layout()
# Jeffreys: a small p says that the grade's mean probability is too low for what was found in it.
pd.DataFrame(validation["jeffreys"]).set_index("grade")

# %% [markdown]
# ## Do the grades mean what they say?

# %%
grades = pd.DataFrame(validation["grades"]).set_index("grade")
told = grades.dropna(subset=["rate"])
figure, axes = plt.subplots(figsize=(5.5, 3))
axes.bar(told.index, told["rate"], color=["#2f855a", "#b7971f", "#c05621", "#9b2c2c"][: len(told)])
axes.errorbar(told.index, told["rate"], yerr=[told["rate"] - told["low"], told["high"] - told["rate"]],
              fmt="none", ecolor="black", capsize=4)  # fmt: skip
axes.set_title(f"rates rise with probability {validation['order_probability']:.2f}")
figure.tight_layout()
pd.DataFrame(validation["order_tests"])

# %% [markdown]
# ## Did the world move?
# The score at every as-of date against the calibration dates. Alarms go by size: 0.10 is worth a look,
# 0.25 an alarm. With many entities everything is significant.

# %%
monthly = pd.DataFrame(validation["monthly"])
figure, (upper, lower) = plt.subplots(2, 1, figsize=(9, 5), sharex=True)
upper.bar(monthly["on"], monthly["psi"])
upper.axhline(0.10, color="orange", linestyle="--")
upper.axhline(0.25, color="red", linestyle="--")
upper.set_ylabel("PSI of the score")
rate = monthly["rate"].map(lambda each: each["value"])
lower.plot(monthly["on"], rate, "o", label="found")
lower.plot(monthly["on"], monthly["mean_probability"], label="promised")
lower.legend()
lower.tick_params(axis="x", rotation=60)
figure.tight_layout()

# %% [markdown]
# ## Who changes grade from date to date?

# %%
pairs = validation["migration"]
figure, axes = plt.subplots(1, len(pairs), figsize=(3.2 * len(pairs), 3.4), squeeze=False)
for each, one in zip(pairs, axes[0], strict=True):
    counts = np.array(each["matrix"])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    one.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        one.text(
            column, row, f"{share:.0%}", ha="center", va="center", color="white" if share > 0.5 else "black"
        )
    one.set_xticks(range(4), list("ABCD"))
    one.set_yticks(range(4), list("ABCD"))
    one.set_title(f"{each['first']} to {each['second']}\nchurn {each['churn']:.1%}", fontsize=9)
figure.tight_layout()

# %% [markdown]
# ## Is it fair?
# Promised minus found in each group, random rows only; `p_holm` is corrected over all groups.

# %%
fair = pd.DataFrame(
    [{**row, "rate": interval(row["rate"]), "gap": interval(row["gap"])} for row in validation["fairness"]]
)
fair if len(fair) else print("No row was drawn at random: gaps between inspected groups would prove nothing.")

# %% [markdown]
# ## What does it lean on, and does it stay so?

# %%
leaning = pd.DataFrame(validation["leaning"])[["label_zh", "label_en", "weight"]]
figure, axes = plt.subplots(figsize=(7, 4))
axes.barh(leaning["label_en"][::-1], leaning["weight"][::-1])
axes.set_xlabel("mean |contribution| in log-odds")
figure.tight_layout()
pd.DataFrame(validation["explanation_stability"])
