"""A trained model: the rule, what a regression corrects of it, and small trees that know all else.

The regression learns with the visit's team as a known offset that is dropped when scoring: it
learns what is wrong with places, whoever came. The trees learn the outcome as it is, with position
and season, and so also foresee who will come. Both start from the rule as strong as it showed to
be. Choice on the first three Chicago windows and the four between them (AUC / AUC within inspector
group, mean of seven): rule 0.594 / 0.596, regression on it 0.603 / 0.601 (alone 0.602 / 0.598),
trees on it 0.642 / 0.582 (alone 0.634 / 0.571); all together, a fifth being trees, 0.622 / 0.601.
More trees buy AUC at the price of what is known within an inspector's visits; their share grows
with the visits.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.domain.footing import Footing, footing_of, shift_to
from scoring.domain.history import BoolArray, FloatArray
from scoring.domain.linear import Linear, fit_linear, linear_of
from scoring.domain.rule import RuleScore, RuleWeights

# LightGBM takes a second to load, so it is loaded where it runs.
if TYPE_CHECKING:
    import lightgbm as lgb

SEEDS: Final = 3
LEAST_TREES_SHARE: Final = 0.2
EXPECTED_BELIEF: Final = 0.5
# With as many visits to learn from, trees are believed as much as the regression.
_EVEN_AT: Final = 75_000
_TRIED: Final = 20_000
# With many visits the same trees may learn faster; with few that is chance.
_SLOW: Final = 0.03
_FAST: Final = 0.05
# So many of the newest visits are enough for trees; what is long past teaches less.
_BOOSTED: Final = 200_000
# Trees grow with the visits there are: one more leaf for each of these, between the two bounds.
_VISITS_PER_LEAF: Final = 5_000
_FEWEST_LEAVES: Final = 8
_MOST_LEAVES: Final = 32
# Ninety per cent of a normal law.
_SPREAD_90: Final = 1.645
_SEPARATOR: Final = "\n===== next part =====\n"
_LARGEST_LEAF_MINIMUM: Final = 60
_SMALLEST_LEAF_MINIMUM: Final = 10
_LEAVES_WORTH: Final = 30
_CHECKED_TO: Final = 1e-6
# What tells of places alone: no period, no map, nothing of who comes there, no bare codes.
_NOT_OF_PLACES: Final = ("period", "neighbourhood")
_CODE: Final = "kind"
_STRICTNESS: Final = "_strictness"


class ModelTextError(ValueError):
    """The stored text of a model cannot be read."""


class ContributionError(ArithmeticError):
    """The parts of a score do not add up to it."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The rule with `weights`, a regression and boosters; their log-odds are averaged by share.

    `linear_on` and `trees_on` are what each stands on. `share` is how much the trees count, the
    regression counts the rest; `believed` is how much of its corrections.
    """

    names: tuple[str, ...]
    linear: Linear
    boosters: tuple["lgb.Booster", ...]
    linear_on: Footing
    trees_on: Footing
    weights: RuleWeights
    share: float
    believed: float

    @property
    def slope(self) -> float:
        """Tell how much the rule counts in all."""
        return (1 - self.share) * self.linear_on.slope + self.share * self.trees_on.slope

    @property
    def text(self) -> str:
        """Write all parts as one text."""
        trees = [booster.model_to_string() for booster in self.boosters]
        numbers = {
            "linear_on": asdict(self.linear_on),
            "trees_on": asdict(self.trees_on),
            "weights": asdict(self.weights),
            "share": self.share,
            "believed": self.believed,
        }
        return _SEPARATOR.join([json.dumps(numbers), self.linear.text, *trees])

    @property
    def id(self) -> str:
        """Name the model by its content: same data and seed, same name."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def rounds(self) -> int:
        """Tell how many trees each seed has."""
        return self.boosters[0].num_trees()


