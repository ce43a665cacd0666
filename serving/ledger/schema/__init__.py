"""The tables of the ledger. Only rows of `api_tokens` ever change (see the migrations)."""

from serving.ledger.schema.grades import ApiTokenRow, DeploymentRow, RegisterRow
from serving.ledger.schema.plans import (
    CommitmentRow,
    DrawnEntityRow,
    DrawRow,
    FrameRecord,
    PlanEventRow,
    PlanRow,
    RevealRow,
)
from serving.ledger.schema.registry import LedgerTable

__all__ = [
    "ApiTokenRow",
    "CommitmentRow",
    "DeploymentRow",
    "DrawRow",
    "DrawnEntityRow",
    "FrameRecord",
    "LedgerTable",
    "PlanEventRow",
    "PlanRow",
    "RegisterRow",
    "RevealRow",
]
