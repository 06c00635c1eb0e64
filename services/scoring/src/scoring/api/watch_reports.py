"""What a weekly look at scores saw, over HTTP; alarms propose, people act."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from scoring.api.cursors import before_week
from scoring.api.lists import PageQuery
from scoring.api.scores import refuse_inspectors
from scoring.store import watch_reports
from scoring.store.tables import WatchReportRow
from scoring.use_cases.watch_messages import inspectors_message, report_message
from shared.auth import Admin, Caller, Reader
from shared.contracts.watch_reports import InspectorCalibrations, WatchReport
from shared.db import Session
from shared.paging import Page, encode
from shared.problems import Problem, not_found, responses

router = APIRouter(prefix="/v1/watch-reports", tags=["watch-reports"])


@router.get("", operation_id="listWatchReports", responses=responses(403, 422))
async def list_reports(
    session: Session, caller: Reader, query: Annotated[PageQuery, Query()]
) -> Page[WatchReport]:
    """List the reports of weeks, the newest first."""
    _refuse(caller)
    before = before_week(query.cursor)
    rows = await watch_reports.page(session, before=before, limit=query.limit + 1)
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    return Page(
        items=[report_message(row) for row in rows[: query.limit]],
        next_cursor=None if last is None else encode(last.week.isoformat()),
    )


@router.get("/latest", operation_id="getLatestWatchReport", responses=responses(403, 404))
async def get_latest(session: Session, caller: Reader) -> WatchReport:
    """Give the newest report: what changed, who fares how, and what is proposed."""
    _refuse(caller)
    rows = await watch_reports.page(session, before=None, limit=1)
    return report_message(_there(rows[0] if rows else None))


@router.get("/{week}", operation_id="getWatchReport", responses=responses(403, 404, 422))
async def get_report(session: Session, caller: Reader, week: date) -> WatchReport:
    """Give the report of a week by its Monday."""
    _refuse(caller)
    return report_message(_there(await watch_reports.by_week(session, week)))


@router.get(
    "/{week}/inspectors",
    operation_id="getInspectorCalibrations",
    responses=responses(403, 404, 422),
)
async def get_inspectors(session: Session, caller: Admin, week: date) -> InspectorCalibrations:
    """Tell how inspectors see, without names: for the quality of what scores learn from."""
    _refuse_narrow(caller)
    return inspectors_message(_there(await watch_reports.by_week(session, week)))


def _refuse(caller: Caller) -> None:
    refuse_inspectors(caller)
    _refuse_narrow(caller)


def _refuse_narrow(caller: Caller) -> None:
    if caller.territories:
        detail = "A report is of all territories; your token names only some."
        raise Problem(403, "forbidden", detail)


def _there(row: WatchReportRow | None) -> WatchReportRow:
    if row is None:
        raise not_found("watch report")
    return row
