"""Take in what somebody outside tells of a place, once however often it is sent."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import local_day
from inspections.domain.complaints import RECEIVED, known_until
from inspections.domain.territory import territory_of
from inspections.store import accommodations, complaints
from inspections.store.tables import AccommodationRow, ComplaintRow
from inspections.use_cases.complaint_messages import complaint_recorded, dangers
from inspections.use_cases.raise_alerts import raise_alerts
from shared import feed
from shared.contracts.inspections.complaints import ComplaintInput
from shared.problems import Problem, invalid

# Clocks of whoever sends are a little off.
SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ContactRule:
    """For how many days the author of a complaint is known: since it came, and since it closed."""

    open_days: int
    closed_days: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a complaint is taken in, and when it was known if that was before."""

    now: datetime
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A complaint of the record, and whether it came just now."""

    row: ComplaintRow
    created: bool


async def receive_complaint(
    session: AsyncSession,
    organisation: UUID,
    sent: ComplaintInput,
    *,
    key: str | None,
    rule: ContactRule,
    arrival: Arrival,
) -> Received:
    """Take in a complaint, paging about a severe one; the same again is harmless.

    Who sends it need not see the places: one that cannot be found is left for somebody to place.

    Raises
    ------
    Problem : 422 for a time to come, an unknown id of a place, a postcode of no territory, and a
        key that came with another complaint
    """
    place = await _place(session, sent)
    now = arrival.now
    values = _values(sent, place, now)
    if arrival.known_at is not None:
        values["known_at"] = arrival.known_at
    sent_as, digest = _sent_as(sent, key), _digest(sent)
    row = await complaints.create(
        session, organisation, values | {"sent_as": sent_as, "sent_digest": digest}
    )
    if row is None:
        known = await complaints.by_sent_as(session, str(sent_as))
        if known.sent_digest != digest:
            raise _other_content(sent)
        return Received(known, created=False)
    if sent.contact is not None:
        purge_on = known_until(
            local_day(now), None, open_days=rule.open_days, closed_days=rule.closed_days
        )
        await complaints.keep_contact(session, row, sent.contact.model_dump(), purge_on)
    if row.accommodation_id is not None:
        alerted = await raise_alerts(session, organisation, dangers(row), now)
        await feed.append(session, organisation, [*alerted, complaint_recorded(row)])
    return Received(row, created=True)


async def _place(session: AsyncSession, sent: ComplaintInput) -> AccommodationRow | None:
    if sent.accommodation_id is not None:
        found = await accommodations.standing_for(session, sent.accommodation_id, ())
        name = "accommodation_id"
    elif sent.accommodation_external_id is not None:
        found = await accommodations.find_external(session, sent.accommodation_external_id)
        if found is not None and found.merged_into is not None:
            found = await accommodations.standing_for(session, found.id, ())
        name = "accommodation_external_id"
    else:
        return None
    if found is None:
        raise invalid(f"/{name}", "there is no such accommodation; say where in place instead")
    return found


def _values(
    sent: ComplaintInput, place: AccommodationRow | None, now: datetime
) -> dict[str, object]:
    occurred_at = sent.occurred_at or now
    if occurred_at > now + SKEW:
        raise invalid("/occurred_at", "lies in the future; check the clock")
    told = sent.model_dump(
        include={"place", "source", "category", "item", "room", "severity", "text"}
    )
    return told | {
        "accommodation_id": None if place is None else place.id,
        "territory": _territory(sent) if place is None else place.territory,
        "state": RECEIVED,
        "occurred_at": occurred_at,
        "known_at": max(now, occurred_at),
    }


def _territory(sent: ComplaintInput) -> str | None:
    if sent.postcode is None:
        return None
    try:
        return territory_of(sent.postcode)
    except ValueError as error:
        raise invalid("/postcode", str(error)) from error


def _sent_as(sent: ComplaintInput, key: str | None) -> str | None:
    if sent.external_id is not None:
        return f"external:{sent.external_id}"
    return None if key is None else f"key:{key}"


def _digest(sent: ComplaintInput) -> str:
    """Give the same for the same complaint; the contact, which will be purged, leaves no trace."""
    told = sent.model_dump_json(exclude={"contact"}, exclude_defaults=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _other_content(sent: ComplaintInput) -> Problem:
    if sent.external_id is not None:
        return Problem(
            409,
            "conflict",
            "/external_id: this complaint came before with other content; send a new id.",
        )
    return Problem(
        422,
        "idempotency-key-reused",
        "This Idempotency-Key came before with another complaint; "
        "send the same complaint again, or a new key.",
    )
