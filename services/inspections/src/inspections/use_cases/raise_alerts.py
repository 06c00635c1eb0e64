"""Raise alerts about dangers and silence, page who is on call, escalate while nobody answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import LOCAL
from inspections.domain.escalation import LEVELS, RECENT, Page, Patience, next_page
from inspections.store import accommodations, alerts
from inspections.store.listed import one
from inspections.store.tables import AccommodationRow, AlertRow, OnCallShiftRow
from shared import feed, mail
from shared.auth import Caller
from shared.contracts.inspections.alerts import (
    AlertChanged,
    AlertSource,
    AlertState,
    AlertStepKind,
    Danger,
    SilenceInput,
)
from shared.feed import NewEvent
from shared.mail import NewMail
from shared.problems import conflict, invalid, not_found

AT_ONCE = 50
SOURCES = {
    AlertSource.inspection: "Constaté le / Seen on",
    AlertSource.complaint: "Signalé, pas encore vu / Complained of, not seen yet",
    AlertSource.silence: "Dernier signe de vie / Last sign of life",
}
SILENT = "visite sans nouvelles / a visit nobody has heard of"


@dataclass(frozen=True, slots=True)
class SeenDanger:
    """A danger that an inspection or a complaint told, to be paged about.

    `judged_at` is when somebody found it dangerous, where that was later than it happened.
    """

    accommodation_id: UUID
    source: AlertSource
    source_id: UUID
    occurred_at: datetime
    dangers: tuple[Danger, ...]
    judged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answers for an alert, and when; no territories means all."""

    subject: str
    territories: tuple[str, ...]
    now: datetime


async def raise_alerts(
    session: AsyncSession, organisation: UUID, seen: Sequence[SeenDanger], now: datetime
) -> list[NewEvent]:
    """Raise an alert for each recent danger and page who is on call; once for each source.

    Returns
    -------
    The events to append, left to the caller, who appends last.
    """
    events: list[NewEvent] = []
    for it in seen:
        if now - (it.judged_at or it.occurred_at) > RECENT:
            continue
        row = await alerts.insert_new(session, _new(organisation, it, now))
        if row is not None:
            await _step(session, row, AlertStepKind.raised, now)
            place = await _place(session, row)
            await _page(session, row, place, now=now, patience=Patience())
            events.append(_event("alert.raised", row, place, now))
    return events


async def raise_silence(
    session: AsyncSession, caller: Caller, told: SilenceInput, now: datetime
) -> AlertRow:
    """Raise the alert of a visit nobody has heard of; told again, give the one that stands.

    Raises
    ------
    Problem : 404 unknown place, 409 another silence's id, 422 one too long ago, or in the future
    """
    place = await accommodations.by_id(session, told.accommodation_id, caller.territories)
    if place is None:
        raise not_found("accommodation")
    if not now - RECENT <= told.seen_at <= now:
        raise invalid("/seen_at", "Give the last sign of life, of the past seven days.")
    silence = SeenDanger(
        accommodation_id=told.accommodation_id,
        source=AlertSource.silence,
        source_id=told.id,
        occurred_at=told.seen_at,
        dangers=(),
    )
    events = await raise_alerts(session, caller.organisation, [silence], now)
    await feed.append(session, caller.organisation, events)
    row = await alerts.of_source(session, AlertSource.silence, told.id)
    if row.accommodation_id != told.accommodation_id:
        raise conflict("This id is of a silence at another place; give this one its own.")
    return row


async def escalate_alerts(
    session: AsyncSession, organisation: UUID, now: datetime, patience: Patience
) -> int:
    """Page the next level of alerts nobody answered in time; return how many."""
    rows = await alerts.unanswered(session, now, AT_ONCE)
    events = []
    for row in rows:
        place = await _place(session, row)
        await _page(session, row, place, now=now, patience=patience)
        events.append(_event("alert.escalated", row, place, now))
    await feed.append(session, organisation, events)
    return len(rows)


async def acknowledge_alert(
    session: AsyncSession, answerer: Answerer, id: UUID, note: str
) -> AlertRow:
    """Say that somebody answers for a danger: nobody else is paged. The first answer stands."""
    row = await _locked(session, answerer, id)
    if row.state == AlertState.raised:
        row.state, row.next_page_at = AlertState.acknowledged, None
        await _answered(session, row, answerer, AlertStepKind.acknowledged, note=note)
    return row


async def close_alert(session: AsyncSession, answerer: Answerer, id: UUID, note: str) -> AlertRow:
    """Say what was done in the end; somebody must have answered before.

    Raises
    ------
    Problem : 404 unknown, 409 nobody answered yet
    """
    row = await _locked(session, answerer, id)
    if row.state == AlertState.raised:
        raise conflict("Nobody has answered this alert; acknowledge it first.")
    if row.state == AlertState.acknowledged:
        row.state = AlertState.closed
        await _answered(session, row, answerer, AlertStepKind.closed, note=note)
    return row


