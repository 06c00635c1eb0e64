"""What is learned, of which places, and how the rule weighs: data with a version, not code."""

from dataclasses import dataclass

from scoring.domain.label_policy import DANGER, LabelPolicy
from scoring.domain.rule import DEFAULT_WEIGHTS, RuleWeights


@dataclass(frozen=True, slots=True)
class ScoringPolicy:
    """The outcome that is foreseen, the kinds of places it is for (all if none), the weights.

    Version 0 is what the product comes with.
    """

    version: int = 0
    label: LabelPolicy = DANGER
    cohort_kinds: tuple[str, ...] = ()
    weights: RuleWeights = DEFAULT_WEIGHTS
