"""Scores in the database: written once, read through the newest of each place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from scoring.store.rows import Row, insert_rows
from scoring.store.tables import LatestScoreRow, ScoreRow
from shared.sync import Since

_RANKED = (
    "select s.*, rank() over (order by s.probability desc) as rank, a.territory "
    "from latest_score l join score s on s.id = l.score_id "
    "join accommodation a on a.id = l.accommodation_id and a.merged_into is null"
)


@dataclass(frozen=True, slots=True)
class ScoreFilter:
    """What to list; empty keeps everything."""

    territories: Sequence[str] = ()
    territory: str | None = None
    accommodation_id: UUID | None = None

    def parameters(self) -> dict[str, object]:
        """Give the values of `_KEPT`."""
        return {
            "territories": list(self.territories) or None,
            "territory": self.territory,
            "accommodation_id": self.accommodation_id,
        }


_KEPT = (
    "(cast(:territories as varchar[]) is null or territory = any(:territories)) "
    "and (cast(:territory as varchar) is null or territory = :territory) "
    "and (cast(:accommodation_id as uuid) is null or accommodation_id = :accommodation_id)"
)


async def keep(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Write scores and make them the newest of their places, unless newer ones are there."""
    await insert_rows(session, ScoreRow, rows)
    pointers = [
        {
            "organisation": row["organisation"],
            "accommodation_id": row["accommodation_id"],
            "score_id": row["id"],
            "computed_at": row["computed_at"],
        }
        for row in rows
    ]
    await insert_rows(
        session,
        LatestScoreRow,
        pointers,
        "on conflict (organisation, accommodation_id) do update "
        "set score_id = excluded.score_id, computed_at = excluded.computed_at "
        "where latest_score.computed_at <= excluded.computed_at",
    )


async def organisations(session: AsyncSession) -> list[UUID]:
    """List who has scores; a system session's."""
    rows = await session.execute(text("select distinct organisation from latest_score"))
    return sorted(rows.scalars())


async def latest_of_others(session: AsyncSession, places: Sequence[UUID]) -> list[float]:
    """Read the newest probability of every other place."""
    rows = await session.execute(
        text(
            "select s.probability from latest_score l join score s on s.id = l.score_id "
            "where l.accommodation_id <> all(:places)"
        ),
        {"places": list(places)},
    )
    return list(rows.scalars())


async def page(
    session: AsyncSession, wanted: ScoreFilter, *, after: tuple[int, UUID] | None, limit: int
) -> Sequence[RowMapping]:
    """List the newest scores by rank among all places of the organisation."""
    rank, id = after or (0, UUID(int=0))
    rows = await session.execute(
        text(
            f"select * from ({_RANKED}) ranked where {_KEPT} "  # noqa: S608 - words of ours
            "and (rank, accommodation_id) > (:rank, cast(:id as uuid)) "
            "order by rank, accommodation_id limit :limit"
        ),
        {"rank": rank, "id": id, "limit": limit, **wanted.parameters()},
    )
    return rows.mappings().all()


async def changed(
    session: AsyncSession, wanted: ScoreFilter, *, after: Since, limit: int
) -> list[dict[str, object]]:
    """List the newest scores, the last changed last; of places merged away the id alone."""
    rows = await session.execute(
        text(
            "select c.changed_at, c.subject_id as changed_id, c.removed, ranked.* "  # noqa: S608 - words of ours
            f"from newest_change c left join ({_RANKED}) ranked "
            "on ranked.organisation = c.organisation and ranked.accommodation_id = c.subject_id "
            "where c.kind = 'score' and (c.changed_at, c.subject_id) > (:moment, :id) "
            f"and (c.removed or (ranked.accommodation_id is not null and {_KEPT})) "
            "order by c.changed_at, c.subject_id limit :limit"
        ),
        {"moment": after.moment, "id": after.id, "limit": limit, **wanted.parameters()},
    )
    return [dict(row) for row in rows.mappings()]


async def history(
    session: AsyncSession,
    accommodation_id: UUID,
    *,
    before: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """List the scores a place has had, newest first."""
    moment, id = before or (None, None)
    rows = await session.execute(
        text(
            "select *, rank_when_computed as rank from score "
            "where accommodation_id = :accommodation_id "
            "and (cast(:moment as timestamptz) is null "
            'or (computed_at, id::text collate "C") < (:moment, cast(:id as text))) '
            'order by computed_at desc, id::text collate "C" desc limit :limit'
        ),
        {"accommodation_id": accommodation_id, "moment": moment, "id": id, "limit": limit},
    )
    return rows.mappings().all()


async def with_exposure(
    session: AsyncSession, wanted: ScoreFilter, as_of: datetime
) -> Sequence[RowMapping]:
    """List the newest scores of places in use with what their priority needs.

    `due_on` is what the record said at the last visit that saw something; `last_visit_on` that
    visit's day, `worst_severity` that of the worst it found, 4 if it was critical.
    """
    rows = await session.execute(
        text(
            "with seen as (select distinct on (accommodation_id) accommodation_id, "  # noqa: S608 - words of ours
            "inspection_id, occurred_at::date as last_visit_on, next_due_on as due_on from visit "
            "where outcome = 'done' and observed and occurred_at < :as_of "
            "order by accommodation_id, occurred_at desc) "
            "select * from (select s.*, a.rooms, a.capacity, a.territory, a.kind, a.operator, "
            "seen.last_visit_on, seen.due_on, least(4, coalesce((select max(case when f.critical "
            "then 4 else f.severity end) from finding f where f.organisation = a.organisation "
            "and f.inspection_id = seen.inspection_id), 0)) as worst_severity "
            "from latest_score l join score s on s.id = l.score_id "
            "join accommodation a on a.id = l.accommodation_id and a.contract_state <> 'withdrawn' "
            f"left join seen on seen.accommodation_id = a.id) it where {_KEPT}"
        ),
        {"as_of": as_of, **wanted.parameters()},
    )
    return rows.mappings().all()


async def followed_position(session: AsyncSession) -> int:
    """Tell how far the feed of inspections has been followed."""
    row = await session.execute(
        text("select position from feed_cursor where provider = 'inspections'")
    )
    return int(row.scalar_one_or_none() or 0)
