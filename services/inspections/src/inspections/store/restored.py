"""Write again into a record of the register what it was."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store.revisions import Subject
from inspections.store.rows import as_json

# What is restored, by table. The contract of a place is the ladder's of sanctions, its occupancy
# is counted, and an external id stays for ever.
FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "accommodation": (
            "name",
            "kind",
            "address",
            "postcode",
            "city",
            "territory",
            "sector",
            "lon",
            "lat",
            "rooms",
            "capacity",
            "operator",
            "operator_id",
            "visit_hours",
            "skills",
            "confidential_address",
            "opened_on",
            "siret",
            "insee_commune",
            "erp_category",
            "safety_opinion",
            "safety_opinion_on",
            "reception_phone",
            "access_notes",
            "languages",
            "position_source",
            "position_confidence",
            "position_guess",
        ),
        "operator": ("name", "siret", "email", "phone", "address"),
        "room": ("label", "floor", "capacity", "area_m2", "in_use"),
        "zone": ("code", "name", "geometry", "postcodes", "communes", "accommodation_ids"),
    }
)
COUNTED = ("accommodation", "operator", "zone")


async def write(session: AsyncSession, subject: Subject, told: Mapping[str, object]) -> bool:
    """Give a record values as its revision has them; tell whether there is such a record."""
    values = ", ".join(f"{name} = told.{name}" for name in told)
    if subject.kind in COUNTED:
        values += f", revision = {subject.kind}.revision + 1, updated_at = now()"
    statement = text(
        f"update {subject.kind} set {values} "  # noqa: S608 - names of ours
        f"from jsonb_populate_record(null::{subject.kind}, cast(:told as jsonb)) as told "
        f"where {subject.kind}.id = cast(:id as uuid) returning {subject.kind}.id"
    )
    found = await session.execute(statement, {"told": as_json([told])[1:-1], "id": subject.id})
    return found.first() is not None


async def create(
    session: AsyncSession, organisation: UUID, subject: Subject, told: Mapping[str, object]
) -> None:
    """Enter a record that was removed, under its old id."""
    names = ", ".join(told)
    await session.execute(
        text(
            f"insert into {subject.kind} (organisation, id, {names}) "  # noqa: S608 - names of ours
            f"select :organisation, cast(:id as uuid), {names} "
            f"from jsonb_populate_record(null::{subject.kind}, cast(:told as jsonb))"
        ),
        {"organisation": organisation, "id": subject.id, "told": as_json([told])[1:-1]},
    )
