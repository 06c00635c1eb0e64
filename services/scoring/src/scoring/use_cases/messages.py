"""Translate between what is stored or computed and the messages of the contract."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from sqlalchemy import RowMapping

from scoring.domain.learning import Lesson, TestedWindow
from scoring.domain.reasons import Reason
from scoring.store.tables import ModelRow
from shared.contracts.scoring import Interval, Model, Score, WindowReport


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


def window_message(window: TestedWindow) -> WindowReport:
    """Send how the methods did in a window."""
    return WindowReport(
        starts_on=_day(window.start_ms),
        ends_on=_day(window.end_ms),
        visits=window.visits,
        positives=window.positives,
        auc={name: round(value, 4) for name, value in window.auc.items()},
    )


def model_values(lesson: Lesson) -> dict[str, object]:
    """Write what a lesson tells of its model, as it is stored."""
    auc = {
        name: Interval(value=it.value, low=it.low, high=it.high) for name, it in lesson.auc.items()
    }
    words = lesson.verdict.words
    return {
        "visits": lesson.visits,
        "positives": lesson.positives,
        "features": list(lesson.features),
        "feature_schema": lesson.feature_schema,
        "windows": [window_message(it).model_dump(mode="json") for it in lesson.windows],
        "auc": {name: it.model_dump() for name, it in auc.items()},
        "verdict": {"fr": words.fr, "en": words.en},
    }


def model_message(row: ModelRow) -> Model:
    """Send a model."""
    return Model.model_validate(row.model_dump(exclude={"organisation"}))


def _day(moment_ms: int) -> date:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).date()
