"""Series from outside over HTTP: sensor readings, weather alerts, indices of a territory."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from sqlalchemy import RowMapping

from scoring.api.cursors import before_signal
from scoring.api.lists import PageQuery
from scoring.store import signals
from scoring.store.signals import SignalFilter
from scoring.use_cases.import_signals import Sender, import_signals
from shared.auth import Manager, Reader
from shared.contracts.message import Territory
from shared.contracts.scoring import SeriesName, Signal, SignalImport, SignalReceipt
from shared.db import Session
from shared.jobs import Jobs
from shared.paging import Page, encode
from shared.problems import responses

router = APIRouter(prefix="/v1/signals", tags=["signals"])

_EXAMPLE: Final = {
    "values": [
        {
            "series": "humidity",
            "accommodation_id": "6b1f7c1e-93d4-4c55-9d0a-0d7a8f1f2a10",
            "occurred_at": "2026-03-01T06:00:00Z",
            "known_at": "2026-03-01T06:05:00Z",
            "value": 78.5,
        },
        {
            "series": "cold_alert",
            "territory": "75",
            "occurred_at": "2026-03-02T00:00:00Z",
            "known_at": "2026-03-01T16:00:00Z",
            "value": 2,
        },
    ]
}


class SignalQuery(PageQuery):
    """Which values to list."""

    series: SeriesName | None = None
    accommodation_id: UUID | None = None
    territory: Territory | None = None


@router.post("", operation_id="importSignals", responses=responses(403, 409, 422))
async def post_signals(
    request: Request,
    session: Session,
    caller: Manager,
    body: Annotated[SignalImport, Body(examples=[_EXAMPLE])],
) -> SignalReceipt:
    """Keep values of series from outside; sent again, the same ones change nothing.

    Features use of each series the newest value known before their moment: a place's own, else its
    territory's, else everybody's. A model uses a series once it was trained with it.
    """
    sender = Sender(caller.organisation, caller.subject, caller.territories, datetime.now(UTC))
    stale = await import_signals(session, body, sender)
    if stale:
        jobs: Jobs = request.app.state.jobs
        await jobs.enqueue(
            session,
            organisation=caller.organisation,
            subject=caller.subject,
            kind="score_stale",
            key=None,
            arguments={},
        )
    return SignalReceipt(values=len(body.values), places_to_score=stale)


@router.get("", operation_id="listSignals", responses=responses(403, 422))
async def list_signals(
    session: Session, caller: Reader, query: Annotated[SignalQuery, Query()]
) -> Page[Signal]:
    """List values, the newest known first."""
    about = query.accommodation_id or query.territory
    wanted = SignalFilter(caller.territories, query.series, None if about is None else str(about))
    before = before_signal(query.cursor)
    rows = await signals.page(session, wanted, before=before, limit=query.limit + 1)
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    return Page(
        items=[_message(row) for row in rows[: query.limit]],
        next_cursor=None
        if last is None
        else encode(
            last["known_at"].isoformat(),
            last["series"],
            last["subject"],
            last["occurred_at"].isoformat(),
        ),
    )


def _message(row: RowMapping) -> Signal:
    subject = row["subject"]
    place = UUID(subject) if len(subject) > _LONGEST_TERRITORY else None
    return Signal(
        series=row["series"],
        accommodation_id=place,
        territory=None if place is not None or not subject else subject,
        occurred_at=row["occurred_at"],
        known_at=row["known_at"],
        value=row["value"],
    )


_LONGEST_TERRITORY: Final = 3
