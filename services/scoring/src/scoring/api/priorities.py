"""Priorities over HTTP."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from scoring.api import lists
from scoring.api.scores import refuse_inspectors
from scoring.settings import Settings
from scoring.store.scores import ScoreFilter
from scoring.use_cases.weigh_priorities import Asked, weigh_priorities
from shared.auth import Reader
from shared.contracts.message import Moment, Territory
from shared.contracts.scoring import PriorityPage
from shared.db import Session
from shared.problems import responses

router = APIRouter(prefix="/v1/priorities", tags=["priorities"])


class PriorityQuery(lists.Query):
    """Which priorities to list, and as of when."""

    as_of: Moment | None = Field(default=None, description="Counts delays up to then.")
    accommodation_id: UUID | None = None
    territory: Territory | None = None
    limit: int = Field(default=20_000, ge=1, le=20_000)


@router.get("", operation_id="listPriorities", responses=responses(403, 422))
async def list_priorities(
    request: Request, session: Session, caller: Reader, query: Annotated[PriorityQuery, Query()]
) -> PriorityPage:
    """List how much a visit to each place in use is worth, the highest first, with every part.

    Points are 100 × raw / (raw + 0.5), raw being probability × severity weight × exposure factor
    × overdue factor × steering factor, as the priority policy weighs them.
    """
    refuse_inspectors(caller)
    settings: Settings = request.app.state.settings
    asked = Asked(
        places=ScoreFilter(caller.territories, query.territory, query.accommodation_id),
        as_of=query.as_of or datetime.now(UTC),
        longest_interval_days=settings.longest_interval_days,
        limit=query.limit,
    )
    return await weigh_priorities(session, asked)
