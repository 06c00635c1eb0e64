"""Go back to an earlier version of the road graph."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from routing.store import graphs
from routing.store.active_roads import ActiveRoads
from routing.store.bundle import BundleError, read_meta
from routing.store.tables import GraphRow
from shared.problems import conflict


async def activate_graph(session: AsyncSession, roads: ActiveRoads, row: GraphRow) -> None:
    """Let a stored version serve instead of the one that does; plans made before keep theirs.

    Raises
    ------
    Problem : 409, its files are gone or of a format this version does not read
    """
    try:
        await asyncio.to_thread(lambda: read_meta(roads.bundle_path(row.bundle)))
    except (BundleError, OSError) as error:
        raise conflict(
            "The files of this graph cannot be read any more: import its map file again."
        ) from error
    await graphs.take_turn(session)
    # Another may have changed it while we waited.
    await session.refresh(row)
    await graphs.activate(session, row)
