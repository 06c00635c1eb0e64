"""Whether a model may serve: only if it beats the rule and the best simple order."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.evaluation import (
    BASELINES,
    LEAST_POSITIVES,
    LEAST_VISITS,
    LEAST_WINDOWS,
    Comparison,
)

LEAST_GAIN_LOW: Final = -0.005
WORST_WINDOW: Final = -0.03


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence in the two languages of the product."""

    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a model won and is promoted, and why, in a sentence.

    One that won, but as of a day in the past, waits for somebody to activate it.
    """

    won: bool
    promoted: bool
    words: Words


def too_little(visits: int, positives: int, windows: int) -> Verdict | None:
    """Refuse to train on too little; None when there is enough."""
    if visits < LEAST_VISITS or positives < LEAST_POSITIVES:
        return Verdict(
            won=False,
            promoted=False,
            words=Words(
                fr=(
                    f"Pas assez de recul : {visits} visites dont {positives} avec anomalie "
                    f"critique ; il en faut {LEAST_VISITS} et {LEAST_POSITIVES}. "
                    "La règle continue de servir."
                ),
                en=(
                    f"Not enough history: {visits} visits, {positives} of them with a critical "
                    f"finding; {LEAST_VISITS} and {LEAST_POSITIVES} are needed. "
                    "The rule keeps serving."
                ),
            ),
        )
    if windows < LEAST_WINDOWS:
        return Verdict(
            won=False,
            promoted=False,
            words=Words(
                fr=(
                    f"Seulement {windows} périodes assez fournies pour comparer ; il en faut "
                    f"{LEAST_WINDOWS}. La règle continue de servir."
                ),
                en=(
                    f"Only {windows} periods hold enough visits to compare on; {LEAST_WINDOWS} "
                    "are needed. The rule keeps serving."
                ),
            ),
        )
    return None


def judge(comparison: Comparison, *, current: bool = True) -> Verdict:
    """Compare the model with the rule and with the best simple order.

    A model is `current` when it may have learned from all that is known; no other is promoted.
    """
    best = max(BASELINES, key=lambda name: comparison.auc[name].value)
    for rival in ("rule", best):
        gain = comparison.gain[rival]
        worst = float(
            np.min([window.auc["model"] - window.auc[rival] for window in comparison.windows])
        )
        if gain.value <= 0 or gain.low <= LEAST_GAIN_LOW or worst < WORST_WINDOW:
            return Verdict(won=False, promoted=False, words=_refusal(comparison, rival, worst))
    return Verdict(won=True, promoted=current, words=_victory(comparison, current=current))


def _victory(comparison: Comparison, *, current: bool) -> Words:
    gain = comparison.gain["rule"]
    model, rule = comparison.auc["model"].value, comparison.auc["rule"].value
    figures = f"{model:.3f} / {rule:.3f}, {gain.value:+.3f} [{gain.low:+.3f} ; {gain.high:+.3f}]"
    if current:
        return Words(
            fr=f"Le modèle fait mieux que la règle (AUC {figures}) et la remplace.",
            en=f"The model does better than the rule (AUC {figures}) and replaces it.",
        )
    return Words(
        fr=(
            f"Le modèle fait mieux que la règle (AUC {figures}) à la date demandée, mais des "
            "visites plus récentes sont connues : il ne la remplace pas de lui-même. "
            "Entraînez-le sans date, ou activez-le."
        ),
        en=(
            f"The model does better than the rule (AUC {figures}) as of the day asked for, but "
            "newer visits are known: it does not replace it by itself. "
            "Train without a day, or activate it."
        ),
    )


_RIVALS: Final = {
    "rule": Words("la règle", "the rule"),
    "last_points": Words("les points de la dernière visite", "the last visit's points"),
    "smoothed_rate": Words("le taux lissé du lieu", "the place's smoothed rate"),
    "overdue": Words("l’ordre du plus ancien passage", "the longest-unvisited order"),
}


def _refusal(comparison: Comparison, rival: str, worst: float) -> Words:
    gain, name = comparison.gain[rival], _RIVALS[rival]
    figures = f"{gain.value:+.3f} [{gain.low:+.3f} ; {gain.high:+.3f}]"
    return Words(
        fr=(
            f"Le modèle ne bat pas sûrement {name.fr} (écart d’AUC {figures}, "
            f"pire période {worst:+.3f}). La règle continue de servir."
        ),
        en=(
            f"The model does not surely beat {name.en} (AUC difference {figures}, "
            f"worst period {worst:+.3f}). The rule keeps serving."
        ),
    )
