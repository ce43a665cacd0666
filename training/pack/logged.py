"""What an experiment tracker keeps of a validation: every figure under a flat name, every chart as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.pack import charts


def flat_figures(document: Mapping[str, Any]) -> dict[str, float]:
    """Every measured number of a validation.json under a flat name; what was not measured is left out."""
    found: dict[str, Any] = {}
    for name, figure in document["metrics"].items():
        found |= {name if part == "value" else f"{name}_{part}": each for part, each in figure.items()}
    for name, figures in document["baselines"].items():
        found |= {f"{name}.{figure}": value["value"] for figure, value in figures.items()}
    found |= {f"rate_{row['grade']}": row["rate"] for row in document["grades"]}
    for row in document["ranking_at_capacity"]:
        at = f"at_{100 * row['share']:g}pct"
        found |= {f"{name}_{at}": row[name]["value"] for name in ("precision", "recall", "lift")}
    found |= {f"jeffreys_p_{row['grade']}": row["p_holm"] for row in document["jeffreys"]}
    found |= {f"psi_score_{row['on']}": row["psi"] for row in document["psi"] if row["name"] == "score"}
    found |= {f"churn_{row['second']}": row["churn"] for row in document["migration"]}
    found |= {f"churn_guarded_{row['second']}": row["guarded_churn"] for row in document["change_guard"]}
    check = document["calibration"] or {}
    found |= {f"calibration.{name}": check.get(name) for name in ("ece", "slope", "intercept")}
    found |= {name: document[name] for name in ("order_probability", "effective_rows")}
    return {name: float(value) for name, value in found.items() if value is not None}


def pictures(document: Mapping[str, Any]) -> dict[str, str]:
    """The charts of a validation.json as SVG files by name; those without data are left out."""
    metrics, baselines = document["metrics"], document["baselines"]
    drawn = {
        "auc_beside_baselines": charts.rivals(metrics, baselines, "auc", "AUC"),
        "rate_by_grade": charts.grade_rates(document["grades"]),
    }
    if document["calibration"] is not None:
        drawn["reliability"] = charts.reliability(document["calibration"])
    if document["gains_curve"]:
        drawn["gains"] = charts.gains(document["gains_curve"], document["ranking_at_capacity"])
    if document["monthly"]:
        drawn["promised_and_found"] = charts.timeline(document["monthly"])
        drawn["psi_by_date"] = charts.score_psi(document["monthly"])
    if document["net_benefit"]:
        drawn["net_benefit"] = charts.net_benefit(document["net_benefit"])
    if document["leaning"]:
        drawn["contributions"] = charts.leaning(document["leaning"])
    drawn |= {f"migration_{each['second']}": charts.migration(each) for each in document["migration"]}
    named = 'xmlns="http://www.w3.org/2000/svg" viewBox'
    return {f"{name}.svg": text.replace("viewBox", named, 1) for name, text in drawn.items()}
