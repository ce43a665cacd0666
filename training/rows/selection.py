"""Who came to be inspected, and what that allows us to claim: weights, honest rows, the note.

The weight 1/π is right when one horizon holds exactly one draw: then π is the entity's whole chance of a
random visit in it. Where two draws fall into the window, the first visit is weighted by the π of its own draw
alone, and the weights stand for the population twice; so a recipe's as-of dates are the days of draws, and
its horizon ends before the visits of the next. `represented` over the population tells whether that holds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data_contracts.refusal import Refusal
from training.estimates.measures import BoolArray, FloatArray, effective_size

RANDOM_DRAW = "random_draw"
# The outcome is known of everyone: nobody was chosen.
WHOLE_REGISTER = "whole_register"

NOTE_RANDOM = (
    "评估只用随机抽取的检查，按入选概率的倒数加权；问题发现率代表抽查名录库中的全部主体。",
    "Evaluated on randomly drawn inspections only, each weighted by the inverse of its inclusion "
    "probability; the rates speak for every entity of the frame.",
)
NOTE_UNKNOWN = (
    "这些记录没有说明主体为何被检查（抽取方式未知），所有行权重为 1：结果只说明对已被检查主体的排序，"
    "不能推断未检查主体的问题率，也不能排除按风险选取造成的偏差。",
    "These records do not say why an entity was inspected (mechanism unknown), so every row has weight 1: "
    "the results describe the ranking of entities that were inspected; they claim nothing about the rate of "
    "problems among those never inspected, and cannot rule out bias from inspecting the suspicious first.",
)
NOTE_DETECTED = (
    "结果对名录中的每个主体都已知，所有行权重为 1；但处罚和列入只记录被发现的违法，"
    "受检查和投诉越多越容易被发现："
    "结果说明谁会被处罚或列入，不能推断真实的违法率，也不能把未被处罚当作没有问题。",
    "The outcome is known of every entity of the register, so every row has weight 1; but penalties and "
    "listings record violations that were detected, and whoever is inspected or complained of more is "
    "detected more: the results say who will be sanctioned; they claim nothing about the true rate of "
    "violations, and not being sanctioned is not being clean.",
)


class SelectionRefused(Refusal):
    """Labels whose way of selection contradicts itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What each labelled row may be used for; arrays run parallel to the rows."""

    training_weight: FloatArray
    honest: BoolArray
    honest_weight: FloatArray
    effective_size: float
    # The entities that the random rows stand for: the sum of their 1/π before the cap.
    represented: float
    capped: int
    mechanisms: Mapping[str, int]
    known: bool

    @property
    def note(self) -> tuple[str, str]:
        """What can and cannot be claimed, in Chinese and in English."""
        if self.known:
            return NOTE_RANDOM
        return NOTE_DETECTED if set(self.mechanisms) == {WHOLE_REGISTER} else NOTE_UNKNOWN


def select_rows(
    mechanisms: Sequence[str],
    probabilities: FloatArray,
    *,
    weight_cap: float,
    training_cap: float = math.inf,
) -> Selection:
    """Random rows weigh 1/π up to the cap and are the honest ones; others train with weight 1.

    A lower cap for training alone trades bias for variance: it bends what is learned, never what is judged.

    Where no row was drawn at random, nothing honest can be set apart: all rows count equally, and the note
    says so.
    """
    drawn = np.array([mechanism == RANDOM_DRAW for mechanism in mechanisms], dtype=np.bool_)
    _check_probabilities(drawn, probabilities)
    inverse = np.ones(len(drawn), dtype=np.float64)
    inverse[drawn] = 1.0 / probabilities[drawn]
    weight = np.minimum(inverse, weight_cap)
    known = bool(drawn.any())
    honest = drawn if known else np.ones(len(drawn), dtype=np.bool_)
    return Selection(
        training_weight=np.minimum(weight, training_cap),
        honest=honest,
        honest_weight=np.where(honest, weight, 0.0),
        effective_size=effective_size(weight[honest]),
        represented=float(np.sum(inverse[drawn])),
        capped=int(np.sum(inverse > weight_cap)),
        mechanisms=dict(sorted(Counter(mechanisms).items())),
        known=known,
    )


def _check_probabilities(drawn: BoolArray, probabilities: FloatArray) -> None:
    """Refuses a random row whose inclusion probability is missing, zero or above one."""
    wrong = drawn & ~((probabilities > 0) & (probabilities <= 1))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise SelectionRefused(
            expected="an inclusion probability in (0, 1] for every inspection drawn at random",
            got=f"{int(wrong.sum())} of {int(drawn.sum())} without one "
            f"(first: row {first}, {probabilities[first]})",
            todo="record inspections.inclusion_probability at the draw, or the true mechanism of these rows",
        )
