"""The audit in the database: batches are added, read and, when old, dropped; never changed."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.domain.audit_chain import NOTHING, Batch, Checkpoint, Line, digest_of
from gateway.store.tables import AuditBatchRow, AuditCheckpointRow

PAGE = 500


async def append(
    session: AsyncSession, organisation: UUID, lines: Sequence[Line], last_at: datetime
) -> None:
    """Add a batch to the chain of the session's organisation; replicas take turns."""
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended('audit ' || :it, 0))"),
        {"it": str(organisation)},
    )
    head = await _head(session)
    number = head.number + 1
    await session.execute(
        insert(AuditBatchRow).values(
            organisation=organisation,
            number=number,
            previous=head.digest,
            digest=digest_of(number, head.digest, lines),
            lines=[dict(line) for line in lines],
            last_at=last_at,
        )
    )


async def _head(session: AsyncSession) -> Checkpoint:
    for table in (AuditBatchRow, AuditCheckpointRow):
        statement = select(col(table.number), col(table.digest)).order_by(col(table.number).desc())
        row = (await session.execute(statement.limit(1))).first()
        if row is not None:
            return Checkpoint(row.number, row.digest)
    return Checkpoint(0, NOTHING)


async def checkpoint(session: AsyncSession, organisation: UUID) -> Checkpoint:
    """Return where the chain of an organisation begins."""
    statement = (
        select(col(AuditCheckpointRow.number), col(AuditCheckpointRow.digest))
        .where(col(AuditCheckpointRow.organisation) == organisation)
        .order_by(col(AuditCheckpointRow.number).desc())
        .limit(1)
    )
    row = (await session.execute(statement)).first()
    return Checkpoint() if row is None else Checkpoint(row.number, row.digest)


async def organisations(session: AsyncSession) -> list[UUID]:
    """List whose chains there are; for the cross-organisation reader."""
    return list(
        (await session.execute(select(col(AuditBatchRow.organisation)).distinct())).scalars()
    )


async def batches(session: AsyncSession, organisation: UUID, after: int) -> AsyncIterator[Batch]:
    """Give the batches of an organisation after a number, in order."""
    while True:
        statement = (
            select(AuditBatchRow)
            .where(
                col(AuditBatchRow.organisation) == organisation, col(AuditBatchRow.number) > after
            )
            .order_by(col(AuditBatchRow.number))
            .limit(PAGE)
        )
        rows = list((await session.execute(statement)).scalars())
        for row in rows:
            yield Batch(row.number, row.previous, row.digest, row.lines)
        if len(rows) < PAGE:
            return
        after = rows[-1].number


async def page(
    session: AsyncSession, *, about: UUID | None, by: str | None, before: int | None, limit: int
) -> list[tuple[int, list[dict[str, object]]]]:
    """List batches, newest first, with a line about an id or by a subject: number and lines."""
    statement = select(col(AuditBatchRow.number), col(AuditBatchRow.lines)).order_by(
        col(AuditBatchRow.number).desc()
    )
    if before is not None:
        statement = statement.where(col(AuditBatchRow.number) < before)
    wanted: dict[str, object] = {}
    if about is not None:
        wanted["ids"] = [str(about)]
    if by is not None:
        wanted["by"] = by
    if wanted:
        statement = statement.where(col(AuditBatchRow.lines).op("@>")([wanted]))
    found = await session.execute(statement.limit(limit))
    return [(row.number, row.lines) for row in found]


async def drop_old(session: AsyncSession) -> int:
    """Drop what is older than twelve months, behind a checkpoint; tell how many batches."""
    return int((await session.execute(text("select audit_drop_old()"))).scalar_one())
