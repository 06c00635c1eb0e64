"""Our copy of the record: what the feed of inspections told, and the history made of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, LiteralString, cast
from uuid import UUID

import polars as pl
from psycopg import sql
from sqlalchemy import delete, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from scoring.domain.history import (
    ACCOMMODATION_SCHEMA,
    COMPLAINT_SCHEMA,
    FINDING_SCHEMA,
    SIGNAL_SCHEMA,
    VISIT_SCHEMA,
    History,
)
from scoring.store.rows import Row, insert_rows
from scoring.store.tables import AccommodationRow, ComplaintRow, FindingRow, VisitRow

if TYPE_CHECKING:
    import psycopg

_ACCOMMODATIONS: Final = """
    select id as accommodation_id, kind, operator, territory, lon, lat, rooms, capacity,
        (extract(epoch from opened_on::timestamp) * 1000000)::bigint as opened_at
    from accommodation where merged_into is null order by id
"""
_VISITS: Final = """
    select v.inspection_id, v.accommodation_id, v.kind, v.outcome, v.observed,
        a.contract_state <> 'withdrawn'
            and (a.kind = any({cohort_kinds}) or {cohort_kinds} = '{{}}'::varchar[]) as in_cohort,
        (extract(epoch from v.occurred_at) * 1000000)::bigint as occurred_at,
        (extract(epoch from v.known_at) * 1000000)::bigint as known_at,
        array_to_string(v.inspector_ids, ' ') as inspector_ids
    from visit v join accommodation a on a.id = v.accommodation_id order by v.inspection_id
"""
_FINDINGS: Final = "select inspection_id, item, category, severity, critical from finding"
_SIGNALS: Final = """
    select series, subject, value,
        (extract(epoch from occurred_at) * 1000000)::bigint as occurred_at,
        (extract(epoch from known_at) * 1000000)::bigint as known_at
    from signal where series = any({series})
"""
# At one moment only the value that holds latest is read; the primary key has them in this order.
_NEWEST_SIGNALS: Final = """
    select distinct on (series, subject) series, subject, value,
        (extract(epoch from occurred_at) * 1000000)::bigint as occurred_at,
        (extract(epoch from known_at) * 1000000)::bigint as known_at
    from signal where series = any({series})
    order by series, subject, occurred_at desc, known_at desc
"""
_COMPLAINTS: Final = """
    select accommodation_id, source, verified, severity,
        (extract(epoch from occurred_at) * 1000000)::bigint as occurred_at,
        (extract(epoch from known_at) * 1000000)::bigint as known_at
    from complaint order by id, verified
"""


@dataclass(frozen=True, slots=True)
class HistoryFiles:
    """A history as CSV files in memory."""

    accommodations: bytes
    visits: bytes
    findings: bytes
    complaints: bytes
    signals: bytes


async def alone(session: AsyncSession) -> None:
    """Let one transaction at a time change what is stale in an organisation.

    Two that marked and took the same places in another order would wait for each other for ever.
    """
    await session.execute(
        text(
            "select pg_advisory_xact_lock("
            "hashtextextended('stale:' || current_setting('app.organisation'), 0))"
        )
    )


async def keep_accommodations(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Keep places as told last; an older telling changes nothing."""
    await alone(session)
    columns = [name for name in (rows[0] if rows else ()) if name not in {"organisation", "id"}]
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    await insert_rows(
        session,
        AccommodationRow,
        rows,
        f"on conflict (organisation, id) do update set {changes} "
        "where accommodation.position < excluded.position",
    )


async def keep_visits(
    session: AsyncSession, visits: Sequence[Row], findings: Sequence[Row]
) -> None:
    """Keep visits with their findings, each once, and mark their places as stale."""
    await insert_rows(session, VisitRow, visits, "on conflict do nothing")
    await insert_rows(session, FindingRow, findings, "on conflict do nothing")
    places = {visit["accommodation_id"] for visit in visits}
    await session.execute(
        update(AccommodationRow).where(col(AccommodationRow.id).in_(places)).values(stale=True)
    )


