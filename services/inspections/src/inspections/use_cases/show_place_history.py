"""Show what was known of a place on a day: its matrix, and how it stands among its peers."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import last_moment
from inspections.store import history
from inspections.store.tables import AccommodationRow
from shared.contracts.inspections.history import (
    CellState,
    MatrixCell,
    MatrixVisit,
    PeerMeasure,
    PlaceMatrix,
)

# Places of about the same size find about as much to say; the bounds are of the French register
# of hotels (20 and 50 rooms part small, middle and large houses).
SIZE_BANDS = ((0, 19), (20, 49), (50, 99), (100, 10**6))
PEER_PERIOD = timedelta(days=730)


async def place_matrix(
    session: AsyncSession, place: AccommodationRow, as_of: date, now: datetime
) -> PlaceMatrix:
    """Join visits with categories; a category comes where its checklist first has it."""
    rows = await history.matrix(session, place.id, last_moment(as_of, now))
    visits = {row["inspection_id"]: MatrixVisit.model_validate(dict(row)) for row in rows}
    ranks: dict[str, int] = {}
    for row in rows:
        if row["category"] is not None:
            ranks[row["category"]] = min(row["rank"], ranks.get(row["category"], row["rank"]))
    categories = sorted(ranks, key=lambda it: (ranks[it], it))
    return PlaceMatrix(
        accommodation_id=place.id,
        as_of=as_of,
        visits=list(visits.values()),
        categories=categories,
        cells=_cells(rows, list(visits), categories),
    )


def _cells(
    rows: Sequence[RowMapping], visits: Sequence[object], categories: Sequence[str]
) -> list[MatrixCell]:
    column = {id: number for number, id in enumerate(visits)}
    line = {name: number for number, name in enumerate(categories)}
    return [
        MatrixCell(
            visit=column[row["inspection_id"]],
            category=line[row["category"]],
            state=_state(row),
            severity=row["severity"],
            findings=row["findings"],
            critical=row["critical"],
            seen=row["seen"],
        )
        for row in rows
        if row["category"] is not None
    ]


def _state(row: RowMapping) -> CellState:
    if row["findings"]:
        return CellState.finding
    return CellState.clean if row["seen"] else CellState.not_seen


async def among_peers(
    session: AsyncSession, place: AccommodationRow, as_of: date, now: datetime
) -> PeerMeasure:
    """Compare a place with those of its territory and size."""
    at = last_moment(as_of, now)
    band = next(band for band in SIZE_BANDS if band[0] <= place.rooms <= band[1])
    found = await history.among_peers(
        session, place.id, place.territory, rooms=band, since=at - PEER_PERIOD, at=at
    )
    return PeerMeasure.model_validate(
        {"accommodation_id": place.id, "as_of": as_of, "size_band": _named(band), **found}
    )


def _named(band: tuple[int, int]) -> str:
    least, most = band
    return f"{least}-{most} rooms" if band != SIZE_BANDS[-1] else f"{least} rooms or more"
