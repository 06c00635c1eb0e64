"""Measure travel between points: matrices of seconds, and the way through points in order."""

import json
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from routing.domain.road_network import Float64
from routing.domain.snapping import Snaps
from routing.store.active_roads import CurrentRoads
from shared.contracts.message import Position
from shared.contracts.routing import (
    LineString,
    Matrix,
    MatrixRequest,
    Route,
    RouteLeg,
    RouteRequest,
    Snap,
)
from shared.problems import FieldError, Problem, conflict

Bools = NDArray[np.bool_]

MOST_ERRORS = 100
AROUND_DEG = 1.0
"""Farther than this outside of the roads, a point whose swapped axes lie inside was swapped."""


def measure_matrix(current: CurrentRoads, request: MatrixRequest) -> bytes:
    """Answer a matrix as JSON; CPU work, for a thread.

    Written row by row: millions of cells as Python objects would take seconds and stop the other
    threads meanwhile.

    Raises
    ------
    Problem : 422, longitude and latitude of points are swapped
    """
    _check_axes(current, {"sources": request.sources, "targets": request.targets})
    sources = current.roads.snap(*_degrees(request.sources))
    targets = current.roads.snap(*_degrees(request.targets))
    travel_s = current.roads.travel_s(sources, targets)
    rest = Matrix(
        travel_s=[],
        sources=snap_messages(sources),
        targets=snap_messages(targets),
        method=current.roads.method,
        graph_id=current.graph_id,
    ).model_dump_json(exclude={"travel_s"})
    # Times are whole and never negative, so a minus is always that of "unreachable".
    rows = (
        json.dumps(row.tolist(), separators=(",", ":")).replace("-1", "null") for row in travel_s
    )
    return f'{{"travel_s":[{",".join(rows)}],{rest[1:]}'.encode()


def measure_route(current: CurrentRoads, request: RouteRequest) -> Route:
    """Find the way through points in the order given; CPU work, for a thread.

    Raises
    ------
    Problem : 422, longitude and latitude of points are swapped; 409, no road leads to a point
    """
    _check_axes(current, {"positions": request.positions})
    legs = []
    for number, (start, end) in enumerate(pairwise(request.positions)):
        leg = current.roads.route((start.lon, start.lat), (end.lon, end.lat))
        if leg is None:
            raise conflict(
                f"No road leads from /positions/{number} to /positions/{number + 1}: one of them "
                "is farther than 500 m from the roads loaded; correct it or leave it out."
            )
        legs.append(
            RouteLeg(
                travel_s=leg.travel_s,
                length_m=round(leg.length_m, 1),
                geometry=LineString(coordinates=leg.points),
            )
        )
    return Route(
        travel_s=sum(leg.travel_s for leg in legs),
        length_m=round(sum(leg.length_m for leg in legs), 1),
        legs=legs,
        snaps=snap_messages(current.roads.snap(*_degrees(request.positions))),
        method=current.roads.method,
        graph_id=current.graph_id,
        attribution=current.attribution,
    )


def snap_messages(snaps: Snaps) -> list[Snap]:
    """Tell where points meet the road."""
    places = zip(
        snaps.lon.tolist(),
        snaps.lat.tolist(),
        snaps.distance_m.tolist(),
        snaps.states(),
        strict=True,
    )
    return [
        Snap(
            position=Position(lon=round(lon, 7), lat=round(lat, 7)),
            distance_m=round(distance_m, 1),
            state=state,
        )
        for lon, lat, distance_m, state in places
    ]


def _degrees(positions: Sequence[Position]) -> tuple[Float64, Float64]:
    return np.array([it.lon for it in positions]), np.array([it.lat for it in positions])


def _check_axes(current: CurrentRoads, fields: dict[str, list[Position]]) -> None:
    """Refuse points that lie on the roads' land only if longitude and latitude are exchanged."""
    if current.bbox is None:
        return
    errors = []
    for field, positions in fields.items():
        lon, lat = _degrees(positions)
        swapped = ~_around(current.bbox, lon, lat) & _around(current.bbox, lat, lon)
        for number in np.flatnonzero(swapped).tolist():
            hint = (
                f"longitude {lon[number]} and latitude {lat[number]} are far from the roads "
                f"loaded and look exchanged: send lon {lat[number]}, lat {lon[number]}"
            )
            errors.append(FieldError(pointer=f"/{field}/{number}", detail=hint))
    if errors:
        detail = f"{errors[0].pointer}: {errors[0].detail}"
        raise Problem(422, "invalid-request", detail, errors=errors[:MOST_ERRORS])


def _around(bbox: tuple[float, float, float, float], lon: Float64, lat: Float64) -> Bools:
    west, south, east, north = bbox
    near_lon = (lon >= west - AROUND_DEG) & (lon <= east + AROUND_DEG)
    near: Bools = near_lon & (lat >= south - AROUND_DEG) & (lat <= north + AROUND_DEG)
    return near
