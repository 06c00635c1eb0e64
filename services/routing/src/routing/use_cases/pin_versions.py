"""Choose the roads and the timetable that a plan is made on: those active when it is asked for."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from routing.store.graphs import active_graph
from routing.store.pinned import Pinned
from routing.store.timetables import active_timetable
from shared.contracts.routing.plans import PlanRequest
from shared.problems import conflict


async def pin_versions(session: AsyncSession, request: PlanRequest) -> Pinned:
    """Pin the active graph, and the timetable where somebody goes by public transport.

    Raises
    ------
    Problem : 409, there is no timetable for the days of the plan
    """
    graph = await active_graph(session)
    pinned = Pinned(None if graph is None else graph.id)
    riding = next((team for team in request.teams if team.profile == "transit"), None)
    if riding is None:
        return pinned
    timetable = await active_timetable(session)
    who = f"Team {riding.name} goes by public transport"
    if timetable is None:
        raise conflict(f"{who}, and no timetable is loaded: import one at /v1/timetables.")
    last = request.starts_on + timedelta(days=request.days - 1)
    if not timetable.first_day <= request.starts_on <= last <= timetable.last_day:
        raise conflict(
            f"{who}, and the timetable holds from {timetable.first_day} to {timetable.last_day}; "
            "plan days between, or import a newer one at /v1/timetables."
        )
    return Pinned(pinned.graph_id, timetable.id)
