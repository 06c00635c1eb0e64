"""Keep what other systems call our places."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import accommodations, identifiers
from inspections.store.attempts import until_unique
from inspections.store.tables import ExternalIdentifierRow
from shared.contracts.inspections.places import (
    ExternalIdentifier,
    IdentifierLookup,
    IdentifiersFound,
    UpsertReport,
)
from shared.problems import conflict, invalid

# What of a row is no part of its message.
KEPT = {"organisation", "created_at"}


async def keep_identifiers(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    sent: Sequence[ExternalIdentifier],
) -> UpsertReport:
    """Write identifiers, all or none; those known already are left as they are.

    Raises
    ------
    Problem : 422 an unknown place, 409 an identifier that is another place's
    """
    return await until_unique(session, lambda: _keep(session, organisation, territories, sent))


async def look_up(
    session: AsyncSession, asked: IdentifierLookup, territories: Sequence[str], *, keeper: bool
) -> IdentifiersFound:
    """Tell whose identifiers these are, or what these places are called; and what is unknown."""
    if asked.external_ids:
        wanted: tuple[str, list[object]] = ("external_id", list(asked.external_ids))
        rows = await identifiers.among_these(
            session, asked.system, wanted, territories, keeper=keeper
        )
        found = {row.external_id for row in rows}
        return _found(rows, [it for it in asked.external_ids if it not in found])
    places = await accommodations.standing(session, asked.accommodation_ids, territories)
    wanted = ("accommodation_id", [it.id for it in places.values()])
    rows = await identifiers.among_these(session, asked.system, wanted, territories, keeper=keeper)
    called = {row.accommodation_id for row in rows}
    named = {id for id, place in places.items() if place.id in called}
    return _found(rows, [str(it) for it in asked.accommodation_ids if it not in named])


def _found(rows: Sequence[ExternalIdentifierRow], unknown: list[str]) -> IdentifiersFound:
    told = [ExternalIdentifier.model_validate(row.model_dump(exclude=KEPT)) for row in rows]
    return IdentifiersFound(items=told, unknown=list(dict.fromkeys(unknown)))


async def _keep(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    sent: Sequence[ExternalIdentifier],
) -> UpsertReport:
    ids = [it.accommodation_id for it in sent]
    places = await accommodations.standing(session, ids, territories)
    known = await identifiers.by_keys(session, [(it.system, it.external_id) for it in sent])
    fresh: list[dict[str, object]] = []
    for number, it in enumerate(sent):
        place = places.get(it.accommodation_id)
        if place is None:
            raise invalid(f"/items/{number}/accommodation_id", "there is no such accommodation")
        key = (it.system, it.external_id)
        if key not in known:
            known[key] = place.id
            told = {"organisation": str(organisation), "accommodation_id": str(place.id)}
            fresh.append(it.model_dump(mode="json") | told)
        elif known[key] != place.id:
            raise conflict(
                f"/items/{number}/external_id: names another place; delete it there first"
            )
    fresh.sort(key=lambda row: (str(row["system"]), str(row["external_id"])))
    await identifiers.insert_new(session, fresh)
    return UpsertReport(created=len(fresh), updated=0, unchanged=len(sent) - len(fresh))
