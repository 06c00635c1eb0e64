"""Ways of a map drawn in a test, over a grid of ten columns."""

import numpy as np

from routing.domain.road_texts import UNNAMED
from routing.domain.road_ways import IMPASSABLE, RoadWays

KM_H = 36.0
JUNCTION_DELAY_MS = 700
STEP_E7 = 10_000
"""A thousandth of a degree: 111 m to the north."""


def road_ways(ways, oneways=None, delays=None, **told):
    """Lay ways over a grid of ten columns: node 37 stands at column 7, row 3."""
    oneways = oneways or [0] * len(ways)
    points = [ref for way in ways for ref in way]
    tunnels, names = told.pop("tunnels", ()), told.pop("names", {})
    n = len(ways)
    speed = np.full(n, KM_H)
    return RoadWays(
        point_ref=np.array(points, dtype=np.int64),
        point_lon_e7=np.array([ref % 10 * STEP_E7 for ref in points], dtype=np.int32),
        point_lat_e7=np.array([ref // 10 * STEP_E7 for ref in points], dtype=np.int32),
        way_offsets=np.cumsum([0, *map(len, ways)]).astype(np.int32),
        way_id=np.arange(100, 100 + n, dtype=np.int64),
        way_forward_km_h=np.where(np.array(oneways) >= 0, speed, IMPASSABLE),
        way_backward_km_h=np.where(np.array(oneways) <= 0, speed, IMPASSABLE),
        way_name=np.array([names.get(number, UNNAMED) for number in range(n)], dtype=np.int32),
        way_number=np.full(n, UNNAMED, dtype=np.int32),
        way_class=np.zeros(n, dtype=np.uint8),
        way_is_roundabout=np.zeros(n, dtype=bool),
        way_may_stop=np.array([number not in tunnels for number in range(n)], dtype=bool),
        delayed_ref=np.array(list(delays or {}), dtype=np.int64),
        delay_ms=np.array(list((delays or {}).values()), dtype=np.int32),
        blocked_ref=np.array(told.pop("blocked", ()), dtype=np.int64),
        turn_rules=told.pop("turn_rules", ()),
        junction_delay_ms=JUNCTION_DELAY_MS,
        **told,
    )
