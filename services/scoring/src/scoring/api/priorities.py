"""Priorities over HTTP."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime

from scoring.api.scores import refuse_inspectors
from scoring.settings import Settings
from scoring.store.scores import ScoreFilter
from scoring.use_cases.weigh_priorities import Asked, weigh_priorities
from shared.auth import Reader
from shared.contracts.message import Territory
from shared.contracts.scoring import PriorityPage
from shared.db import Session
from shared.problems import responses

router = APIRouter(prefix="/v1/priorities", tags=["priorities"])


@dataclass(frozen=True, slots=True)
class Wanted:
    """What priorities are asked for."""

    as_of: Annotated[AwareDatetime | None, Query(description="Counts delays up to then.")] = None
    accommodation_id: UUID | None = None
    territory: Annotated[Territory | None, Query()] = None
    limit: Annotated[int, Query(ge=1, le=20_000)] = 20_000


@router.get("", operation_id="listPriorities", responses=responses(403, 422))
async def list_priorities(
    request: Request, session: Session, caller: Reader, wanted: Annotated[Wanted, Depends()]
) -> PriorityPage:
    """List how much a visit to each place in use is worth, the highest first, with every part.

    Points are 100 × raw / (raw + 0.5), raw being probability × exposure × overdue factor.
    """
    refuse_inspectors(caller)
    settings: Settings = request.app.state.settings
    asked = Asked(
        places=ScoreFilter(caller.territories, wanted.territory, wanted.accommodation_id),
        as_of=wanted.as_of or datetime.now(UTC),
        longest_interval_days=settings.longest_interval_days,
        limit=wanted.limit,
    )
    return await weigh_priorities(session, asked)
