"""Lists in the order of changes, for who keeps a copy of the record."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    String,
    Uuid,
    and_,
    cast,
    column,
    exists,
    false,
    inspect,
    or_,
    select,
    table,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.rows import values_of
from inspections.store.tables import AccommodationRow, RevisionRow, Table
from shared.sync import CHANGED_AT, REMOVED, SUBJECT, Since

NEWEST_CHANGE = table(
    "newest_change",
    column("organisation", Uuid),
    column("kind", String),
    column("subject_id", Uuid),
    column("changed_at", DateTime(timezone=True)),
    column("removed", Boolean),
)
CHANGE = NEWEST_CHANGE.c


async def page(
    session: AsyncSession,
    source: tuple[type[Table], Sequence[str]],
    conditions: Iterable[ColumnElement[bool]],
    *,
    after: Since,
    limit: int,
    gone: ColumnElement[bool] | None = None,
) -> list[dict[str, object]]:
    """List the rows of a table, by columns, that fulfil all conditions, the last changed last.

    Those that are no more are listed by their id alone, and so are those that are `gone` for the
    caller.
    """
    model, names = source
    row = inspect(model).local_table.c
    removed = or_(CHANGE.removed, false() if gone is None else gone)
    order = (CHANGE.changed_at, CHANGE.subject_id)
    statement = (
        select(
            CHANGE.changed_at.label(CHANGED_AT),
            CHANGE.subject_id.label(SUBJECT),
            removed.label(REMOVED),
            *(row[name] for name in names),
        )
        .select_from(NEWEST_CHANGE)
        .outerjoin(
            inspect(model).local_table,
            and_(row.organisation == CHANGE.organisation, row.id == CHANGE.subject_id),
        )
        .where(
            CHANGE.kind == model.__tablename__,
            tuple_(*order) > tuple_(after.moment, after.id),
            or_(removed, and_(row.id.is_not(None), *conditions)),
        )
        .order_by(*order)
        .limit(limit)
    )
    return await values_of(session, statement)


def left(territories: Sequence[str]) -> ColumnElement[bool]:
    """Keep the accommodations that were of these territories once and are no more."""
    if not territories:
        return false()
    was = exists().where(
        col(RevisionRow.subject_kind) == AccommodationRow.__tablename__,
        col(RevisionRow.subject_id) == cast(col(AccommodationRow.id), String),
        col(RevisionRow.content)["territory"].as_string().in_(territories),
    )
    return and_(col(AccommodationRow.territory).not_in(territories), was)


async def last(session: AsyncSession) -> datetime | None:
    """Give the moment of the last change of the organisation's record; None before any."""
    found = await session.execute(
        text("select recorded_at from record_change order by number desc limit 1")
    )
    moment: datetime | None = found.scalar_one_or_none()
    return moment
