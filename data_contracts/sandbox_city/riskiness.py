"""The hidden riskiness: what drives everything that happens in the city, and what nobody in it can see."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from data_contracts.sandbox_city import places
from data_contracts.sandbox_city.columns import Floats, Ints
from data_contracts.sandbox_city.days import Days
from data_contracts.sandbox_city.population import Population

Riskiness = npt.NDArray[np.float32]  # quarters x entities

LATENT_SPREAD = 0.85
KEPT_PER_QUARTER = 0.98  # of the latent part; over six years its correlation with itself falls to 0.6
YOUNG_EFFECT = 0.6
YOUNG_YEARS = 3.0
SIZE_EFFECT = -0.15


def make_riskiness(population: Population, quarters: tuple[int, ...], rng: np.random.Generator) -> Riskiness:
    """Riskiness of each entity in each quarter, about standard normal over the city."""
    fixed = (
        places.INDUSTRY_EFFECTS[population.industry]
        + places.DISTRICT_EFFECTS[population.district]
        + places.FORM_EFFECTS[population.form]
        + SIZE_EFFECT * population.size
    )
    riskiness = np.empty((len(quarters), len(population)), np.float32)
    latent = rng.standard_normal(len(population))
    for place, day in enumerate(quarters):
        years = np.maximum(day - population.registered, 0) / 365
        riskiness[place] = fixed + YOUNG_EFFECT * np.exp(-years / YOUNG_YEARS) + LATENT_SPREAD * latent - 0.25
        shock = rng.standard_normal(len(population))
        latent = KEPT_PER_QUARTER * latent + np.sqrt(1 - KEPT_PER_QUARTER**2) * shock
    return riskiness


def at(riskiness: Riskiness, quarters: tuple[int, ...], day: int) -> npt.NDArray[np.float32]:
    """Riskiness of all entities in the quarter of a day; days before the first quarter read the first."""
    return np.asarray(riskiness[max(int(np.searchsorted(quarters, day, side="right")) - 1, 0)])


def on_days(riskiness: Riskiness, quarters: tuple[int, ...], entity: Ints, days: Days) -> Floats:
    """Riskiness of each entity in the quarter of its day; days before the first quarter read the first."""
    quarter = np.maximum(np.searchsorted(np.array(quarters), days, side="right") - 1, 0)
    return riskiness[quarter, entity].astype(np.float64)


def chance(log_odds: Floats) -> Floats:
    """The probability of log-odds."""
    return 1 / (1 + np.exp(-log_odds))