async def forget_visits(session: AsyncSession, inspections: Sequence[UUID]) -> None:
    """Forget inspections that reviewers took out, and mark their places as stale."""
    if not inspections:
        return
    ids = list(inspections)
    await session.execute(delete(FindingRow).where(col(FindingRow.inspection_id).in_(ids)))
    gone = await session.execute(
        delete(VisitRow)
        .where(col(VisitRow.inspection_id).in_(ids))
        .returning(col(VisitRow.accommodation_id))
    )
    await session.execute(
        update(AccommodationRow)
        .where(col(AccommodationRow.id).in_(set(gone.scalars())))
        .values(stale=True)
    )


async def keep_complaints(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Keep every telling of complaints once, and mark their places as stale."""
    await alone(session)
    await insert_rows(session, ComplaintRow, rows, "on conflict do nothing")
    places = {row["accommodation_id"] for row in rows}
    await session.execute(
        update(AccommodationRow).where(col(AccommodationRow.id).in_(places)).values(stale=True)
    )


async def merge_places(session: AsyncSession, merges: Sequence[tuple[UUID, UUID]]) -> None:
    """Keep which place took over which, in the order they were told."""
    await alone(session)
    for gone, kept in merges:
        await session.execute(
            text(
                "update accommodation set merged_into = :kept, stale = false "
                "where id = :gone or merged_into = :gone"
            ),
            {"gone": gone, "kept": kept},
        )
        await session.execute(
            text(
                "insert into signal (organisation, series, subject, occurred_at, known_at, value, "
                "recorded_at, recorded_by) select organisation, series, :kept, occurred_at, "
                "known_at, value, recorded_at, recorded_by from signal where subject = :gone "
                "on conflict do nothing"
            ),
            {"gone": str(gone), "kept": str(kept)},
        )


async def settle_merges(session: AsyncSession) -> None:
    """Give visits and complaints of merged places to their heirs, whenever they were told."""
    for table in ("visit", "complaint"):
        await session.execute(
            text(
                f"with moved as (update {table} set accommodation_id = a.merged_into "  # noqa: S608 - words of ours
                f"from accommodation a where a.id = {table}.accommodation_id "
                "and a.merged_into is not null returning a.merged_into as id) "
                "update accommodation set stale = true where id in (select id from moved)"
            )
        )


async def merged_into(session: AsyncSession, id: UUID, territories: Sequence[str]) -> UUID | None:
    """Find the place that took another's history over; None where none did, or out of scope."""
    row = col(AccommodationRow.territory)
    statement = select(col(AccommodationRow.merged_into)).where(
        col(AccommodationRow.id) == id, row.in_(territories) if territories else true()
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def mark_all_stale(session: AsyncSession, but: Collection[UUID] = ()) -> None:
    """Ask for every place to be scored again, but for some."""
    await alone(session)
    await session.execute(
        text(
            "update accommodation set stale = true "
            "where merged_into is null and id <> all(cast(:but as uuid[]))"
        ),
        {"but": list(but)},
    )


async def versions(session: AsyncSession, *, stale: bool) -> dict[UUID, str]:
    """Read the version of every place, or of those to be scored; each change gives a new one.

    It is the number PostgreSQL gives the transaction that wrote the row last.
    """
    rows = await session.execute(
        text(
            "select id, xmin::text as version from accommodation "
            "where merged_into is null and (stale or not :stale) order by id"
        ),
        {"stale": stale},
    )
    return {row.id: row.version for row in rows}


async def take_unchanged(session: AsyncSession, versions: Mapping[UUID, str]) -> set[UUID]:
    """Take the places that nothing happened to since their versions were read.

    They stay taken if the transaction commits; what is not taken is as stale as it was.
    """
    await alone(session)
    rows = await session.execute(
        text(
            "update accommodation a set stale = false "
            "from unnest(cast(:ids as uuid[]), cast(:versions as text[])) as read (id, version) "
            "where a.id = read.id and a.xmin::text = read.version returning a.id"
        ),
        {"ids": list(versions), "versions": list(versions.values())},
    )
    return set(rows.scalars())


async def organisations(session: AsyncSession) -> list[UUID]:
    """List who has places; a system session's."""
    statement = select(col(AccommodationRow.organisation)).distinct()
    return sorted((await session.execute(statement)).scalars())


async def organisations_with_stale(session: AsyncSession) -> list[UUID]:
    """List whose places are stale; a system session's."""
    statement = select(col(AccommodationRow.organisation)).where(
        col(AccommodationRow.stale), col(AccommodationRow.merged_into).is_(None)
    )
    return sorted((await session.execute(statement.distinct())).scalars())


async def organisations_to_score(session: AsyncSession, older_than: datetime) -> list[UUID]:
    """List whose places are stale, never scored or scored too long ago; a system session's."""
    rows = await session.execute(
        text(
            "select distinct a.organisation from accommodation a left join latest_score l "
            "on l.organisation = a.organisation and l.accommodation_id = a.id "
            "where a.merged_into is null "
            "and (a.stale or l.computed_at is null or l.computed_at < :older_than)"
        ),
        {"older_than": older_than},
    )
    return sorted(rows.scalars())


async def mark_old_stale(session: AsyncSession, older_than: datetime) -> None:
    """Ask for the places never scored, or scored too long ago, to be scored again."""
    await alone(session)
    await session.execute(
        text(
            "update accommodation a set stale = true where merged_into is null "
            "and not exists (select from latest_score l "
            "where l.organisation = a.organisation and l.accommodation_id = a.id "
            "and l.computed_at >= :older_than)"
        ),
        {"older_than": older_than},
    )


async def read_history(
    session: AsyncSession,
    series: Sequence[str] = (),
    *,
    newest: bool = False,
    cohort_kinds: Sequence[str] = (),
) -> HistoryFiles:
    """Read what a history is made of as CSV; `history_of` turns it into one.

    Of signals the `series` are read that are asked for, with `newest` the last value of each alone.
    In the cohort are visits of places in use, of `cohort_kinds` where any are named.

    COPY and one parse take a third of the time that rows as Python objects take.
    """
    return HistoryFiles(
        accommodations=await _copied(session, _ACCOMMODATIONS),
        visits=await _copied(session, _VISITS, cohort_kinds=cohort_kinds),
        findings=await _copied(session, _FINDINGS),
        complaints=await _copied(session, _COMPLAINTS),
        signals=await _copied(session, _NEWEST_SIGNALS if newest else _SIGNALS, series=series),
    )


async def _copied(session: AsyncSession, query: LiteralString, **lists: Sequence[str]) -> bytes:
    raw = await (await session.connection()).get_raw_connection()
    # Driver-level, because SQLAlchemy has no COPY; the transaction and its organisation are ours.
    driver = cast("psycopg.AsyncConnection[tuple[object, ...]]", raw.driver_connection)
    asked = sql.SQL(query).format(
        **{name: sql.SQL("{}::varchar[]").format(list(words)) for name, words in lists.items()}
    )
    statement = sql.SQL("copy ({}) to stdout (format csv, header)").format(asked)
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        return b"".join([bytes(block) async for block in copy])


def history_of(files: HistoryFiles) -> History:
    """Turn CSV into a history; some tens of milliseconds for thousands of visits."""
    accommodations = pl.read_csv(files.accommodations, infer_schema=False)
    visits = pl.read_csv(files.visits, infer_schema=False)
    findings = pl.read_csv(files.findings, infer_schema=False)
    complaints = pl.read_csv(files.complaints, infer_schema=False)
    signals = pl.read_csv(files.signals, infer_schema=False)
    inspectors = pl.col("inspector_ids").str.split(" ")
    return History(
        accommodations.with_columns(opened_at=_moment("opened_at")).cast(ACCOMMODATION_SCHEMA),
        visits.with_columns(
            occurred_at=_moment("occurred_at"),
            known_at=_moment("known_at"),
            observed=pl.col("observed") == "t",
            in_cohort=pl.col("in_cohort") == "t",
            inspector_ids=pl.when(pl.col("inspector_ids") != "").then(inspectors),
        ).cast(VISIT_SCHEMA),
        findings.with_columns(critical=pl.col("critical") == "t").cast(FINDING_SCHEMA),
        complaints.with_columns(
            occurred_at=_moment("occurred_at"),
            known_at=_moment("known_at"),
            verified=pl.col("verified") == "t",
        ).cast(COMPLAINT_SCHEMA),
        signals.with_columns(
            subject=pl.col("subject").fill_null(""),
            occurred_at=_moment("occurred_at"),
            known_at=_moment("known_at"),
        ).cast(SIGNAL_SCHEMA),
    )


def _moment(column: str) -> pl.Expr:
    moment = pl.from_epoch(pl.col(column).cast(pl.Int64), time_unit="us")
    return moment.dt.replace_time_zone("UTC")
