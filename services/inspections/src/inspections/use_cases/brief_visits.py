"""Tell what a team has to know of the places it is about to visit; no score and no reason."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.visit_course import CANCELLED
from inspections.store import accommodations, anomalies_known, notices, visits
from inspections.store.tables import AccommodationRow
from inspections.store.visits import VisitFilter
from inspections.use_cases import messages
from shared.auth import Caller
from shared.contracts.inspections.briefs import BriefAnomaly, VisitBrief
from shared.contracts.message import Label

MOST_VISITS = 5_000
"""More than a plan ever has."""


async def brief_visits(
    session: AsyncSession,
    caller: Caller,
    ids: Sequence[UUID],
    *,
    wanted: VisitFilter | None,
    now: datetime,
) -> list[VisitBrief]:
    """Tell of places in the order asked for; one merged away is told as the one that stands.

    `wanted` are the visits to be named; none without it.
    """
    places = {id: await _place(session, caller, id) for id in dict.fromkeys(ids)}
    found = {id: place for id, place in places.items() if place is not None}
    standing = await _standing(session, [place.id for place in found.values()], now)
    visit_of = await _visits(session, wanted)
    return [
        _brief(
            id,
            place,
            standing.get(place.id, []),
            visit_id=visit_of.get(place.id),
            keeper=caller.keeps_addresses,
        )
        for id, place in found.items()
    ]


async def _place(session: AsyncSession, caller: Caller, id: UUID) -> AccommodationRow | None:
    place = await accommodations.by_id(session, id, caller.territories)
    if place is not None and place.merged_into is not None:
        return await accommodations.by_id(session, place.merged_into, caller.territories)
    return place


async def _standing(
    session: AsyncSession, places: Sequence[UUID], now: datetime
) -> dict[UUID, list[BriefAnomaly]]:
    rows = await anomalies_known.standing(session, places, now)
    labels = await notices.labels_of(session, {row["item"] for row in rows})
    found: dict[UUID, list[BriefAnomaly]] = {}
    for row in rows:
        # An item that no checklist has any more is told by its code.
        label = labels.get(row["item"], {"fr": row["item"], "en": row["item"]})
        it = BriefAnomaly(
            item=row["item"],
            label=Label(**label),
            category=row["category"],
            room=row["room"],
            severity=row["severity"],
            first_seen_at=row["first_seen_at"],
        )
        found.setdefault(row["accommodation_id"], []).append(it)
    return found


async def _visits(session: AsyncSession, wanted: VisitFilter | None) -> dict[object, object]:
    if wanted is None:
        return {}
    names = ("id", "accommodation_id", "state")
    rows = await visits.page(session, wanted, names, after=None, limit=MOST_VISITS)
    return {it["accommodation_id"]: it["id"] for it in rows if it["state"] != CANCELLED}


def _brief(
    id: UUID,
    place: AccommodationRow,
    standing: list[BriefAnomaly],
    *,
    visit_id: object,
    keeper: bool,
) -> VisitBrief:
    told = messages.accommodation(place, keeper=keeper)
    return VisitBrief.model_validate(
        {
            **told.model_dump(include={"name", "address", "postcode", "city", "reception_phone"}),
            "accommodation_id": id,
            "is_address_hidden": place.confidential_address and not keeper,
            "visit_id": visit_id,
            "standing": standing,
        }
    )