def ensemble_of(text: str) -> Ensemble:
    """Read a model back.

    Raises
    ------
    ModelTextError : when the text is not one written by `Ensemble.text`.
    """
    import lightgbm as lgb

    try:
        first, linear, *trees = text.split(_SEPARATOR)
        boosters = tuple(lgb.Booster(model_str=part) for part in trees)
        numbers = json.loads(first)
        return Ensemble(
            names=tuple(boosters[0].feature_name()),
            linear=linear_of(linear),
            boosters=boosters,
            linear_on=Footing(**numbers["linear_on"]),
            trees_on=Footing(**numbers["trees_on"]),
            weights=RuleWeights(**numbers["weights"]),
            share=float(numbers["share"]),
            believed=float(numbers["believed"]),
        )
    except (lgb.basic.LightGBMError, ValueError, KeyError, IndexError, TypeError) as error:
        raise ModelTextError("the model's text cannot be read: train again") from error


@dataclass(frozen=True, slots=True)
class Examples:
    """What to learn from.

    `values` has shape (rows, names), the others (rows,). `team` is the log-odds by which the
    visit's team finds more than the average; `rule` is what the rule with `weights` says, which
    models learn on top of.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    values: FloatArray
    positive: BoolArray
    team: FloatArray
    rule: RuleScore
    weights: RuleWeights


def train(examples: Examples, *, seed: int, rounds: int, threads: int = 1) -> Ensemble:
    """Fit the ensemble; `threads` is explicit, as more than free cores slow LightGBM down."""
    of_places = [
        index
        for index, (name, group) in enumerate(zip(examples.names, examples.groups, strict=True))
        if group not in _NOT_OF_PLACES and name != _CODE and not name.endswith(_STRICTNESS)
    ]
    said, complaints, positive = examples.rule.said, examples.rule.complaints, examples.positive
    linear_on = footing_of(said, positive, examples.team + complaints)
    given = examples.team + complaints + linear_on.of(said)
    names = tuple(examples.names[index] for index in of_places)
    values = examples.values[:, of_places]
    linear = fit_linear(names, values, positive, given)
    believed = _believed(names, values, positive, given)
    correction, _ = linear.estimate(values)
    # Without a team that is known, outcomes spread wider than with it, and so lie higher.
    shift = shift_to(linear_on.of(said) + believed * correction + complaints, positive)
    trees_on = footing_of(said, positive, complaints)
    start = complaints + trees_on.of(said)
    return Ensemble(
        names=examples.names,
        linear=linear,
        boosters=_boosted(examples, start, seed=seed, rounds=rounds, threads=threads),
        linear_on=Footing(linear_on.intercept + shift, linear_on.slope),
        trees_on=trees_on,
        weights=examples.weights,
        share=trees_share(positive.size),
        believed=believed,
    )


def trees_share(visits: int) -> float:
    """Tell how much trees count: a fifth where visits are few, more where they are many.

    What trees learn beyond a regression is mostly chance in few data, and is not in many.
    """
    return max(LEAST_TREES_SHARE, visits / (visits + _EVEN_AT))


def _believed(
    names: tuple[str, ...], values: FloatArray, positive: BoolArray, given: FloatArray
) -> float:
    """Tell how much of what a regression corrects holds up later: on the newest third of visits."""
    recent = slice(-_TRIED, None)
    values, positive, given = values[recent], positive[recent], given[recent]
    older = slice(None, 2 * positive.size // 3)
    newer = slice(older.stop, None)
    tried = fit_linear(names, values[older], positive[older], given[older])
    correction, _ = tried.estimate(values[newer])
    found = footing_of(correction, positive[newer], given[newer], EXPECTED_BELIEF)
    return float(np.clip(found.slope, 0.0, 1.0))


def _boosted(
    examples: Examples, start: FloatArray, *, seed: int, rounds: int, threads: int
) -> tuple["lgb.Booster", ...]:
    import lightgbm as lgb

    newest = slice(-_BOOSTED, None)
    parameters = tree_parameters(examples.positive[newest], threads)
    # One data set serves all seeds: binning is most of what is not boosting.
    data = lgb.Dataset(
        examples.values[newest],
        label=examples.positive[newest].astype(np.float64),
        init_score=start[newest],
        feature_name=list(examples.names),
        params=parameters,
    )
    return tuple(
        lgb.train({**parameters, "seed": SEEDS * seed + number}, data, num_boost_round=rounds)
        for number in range(SEEDS)
    )


def tree_parameters(positive: BoolArray, threads: int) -> dict[str, object]:
    """Choose small trees by the number of visits there are to learn from."""
    smallest = np.clip(
        positive.size // _LEAVES_WORTH, _SMALLEST_LEAF_MINIMUM, _LARGEST_LEAF_MINIMUM
    )
    return {
        "objective": "binary",
        "num_leaves": int(np.clip(positive.size // _VISITS_PER_LEAF, _FEWEST_LEAVES, _MOST_LEAVES)),
        "learning_rate": _FAST if positive.size > _EVEN_AT else _SLOW,
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


@dataclass(frozen=True, slots=True)
class Estimate:
    """Log-odds with the ends of their 90 % interval."""

    log_odds: FloatArray
    low: FloatArray
    high: FloatArray


def estimate(ensemble: Ensemble, values: FloatArray, rule: RuleScore) -> Estimate:
    """Weigh the parts together; `rule` is what the rule says with the ensemble's weights.

    The interval joins how unsure the regression's coefficients are and how far the trees part.
    """
    correction, unsure = ensemble.linear.estimate(values[:, _columns(ensemble)])
    trees = _raw(ensemble, values)
    share = ensemble.share
    linear = ensemble.linear_on.of(rule.said) + ensemble.believed * correction
    boosted = ensemble.trees_on.of(rule.said) + trees.mean(axis=0)
    log_odds = (1 - share) * linear + share * boosted + rule.complaints
    deviation = np.hypot((1 - share) * unsure, share * trees.std(axis=0, ddof=1))
    reach = _SPREAD_90 * deviation
    return Estimate(log_odds, log_odds - reach, log_odds + reach)


def probability(log_odds: FloatArray) -> FloatArray:
    """Turn log-odds into probabilities."""
    return np.exp(-np.logaddexp(0.0, -log_odds))


def contributions(
    ensemble: Ensemble, values: FloatArray, rule: RuleScore, log_odds: FloatArray
) -> FloatArray:
    """Split each of the log-odds over the features, but for what the rule's own parts add.

    The result has shape (rows, features + 1), the last being the base. With complaints, and all
    else of the rule times `ensemble.slope`, it adds up to the log-odds.

    Raises
    ------
    ContributionError : when the parts do not add up to the score.
    """
    trees = [
        booster.predict(values, pred_contrib=True, num_threads=1) for booster in ensemble.boosters
    ]
    share, believed = ensemble.share, ensemble.believed
    result: FloatArray = share * np.mean(np.asarray(trees, dtype=np.float64), axis=0)
    columns = _columns(ensemble)
    parts = ensemble.linear.contributions(values[:, columns])
    result[:, columns] += (1 - share) * believed * parts
    linear_base = ensemble.linear_on.intercept + believed * ensemble.linear.intercept
    result[:, -1] += (1 - share) * linear_base + share * ensemble.trees_on.intercept
    result[:, -1] += ensemble.slope * rule.base
    told = result.sum(axis=1) + ensemble.slope * (rule.said - rule.base) + rule.complaints
    gap = np.max(np.abs(told - log_odds), initial=0.0)
    if gap > _CHECKED_TO:
        raise ContributionError(f"the parts of a score miss it by {gap:.2g}")
    return result


def _columns(ensemble: Ensemble) -> list[int]:
    at = {name: index for index, name in enumerate(ensemble.names)}
    return [at[name] for name in ensemble.linear.names]


def _raw(ensemble: Ensemble, values: FloatArray) -> FloatArray:
    """Ask every booster; shape (boosters, rows)."""
    raw = [booster.predict(values, raw_score=True, num_threads=1) for booster in ensemble.boosters]
    return np.asarray(raw, dtype=np.float64)
