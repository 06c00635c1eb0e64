"""Values of series from outside: sensor readings, weather alerts, indices of a territory."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from scoring.store.rows import Row, insert_rows
from scoring.store.tables import SignalRow

# A value of a place or a territory is seen by who may see it; what is heard everywhere by all.
_SEEN = (
    "(cast(:territories as varchar[]) is null or subject = '' or subject = any(:territories) "
    "or exists (select from accommodation a where a.id::text = subject "
    "and a.territory = any(:territories)))"
)


@dataclass(frozen=True, slots=True)
class SignalFilter:
    """Which values to list; empty keeps everything."""

    territories: Sequence[str] = ()
    series: str | None = None
    subject: str | None = None

    def parameters(self) -> dict[str, object]:
        """Give the values of the query."""
        return {
            "territories": list(self.territories) or None,
            "series": self.series,
            "subject": self.subject,
        }


async def places_of(
    session: AsyncSession, ids: Sequence[UUID], territories: Sequence[str]
) -> dict[UUID, UUID]:
    """Find the places of ids, the heirs of those that were merged; who is missing is not seen."""
    rows = await session.execute(
        text(
            "select id, coalesce(merged_into, id) as place from accommodation "
            "where id = any(:ids) and (cast(:territories as varchar[]) is null "
            "or territory = any(:territories))"
        ),
        {"ids": list(ids), "territories": list(territories) or None},
    )
    return {row.id: row.place for row in rows}


async def keep(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Keep values, each once; one that is there stays as it is."""
    await insert_rows(session, SignalRow, rows, "on conflict do nothing")


async def contradicted(session: AsyncSession, rows: Sequence[Row]) -> set[tuple[str, str]]:
    """Find the series and subjects of which another value is kept for the same two moments."""
    found = await session.execute(
        text(
            "select s.series, s.subject from signal s "
            "join jsonb_populate_recordset(null::signal, cast(:rows as jsonb)) sent "
            "using (series, subject, occurred_at, known_at) where s.value <> sent.value"
        ),
        {"rows": _json(rows)},
    )
    return {(row.series, row.subject) for row in found}


async def series_known(session: AsyncSession) -> list[str]:
    """List the series that have values."""
    rows = await session.execute(text("select distinct series from signal order by series"))
    return list(rows.scalars())


async def mark_hearers_stale(session: AsyncSession, subjects: Sequence[str]) -> int:
    """Ask for the places that hear of some subjects to be scored again; tell how many."""
    marked = await session.execute(
        text(
            "with marked as (update accommodation set stale = true where merged_into is null "
            "and ('' = any(:subjects) or territory = any(:subjects) or id::text = any(:subjects)) "
            "returning id) select count(*) from marked"
        ),
        {"subjects": list(subjects)},
    )
    return int(marked.scalar_one())


async def page(
    session: AsyncSession,
    wanted: SignalFilter,
    *,
    before: tuple[datetime, str, str, datetime] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """List values, the newest known first."""
    known_at, series, subject, occurred_at = before or (None, None, None, None)
    rows = await session.execute(
        text(
            f"select * from signal where {_SEEN} "  # noqa: S608 - words of ours
            "and (cast(:series as varchar) is null or series = :series) "
            "and (cast(:subject as varchar) is null or subject = :subject) "
            "and (cast(:known_at as timestamptz) is null or (known_at, series, subject, "
            "occurred_at) < (:known_at, :after_series, :after_subject, :occurred_at)) "
            "order by known_at desc, series desc, subject desc, occurred_at desc limit :limit"
        ),
        {
            "known_at": known_at,
            "after_series": series,
            "after_subject": subject,
            "occurred_at": occurred_at,
            "limit": limit,
            **wanted.parameters(),
        },
    )
    return rows.mappings().all()


def _json(rows: Sequence[Row]) -> str:
    return json.dumps(rows, default=str)
