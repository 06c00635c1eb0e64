"""What scores were worth in the field, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import Field

from scoring.api import lists
from scoring.api.scores import refuse_inspectors
from scoring.use_cases.field_results import tell_field_results
from shared.auth import Reader
from shared.contracts.field_results import FieldResults
from shared.contracts.message import Day
from shared.db import Session
from shared.problems import responses

router = APIRouter(prefix="/v1/field-results", tags=["field-results"])

_YEAR: Final = timedelta(days=365)


class FieldQuery(lists.Query):
    """Visits of which days."""

    since: Day | None = Field(default=None, description="A year before `until` by default.")
    until: Day | None = Field(default=None, description="Today by default.")


@router.get("", operation_id="getFieldResults", responses=responses(403, 422))
async def get_field_results(
    session: Session, caller: Reader, query: Annotated[FieldQuery, Query()]
) -> FieldResults:
    """Tell, by what made us choose visits, what was believed before them and what they found."""
    refuse_inspectors(caller)
    until = query.until or datetime.now(UTC).date()
    since = query.since or until - _YEAR
    return await tell_field_results(session, since, until, caller.territories)
