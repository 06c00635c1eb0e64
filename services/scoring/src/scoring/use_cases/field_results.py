"""Tell what scores were worth in the field, by what made us choose each visit."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from statistics import fmean
from typing import Final

import numpy as np
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.field_results import FieldVisits, by_origin, divergence
from scoring.store import field_results
from shared.contracts.field_results import DroppedResult, FieldResults, OverrideResult

_OVERRIDE: Final = "override"
_SEED: Final = 1


async def tell_field_results(
    session: AsyncSession, since: date, until: date, territories: Sequence[str]
) -> FieldResults:
    """Put what was believed beside what was found, of the visits of some time."""
    rows = await field_results.visits(session, since, until, territories)
    visits = _visits(rows)
    values = {
        "since": since,
        "until": until,
        "origins": [asdict(it) for it in by_origin(visits, _SEED)],
        "divergence": asdict(divergence(visits, _SEED)),
        "overrides": await _overrides(session, rows, territories),
        "dropped": _dropped(await field_results.dropped(session, since, until, territories)),
    }
    return FieldResults.model_validate(values)


def _visits(rows: Sequence[RowMapping]) -> FieldVisits:
    places = np.array([str(row["accommodation_id"]) for row in rows], dtype=np.str_)
    _, place = np.unique(places, return_inverse=True)
    return FieldVisits(
        origin=np.array([row["origin"] for row in rows], dtype=object),
        place=place.astype(np.int64),
        probability=np.array([row["probability"] for row in rows], dtype=np.float64),
        positive=np.array([row["positive"] for row in rows], dtype=np.bool_),
    )


async def _overrides(
    session: AsyncSession, rows: Sequence[RowMapping], territories: Sequence[str]
) -> OverrideResult | None:
    """Judge what people chose by what the ranking would have chosen in the same weeks."""
    own = [row for row in rows if row["origin"] == _OVERRIDE]
    if not own:
        return None
    instead = [
        probability
        for week, number in sorted(Counter(row["week"] for row in own).items())
        for probability in await field_results.highest_unvisited(session, week, number, territories)
    ]
    return OverrideResult(
        visits=len(own),
        positives=sum(bool(row["positive"]) for row in own),
        believed=fmean(row["probability"] for row in own),
        believed_instead=fmean(instead) if instead else None,
    )


def _dropped(rows: Sequence[RowMapping]) -> DroppedResult | None:
    """Judge what people took out of plans by what was found there later."""
    if not rows:
        return None
    believed = [row["probability"] for row in rows if row["probability"] is not None]
    # Dropped twice and then visited is one visit.
    seen = {row["inspection_id"]: bool(row["positive"]) for row in rows if row["inspection_id"]}
    return DroppedResult(
        drops=len(rows),
        believed=fmean(believed) if believed else None,
        seen=len(seen),
        positives=sum(seen.values()),
    )
