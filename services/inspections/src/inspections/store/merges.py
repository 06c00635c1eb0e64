"""Merge a place entered twice into the one that is kept: all that happened there moves."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import Table as SQLTable
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store.tables import Table

# Where both places may have a row of the same key, what else is in the key: the kept one's stays.
SAME_KEY = {"room": "label", "occupancy": "day"}


def of_places() -> Iterator[str]:
    """Name the tables whose rows belong to a place, those of later revisions included."""
    for table in Table.metadata.sorted_tables:
        if _belongs_to_a_place(table):
            yield table.name


def _belongs_to_a_place(table: SQLTable) -> bool:
    return any(
        key.parent.name == "accommodation_id" and key.column.table.name == "accommodation"
        for key in table.foreign_keys
    )


async def move_all(session: AsyncSession, duplicate: UUID, kept: UUID) -> None:
    """Give all that belongs to one place to another.

    Raises
    ------
    IntegrityError : both have something there can be one of only
    """
    ids = {"duplicate": duplicate, "kept": kept}
    for table, key in SAME_KEY.items():
        await session.execute(
            text(
                f"delete from {table} as mine using {table} as other "  # noqa: S608 - names of ours
                "where mine.accommodation_id = :duplicate and other.accommodation_id = :kept "
                f"and mine.{key} = other.{key}"
            ),
            ids,
        )
    for table in of_places():
        await session.execute(
            text(
                f"update {table} set accommodation_id = :kept "  # noqa: S608 - names of ours
                "where accommodation_id = :duplicate"
            ),
            ids,
        )
    await session.execute(
        text(
            "update zone "
            "set accommodation_ids = array_replace(accommodation_ids, :duplicate, :kept) "
            "where :duplicate = any(accommodation_ids)"
        ),
        ids,
    )
    await session.execute(
        text(
            "update access_grant "
            "set accommodation_ids = array_replace(accommodation_ids, :duplicate, :kept) "
            "where :duplicate = any(accommodation_ids)"
        ),
        ids,
    )
    # Who was merged into the one that goes follows it, so that every old id leads on at once.
    await session.execute(
        text("update accommodation set merged_into = :kept where merged_into = :duplicate"), ids
    )
