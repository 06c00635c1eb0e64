"""What field apps sent: forms, and the photos that they name."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.rows import Moment, older_than
from inspections.store.scope import at_places_in
from inspections.store.tables import FieldAttachmentRow, FieldSubmissionRow

LOCK = text("select pg_advisory_xact_lock(hashtextextended('field form:' || :name, 0))")


@dataclass(frozen=True, slots=True)
class SubmissionFilter:
    """What to list; None and empty keep everything. What names no place is for who sees all."""

    territories: Sequence[str] = ()
    is_held: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Give what the rows must fulfil."""
        row = FieldSubmissionRow
        found = [at_places_in(col(row.accommodation_id), self.territories)]  # type: ignore[arg-type] # null is in no list
        if self.is_held is not None:
            held = col(row.problem).is_not(None) & col(row.decision).is_(None)
            found.append(held if self.is_held else ~held)
        return found


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided of a form that could not be recorded."""

    decision: str
    decided_by: str
    reason: str


async def lock(session: AsyncSession, organisation: UUID, instance_id: UUID) -> None:
    """Keep others from taking the same filling-in until the transaction ends."""
    await session.execute(LOCK, {"name": f"{organisation}:{instance_id}"})


async def of_instance(session: AsyncSession, instance_id: UUID) -> list[FieldSubmissionRow]:
    """Find what came under the id of a filling-in, the first first."""
    row = FieldSubmissionRow
    statement = (
        select(row)
        .where(col(row.instance_id) == instance_id)
        .order_by(col(row.received_at), col(row.id))
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(statement)).scalars())


async def is_edited(session: AsyncSession, instance_id: UUID) -> bool:
    """Tell whether another filling-in took the place of this one."""
    row = FieldSubmissionRow
    statement = select(func.count()).where(col(row.deprecated_id) == instance_id)
    return bool((await session.execute(statement)).scalar_one())


async def add(
    session: AsyncSession, row: FieldSubmissionRow, attachments: Sequence[FieldAttachmentRow]
) -> None:
    """Keep what came, and which photos it names."""
    session.add(row)
    await session.flush()
    session.add_all(attachments)
    await session.flush()


async def page(
    session: AsyncSession, wanted: SubmissionFilter, *, after: Moment | None, limit: int
) -> list[FieldSubmissionRow]:
    """List what came, newest first, after the one that `after` names."""
    order = (col(FieldSubmissionRow.received_at), col(FieldSubmissionRow.id))
    statement = (
        select(FieldSubmissionRow)
        .where(*wanted.conditions(), older_than(*order, after))
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    return list((await session.execute(statement)).scalars())


async def by_id(
    session: AsyncSession, id: UUID, territories: Sequence[str], *, lock: bool = False
) -> FieldSubmissionRow | None:
    """Find what came, at a place of these territories."""
    statement = select(FieldSubmissionRow).where(
        col(FieldSubmissionRow.id) == id, *SubmissionFilter(territories).conditions()
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


async def attachments_of(
    session: AsyncSession, submission_id: UUID, *, lock: bool = False
) -> list[FieldAttachmentRow]:
    """List the photos that a form names."""
    row = FieldAttachmentRow
    statement = (
        select(row)
        .where(col(row.submission_id) == submission_id)
        .order_by(col(row.name))
        .execution_options(populate_existing=True)
    )
    if lock:
        statement = statement.with_for_update()
    return list((await session.execute(statement)).scalars())


async def holds_file(session: AsyncSession, sha256: str) -> bool:
    """Tell whether a form that waits for a decision has a file."""
    row = FieldAttachmentRow
    statement = select(func.count()).where(col(row.sha256) == sha256, col(row.state) == "held")
    return bool((await session.execute(statement)).scalar_one())


async def decide(
    session: AsyncSession, row: FieldSubmissionRow, decision: Decision, **values: object
) -> FieldSubmissionRow:
    """Write what was decided; the form as it came is not needed any more."""
    statement = (
        update(FieldSubmissionRow)
        .where(col(FieldSubmissionRow.id) == row.id)
        .values(
            decision=decision.decision,
            decided_by=decision.decided_by,
            decided_at=func.now(),
            reason=decision.reason,
            xml=None,
            **values,
        )
        .returning(FieldSubmissionRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def drop_attachments(session: AsyncSession, submission_id: UUID) -> None:
    """Forget the photos of a form that was given up."""
    row = FieldAttachmentRow
    await session.execute(delete(row).where(col(row.submission_id) == submission_id))
