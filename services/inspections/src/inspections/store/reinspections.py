"""Re-inspections the record proposes, in the database."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import and_, or_, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.rows import columns, values_of
from inspections.store.scope import at_places_in
from inspections.store.tables import ReinspectionRow

PROPOSE = text(
    "insert into reinspection (organisation, id, accommodation_id, see_by, reasons, proposed_at) "
    "values (:organisation, :id, :place, :see_by, cast(:reasons as jsonb), :now) "
    "on conflict (organisation, accommodation_id) where closed_at is null do update set "
    "see_by = least(reinspection.see_by, excluded.see_by), "
    "reasons = reinspection.reasons || excluded.reasons"
)
CLOSE = text(
    "update reinspection set closed_at = seen.at, inspection_id = seen.inspection_id "
    "from unnest(cast(:places as uuid[]), cast(:inspections as uuid[]), "
    "cast(:moments as timestamptz[])) as seen (place, inspection_id, at) "
    "where closed_at is null and accommodation_id = seen.place and proposed_at <= seen.at"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """An inspection that was carried out and saw something."""

    accommodation_id: UUID
    inspection_id: UUID
    occurred_at: datetime


async def page(
    session: AsyncSession,
    names: Sequence[str],
    territories: Sequence[str],
    *,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[dict[str, object]]:
    """List what should be seen again by the columns `names`, the most pressing first."""
    row = ReinspectionRow
    statement = (
        columns(row, names)
        .where(at_places_in(col(row.accommodation_id), territories), col(row.closed_at).is_(None))
        .order_by(col(row.see_by), col(row.id))
        .limit(limit)
    )
    if after is not None:
        day, id = after
        later = or_(col(row.see_by) > day, and_(col(row.see_by) == day, col(row.id) > id))
        statement = statement.where(later)
    return await values_of(session, statement)


async def propose(
    session: AsyncSession,
    organisation: UUID,
    place: UUID,
    *,
    see_by: date,
    reasons: Sequence[Mapping[str, object]],
    now: datetime,
) -> None:
    """Propose to see a place again; an open proposal takes the reasons and the sooner day."""
    values = {
        "organisation": organisation,
        "id": uuid4(),
        "place": place,
        "see_by": see_by,
        "reasons": json.dumps(reasons),
        "now": now,
    }
    await session.execute(PROPOSE, values)


async def close(session: AsyncSession, seen: Sequence[Seen]) -> None:
    """Close the proposals that these inspections answered."""
    if not seen:
        return
    last = {it.accommodation_id: it for it in sorted(seen, key=lambda it: it.occurred_at)}
    await session.execute(
        CLOSE,
        {
            "places": list(last),
            "inspections": [it.inspection_id for it in last.values()],
            "moments": [it.occurred_at for it in last.values()],
        },
    )
