"""Danger alerts, who is on call, and whom else to call, over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response

from inspections.api.clock import Now
from inspections.api.lists import ListQuery, moment_cursor_of, written_values
from inspections.store import accommodations, alerts, complaints
from inspections.store.listed import AtPlaces, Listing, newest, one
from inspections.store.tables import AlertRow, AuthorityContactRow, OnCallShiftRow
from inspections.use_cases.raise_alerts import (
    Answerer,
    acknowledge_alert,
    close_alert,
    raise_silence,
)
from inspections.use_cases.show_contacts import national_contacts
from shared import mail
from shared.auth import Caller, Inspector, Manager, Planner, Reader
from shared.contracts.inspections.alerts import (
    Alert,
    AlertAccount,
    AlertAnswer,
    AlertState,
    AlertStep,
    AuthorityContact,
    AuthorityContactInput,
    Mail,
    OnCallShift,
    OnCallShiftInput,
    SilenceInput,
)
from shared.contracts.message import Territory
from shared.db import Session
from shared.paging import Limit, Page, moment_key
from shared.problems import invalid, not_found, responses

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])
shifts = APIRouter(prefix="/v1/on-call-shifts", tags=["alerts"])
contacts = APIRouter(prefix="/v1/authority-contacts", tags=["alerts"])
mails = APIRouter(prefix="/v1/mails", tags=["alerts"])

SHIFT = {
    "level": 1,
    "territory": "75",
    "starts_at": "2026-03-06T18:00:00+01:00",
    "ends_at": "2026-03-09T09:00:00+01:00",
    "name": "Astreinte du week-end",
    "email": "astreinte@example.org",
    "phone": "+33 1 44 00 00 00",
}
CONTACT = {
    "territory": "93",
    "kind": "health_agency",
    "name": "ARS, délégation de Seine-Saint-Denis",
    "phone": "+33 1 41 60 70 00",
}
SILENCE = {
    "id": "0b2f8c5e-6a0e-4c8e-9d55-7c4f8f0f9a10",
    "accommodation_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
    "opened_at": "2026-03-06T14:00:00+01:00",
    "seen_at": "2026-03-06T14:05:00+01:00",
}
Answer = Annotated[AlertAnswer, Body(examples=[{"note": "I am on my way."}])]


class AlertQuery(ListQuery):
    """Which alerts to list."""

    accommodation_id: UUID | None = None
    state: AlertState | None = None


@router.get(
    "", operation_id="listAlerts", response_model=Page[Alert], responses=responses(403, 422)
)
async def list_alerts(
    session: Session, caller: Reader, query: Annotated[AlertQuery, Query()]
) -> Response:
    """List alerts, newest first."""
    wanted = AtPlaces(
        territories=caller.territories, **query.model_dump(exclude={"limit", "cursor"})
    )
    rows = await newest(
        session,
        Listing(AlertRow, tuple(Alert.model_fields), by="raised_at"),
        wanted.conditions(AlertRow),
        after=moment_key(query.cursor),
        limit=query.limit + 1,
    )
    return written_values(
        rows,
        query.limit,
        show=lambda it: it,
        cursor=lambda it: moment_cursor_of(it, "raised_at"),
    )


@router.post(
    "", operation_id="raiseSilenceAlert", status_code=201, responses=responses(403, 404, 409, 422)
)
async def raise_alert(
    session: Session,
    caller: Planner,
    *,
    silence: Annotated[SilenceInput, Body(examples=[SILENCE])],
    now: Now,
) -> Alert:
    """Raise an alert of a visit that nobody has heard of: who is on call is paged.

    Dangers raise theirs by themselves.
    """
    return _alert(await raise_silence(session, caller, silence, now))


@router.get("/{id}", operation_id="getAlert", responses=responses(403, 404))
async def get_alert(session: Session, caller: Reader, id: UUID) -> AlertAccount:
    """Get an alert with all that happened to it, and whom else to call about it."""
    row = await one(session, AlertRow, id, caller.territories)
    if row is None:
        raise not_found("alert")
    place = await accommodations.by_id(session, row.accommodation_id, caller.territories)
    territory = "" if place is None else place.territory
    local = [_contact(it) for it in await alerts.contacts_of(session, territory)]
    return AlertAccount(
        alert=_alert(row),
        steps=[
            AlertStep.model_validate(it, from_attributes=True)
            for it in await alerts.steps_of(session, id)
        ],
        contacts=[*local, *national_contacts()],
    )


@router.post(
    "/{id}/acknowledgement", operation_id="acknowledgeAlert", responses=responses(403, 404, 422)
)
async def acknowledge(
    session: Session, caller: Inspector, *, id: UUID, answer: Answer, now: Now
) -> Alert:
    """Answer for an alert, so that nobody else is paged; the first answer stands."""
    return _alert(await acknowledge_alert(session, _answerer(caller, now), id, answer.note))


@router.post("/{id}/closure", operation_id="closeAlert", responses=responses(403, 404, 409, 422))
async def close(
    session: Session, caller: Inspector, *, id: UUID, answer: Answer, now: Now
) -> Alert:
    """Say what was done in the end about an alert that somebody answered."""
    return _alert(await close_alert(session, _answerer(caller, now), id, answer.note))


@shifts.get("", operation_id="listOnCallShifts", responses=responses(403))
async def list_shifts(session: Session, caller: Manager, now: Now) -> list[OnCallShift]:  # noqa: ARG001 - a caller is needed
    """List whose turn it is to be paged, now and later."""
    rows = await alerts.shifts_from(session, now)
    return [OnCallShift.model_validate(it, from_attributes=True) for it in rows]


@shifts.post("", operation_id="createOnCallShift", status_code=201, responses=responses(403, 422))
async def create_shift(
    session: Session,
    caller: Manager,
    shift: Annotated[OnCallShiftInput, Body(examples=[SHIFT])],
) -> OnCallShift:
    """Put somebody on call; a level may be shared, a territory's own come before those of all."""
    _check_territory(caller, shift.territory)
    row = await alerts.add(session, OnCallShiftRow, caller.organisation, shift.model_dump())
    return OnCallShift.model_validate(row, from_attributes=True)


