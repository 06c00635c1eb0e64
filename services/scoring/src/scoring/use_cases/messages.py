"""Translate between what is stored or computed and the messages of the contract."""

from collections.abc import Mapping

from sqlalchemy import RowMapping

from scoring.domain.learning import Lesson
from scoring.domain.reasons import Reason
from scoring.store.tables import ModelRow
from scoring.use_cases.model_card import auc_of, window_message
from shared.contracts.scoring import Model, Score


def reason_message(reason: Reason) -> dict[str, object]:
    """Write a reason as it is stored and sent."""
    return {
        "group": reason.group,
        "direction": reason.direction,
        "share": round(reason.share, 4),
        "text": {"fr": reason.words.fr, "en": reason.words.en},
        "inspection_ids": list(reason.inspection_ids),
    }


def score_message(row: RowMapping | Mapping[str, object]) -> Score:
    """Send a score."""
    return Score.model_validate(dict(row))


def model_values(lesson: Lesson) -> dict[str, object]:
    """Write what a lesson tells of its model, as it is stored."""
    words = lesson.verdict.words
    windows = () if lesson.card is None else lesson.card.windows
    return {
        "visits": lesson.visits,
        "positives": lesson.positives,
        "features": list(lesson.features),
        "feature_schema": lesson.feature_schema,
        "windows": [window_message(it).model_dump(mode="json") for it in windows],
        "auc": {} if lesson.card is None else auc_of(lesson.card),
        "verdict": {"fr": words.fr, "en": words.en},
    }


def model_message(row: ModelRow) -> Model:
    """Send a model."""
    return Model.model_validate(row.model_dump(exclude={"organisation", "card"}))
