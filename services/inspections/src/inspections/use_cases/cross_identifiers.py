"""Keep what other systems call our places."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import accommodations, identifiers
from inspections.store.attempts import until_unique
from shared.contracts.inspections.places import ExternalIdentifier, UpsertReport
from shared.problems import conflict, invalid


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
