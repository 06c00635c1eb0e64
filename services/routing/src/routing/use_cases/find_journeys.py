"""Find how to get from place to place by public transport, and tell it as people read it."""

from zoneinfo import ZoneInfo

import numpy as np

from routing.domain.transit_journeys import journeys
from routing.domain.transit_scan import NEVER_S
from routing.store.active_timetable import CurrentTimetable
from routing.use_cases.tell_journey import JourneyTeller
from shared.contracts.routing.transit import JourneyRequest, Journeys
from shared.problems import conflict


def find_journeys(current: CurrentTimetable, request: JourneyRequest) -> Journeys:
    """Find journeys; CPU work, for a thread.

    Raises
    ------
    Problem : 409, the timetable does not hold for that day
    """
    row, timetable = current.row, current.timetable
    day = request.departs_at.astimezone(ZoneInfo(timetable.feed.timezone)).date()
    if not row.first_day <= day <= row.last_day:
        raise conflict(
            f"The timetable holds from {row.first_day} to {row.last_day}; ask for a day between, "
            "or have an administrator import a newer one."
        )
    departs_s = timetable.second(request.departs_at, day)
    places = [(it.lon, it.lat) for it in (request.origin, request.target)]
    ends = [timetable.on_foot.ends(*place) for place in places]
    walk_s = int(timetable.on_foot_s(timetable.streets.snap(*np.array(places).T))[0, 1])
    # Who is there on foot as soon takes no vehicle.
    until_s = departs_s + min(request.most_min * 60, walk_s - 1)
    running = timetable.day(day)
    found = journeys(running, timetable.walks, *ends, departs_s=departs_s, until_s=until_s)
    teller = JourneyTeller(timetable.feed, day, (request.origin, request.target))
    return Journeys(
        journeys=[teller.journey(it) for it in found],
        walk_s=None if walk_s == NEVER_S else walk_s,
        timetable_id=row.id,
    )
