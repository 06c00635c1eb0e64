"""Checklists over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path

from inspections.store import checklists
from inspections.use_cases import messages
from shared.auth import Reader
from shared.contracts.inspections import ChecklistVersion
from shared.db import Session
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/checklists", tags=["checklists"])


@router.get(
    "/{code}/versions/{version}",
    operation_id="getChecklistVersion",
    responses=responses(403, 404, 422),
)
async def get_checklist_version(
    session: Session,
    caller: Reader,
    code: Annotated[str, Path(max_length=60, examples=["default"])],
    version: Annotated[int, Path(ge=1, le=1_000_000, examples=[1])],
) -> ChecklistVersion:
    """Get a published version of a checklist; it never changes."""
    row = await checklists.find(session, caller.organisation, code, version)
    if row is None:
        raise not_found("checklist version")
    return messages.checklist_version(row)
