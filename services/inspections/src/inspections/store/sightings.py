"""What recorded inspections saw, for anomalies that are told of it after the fact."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.checklist import Scope
from inspections.domain.continuity import Sighting, Subject

RIGHT_LATER = text(
    "select inspection.id as inspection_id, null as finding_id, accommodation_id, "
    "answer->>'item' as item, answer->>'room' as room, occurred_at, known_at, "
    "0 as severity, false as critical, '' as category, null as scope "
    "from inspection, jsonb_array_elements(answers) as answer "
    "where accommodation_id = any(:places) and occurred_at > :earliest "
    "and answer->'value' = to_jsonb(0)"
)
PLACES_UNLINKED = text(
    "select distinct accommodation_id from finding where anomaly_id is null limit :limit"
)
UNLINKED = text(
    "select finding.inspection_id, finding.id as finding_id, finding.accommodation_id, "
    "finding.item, finding.room, finding.occurred_at, finding.known_at, finding.severity, "
    "finding.critical, finding.category, asked.item->>'scope' as scope "
    "from finding join inspection on inspection.organisation = finding.organisation "
    "and inspection.id = finding.inspection_id "
    "join checklist on checklist.code = inspection.checklist "
    "and checklist.version = inspection.checklist_version "
    "cross join lateral jsonb_array_elements(checklist.items) as asked (item) "
    "where finding.anomaly_id is null and finding.accommodation_id = any(:places) "
    "and asked.item->>'code' = finding.item"
)
LINK = text(
    "update finding set anomaly_id = link.anomaly_id "
    "from unnest(cast(:findings as uuid[]), cast(:anomalies as uuid[])) "
    "as link (finding_id, anomaly_id) where finding.id = link.finding_id"
)


async def right_later(session: AsyncSession, earliest: Mapping[UUID, datetime]) -> list[Sighting]:
    """Find what was seen to be right at places after the earliest of the moments given."""
    if not earliest:
        return []
    values = {"places": list(earliest), "earliest": min(earliest.values())}
    return [_sighting(row, stored=True) for row in await session.execute(RIGHT_LATER, values)]


async def places_unlinked(session: AsyncSession, limit: int) -> list[UUID]:
    """Name places with findings that continue no anomaly yet."""
    return list((await session.execute(PLACES_UNLINKED, {"limit": limit})).scalars())


async def unlinked(session: AsyncSession, places: Sequence[UUID]) -> list[Sighting]:
    """Find the findings of places that continue no anomaly yet."""
    rows = await session.execute(UNLINKED, {"places": list(places)})
    return [_sighting(row, stored=False) for row in rows]


async def link(session: AsyncSession, links: Mapping[UUID, UUID]) -> None:
    """Say of findings which anomalies they continue."""
    values = {"findings": list(links), "anomalies": list(links.values())}
    await session.execute(LINK, values)


def _sighting(row: Row[tuple[object, ...]], *, stored: bool) -> Sighting:
    it = row._mapping  # noqa: SLF001 - the documented name of a row's mapping
    return Sighting(
        subject=Subject(it["accommodation_id"], it["item"], it["room"]),
        inspection_id=it["inspection_id"],
        finding_id=it["finding_id"],
        occurred_at=it["occurred_at"],
        known_at=it["known_at"],
        severity=it["severity"],
        critical=it["critical"],
        category=it["category"],
        scope=Scope(it["scope"] or Scope.building),
        stored=stored,
    )
