"""Rooms in the database."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.rows import Row, as_json, columns, values_of
from inspections.store.scope import at_places_in
from inspections.store.tables import RoomRow


async def of_place(
    session: AsyncSession, accommodation_id: UUID, *, in_use: bool | None = True
) -> list[RoomRow]:
    """List the rooms of a place by label; with `in_use` None, former ones too."""
    statement = (
        select(RoomRow)
        .where(col(RoomRow.accommodation_id) == accommodation_id)
        .order_by(col(RoomRow.label))
    )
    if in_use is not None:
        statement = statement.where(col(RoomRow.in_use).is_(in_use))
    return list((await session.execute(statement)).scalars())


async def page(
    session: AsyncSession,
    names: Sequence[str],
    territories: Sequence[str],
    *,
    after: tuple[UUID, str] | None,
    limit: int,
) -> list[dict[str, object]]:
    """List the rooms of all places of these territories, former ones too, by place and label."""
    order = (col(RoomRow.accommodation_id), col(RoomRow.label))
    statement = columns(RoomRow, names).where(at_places_in(order[0], territories))
    if after is not None:
        statement = statement.where(tuple_(*order) > tuple_(*after))
    return await values_of(session, statement.order_by(*order).limit(limit))


async def declare(
    session: AsyncSession, organisation: UUID, accommodation_id: UUID, rooms: Sequence[Row]
) -> None:
    """Make `rooms` those in use of a place; a room keeps its id as long as its label."""
    values = {
        "organisation": organisation,
        "place": accommodation_id,
        "rows": as_json(rooms),
        "labels": [str(it["label"]) for it in rooms],
    }
    await session.execute(
        text(
            "update room set in_use = false where accommodation_id = :place "
            "and in_use and label <> all(cast(:labels as varchar[]))"
        ),
        values,
    )
    await session.execute(
        text(
            "insert into room "
            "(organisation, id, accommodation_id, label, floor, capacity, area_m2, in_use) "
            "select :organisation, gen_random_uuid(), :place, "
            "label, floor, capacity, area_m2, true "
            "from jsonb_populate_recordset(null::room, cast(:rows as jsonb)) "
            "on conflict (organisation, accommodation_id, label) do update set "
            "floor = excluded.floor, capacity = excluded.capacity, "
            "area_m2 = excluded.area_m2, in_use = true"
        ),
        values,
    )
