"""Measure predictions of anybody's against what was found, with the figures of our model cards."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from scoring.domain.comparison import compare
from scoring.domain.evaluation import WindowResult
from scoring.domain.history import IntArray
from scoring.domain.windows import Window
from scoring.use_cases.figures import interval_messages
from shared.contracts.scoring import Evaluation, EvaluationRequest

# A probability of nothing or of all has no finite log-odds.
_LEAST: Final = 1e-9
_SEED: Final = 1


def evaluate_predictions(request: EvaluationRequest) -> Evaluation:
    """Compute the figures; those that cannot be measured are left out."""
    visits = request.visits
    chance = np.clip([it.probability for it in visits], _LEAST, 1.0 - _LEAST)
    positive = np.array([it.positive for it in visits], dtype=np.bool_)
    place = _numbered(it.place for it in visits)
    unknown = np.zeros(positive.size, dtype=np.int64)
    result = WindowResult(
        Window(0, 1),
        place,
        positive,
        _numbered(it.inspector for it in visits),
        visits_known=unknown,
        kind=unknown,
        scores={"model": np.log(chance / (1.0 - chance))},
    )
    return Evaluation(
        visits=positive.size,
        positives=int(positive.sum()),
        places=int(place.max()) + 1,
        figures=interval_messages(compare([result], _SEED).figures["model"]),
    )


def _numbered(names: Iterable[str | None]) -> IntArray:
    """Give each name a number, -1 where there is none."""
    numbers: dict[str, int] = {}
    return np.array(
        [-1 if name is None else numbers.setdefault(name, len(numbers)) for name in names],
        dtype=np.int64,
    )
