"""What a release is: load, score, grade, explain. No fitting, no SQL, no web."""

from models.calibration import Calibration
from models.deciding import DECISION_SCHEMA, Occasion, decide, decide_batches, decide_one
from models.decision import Decision, RuleHit, decision_of
from models.direct_rules import RULES, DirectRule
from models.grades import GRADES, Grade, GradeCuts, grade_of
from models.manifest import RELEASE_FILES, Manifest
from models.reasons import Reason
from models.release import Golden, Release, ReleaseDamaged, ReleaseNotFound, load_release, read_release
from models.schema import IndicatorSpec, SchemaMismatch, schema_to_json, table_of_rows
from models.scorer import Scorer, Scores, matrix

__all__ = [
    "DECISION_SCHEMA",
    "GRADES",
    "RELEASE_FILES",
    "RULES",
    "Calibration",
    "Decision",
    "DirectRule",
    "Golden",
    "Grade",
    "GradeCuts",
    "IndicatorSpec",
    "Manifest",
    "Occasion",
    "Reason",
    "Release",
    "ReleaseDamaged",
    "ReleaseNotFound",
    "RuleHit",
    "SchemaMismatch",
    "Scorer",
    "Scores",
    "decide",
    "decide_batches",
    "decide_one",
    "decision_of",
    "grade_of",
    "load_release",
    "matrix",
    "read_release",
    "schema_to_json",
    "table_of_rows",
]
