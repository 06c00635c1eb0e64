"""How anomalies stood as far as was known at a moment."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# For statements written out: each anomaly known at `:at`, as it stood then. How it stands now is
# in its row, how it stood before in others; a day of late needs few of these.
STOOD = (
    "select id, accommodation_id, state, state_since, severity, critical, first_seen_at, due_at, "
    "responsibility, repeat_of from anomaly where known_from <= :at {now} "
    "union all select anomaly_id, accommodation_id, state, state_since, severity, critical, "
    "first_seen_at, due_at, responsibility, repeat_of from anomaly_past "
    "where known_from <= :at and known_until > :at {then}"
)
OF_PLACES = "and accommodation_id = any(:places)"
STANDING = (
    "with stood as ({stood}) "
    "select stood.id, stood.accommodation_id, anomaly.item, anomaly.category, anomaly.room, "
    "stood.state, stood.state_since, stood.severity, stood.critical, stood.first_seen_at, "
    "stood.due_at, stood.responsibility, stood.repeat_of, "
    "stood.state in ('open', 'notified', 'reopened') and stood.due_at < :at as overdue from stood "
    "join anomaly on anomaly.id = stood.id where stood.state <> 'verified' "
    "order by stood.severity desc, stood.due_at, stood.id"
)

LASTED = (
    "with stood as ({stood}) "
    "select anomaly.item, anomaly.category, anomaly.room, stood.severity, stood.first_seen_at, "
    "case when stood.state = 'verified' then stood.state_since end as right_at from stood "
    # One that no visit tells of any more ended before it began: it never was.
    "join anomaly on anomaly.id = stood.id where stood.state <> 'verified' "
    "or (stood.state_since >= stood.first_seen_at and stood.state_since >= :since) "
    "order by anomaly.category, stood.first_seen_at, stood.id"
)


async def standing(
    session: AsyncSession, places: Sequence[UUID], at: datetime
) -> Sequence[RowMapping]:
    """List what stood at these places, as far as was known at a moment, the worst first."""
    statement = STANDING.format(stood=STOOD.format(now=OF_PLACES, then=OF_PLACES))
    found = await session.execute(text(statement), {"places": list(places), "at": at})
    return found.mappings().all()


async def lasted(
    session: AsyncSession, place: UUID, *, since: datetime, at: datetime
) -> Sequence[RowMapping]:
    """List what stood at a place on some day since a moment, as was known at another.

    By category, the first seen first.
    """
    statement = LASTED.format(stood=STOOD.format(now=OF_PLACES, then=OF_PLACES))
    found = await session.execute(text(statement), {"places": [place], "since": since, "at": at})
    return found.mappings().all()
