"""Direct rules (直接判定): facts that decide a grade by themselves, with legal basis, dates and evidence.

The rules are a table of data (rule_set.py). The model's grade is kept beside theirs; the final grade is the
worse of both.
"""

from models.direct_rules.deciding import (
    FactsMissing,
    RuleUnknown,
    facts_of,
    final_letters,
    held,
    rule_by_code,
    rule_set_digest,
    rules_in_force,
    settled_facts,
    worse_letters,
)
from models.direct_rules.evidence import Evidence, RowsOfTable, evidence_of
from models.direct_rules.rule import Condition, DirectRule, EvidenceSource, RuleRefused
from models.direct_rules.rule_set import RULES

__all__ = [
    "RULES",
    "Condition",
    "DirectRule",
    "Evidence",
    "EvidenceSource",
    "FactsMissing",
    "RowsOfTable",
    "RuleRefused",
    "RuleUnknown",
    "evidence_of",
    "facts_of",
    "final_letters",
    "held",
    "rule_by_code",
    "rule_set_digest",
    "rules_in_force",
    "settled_facts",
    "worse_letters",
]
