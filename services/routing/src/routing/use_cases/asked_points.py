"""The points a caller sends: as arrays, brought to the road and told, checked for swapped axes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from routing.domain.road_network import Float64
from routing.domain.snapping import Snaps, SnapState
from routing.store.active_roads import CurrentGraph
from shared.contracts.message import Label, Position
from shared.contracts.routing.roads import Snap
from shared.field_errors import FieldError
from shared.problems import Problem

Bools = NDArray[np.bool_]

MOST_ERRORS = 100
AROUND_DEG = 1.0
"""Farther than this outside of the roads, a point whose swapped axes lie inside was swapped."""


def degrees(positions: Sequence[Position]) -> tuple[Float64, Float64]:
    """Give the longitudes and latitudes of points."""
    return np.array([it.lon for it in positions]), np.array([it.lat for it in positions])


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
            reason=_reason(state, distance_m),
        )
        for lon, lat, distance_m, state in places
    ]


def _reason(state: SnapState, distance_m: float) -> Label | None:
    if state == "exact":
        return None
    metres = f"{distance_m:,.0f}"
    metres_fr = metres.replace(",", "\u202f")
    if state == "approximate":
        return Label(
            fr=f"À {metres_fr} m de la voie la plus proche : temps approximatifs.",
            en=f"{metres} m from the nearest road: times are approximate.",
        )
    return Label(
        fr=f"À {metres_fr} m de la voie reliée au réseau la plus proche, plus de 500 m : "
        "aucun trajet.",
        en=f"{metres} m from the nearest road joined to the network, more than 500 m: no way "
        "leads there.",
    )


def check_axes(graph: CurrentGraph, fields: dict[str, list[Position]]) -> None:
    """Refuse points that lie on the roads' land only if longitude and latitude are exchanged.

    Raises
    ------
    Problem : 422, naming each such point and what to send instead
    """
    if graph.bbox is None:
        return
    errors = []
    for field, positions in fields.items():
        lon, lat = degrees(positions)
        swapped = ~_around(graph.bbox, lon, lat) & _around(graph.bbox, lat, lon)
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
