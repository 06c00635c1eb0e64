"""The register of inspectors over HTTP; where they live goes in and never out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body

from routing.store import inspectors
from routing.store.inspectors import Home, StoredInspector
from shared import paging
from shared.auth import Planner
from shared.contracts.routing.inspectors import Inspector, InspectorFacts, InspectorInput
from shared.db import Session
from shared.paging import Cursor, Limit, Page
from shared.problems import invalid, not_found, responses

router = APIRouter(prefix="/v1/inspectors", tags=["inspectors"])

SOMEBODY = {
    "working_days": [{"weekday": 1, "starts_min": 540, "ends_min": 1020}],
    "absences": [{"starts_on": "2026-03-09", "ends_on": "2026-03-13"}],
    "languages": ["fr", "ar"],
    "travels_by": "drive",
    "never_alone": True,
    "office": {"lon": 2.36, "lat": 48.87},
    "starts_at": "home",
    "home": {"lon": 2.44, "lat": 48.86},
}


@router.put("/{inspector_id}", operation_id="putInspector", responses=responses(403, 422))
async def put_inspector(
    session: Session,
    caller: Planner,
    inspector_id: UUID,
    wanted: Annotated[InspectorInput, Body(examples=[SOMEBODY])],
) -> Inspector:
    """Enter somebody in the register, or replace what it knows; a home left out stays."""
    facts = InspectorFacts.model_validate(wanted.model_dump(exclude={"home"}))
    home = Home(keep="home" not in wanted.model_fields_set)
    if wanted.home is not None:
        home = Home(keep=False, lon=wanted.home.lon, lat=wanted.home.lat)
    await inspectors.save(
        session,
        caller.organisation,
        inspector_id,
        facts=facts.model_dump_json(),
        home=home,
        by=caller.subject,
    )
    return _told(await inspectors.find(session, inspector_id))


@router.get("", operation_id="listInspectors", responses=responses(403, 422))
async def list_inspectors(
    session: Session, _caller: Planner, limit: Limit = 50, cursor: Cursor = None
) -> Page[Inspector]:
    """List the register by id."""
    after = None if cursor is None else _id(cursor)
    rows = await inspectors.page(session, after=after, limit=limit + 1)
    more = len(rows) > limit
    return Page(
        items=[_told(row) for row in rows[:limit]],
        next_cursor=paging.encode(str(rows[limit - 1].id)) if more else None,
    )


@router.get("/{inspector_id}", operation_id="getInspector", responses=responses(403, 404))
async def get_inspector(session: Session, _caller: Planner, inspector_id: UUID) -> Inspector:
    """Read what planning knows of somebody, but not where they live."""
    return _told(await inspectors.find(session, inspector_id))


def _told(stored: StoredInspector | None) -> Inspector:
    if stored is None:
        raise not_found("inspector")
    return Inspector(
        id=stored.id,
        facts=InspectorFacts.model_validate(stored.facts),
        has_home=stored.has_home,
        updated_at=stored.updated_at,
    )


def _id(cursor: str) -> UUID:
    (value,) = paging.decode(cursor, 1)
    try:
        return UUID(value)
    except ValueError as error:
        raise invalid("query: cursor", "This cursor belongs to another list.") from error
