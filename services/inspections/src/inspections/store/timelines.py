"""All that happened at a place, as it was known at a moment, in one statement."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store.rows import Moment

# What people did was known when they did it; a verdict, once it was given.
EVENTS = (
    "with told as ("
    "select 'inspection' as kind, id, occurred_at, known_at, outcome as state, grade, "
    "null::int as severity, null as item, null as room from inspection "
    "where accommodation_id = :place and known_at <= :at "
    "union all select 'complaint', id, occurred_at, known_at, "
    "case when judged_at <= :at then verdict end, null, severity, item, room from complaint "
    "where accommodation_id = :place and known_at <= :at "
    "union all select 'anomaly', step.anomaly_id, step.occurred_at, step.known_at, step.kind, "
    "null, coalesce(step.severity, anomaly.severity), anomaly.item, anomaly.room "
    "from anomaly join anomaly_step as step "
    "on step.organisation = anomaly.organisation and step.anomaly_id = anomaly.id "
    "where anomaly.accommodation_id = :place and step.known_at <= :at "
    "union all select 'notice', id, issued_at, issued_at, null, null, null, null, null "
    "from notice where accommodation_id = :place and issued_at <= :at "
    "union all select 'alert', id, raised_at, raised_at, null, null, null, null, null "
    "from alert where accommodation_id = :place and raised_at <= :at "
    "union all select 'sanction_proposed', id, proposed_at, proposed_at, step, null, null, null, "
    "null from sanction where accommodation_id = :place and proposed_at <= :at "
    "union all select 'sanction_' || state, id, decided_at, decided_at, step, null, null, null, "
    "null from sanction where accommodation_id = :place and decided_at <= :at) "
    "select * from told {after} "
    "order by occurred_at desc, id desc, kind desc, coalesce(state, '') desc limit :limit"
)
AFTER = (
    "where (occurred_at, id, kind, coalesce(state, '')) "
    "< (:after_at, :after_id, :after_kind, :after_state)"
)


async def page(
    session: AsyncSession,
    place: UUID,
    at: datetime,
    *,
    after: tuple[Moment, str, str] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """List what happened, newest first, after the event of this moment, id, kind and state."""
    values: dict[str, object] = {"place": place, "at": at, "limit": limit}
    if after is not None:
        (moment, id), kind, state = after
        values |= {
            "after_at": moment,
            "after_id": id,
            "after_kind": kind,
            "after_state": state,
        }
    statement = text(EVENTS.format(after="" if after is None else AFTER))
    return (await session.execute(statement, values)).mappings().all()
