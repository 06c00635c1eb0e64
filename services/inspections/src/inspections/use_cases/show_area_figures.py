"""Show how territories and operators stand, for the team or for others."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import day_begins_at, last_moment
from inspections.domain.small_counts import suppressed
from inspections.store import area_figures
from shared.contracts.inspections.history import AreaFigures, AreaKind, AreaReport

COUNTS = (
    "places",
    "places_visited",
    "inspections",
    "standing",
    "overdue",
    "anomalies",
    "repeats",
    "fixed",
)


async def area_report(
    session: AsyncSession,
    by: AreaKind,
    territories: Sequence[str],
    *,
    span: tuple[date, date],
    now: datetime,
    withhold: bool,
) -> AreaReport:
    """Tell figures of the days of `span`, the last one included, as they were known on it."""
    first, last = span
    rows = await area_figures.figures(
        session, by, territories, since=day_begins_at(first), at=last_moment(last, now)
    )
    return AreaReport(
        as_of=last,
        by=by,
        since=first,
        small_counts_withheld=withhold,
        items=[_figures(row, withhold=withhold) for row in rows],
    )


def _figures(row: RowMapping, *, withhold: bool) -> AreaFigures:
    counts: dict[str, int | None] = {name: row[name] for name in COUNTS}
    if withhold:
        counts = suppressed({name: row[name] for name in COUNTS}, places="places")
    told_pace = counts["fixed"] is not None
    return AreaFigures.model_validate(
        counts
        | {
            "area": row["area"],
            "coverage": _share(counts["places_visited"], counts["places"]),
            "recurrence": _share(counts["repeats"], counts["anomalies"]),
            "median_days_to_fix": row["median_days_to_fix"] if told_pace else None,
        }
    )


def _share(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else part / whole
