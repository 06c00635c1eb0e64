"""Signs of life of who is on a visit; a visit that is over leaves none behind."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SIGN = text(
    "insert into visit_sign (organisation, plan_id, accommodation_id, opened_at, seen_at) "
    "values (:organisation, :plan_id, :place, :now, :now) "
    "on conflict (organisation, plan_id, accommodation_id) "
    "do update set seen_at = excluded.seen_at, alerted_at = null "
    "returning plan_id, accommodation_id, opened_at, seen_at, alerted_at"
)
END = text("delete from visit_sign where plan_id = :plan_id and accommodation_id = :place")
COLUMNS = "plan_id, accommodation_id, opened_at, seen_at, alerted_at"
SILENT = text(
    f"select {COLUMNS} from visit_sign where alerted_at is not null "  # noqa: S608 - constants
    "order by seen_at, plan_id, accommodation_id limit 1000"
)
WAITING = text(
    "select distinct organisation from visit_sign where alerted_at is null and seen_at < :before"
)
ALERT = text(
    "update visit_sign set alerted_at = :now "  # noqa: S608 - constants
    "where alerted_at is null and seen_at < :before "
    f"returning {COLUMNS}"
)


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A visit somebody is on: since when, and when they were last heard of."""

    plan_id: UUID
    accommodation_id: UUID
    opened_at: datetime
    seen_at: datetime
    alerted_at: datetime | None


async def sign(
    session: AsyncSession, organisation: UUID, plan_id: UUID, place: UUID, *, now: datetime
) -> OpenVisit:
    """Open a visit, or hear of it again; an alert is over by that."""
    given = {"organisation": organisation, "plan_id": plan_id, "place": place, "now": now}
    return OpenVisit(*(await session.execute(SIGN, given)).one())


async def end(session: AsyncSession, plan_id: UUID, place: UUID) -> None:
    """Forget a visit that is over."""
    await session.execute(END, {"plan_id": plan_id, "place": place})


async def silent(session: AsyncSession) -> list[OpenVisit]:
    """List the visits nobody has heard of for too long, the longest first."""
    return [OpenVisit(*row) for row in await session.execute(SILENT)]


async def waiting(session: AsyncSession, before: datetime) -> list[UUID]:
    """List the organisations with somebody not heard of; for the cross-organisation reader."""
    return list((await session.execute(WAITING, {"before": before})).scalars())


async def alert(session: AsyncSession, before: datetime, now: datetime) -> list[OpenVisit]:
    """Mark the visits not heard of since a moment as alerted, each once."""
    found = await session.execute(ALERT, {"before": before, "now": now})
    return [OpenVisit(*row) for row in found]
