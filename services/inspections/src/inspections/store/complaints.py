"""Complaints in the database, and how to reach their authors, apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.rows import Moment, among, older_than
from inspections.store.scope import told_in
from inspections.store.tables import ComplaintContactRow, ComplaintRow

MOST_COMPARED = 500


@dataclass(frozen=True, slots=True)
class ComplaintFilter:
    """What to list; None and empty keep everything."""

    territories: Sequence[str] = ()
    accommodation_id: UUID | None = None
    finding_id: UUID | None = None
    duplicate_of: UUID | None = None
    state: str | None = None
    verdict: str | None = None
    source: str | None = None
    severity_min: int = 1
    unplaced: bool = False

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """Yield what the rows must fulfil."""
        row = ComplaintRow
        yield told_in(self.territories)
        yield col(row.severity) >= self.severity_min
        for name in (
            "accommodation_id",
            "finding_id",
            "duplicate_of",
            "state",
            "verdict",
            "source",
        ):
            value = getattr(self, name)
            if value is not None:
                yield col(getattr(row, name)) == value
        if self.unplaced:
            yield col(row.accommodation_id).is_(None)


async def page(
    session: AsyncSession, wanted: ComplaintFilter, *, after: Moment | None, limit: int
) -> list[ComplaintRow]:
    """List complaints, newest first, after the one that `after` names."""
    order = (col(ComplaintRow.occurred_at), col(ComplaintRow.id))
    statement = (
        select(ComplaintRow)
        .where(*wanted.conditions(), older_than(*order, after))
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    return list((await session.execute(statement)).scalars())


async def by_id(
    session: AsyncSession, id: UUID, territories: Sequence[str], *, lock: bool = False
) -> ComplaintRow | None:
    """Find a complaint of these territories."""
    statement = select(ComplaintRow).where(col(ComplaintRow.id) == id, told_in(territories))
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def by_sent_as(session: AsyncSession, sent_as: str) -> ComplaintRow:
    """Give the complaint of a sending that is known."""
    statement = select(ComplaintRow).where(col(ComplaintRow.sent_as) == sent_as)
    return (await session.execute(statement)).scalar_one()


async def around(
    session: AsyncSession, accommodation_id: UUID, moment: datetime, days: int
) -> list[ComplaintRow]:
    """List the complaints of a place from some days before a moment to some days after."""
    span = timedelta(days=days)
    when = col(ComplaintRow.occurred_at)
    statement = (
        select(ComplaintRow)
        .where(
            col(ComplaintRow.accommodation_id) == accommodation_id,
            when.between(moment - span, moment + span),
        )
        .order_by(when.desc(), col(ComplaintRow.id))
        .limit(MOST_COMPARED)
    )
    return list((await session.execute(statement)).scalars())


async def create(
    session: AsyncSession, organisation: UUID, values: Mapping[str, object]
) -> ComplaintRow | None:
    """Insert a complaint; None when it was sent before."""
    statement = (
        insert(ComplaintRow)
        .values(organisation=organisation, id=uuid4(), revision=1, **values)
        .on_conflict_do_nothing(constraint="complaint_sent_as")
        .returning(ComplaintRow)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def change(
    session: AsyncSession, row: ComplaintRow, values: Mapping[str, object]
) -> ComplaintRow:
    """Give a complaint new values and a new revision."""
    statement = (
        update(ComplaintRow)
        .where(col(ComplaintRow.id) == row.id)
        .values(revision=row.revision + 1, updated_at=func.now(), **values)
        .returning(ComplaintRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def regroup(session: AsyncSession, old: UUID, new: UUID) -> None:
    """Let the doubles of one complaint be those of another, so that groups stay flat."""
    await session.execute(
        update(ComplaintRow).where(col(ComplaintRow.duplicate_of) == old).values(duplicate_of=new)
    )


async def keep_contact(
    session: AsyncSession, complaint: ComplaintRow, contact: Mapping[str, object], purge_on: date
) -> None:
    """Keep how to reach who complained, until a day."""
    await session.execute(
        insert(ComplaintContactRow).values(
            organisation=complaint.organisation,
            complaint_id=complaint.id,
            purge_on=purge_on,
            **contact,
        )
    )


async def contact_of(session: AsyncSession, complaint_id: UUID) -> ComplaintContactRow | None:
    """Give how to reach who complained, as long as it is known."""
    statement = select(ComplaintContactRow).where(
        col(ComplaintContactRow.complaint_id) == complaint_id
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def shorten(session: AsyncSession, complaint_id: UUID, purge_on: date) -> None:
    """Bring the day nearer on which a contact is purged."""
    await session.execute(
        update(ComplaintContactRow)
        .where(col(ComplaintContactRow.complaint_id) == complaint_id)
        .values(purge_on=func.least(col(ComplaintContactRow.purge_on), purge_on))
    )


async def purge_contacts(session: AsyncSession, today: date) -> int:
    """Forget the contacts whose day has come, and what was written to them; tell how many."""
    statement = (
        delete(ComplaintContactRow)
        .where(col(ComplaintContactRow.purge_on) <= today)
        .returning(col(ComplaintContactRow.complaint_id))
    )
    purged = list((await session.execute(statement)).scalars())
    await forget_mails(session, purged)
    return len(purged)


async def forget_mails(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Forget what was written to who made some complaints, and where it went."""
    if ids:
        await session.execute(text("delete from mail where about = any(:ids)"), {"ids": list(ids)})


async def out_of_reach(
    session: AsyncSession, ids: Iterable[UUID], territories: Sequence[str]
) -> frozenset[UUID]:
    """Tell which of some ids are of complaints that a caller of these territories does not see."""
    statement = select(col(ComplaintRow.id), told_in(territories)).where(
        among(col(ComplaintRow.id), ids)
    )
    return frozenset(id for id, seen in await session.execute(statement) if not seen)
