"""Draw zones: areas of an organisation's own."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.identifiers import territory_of_commune
from inspections.domain.zones import ShapeError, areas_of
from inspections.store import zones
from inspections.store.tables import ZoneRow
from shared.contracts.inspections.places import ZoneInput
from shared.problems import invalid


async def put_zone(
    session: AsyncSession, organisation: UUID, code: str, zone: ZoneInput
) -> ZoneRow:
    """Create a zone, or replace what it is.

    Raises
    ------
    Problem : 422 a shape or a commune that is none, naming where
    """
    shape = zone.geometry
    if shape is not None:
        try:
            areas_of(shape.type, shape.coordinates)
        except ShapeError as error:
            raise invalid(f"/geometry{error.path}", str(error)) from error
    for number, commune in enumerate(zone.communes):
        try:
            territory_of_commune(commune)
        except ValueError as error:
            raise invalid(f"/communes/{number}", str(error)) from error
    return await zones.put(session, organisation, code, zone.model_dump())
