"""Measure travel between points: matrices of seconds and metres."""

import json
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from routing.domain.road_network import Float64, Int32
from routing.domain.snapping import Snaps
from routing.store.active_roads import CurrentRoads
from routing.use_cases.asked_points import check_axes, degrees, snap_messages
from routing.use_cases.matrix_arrow import arrow_stream
from shared.contracts.routing.roads import Matrix, MatrixRequest
from shared.problems import invalid

MOST_PAIRS = 4_000_000
MOST_PAIRS_WITH_LENGTHS = 100_000
"""Lengths are added up way by way: on Porto about 6,000 in a second of CPU."""


def check_size(request: MatrixRequest) -> None:
    """Refuse a matrix of too many pairs before any work.

    Raises
    ------
    Problem : 422, with how many are too many
    """
    pairs = len(request.sources) * len(request.targets)
    most = MOST_PAIRS_WITH_LENGTHS if request.lengths else MOST_PAIRS
    if pairs > most:
        what = "with lengths " if request.lengths else ""
        raise invalid(
            "/targets",
            f"{len(request.sources):,} sources times {len(request.targets):,} targets are "
            f"{pairs:,} pairs; {what}at most {most:,} are measured at once: ask for fewer sources "
            "at a time and put the rows together.",
        )


def measure_matrix(current: CurrentRoads, request: MatrixRequest) -> bytes:
    """Answer a matrix as JSON; CPU work, for a thread.

    Written row by row: millions of cells as Python objects would take seconds and stop the other
    threads meanwhile.

    Raises
    ------
    Problem : 422, longitude and latitude of points are swapped
    """
    tables, rest = _measured(current, request)
    parts = [f'"{name}":[{",".join(_rows(table))}]' for name, table in tables.items()]
    return f"{{{','.join(parts)},{rest[1:]}".encode()


def measure_matrix_as_arrow(current: CurrentRoads, request: MatrixRequest) -> bytes:
    """Answer a matrix as an Arrow stream, one row per source; CPU work, for a thread.

    What JSON has beside the tables is JSON in the metadata `ronde` of the schema.

    Raises
    ------
    Problem : 422, longitude and latitude of points are swapped
    """
    tables, rest = _measured(current, request)
    return arrow_stream(tables, len(request.sources), {"ronde": rest})


def _measured(
    current: CurrentRoads, request: MatrixRequest
) -> tuple[dict[str, NDArray[np.int32] | NDArray[np.float64]], str]:
    """Measure; give the tables by name, -1 where no road leads, and the rest of the message."""
    check_axes(current.graph, {"sources": request.sources, "targets": request.targets})
    roads = current.roads
    sources = roads.snap(*degrees(request.sources))
    targets = roads.snap(*degrees(request.targets))
    tables: dict[str, Int32 | Float64] = {
        "travel_s": roads.travel_s(sources, targets, request.departs_at)
    }
    if request.lengths:
        tables["length_m"] = roads.length_m(sources, targets, request.departs_at)
    return tables, _rest(current, request, sources=sources, targets=targets)


def _rest(current: CurrentRoads, request: MatrixRequest, *, sources: Snaps, targets: Snaps) -> str:
    return Matrix(
        travel_s=[],
        sources=snap_messages(sources),
        targets=snap_messages(targets),
        method=current.roads.method,
        profile=request.profile,
        period=current.roads.period(request.departs_at),
        graph_id=current.graph.graph_id,
        attribution=current.graph.attribution,
    ).model_dump_json(exclude={"travel_s", "length_m"})


def _rows(table: Int32 | Float64) -> Iterator[str]:
    """Write rows as JSON."""
    for row in table:
        # Figures are never negative, so a minus is always that of "unreachable".
        text = json.dumps(row.tolist(), separators=(",", ":"))
        yield text.replace("-1.0", "null").replace("-1", "null")