async def _locked(session: AsyncSession, answerer: Answerer, id: UUID) -> AlertRow:
    row = await one(session, AlertRow, id, answerer.territories, lock=True)
    if row is None:
        raise not_found("alert")
    return row


async def _answered(
    session: AsyncSession, row: AlertRow, answerer: Answerer, kind: AlertStepKind, *, note: str
) -> None:
    await _step(session, row, kind, answerer.now, done_by=answerer.subject, note=note or None)
    event = _event(f"alert.{kind}", row, await _place(session, row), answerer.now)
    await feed.append(session, row.organisation, [event])


async def _place(session: AsyncSession, row: AlertRow) -> AccommodationRow:
    place = await accommodations.by_id(session, row.accommodation_id, ())
    assert place is not None  # noqa: S101 - a foreign key says so
    return place


async def _page(
    session: AsyncSession,
    row: AlertRow,
    place: AccommodationRow,
    *,
    now: datetime,
    patience: Patience,
) -> None:
    """Page the next level; what happened is kept step by step."""
    shifts = await alerts.shifts_at(session, now)
    page = next_page(
        [alerts.shift_of(it) for it in shifts.values()],
        territory=place.territory,
        paged=row.level,
        now=now,
        patience=patience,
    )
    if row.level:
        await _step(session, row, AlertStepKind.escalated, now, level=page.level)
    for level in page.unmanned:
        await _step(session, row, AlertStepKind.nobody_on_call, now, level=level)
    number = await alerts.next_number(session, row.id)
    paged = [shifts[it.id] for it in page.shifts]
    mails = [_mail(row, place, it, number=number) for it in paged]
    await mail.post(session, row.organisation, mails, now)
    for it in paged:
        await _step(session, row, AlertStepKind.paged, now, level=it.level, shift_id=str(it.id))
    row.level, row.next_page_at = _reached(row, page), page.next_at


def _reached(row: AlertRow, page: Page) -> int:
    """Give the level an alert has reached: none, as long as nobody could be paged."""
    return page.level if page.shifts else row.level


async def _step(
    session: AsyncSession, row: AlertRow, kind: AlertStepKind, at: datetime, **values: object
) -> None:
    await alerts.insert_step(
        session,
        {
            "organisation": str(row.organisation),
            "id": str(uuid4()),
            "alert_id": str(row.id),
            "number": await alerts.next_number(session, row.id),
            "kind": kind,
            "occurred_at": at.isoformat(),
            **values,
        },
    )


def _new(organisation: UUID, it: SeenDanger, now: datetime) -> dict[str, object]:
    return {
        "organisation": organisation,
        "id": uuid4(),
        "accommodation_id": it.accommodation_id,
        "source": it.source,
        "source_id": it.source_id,
        "dangers": [danger.model_dump(mode="json") for danger in it.dangers],
        "occurred_at": it.occurred_at,
        "raised_at": now,
        "state": AlertState.raised,
        "level": 0,
        "next_page_at": now,
    }


def _event(kind: str, row: AlertRow, place: AccommodationRow, at: datetime) -> NewEvent:
    data = AlertChanged.model_validate({**row.model_dump(), "territory": place.territory})
    return NewEvent(kind, row.id, at, data)


def _mail(row: AlertRow, place: AccommodationRow, to: OnCallShiftRow, *, number: int) -> NewMail:
    """Write a page: what is dangerous and where, and how to answer, in both languages."""
    # A confidential address does not travel by mail.
    where = place.name if place.confidential_address else f"{place.name}, {_address(place)}"
    dangers = ", ".join(f"{it['item']} ({it['severity']}/4)" for it in row.dangers) or SILENT
    seen = row.occurred_at.astimezone(LOCAL)
    source = SOURCES[AlertSource(row.source)]
    return NewMail(
        recipient=to.email,
        subject=f"[Ronde] Danger : {place.name} ({place.territory})",
        body=(
            f"Danger / Danger : {dangers}\n"
            f"Lieu / Place : {where}\n"
            f"{source} : {seen:%d/%m/%Y %H:%M}\n"
            f"Niveau / Level : {to.level} sur / of {LEVELS[-1]}\n\n"
            "Répondez à cette alerte dans Ronde ; sans réponse, le niveau suivant est appelé.\n"
            "Answer this alert in Ronde; without an answer the next level is paged.\n"
            f"/v1/alerts/{row.id}\n"
        ),
        about=row.id,
        key=f"alert:{row.id}:{number}:{to.id}",
    )


def _address(place: AccommodationRow) -> str:
    return f"{place.address}, {place.postcode} {place.city}".removeprefix(", ")
