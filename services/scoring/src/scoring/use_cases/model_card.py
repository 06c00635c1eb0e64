"""Say all that is known of a model: what it is for, how it did, and what it is not for."""

from datetime import UTC, date, datetime
from typing import Final

from scoring.domain.card import Ablation, Card, GroupFairness, TestedWindow
from scoring.domain.learning import Lesson
from scoring.domain.secondary_figures import TargetFigures
from scoring.domain.windows import GAP_DAYS
from scoring.use_cases.figures import interval_messages
from shared.contracts.message import Label
from shared.contracts.scoring import (
    AblationReport,
    FairnessReport,
    ModelCard,
    SecondaryReport,
    WindowReport,
)

PURPOSE: Final = Label(
    fr="Classer les lieux à visiter : probabilité que la prochaine visite de routine trouve au "
    "moins une anomalie critique.",
    en="Order places to visit: the probability that the next routine visit finds at least one "
    "critical thing.",
)
NOT_FOR: Final = Label(
    fr="Aucune sanction, fermeture ou fin de réservation ne se décide sur un score ; il ne dit "
    "rien des personnes.",
    en="No sanction, closure or end of booking is decided on a score; it says nothing of people.",
)
NEVER_USED: Final = Label(
    fr="Jamais utilisés : qui fera la visite, les personnes hébergées, le nom du lieu, les prix, "
    "les textes libres, ce qui est connu après la date du score.",
    en="Never used: who will make the visit, the people housed, a place's name, prices, free text, "
    "anything known after the day of the score.",
)
METHOD: Final = Label(
    fr="La règle, à la force que l’historique lui donne, corrigée par une régression logistique "
    "dont le résultat attendu de l’équipe de visite est retranché, autant que ses corrections ont "
    "tenu ensuite, et par de petits arbres LightGBM, pour un cinquième et plus s’il y a beaucoup "
    "de visites. Les signalements comptent comme dans la règle.",
    en="The rule, as strong as the history shows it to be, corrected by a logistic regression from "
    "which the visiting team's usual result is taken out, as far as its corrections held up later, "
    "and by small LightGBM trees, a fifth of the whole and more with many visits. Complaints count "
    "as in the rule.",
)
LIMITS: Final = (
    Label(
        fr="L’AUC chez un même visiteur dit ce que le modèle sait des lieux ; l’AUC globale "
        "contient aussi ce qu’il devine de qui viendra.",
        en="The AUC within an inspector tells what the model knows of places; the overall AUC "
        "also holds what it guesses of who will come.",
    ),
    Label(
        fr="On n’apprend que de visites faites : ce qu’on ne visite pas ne se mesure pas ici.",
        en="It learns from visits that were made: what is not visited is not measured here.",
    ),
    Label(
        fr="Intervalles à 90 % par rééchantillonnage des lieux ; ils ignorent le choix du modèle.",
        en="Intervals of 90 % resample places; they know nothing of how the model was chosen.",
    ),
)


def model_card(lesson: Lesson, *, cutoff: datetime, policy: Label) -> ModelCard | None:
    """Write the card of what a lesson gave; None where there was too little to learn from."""
    if lesson.card is None or lesson.id is None:
        return None
    card = lesson.card
    return ModelCard(
        model_id=lesson.id,
        purpose=PURPOSE,
        not_for=NOT_FOR,
        never_used=NEVER_USED,
        method=METHOD,
        label=policy,
        data_cutoff=cutoff.date(),
        gap_days=GAP_DAYS,
        visits=lesson.visits,
        positives=lesson.positives,
        features=list(lesson.features),
        windows=[window_message(window) for window in card.windows],
        figures={name: interval_messages(it) for name, it in card.figures.items()},
        gain=interval_messages(card.gain),
        gain_within_inspector=interval_messages(card.gain_within_inspector),
        ablations=[_ablation(it) for it in card.ablations],
        fairness=[_fairness(it) for it in card.fairness],
        secondary=[_secondary(it) for it in card.secondary],
        limits=list(LIMITS),
        verdict=Label(fr=lesson.verdict.words.fr, en=lesson.verdict.words.en),
    )


def window_message(window: TestedWindow) -> WindowReport:
    """Send how the methods did in a window."""
    return WindowReport(
        starts_on=_day(window.start_ms),
        ends_on=_day(window.end_ms),
        visits=window.visits,
        positives=window.positives,
        auc={name: round(value, 4) for name, value in window.auc.items()},
    )


def _ablation(ablation: Ablation) -> AblationReport:
    figures = interval_messages({"auc": ablation.auc, "within": ablation.auc_within_inspector})
    return AblationReport(
        group=ablation.group, auc=figures["auc"], auc_within_inspector=figures.get("within")
    )


def _fairness(group: GroupFairness) -> FairnessReport:
    return FairnessReport(
        group=group.group,
        visits=group.visits,
        positives=group.positives,
        selected=group.selected,
        found=group.found,
        enough_data=group.found is not None,
    )


def _secondary(target: TargetFigures) -> SecondaryReport:
    return SecondaryReport(
        target=target.target,
        windows=target.windows,
        visits=target.visits,
        total=target.total,
        figures={name: interval_messages(it) for name, it in target.figures.items()},
        gain=interval_messages(target.gain),
    )


def _day(moment_ms: int) -> date:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).date()


def auc_of(card: Card) -> dict[str, dict[str, float]]:
    """Give the AUC of every method, as lists of models show it."""
    named = {}
    for method, figures in card.figures.items():
        named[method] = figures["auc"]
        named[f"{method}_within_inspector"] = figures["auc_within_inspector"]
    return {name: it.model_dump() for name, it in interval_messages(named).items()}
