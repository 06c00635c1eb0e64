"""The ways of a map as read from a file, point after point, for one way of travelling."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.domain.road_network import Bool, Float64, Int32, Int64
from routing.domain.turn_rules import TurnRules

IMPASSABLE = 0.0
"""Written in place of a speed in a direction that may not be driven."""


@dataclass(frozen=True, slots=True)
class RoadWays:
    """Ways and what they cost to drive.

    Way `w` has the points `way_offsets[w]:way_offsets[w + 1]`, at least two. A way that lost nodes
    is already cut there. `delayed_ref` are the map's ids of nodes that cost `delay_ms` to pass,
    `blocked_ref` those that cannot be passed; `junction_delay_ms` is added wherever roads meet.
    """

    point_ref: Int64
    point_lon_e7: Int32
    point_lat_e7: Int32
    way_offsets: Int32
    way_id: Int64
    way_forward_km_h: Float64
    way_backward_km_h: Float64
    way_name: Int32
    way_number: Int32
    way_class: NDArray[np.uint8]
    way_is_roundabout: Bool
    way_may_stop: Bool
    delayed_ref: Int64
    delay_ms: Int32
    blocked_ref: Int64
    turn_rules: TurnRules
    junction_delay_ms: int = 0
    missing_nodes: int = 0
    cut_ways: int = 0

    def kinds(self) -> Int64:
        """Give a number to each way; ways of one number may be one stretch of road."""
        _, kind = np.unique(
            np.column_stack(
                [
                    self.way_name,
                    self.way_number,
                    self.way_class,
                    self.way_is_roundabout,
                    self.way_may_stop,
                ]
            ).astype(np.int64),
            axis=0,
            return_inverse=True,
        )
        return kind.reshape(-1).astype(np.int64)