@shifts.delete(
    "/{id}", operation_id="deleteOnCallShift", status_code=204, responses=responses(403, 404)
)
async def delete_shift(session: Session, caller: Manager, id: UUID) -> None:  # noqa: ARG001 - a caller is needed
    """Take a shift back; pages already sent stay in the record."""
    if not await alerts.remove(session, OnCallShiftRow, id):
        raise not_found("shift")


@contacts.get("", operation_id="listAuthorityContacts", responses=responses(403, 422))
async def list_contacts(
    session: Session,
    caller: Reader,  # noqa: ARG001 - a caller is needed
    territory: Annotated[Territory | None, Query()] = None,
) -> list[AuthorityContact]:
    """List whom to call about a danger, in a territory or in all; the country's numbers last."""
    rows = await alerts.contacts_of(session, territory)
    return [*(_contact(it) for it in rows), *national_contacts()]


@contacts.post(
    "", operation_id="createAuthorityContact", status_code=201, responses=responses(403, 422)
)
async def create_contact(
    session: Session,
    caller: Manager,
    contact: Annotated[AuthorityContactInput, Body(examples=[CONTACT])],
) -> AuthorityContact:
    """Add whom to call about a danger in a territory, or everywhere."""
    _check_territory(caller, contact.territory)
    values = contact.model_dump() | {"email": contact.email or ""}
    return _contact(await alerts.add(session, AuthorityContactRow, caller.organisation, values))


@contacts.delete(
    "/{id}", operation_id="deleteAuthorityContact", status_code=204, responses=responses(403, 404)
)
async def delete_contact(session: Session, caller: Manager, id: UUID) -> None:  # noqa: ARG001 - a caller is needed
    """Remove a contact."""
    if not await alerts.remove(session, AuthorityContactRow, id):
        raise not_found("contact")


@mails.get("", operation_id="listMails", responses=responses(403, 422))
async def list_mails(
    session: Session,
    caller: Manager,
    about: Annotated[UUID | None, Query(description="An alert, or a complaint.")] = None,
    limit: Limit = 100,
) -> list[Mail]:
    """List the mails of the outbox, newest first: sent, waiting, failed, or kept unsent.

    What was said of a place whose address has become confidential is shown to keepers.
    """
    rows = await mail.outbox(session, about=about, limit=limit)
    unseen = await complaints.out_of_reach(session, (it.about for it in rows), caller.territories)
    rows = [it for it in rows if it.about not in unseen]
    hidden = await alerts.at_hidden_places(
        session, (it.about for it in rows), keeper=caller.keeps_addresses
    )
    found = [Mail.model_validate(it, from_attributes=True) for it in rows]
    return [it.model_copy(update={"body": ""}) if it.about in hidden else it for it in found]


def _alert(row: AlertRow) -> Alert:
    return Alert.model_validate(row, from_attributes=True)


def _contact(row: AuthorityContactRow) -> AuthorityContact:
    return AuthorityContact.model_validate(row, from_attributes=True)


def _answerer(caller: Caller, now: datetime) -> Answerer:
    return Answerer(caller.subject, caller.territories, now)


def _check_territory(caller: Caller, territory: str | None) -> None:
    if caller.territories and territory not in caller.territories:
        raise invalid("/territory", f"must be one of yours: {', '.join(caller.territories)}")
