"""Anomalies and their deadlines over HTTP."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Query, Request, Response
from pydantic import Field

from inspections.api.clock import Now
from inspections.api.copies import PAGING, CopyQuery, Standing, goes_on, standing_at
from inspections.api.lists import moment_cursor_of, written_values
from inspections.store import anomalies, changes, deadlines
from inspections.store.anomalies import AnomalyFilter
from inspections.store.tables import AnomalyRow
from inspections.use_cases import anomaly_messages
from inspections.use_cases.move_anomalies import Mover, move_anomaly
from shared.auth import Caller, CurrentCaller, Inspector, Manager, Reader
from shared.contracts.inspections.anomalies import (
    Anomaly,
    AnomalyAccount,
    AnomalyMove,
    AnomalyState,
    DeadlineChoice,
    DeadlinePolicies,
    MoveInput,
)
from shared.contracts.inspections.inspection import Responsibility
from shared.db import Session
from shared.paging import moment_key
from shared.problems import Problem, invalid, not_found, responses
from shared.sync import UNCHANGED, CopiedPage, IfNoneMatch

router = APIRouter(prefix="/v1/anomalies", tags=["anomalies"])
policies = APIRouter(prefix="/v1/deadline-policies", tags=["anomalies"])

CLAIM = {
    "move": "claim_fixed",
    "reason": "The plumber came on Tuesday.",
    "proofs": [{"kind": "invoice", "note": "Invoice 2026-118"}],
}
RISK = {
    "move": "accept_risk",
    "reason": "No works while the building is listed; agreed with the territory's coordinator.",
    "review_on": "2026-09-01",
}
# Moves that are decisions, not accounts of what was seen or told.
DECISIONS = {AnomalyMove.accept_risk, AnomalyMove.assign}


class AnomalyQuery(CopyQuery):
    """Which anomalies to list."""

    accommodation_id: UUID | None = None
    state: list[AnomalyState] = Field(default_factory=list, max_length=6)
    responsibility: Responsibility | None = None
    category: Annotated[str | None, Query(max_length=60)] = None
    critical: bool | None = None
    repeat: Annotated[
        bool | None, Query(description="Came back within 12 months of being put right.")
    ] = None
    severity_min: Annotated[int, Query(ge=1, le=4)] = 1
    overdue: Annotated[
        bool, Query(description="Only those past their deadline, the longest overdue first.")
    ] = False


async def standing(
    request: Request,
    session: Session,
    caller: CurrentCaller,
    *,
    now: Now,
    if_none_match: IfNoneMatch = None,
) -> Standing:
    """Read how the record stands; what is overdue changes without a change of the record."""
    missed = await anomalies.last_missed(session, now)
    return await standing_at(request, session, caller, str(missed), if_none_match=if_none_match)


Stands = Annotated[Standing, Depends(standing)]


@router.get(
    "",
    operation_id="listAnomalies",
    response_model=CopiedPage[Anomaly],
    responses=responses(403, 422) | UNCHANGED,
)
async def list_anomalies(
    session: Session,
    caller: Reader,
    *,
    query: Annotated[AnomalyQuery, Query()],
    now: Now,
    stands: Stands,
) -> Response:
    """List anomalies, last seen first; with `overdue`, the longest overdue first."""
    values = query.model_dump(exclude=PAGING | {"state", "overdue"})
    wanted = AnomalyFilter(
        territories=caller.territories,
        states=query.state,
        overdue_at=now if query.overdue else None,
        **values,
    )
    names, limit, after = anomaly_messages.ANOMALY, query.limit + 1, goes_on(query)
    show = partial(anomaly_messages.anomaly_values, now=now)
    if after is not None:
        source = (AnomalyRow, names)
        rows = await changes.page(session, source, wanted.conditions(), after=after, limit=limit)
        return stands.changes(rows, query, show)
    rows = await anomalies.page(session, wanted, names, after=moment_key(query.cursor), limit=limit)
    by = "due_at" if query.overdue else "last_seen_at"
    return stands.answer(
        written_values(rows, query.limit, show=show, cursor=lambda it: moment_cursor_of(it, by))
    )


@router.get("/{id}", operation_id="getAnomaly", responses=responses(403, 404))
async def get_anomaly(session: Session, caller: Reader, id: UUID, now: Now) -> AnomalyAccount:
    """Get an anomaly with the findings that continue it and all that happened to it."""
    row = await anomalies.by_id(session, id, caller.territories)
    if row is None:
        raise not_found("anomaly")
    return anomaly_messages.account(
        row,
        await anomalies.findings_of(session, id),
        await anomalies.steps_of(session, id),
        now,
    )


@router.post(
    "/{id}/moves",
    operation_id="moveAnomaly",
    responses=responses(403, 404, 409, 422),
)
async def create_move(
    session: Session,
    caller: Inspector,
    *,
    id: UUID,
    move: Annotated[MoveInput, Body(examples=[CLAIM, RISK])],
    now: Now,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> Anomaly:
    """Say what was done about an anomaly, or decide on it; `allowed_moves` says what may be.

    What is serious is verified by inspections alone, a danger is never accepted as a risk.
    """
    if move.move in DECISIONS:
        _check_decides(caller)
    mover = Mover(caller.organisation, caller.subject, caller.territories, now)
    row = await move_anomaly(session, mover, id, move, key=idempotency_key)
    return anomaly_messages.anomaly(row, now)


def _check_decides(caller: Caller) -> None:
    if not caller.roles & {"manager", "admin"}:
        raise Problem(403, "forbidden", "This is a decision; it needs the role manager.")


@policies.get("", operation_id="listDeadlinePolicies", responses=responses(403))
async def list_policies(session: Session, caller: Reader) -> DeadlinePolicies:  # noqa: ARG001 - a caller is needed
    """List the policies of deadlines to choose from, and which one is in use."""
    in_use = await deadlines.chosen(session)
    return anomaly_messages.deadline_policies(deadlines.policies(), in_use.name)


@policies.put("/chosen", operation_id="chooseDeadlinePolicy", responses=responses(403, 422))
async def choose_policy(
    session: Session,
    caller: Manager,
    choice: Annotated[DeadlineChoice, Body(examples=[{"policy": "by_severity"}])],
) -> DeadlinePolicies:
    """Choose the policy of anomalies opened from now on; deadlines already given stand."""
    known = deadlines.policies()
    if choice.policy not in known:
        raise invalid("/policy", f"there is no such policy; choose one of {', '.join(known)}")
    if (await deadlines.chosen(session)).name != choice.policy:
        await deadlines.choose(session, caller.organisation, choice.policy, caller.subject)
    return anomaly_messages.deadline_policies(known, choice.policy)
