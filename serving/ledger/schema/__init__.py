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
from serving.ledger.schema.policies import PolicyRow
from serving.ledger.schema.registry import LedgerTable
from serving.ledger.schema.results import (
    FollowUpRow,
    ResultImportRow,
    ResultPublicationRow,
    ResultReturnRow,
    TaskResultRow,
)
from serving.ledger.schema.rosters import (
    InspectorConflictRow,
    InspectorLeaveRow,
    InspectorRow,
    ItemRow,
    RosterImportRow,
)
from serving.ledger.schema.tasks import (
    AssignmentRow,
    CapStepRow,
    PlanMethodRow,
    PlanTermsRow,
    RecusalRow,
    StaffingRow,
    TaskRow,
    VisitRow,
    VisitStartRow,
    YearlyPlanPublicationRow,
    YearlyPlanRow,
    YearlyPlanVersionRow,
)

__all__ = [
    "ApiTokenRow",
    "AssignmentRow",
    "CapStepRow",
    "CommitmentRow",
    "DeploymentRow",
    "DrawRow",
    "DrawnEntityRow",
    "FollowUpRow",
    "FrameRecord",
    "InspectorConflictRow",
    "InspectorLeaveRow",
    "InspectorRow",
    "ItemRow",
    "LedgerTable",
    "PlanEventRow",
    "PlanMethodRow",
    "PlanRow",
    "PlanTermsRow",
    "PolicyRow",
    "RecusalRow",
    "RegisterRow",
    "ResultImportRow",
    "ResultPublicationRow",
    "ResultReturnRow",
    "RevealRow",
    "RosterImportRow",
    "StaffingRow",
    "TaskResultRow",
    "TaskRow",
    "VisitRow",
    "VisitStartRow",
    "YearlyPlanPublicationRow",
    "YearlyPlanRow",
    "YearlyPlanVersionRow",
]
