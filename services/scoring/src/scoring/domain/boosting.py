"""Small LightGBM models, averaged over seeds and reproducible to the last bit."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.domain.history import BoolArray, FloatArray

# LightGBM takes a second to load, so it is loaded where it runs.
if TYPE_CHECKING:
    import lightgbm as lgb

# Two boosters learn the outcome as it is, four with the visit's team as a known offset that is
# dropped when scoring. On four Chicago windows (AUC, AUC within inspector group): plain 0.617 and
# 0.566, with offset 0.618 and 0.600, one to two 0.625 and 0.593.
PLAIN_SEEDS: Final = 2
ADJUSTED_SEEDS: Final = 4
_SEPARATOR: Final = "\n===== next seed =====\n"
_LARGEST_LEAF_MINIMUM: Final = 60
_SMALLEST_LEAF_MINIMUM: Final = 10
_LEAVES_WORTH: Final = 30
_CHECKED_TO: Final = 1e-6


class ModelTextError(ValueError):
    """The stored text of a model cannot be read."""


class ContributionError(ArithmeticError):
    """The parts of a score do not add up to it."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Boosters whose log-odds are averaged."""

    boosters: tuple["lgb.Booster", ...]

    @property
    def text(self) -> str:
        """Write all boosters as one text."""
        return _SEPARATOR.join(booster.model_to_string() for booster in self.boosters)

    @property
    def id(self) -> str:
        """Name the forest by its content: same data and seed, same name."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def forest_of(text: str) -> Forest:
    """Read a forest back.

    Raises
    ------
    ModelTextError : when the text is not one written by `Forest.text`.
    """
    import lightgbm as lgb

    try:
        parts = text.split(_SEPARATOR)
        return Forest(tuple(lgb.Booster(model_str=part) for part in parts))
    except lgb.basic.LightGBMError as error:
        raise ModelTextError("the model's text cannot be read: train again") from error


@dataclass(frozen=True, slots=True)
class Examples:
    """What to learn from.

    `values` has shape (rows, names), `positive` and `offset` (rows,). The offset is the log-odds
    by which the visit's team finds more than the average.
    """

    names: tuple[str, ...]
    values: FloatArray
    positive: BoolArray
    offset: FloatArray


def train(examples: Examples, *, seed: int, rounds: int, threads: int = 1) -> Forest:
    """Fit the forest; `threads` is explicit, as more threads than free cores slow LightGBM down."""
    import lightgbm as lgb

    parameters = _parameters(examples.positive.size, threads)
    label = examples.positive.astype(np.float64)
    boosters = []
    for number in range(PLAIN_SEEDS + ADJUSTED_SEEDS):
        data = lgb.Dataset(
            examples.values,
            label=label,
            init_score=examples.offset if number >= PLAIN_SEEDS else None,
            feature_name=list(examples.names),
        )
        chosen = {**parameters, "seed": (PLAIN_SEEDS + ADJUSTED_SEEDS) * seed + number}
        boosters.append(lgb.train(chosen, data, num_boost_round=rounds))
    return Forest(tuple(boosters))


def _parameters(rows: int, threads: int) -> dict[str, object]:
    smallest = np.clip(rows // _LEAVES_WORTH, _SMALLEST_LEAF_MINIMUM, _LARGEST_LEAF_MINIMUM)
    return {
        "objective": "binary",
        "num_leaves": 8,
        "learning_rate": 0.03,
        "min_data_in_leaf": int(smallest),
        "lambda_l2": 10.0,
        "feature_fraction": 0.4,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbosity": -1,
    }


def log_odds(forest: Forest, values: FloatArray) -> FloatArray:
    """Average the boosters' log-odds."""
    raw = [booster.predict(values, raw_score=True, num_threads=1) for booster in forest.boosters]
    mean: FloatArray = np.mean(np.asarray(raw, dtype=np.float64), axis=0)
    return mean


def probability(forest: Forest, values: FloatArray) -> FloatArray:
    """Turn log-odds into probabilities."""
    return 1.0 / (1.0 + np.exp(-log_odds(forest, values)))


def contributions(forest: Forest, values: FloatArray) -> FloatArray:
    """Split each log-odds over the features; shape (rows, features + 1), the last is the base.

    Raises
    ------
    ContributionError : when the parts do not add up to the score.
    """
    parts = [
        booster.predict(values, pred_contrib=True, num_threads=1) for booster in forest.boosters
    ]
    result: FloatArray = np.mean(np.asarray(parts, dtype=np.float64), axis=0)
    gap = np.max(np.abs(result.sum(axis=1) - log_odds(forest, values)), initial=0.0)
    if gap > _CHECKED_TO:
        raise ContributionError(f"the parts of a score miss it by {gap:.2g}")
    return result
