"""What audits say of all places: how many are dangerous, and how much the ranking misses.

Each audit stands for as many places as its propensity says. Places that were drawn and not seen are
kept: those seen of their stratum stand for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.history import BoolArray, FloatArray
from scoring.domain.metrics import Interval

# Ninety per cent of a normal law.
_Z: Final = 1.645


@dataclass(frozen=True, slots=True)
class Audited:
    """A place that was drawn, and what came of it; `positive` is false where nobody saw it.

    `targeted` tells whether the ranking of that week would have sent somebody anyway.
    """

    stratum: str
    propensity: float
    seen: bool
    positive: bool
    targeted: bool


@dataclass(frozen=True, slots=True)
class AuditEstimate:
    """Shares with intervals of 90 %; None where no audit can tell.

    `base_rate` is the share of places where a visit finds something critical, `missed` the share of
    those that the ranking would have left out.
    """

    drawn: int
    seen: int
    positives: int
    base_rate: Interval | None
    missed: Interval | None


def estimate_audit(audits: Sequence[Audited]) -> AuditEstimate:
    """Weigh what audits found, by how likely each was."""
    seen = np.array([it.seen for it in audits], dtype=np.bool_)
    positive = np.array([it.seen and it.positive for it in audits], dtype=np.bool_)
    targeted = np.array([it.targeted for it in audits], dtype=np.bool_)
    weight = _weights(audits, seen)
    return AuditEstimate(
        drawn=len(audits),
        seen=int(seen.sum()),
        positives=int(positive.sum()),
        base_rate=share(positive[seen], weight[seen]),
        missed=share(~targeted[positive], weight[positive]),
    )


def _weights(audits: Sequence[Audited], seen: BoolArray) -> FloatArray:
    """Let those seen of each stratum stand for all of it; a stratum nobody saw says nothing."""
    weight = 1.0 / np.array([it.propensity for it in audits], dtype=np.float64)
    strata = np.array([it.stratum for it in audits], dtype=np.str_)
    for stratum in np.unique(strata):
        rows = strata == stratum
        answered = weight[rows & seen].sum()
        weight[rows] *= weight[rows].sum() / answered if answered > 0 else 0.0
    return weight


def share(yes: BoolArray, weight: FloatArray) -> Interval | None:
    """Estimate a share with Wilson's interval on the effective number of rows; None of none.

    Source: Kish, Survey Sampling, 1965, for the effective number; Wilson, JASA 22, 1927.
    """
    total = float(weight.sum())
    if total <= 0.0:
        return None
    value = float(weight[yes].sum()) / total
    number = total**2 / float((weight**2).sum())
    spread = _Z**2 / number
    centre = (value + spread / 2.0) / (1.0 + spread)
    reach = _Z * float(np.sqrt(value * (1.0 - value) / number + spread / (4.0 * number)))
    reach /= 1.0 + spread
    return Interval(value, max(centre - reach, 0.0), min(centre + reach, 1.0))
