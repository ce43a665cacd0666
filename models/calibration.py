"""From the model's raw log-odds to a probability: one slope and one intercept, which keep points additive."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from data_contracts.refusal import Refusal
from models.document import document_of, parse_json, write_json


class CalibrationRefused(Refusal):
    """A calibration that would turn the order of risk round or has no base rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """probability = sigmoid(slope × raw + intercept); `base_rate` is the rate that gets 500 points."""

    slope: float
    intercept: float
    base_rate: float

    def __post_init__(self) -> None:
        """Refuses a slope that is not positive and a base rate outside 0 and 1."""
        finite = math.isfinite(self.slope) and math.isfinite(self.intercept)
        if not (finite and self.slope > 0 and 0 < self.base_rate < 1):
            raise CalibrationRefused(
                expected="a positive slope, a finite intercept and a base rate between 0 and 1",
                got=f"slope {self.slope}, intercept {self.intercept}, base rate {self.base_rate}",
                todo="calibrate on dates where the model ranks better than chance and both outcomes occur",
            )

    @property
    def base_log_odds(self) -> float:
        """The log-odds of the base rate."""
        return math.log(self.base_rate / (1 - self.base_rate))

    def log_odds(self, raw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Calibrated log-odds of raw scores."""
        return self.slope * raw + self.intercept

    def probability(self, raw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Calibrated probabilities of raw scores."""
        return np.asarray(expit(self.log_odds(raw)), dtype=np.float64)

    def to_json(self) -> str:
        """The text of calibration.json."""
        return write_json({"slope": self.slope, "intercept": self.intercept, "base_rate": self.base_rate})

    @staticmethod
    def from_json(text: str, place: str = "calibration.json") -> Calibration:
        """Reads calibration.json strictly."""
        document = document_of(parse_json(text, place), place).exactly("slope", "intercept", "base_rate")
        return Calibration(
            slope=document.number("slope"),
            intercept=document.number("intercept"),
            base_rate=document.number("base_rate"),
        )
