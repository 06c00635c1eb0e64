"""What a model's card says in figures: windows, methods, ablations, fairness."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.comparison import Comparison, ablated
from scoring.domain.evaluation import WITHOUT
from scoring.domain.history import BoolArray, FloatArray
from scoring.domain.metrics import Interval
from scoring.domain.secondary_figures import TargetFigures

LEAST_POSITIVES_PER_GROUP: Final = 10
_SELECTED: Final = 0.1


@dataclass(frozen=True, slots=True)
class TestedWindow:
    """How every method did in one window."""

    start_ms: int
    end_ms: int
    visits: int
    positives: int
    auc: dict[str, float]


@dataclass(frozen=True, slots=True)
class Ablation:
    """What a group of features adds to the model: AUC with it minus without it."""

    group: str
    auc: Interval
    auc_within_inspector: Interval


@dataclass(frozen=True, slots=True)
class GroupFairness:
    """How a group of places fares when the tenth of all with the highest scores is visited.

    `selected` is the share of the group's visits among that tenth, `found` the share of its
    dangers that are; None where fewer than ten positives make it a guess.
    """

    group: str
    visits: int
    positives: int
    selected: float | None
    found: float | None


@dataclass(frozen=True, slots=True)
class Card:
    """All figures of a model."""

    windows: tuple[TestedWindow, ...]
    figures: dict[str, dict[str, Interval]]
    gain: dict[str, Interval]
    gain_within_inspector: dict[str, Interval]
    ablations: tuple[Ablation, ...]
    fairness: tuple[GroupFairness, ...]
    secondary: tuple[TargetFigures, ...] = ()


def card_of(
    comparison: Comparison, kinds: tuple[str, ...], secondary: Sequence[TargetFigures] = ()
) -> Card:
    """Collect the figures."""

    def shown(figures: dict[str, Interval]) -> dict[str, Interval]:
        return {name: it for name, it in figures.items() if not name.startswith(WITHOUT)}

    return Card(
        windows=tuple(
            TestedWindow(
                start_ms=result.window.start_ms,
                end_ms=result.window.end_ms,
                visits=result.positive.size,
                positives=int(result.positive.sum()),
                auc={name: it for name, it in auc.items() if not name.startswith(WITHOUT)},
            )
            for result, auc in zip(comparison.windows, comparison.auc, strict=True)
        ),
        figures={
            name: it for name, it in comparison.figures.items() if not name.startswith(WITHOUT)
        },
        gain=shown(comparison.gain),
        gain_within_inspector=shown(comparison.gain_within),
        ablations=tuple(
            Ablation(it, comparison.gain[WITHOUT + it], comparison.gain_within[WITHOUT + it])
            for it in ablated(comparison)
        ),
        fairness=_fairness(comparison, kinds),
        secondary=tuple(secondary),
    )


def _fairness(comparison: Comparison, kinds: tuple[str, ...]) -> tuple[GroupFairness, ...]:
    windows = comparison.windows
    kind = np.concatenate([window.kind for window in windows])
    known = np.concatenate([window.visits_known for window in windows])
    positive = np.concatenate([window.positive for window in windows])
    selected = np.concatenate([_selected(window.scores["model"]) for window in windows])
    groups = {"never visited": known == 0, "visited before": known > 0}
    groups |= {f"kind {name}": kind == code for code, name in enumerate(kinds)}
    return tuple(
        _group(name, positive[member], selected[member])
        for name, member in groups.items()
        if member.any()
    )


def _selected(score: FloatArray) -> BoolArray:
    rank = np.empty(score.size, dtype=np.int64)
    rank[np.argsort(-score, kind="stable")] = np.arange(score.size)
    return np.asarray(rank < _SELECTED * score.size)


def _group(name: str, positive: BoolArray, selected: BoolArray) -> GroupFairness:
    enough = int(positive.sum()) >= LEAST_POSITIVES_PER_GROUP
    return GroupFairness(
        group=name,
        visits=positive.size,
        positives=int(positive.sum()),
        selected=float(selected.mean()) if enough else None,
        found=float(selected[positive].mean()) if enough else None,
    )
