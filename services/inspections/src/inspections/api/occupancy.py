"""Occupancy snapshots over HTTP: who lives in each place, in numbers."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query

from inspections.api.lists import ListQuery, name_cursor, name_key, page_of
from inspections.store import occupancy
from inspections.use_cases.count_occupancy import count_occupancy
from shared.auth import Manager, Reader
from shared.contracts.inspections.places import OccupancyBatch, OccupancySnapshot, UpsertReport
from shared.db import Session
from shared.paging import Page
from shared.problems import invalid, responses

router = APIRouter(prefix="/v1/occupancy-snapshots", tags=["occupancy"])

BATCH = {
    "items": [
        {
            "external_id": "H-0042",
            "day": "2026-03-01",
            "rooms_booked": 38,
            "people": 96,
            "children_under_three": 11,
        }
    ]
}


class OccupancyQuery(ListQuery):
    """Which snapshots to list."""

    accommodation_id: UUID | None = None


@router.post("", operation_id="countOccupancy", responses=responses(403, 422))
async def count(
    session: Session, caller: Manager, batch: Annotated[OccupancyBatch, Body(examples=[BATCH])]
) -> UpsertReport:
    """Take in up to 5,000 snapshots, all or none; the same again changes nothing.

    The newest one of a place is what “people exposed” means, for scoring and in candidates.
    """
    return await count_occupancy(
        session, caller.organisation, caller.territories, batch.items, now=datetime.now(UTC)
    )


@router.get("", operation_id="listOccupancy", responses=responses(403, 422))
async def list_occupancy(
    session: Session, caller: Reader, query: Annotated[OccupancyQuery, Query()]
) -> Page[OccupancySnapshot]:
    """List snapshots, newest day first."""
    rows = await occupancy.page(
        session,
        query.accommodation_id,
        caller.territories,
        after=_day_key(query.cursor),
        limit=query.limit + 1,
    )
    return page_of(
        [OccupancySnapshot.model_validate(row, from_attributes=True) for row in rows],
        query.limit,
        lambda it: name_cursor(it.day.isoformat(), it.accommodation_id),
    )


def _day_key(cursor: str | None) -> tuple[date, UUID] | None:
    key = name_key(cursor)
    if key is None:
        return None
    try:
        return date.fromisoformat(key[0]), key[1]
    except ValueError as error:
        raise invalid("query: cursor", "This cursor belongs to another list.") from error
