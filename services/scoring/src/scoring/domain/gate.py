"""Whether a model may serve: only if it beats what serves now, the rule and every simple order."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.comparison import Comparison
from scoring.domain.evaluation import BASELINES
from scoring.domain.metrics import Interval
from scoring.domain.windows import LEAST_WINDOWS
from scoring.domain.words import Words

LEAST_VISITS: Final = 300
LEAST_POSITIVES: Final = 50
LEAST_GAIN_LOW: Final = -0.005
WORST_WINDOW: Final = -0.03
# Of this much skill within an inspector's visits, nothing may be lost for skill at territory.
LEAST_WITHIN_LOW: Final = -0.02


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a model won and is promoted, and why, in a sentence.

    One that won, but as of a day in the past or unasked, waits for somebody to activate it.
    """

    won: bool
    promoted: bool
    words: Words


def too_little(
    visits: int, positives: int, windows: int, least_windows: int = LEAST_WINDOWS
) -> Verdict | None:
    """Refuse to train on too little; None when there is enough."""
    if visits < LEAST_VISITS or positives < LEAST_POSITIVES:
        return _refused(
            Words(
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
            )
        )
    if windows < least_windows:
        return _refused(
            Words(
                fr=(
                    f"Seulement {windows} périodes assez fournies pour comparer ; il en faut "
                    f"{least_windows}. La règle continue de servir."
                ),
                en=(
                    f"Only {windows} periods hold enough visits to compare on; {least_windows} "
                    "are needed. The rule keeps serving."
                ),
            )
        )
    return None


def _refused(words: Words) -> Verdict:
    return Verdict(won=False, promoted=False, words=words)


def judge(comparison: Comparison, *, may_serve: bool = True) -> Verdict:
    """Compare the model with the active one, the rule and the best simple order.

    A model that wins is promoted only if it `may_serve`: learned from all that is known, and asked
    for by somebody.
    """
    best = max(BASELINES, key=lambda name: comparison.figures[name]["auc"].value)
    for rival in (*(["active"] if "active" in comparison.gain else []), "rule", best):
        gains = [window[rival] for window in comparison.window_gain]
        worst = min(gains, key=lambda gain: gain.value)
        if not _beats(comparison, rival):
            return _refused(_refusal(comparison, rival, worst))
    return Verdict(won=True, promoted=may_serve, words=_victory(comparison, may_serve=may_serve))


def _beats(comparison: Comparison, rival: str) -> bool:
    gain, within = comparison.gain[rival], comparison.gain_within[rival]
    # On windows the active model has seen, its recipe stands for it: no more than that is asked.
    ahead = gain.value >= 0 if rival == "active" else gain.value > 0
    # In a window of few visits a difference may be chance: it must also be surely below nothing.
    much_worse = any(
        window[rival].value < WORST_WINDOW and window[rival].high < 0
        for window in comparison.window_gain
    )
    kept = np.isnan(within.value) or within.value > LEAST_WITHIN_LOW
    return bool(ahead and gain.low > LEAST_GAIN_LOW and not much_worse and kept)


def _victory(comparison: Comparison, *, may_serve: bool) -> Words:
    gain = comparison.gain["rule"]
    model, rule = (comparison.figures[name]["auc"].value for name in ("model", "rule"))
    figures = f"{model:.3f} / {rule:.3f}, {gain.value:+.3f} [{gain.low:+.3f} ; {gain.high:+.3f}]"
    if may_serve:
        return Words(
            fr=f"Le modèle fait mieux que la règle (AUC {figures}) et la remplace.",
            en=f"The model does better than the rule (AUC {figures}) and replaces it.",
        )
    return Words(
        fr=(
            f"Le modèle fait mieux que la règle (AUC {figures}), mais il est proposé par un "
            "entraînement programmé, ou des visites plus récentes que la date demandée sont "
            "connues : il ne la remplace pas de lui-même. Activez-le s’il convient."
        ),
        en=(
            f"The model does better than the rule (AUC {figures}), but a scheduled training "
            "proposed it, or newer visits are known than the day asked for: it does not replace "
            "it by itself. Activate it if it suits."
        ),
    )


_RIVALS: Final = {
    "active": Words("le modèle en service", "the model that serves"),
    "rule": Words("la règle", "the rule"),
    "adjusted_ratio": Words("le rapport ajusté du lieu", "the place's adjusted ratio"),
    "last_points": Words("les points de la dernière visite", "the last visit's points"),
    "smoothed_rate": Words("le taux lissé du lieu", "the place's smoothed rate"),
    "overdue": Words("l’ordre du plus ancien passage", "the longest-unvisited order"),
}


def _refusal(comparison: Comparison, rival: str, worst: Interval) -> Words:
    gain, within = comparison.gain[rival], comparison.gain_within[rival]
    name = _RIVALS[rival]
    figures = f"{gain.value:+.3f} [{gain.low:+.3f} ; {gain.high:+.3f}]"
    return Words(
        fr=(
            f"Le modèle ne bat pas sûrement {name.fr} (écart d’AUC {figures}, pire période "
            f"{worst.value:+.3f}, chez un même visiteur {within.value:+.3f}). "
            "Ce qui servait continue de servir."
        ),
        en=(
            f"The model does not surely beat {name.en} (AUC difference {figures}, worst period "
            f"{worst.value:+.3f}, within an inspector {within.value:+.3f}). "
            "What served keeps serving."
        ),
    )
