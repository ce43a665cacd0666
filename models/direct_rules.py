"""Direct rules (直接判定): facts that decide a grade by themselves, with legal basis and dates of validity.

The model's grade is kept beside; the final grade is the worse of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.refusal import Refusal
from models.grades import GRADES, Grade, letters


class RuleUnknown(Refusal):
    """A decision names a direct rule that this version does not know."""


class FactsMissing(Refusal):
    """A snapshot lacks the fact that a direct rule reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectRule:
    """If the fact (a snapshot column, 1 or 0 or null) is 1, the grade is at least `grade`."""

    code: str
    fact: str
    grade: Grade
    legal_basis_zh: str
    legal_basis_en: str
    valid_from: date
    valid_until: date | None
    sentence_zh: str
    sentence_en: str

    def in_force(self, on: date) -> bool:
        """Whether the rule holds on that day; both ends count."""
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)

    def holds(self, facts: pa.Table) -> npt.NDArray[np.bool_]:
        """For every row, whether the fact is known and true."""
        if self.fact not in facts.column_names:
            raise FactsMissing(
                expected=f"the column {self.fact} that the direct rule {self.code} reads",
                got=f"{len(facts.column_names)} columns without it",
                todo="build the snapshot with the whole catalogue and read it with all its columns",
            )
        values = pc.fill_null(pc.cast(facts.column(self.fact), pa.int64()), 0)
        return np.asarray(pc.not_equal(values, 0), dtype=np.bool_)


# The order makes a listed enterprise a key object of supervision with raised check frequency; that this
# means grade D is the rule of this product. No national list of direct-D facts is public.
RULES: tuple[DirectRule, ...] = (
    DirectRule(
        code="serious_violation_list",
        fact="serious_listed_now",
        grade=Grade.D,
        legal_basis_zh=(
            "《市场监督管理严重违法失信名单管理办法》（国家市场监督管理总局令第44号，2021年9月1日起施行）"
        ),
        legal_basis_en=(
            "Measures for the Administration of the List of Serious Violations and Dishonesty "
            "in Market Regulation "
            "(SAMR Order No. 44, in force since 1 September 2021)"
        ),
        valid_from=date(2021, 9, 1),
        valid_until=None,
        sentence_zh=(
            "目前列入严重违法失信名单，名单管理办法要求对其重点监管，本系统据此直接判定为D级（高风险）。"
        ),
        sentence_en=(
            "It is on the list of serious violations and dishonesty. The rules of that list ask for key "
            "supervision; by this system's direct rule that means grade D (high risk)."
        ),
    ),
)


def rule_by_code(code: str) -> DirectRule:
    """The rule of that code, in force or not."""
    for rule in RULES:
        if rule.code == code:
            return rule
    raise RuleUnknown(
        expected=f"a direct rule among {', '.join(rule.code for rule in RULES)}",
        got=repr(code),
        todo="read the decision with the version of Xinheng that made it, or restore the rule",
    )


def rules_in_force(on: date, rules: Sequence[DirectRule] = RULES) -> tuple[DirectRule, ...]:
    """The rules that hold on a day, so that a past decision replays under the rules of its day."""
    return tuple(rule for rule in rules if rule.in_force(on))


def held(rules: Sequence[DirectRule], facts: pa.Table) -> npt.NDArray[np.bool_]:
    """Whether each rule (columns) holds in each row of facts (rows)."""
    holds = np.zeros((facts.num_rows, len(rules)), dtype=np.bool_)
    for number, rule in enumerate(rules):
        holds[:, number] = rule.holds(facts)
    return holds


def worse_letters(
    model: npt.NDArray[np.str_], rules: Sequence[DirectRule], holds: npt.NDArray[np.bool_]
) -> npt.NDArray[np.str_]:
    """The worse of the model's grades and those of the rules that hold (rows × rules)."""
    place = np.searchsorted([grade.value for grade in GRADES], model)
    for number, rule in enumerate(rules):
        place = np.where(holds[:, number], np.maximum(place, GRADES.index(rule.grade)), place)
    return letters(place)


def final_letters(model: npt.NDArray[np.str_], facts: pa.Table, on: date) -> npt.NDArray[np.str_]:
    """The grades that registers show: the worse of the model's and those of the direct rules in force."""
    rules = rules_in_force(on)
    return worse_letters(model, rules, held(rules, facts))
