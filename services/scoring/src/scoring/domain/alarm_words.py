"""Say in words what an alarm saw, and what it proposes to people."""

from typing import Final

from scoring.domain.drift import Change
from scoring.domain.watch import WATCHED, Kind
from scoring.domain.words import Words

_SEEN: Final[dict[Kind, Words]] = {
    "feature_shift": Words(
        "« {name} » se répartit autrement qu’au départ (indice de stabilité {now}).",
        "“{name}” is spread otherwise than at the start (stability index {now}).",
    ),
    "missing_values": Words(
        "« {name} » manque plus souvent : part {now}, auparavant {before}.",
        "“{name}” is missing more often: a share of {now}, {before} before.",
    ),
    "score_shift": Words(
        "Les scores se répartissent autrement qu’au départ (indice de stabilité {now}).",
        "Scores are spread otherwise than at the start (stability index {now}).",
    ),
    "base_rate": Words(
        "Pour un danger attendu on en trouve {now}, auparavant {before}.",
        "For one danger expected {now} are found, {before} before.",
    ),
    "calibration": Words(
        "La pente des scores est de {now}, auparavant {before} ; 1 est juste, en dessous ils sont "
        "trop sûrs d’eux.",
        "The slope of scores is {now}, {before} before; 1 is right, below they are too sure of "
        "themselves.",
    ),
    "discrimination": Words(
        "Les scores distinguent moins bien les lieux : AUC {now}, auparavant {before}.",
        "Scores tell places apart less well: AUC {now}, {before} before.",
    ),
}
_TRAIN: Final = Words(
    "Cherchez ce qui a changé, puis entraînez un modèle sur les visites récentes ; rien n’est "
    "changé d’office.",
    "Look for what changed, then train a model on recent visits; nothing is changed by itself.",
)
_REPAIR: Final = Words(
    "Vérifiez la saisie et les reprises de données récentes ; rien n’est changé d’office.",
    "Check how data were entered and imported of late; nothing is changed by itself.",
)
PROPOSED: Final[dict[Kind, Words]] = {
    "feature_shift": _TRAIN,
    "missing_values": _REPAIR,
    "score_shift": _TRAIN,
    "base_rate": _TRAIN,
    "calibration": _TRAIN,
    "discrimination": _TRAIN,
}


def seen_words(kind: Kind, subject: str | None, change: Change) -> Words:
    """Say what an alarm saw."""
    name = WATCHED.get(subject or "", Words("", ""))
    before, now = f"{change.before:.2f}", f"{change.now:.2f}"
    french = {"before": before.replace(".", ","), "now": now.replace(".", ",")}
    words = _SEEN[kind]
    return Words(
        words.fr.format(name=name.fr, **french),
        words.en.format(name=name.en, before=before, now=now),
    )
