"""Trends over HTTP: what visits of the months to come will find."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from scoring.api import lists
from scoring.api.scores import refuse_inspectors
from scoring.use_cases.foretell_trends import foretell_trends
from shared.auth import Reader
from shared.contracts.trends import Trends
from shared.db import Session
from shared.problems import responses

router = APIRouter(prefix="/v1/trends", tags=["trends"])


class TrendQuery(lists.Query):
    """How far to look ahead."""

    months: int = Field(default=3, ge=1, le=12, description="The current month is the first.")


@router.get("", operation_id="getTrends", responses=responses(403, 422))
async def get_trends(
    session: Session, caller: Reader, query: Annotated[TrendQuery, Query()]
) -> Trends:
    """Foretell which share of routine visits will find what, by category and territory.

    Each is judged by the past year: its mean error is beside that of “as in the same month last
    year”. Territories known for less than a year are not foretold yet.
    """
    refuse_inspectors(caller)
    return await foretell_trends(session, query.months, caller.territories, now=datetime.now(UTC))
