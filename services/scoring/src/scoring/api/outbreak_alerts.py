"""Outbreak alerts over HTTP: what visits suddenly find more often than they should."""

from typing import Annotated

from fastapi import APIRouter, Query

from scoring.api.cursors import before_alert
from scoring.api.lists import PageQuery
from scoring.api.scores import refuse_inspectors
from scoring.store import outbreaks
from scoring.use_cases.look_for_outbreaks import newest_look
from shared.auth import Reader
from shared.contracts.outbreaks import OutbreakAlert, OutbreakLook
from shared.db import Session
from shared.paging import Page, encode
from shared.problems import responses

router = APIRouter(prefix="/v1/outbreak-alerts", tags=["outbreak-alerts"])


@router.get("", operation_id="listOutbreakAlerts", responses=responses(403, 422))
async def list_alerts(
    session: Session, caller: Reader, query: Annotated[PageQuery, Query()]
) -> Page[OutbreakAlert]:
    """List alerts, those of the newest weeks first; a quiet week in ten has one by accident.

    A territory that is not watched yet has none: `/v1/outbreak-alerts/look` tells which are.
    """
    refuse_inspectors(caller)
    rows = await outbreaks.page(
        session, caller.territories, before=before_alert(query.cursor), limit=query.limit + 1
    )
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    return Page(
        items=[OutbreakAlert.model_validate(dict(row)) for row in rows[: query.limit]],
        next_cursor=None if last is None else encode(last["week"].isoformat(), str(last["id"])),
    )


@router.get("/look", operation_id="getOutbreakLook", responses=responses(403))
async def get_look(session: Session, caller: Reader) -> OutbreakLook:
    """Tell which week was looked at last, and which territories are watched: after a year."""
    refuse_inspectors(caller)
    return await newest_look(session, caller.territories)
