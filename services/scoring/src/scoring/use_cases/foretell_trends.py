"""Foretell what visits of the months to come will find, and how far to believe it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from math import isfinite

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.history import BoolArray
from scoring.domain.rates import Counts
from scoring.domain.trends import (
    LONGEST,
    YEAR,
    Foretold,
    foretell,
    judge,
    known_for_a_year,
    usual_visits,
)
from scoring.store.found_counts import read_counts
from shared.contracts.trends import Trend, TrendMonth, Trends, TrendTerritory


async def foretell_trends(
    session: AsyncSession, months: int, territories: Sequence[str], *, now: datetime
) -> Trends:
    """Foretell the current month and those after it, from the months that are over."""
    first = now.astimezone(UTC).date().replace(day=1)
    counts = await read_counts(session, "month", first, longest=LONGEST, territories=territories)
    return await asyncio.to_thread(_trends, counts, first, months)


def _trends(counts: Counts, first: date, months: int) -> Trends:
    known = known_for_a_year(counts)
    trends = Trends(
        since=next(iter(counts.starts), None),
        forecasts=0,
        held=None,
        territories=_territories(counts, known),
        items=[],
    )
    if not known.any():
        return trends
    seen = counts.of(known)
    judged = judge(seen)
    usual = usual_visits(seen)
    ahead = [(_later(first, it), foretell(seen, usual, it + 1)) for it in range(months)]
    items = [
        Trend(
            territory=territory,
            category=category,
            months=[_month(month, told, row, column) for month, told in ahead],
            error=_finite(judged.error[row, column]),
            error_same_month_last_year=_finite(judged.error_last_year[row, column]),
        )
        for row, territory in enumerate(seen.territories)
        for column, category in enumerate(seen.categories)
    ]
    found = {"forecasts": judged.forecasts, "held": _finite(judged.held), "items": items}
    return trends.model_copy(update=found)


def _territories(counts: Counts, known: BoolArray) -> list[TrendTerritory]:
    rows = zip(counts.territories, known.tolist(), counts.known().tolist(), strict=True)
    return [
        TrendTerritory(
            territory=name, state="foretold" if is_known else "not_yet", months_known=months
        )
        for name, is_known, months in rows
    ]


def _later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, YEAR)
    return date(first.year + years, month + 1, 1)


def _month(month: date, told: Foretold, row: int, column: int) -> TrendMonth:
    """Turn numbers of visits into shares of them."""
    visits = float(told.visits[row])
    return TrendMonth(
        month=month,
        visits=visits,
        share=told.expected[row, column] / visits,
        low=told.low[row, column] / visits,
        high=told.high[row, column] / visits,
        same_month_last_year=_finite(told.last_year[row, column] / visits),
    )


def _finite(value: float) -> float | None:
    return float(value) if isfinite(value) else None
