"""The versions of roads and timetable that a plan was asked for on; later ones do not change it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from routing.store import graphs, timetables


@dataclass(frozen=True, slots=True)
class Pinned:
    """Versions by their ids; without a graph the crow flies, without a timetable nobody rides."""

    graph_id: UUID | None = None
    timetable_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PinnedBundles:
    """The names under which versions are stored."""

    graph: str | None
    timetable: str | None


async def bundles_of(session: AsyncSession, pinned: Pinned) -> PinnedBundles:
    """Find where versions are stored; None for one that is gone."""
    graph = timetable = None
    if pinned.graph_id is not None:
        graph = await graphs.by_id(session, pinned.graph_id)
    if pinned.timetable_id is not None:
        timetable = await timetables.by_id(session, pinned.timetable_id)
    return PinnedBundles(
        None if graph is None else graph.bundle,
        None if timetable is None else timetable.bundle,
    )
