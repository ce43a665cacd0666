"""The quality of what the sources deliver: seven dimensions, and the rows to send back."""

from data_contracts.quality.faults import DIMENSIONS
from data_contracts.quality.ledger import check_target, problems
from data_contracts.quality.measuring import measure
from data_contracts.quality.score import Quality, QualityError, Weights, month_of

__all__ = [
    "DIMENSIONS", "Quality", "QualityError", "Weights", "check_target", "measure", "month_of", "problems",
]  # fmt: skip
