"""Draw what was known of a place on a day: its matrix, and how long each anomaly lasted."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain import matrix_picture, timeline_picture
from inspections.domain.calendar import day_begins_at, local_day
from inspections.domain.timeline_picture import Lasted, Span
from inspections.domain.vocabulary import CATEGORIES
from inspections.store import anomalies_known, notices
from inspections.store.tables import AccommodationRow
from shared.contracts.inspections.history import CellState, PlaceMatrix


def matrix_of(told: PlaceMatrix, language: str) -> str:
    """Draw a matrix, in French or English."""
    return matrix_picture.draw(
        [matrix_picture.Column(local_day(it.occurred_at), it.grade) for it in told.visits],
        [_category(it, language) for it in told.categories],
        [
            matrix_picture.Cell(it.visit, it.category, it.severity, it.findings)
            for it in told.cells
            if it.state != CellState.not_seen
        ],
        language,
    )


async def timeline_of(
    session: AsyncSession, place: AccommodationRow, span: Span, at: datetime
) -> str:
    """Draw how long each anomaly of a place lasted, as far as was known at a moment."""
    since = day_begins_at(span.first)
    rows = await anomalies_known.lasted(session, place.id, since=since, at=at)
    labels = await notices.labels_of(session, {row["item"] for row in rows})
    anomalies = [
        Lasted(
            category=_category(row["category"], span.language),
            name=labels[row["item"]][span.language] if row["item"] in labels else row["item"],
            room=row["room"],
            severity=row["severity"],
            since=local_day(row["first_seen_at"]),
            until=row["right_at"] and local_day(row["right_at"]),
        )
        for row in rows
    ]
    return timeline_picture.draw(anomalies, span)


def _category(code: str, language: str) -> str:
    at = ("fr", "en").index(language)
    return CATEGORIES[code][at] if code in CATEGORIES else code
