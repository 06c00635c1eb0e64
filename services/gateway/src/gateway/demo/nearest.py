"""Find the nearest of many points quickly, with a grid of cells."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

Point = tuple[float, float]


class NearestPoint:
    """Points in metres, kept by square cells."""

    def __init__(self, points: Sequence[Point], members: Iterable[int], cell_m: float) -> None:
        """Index `members`, positions in `points`; `cell_m` is about the distance looked for."""
        self._points = points
        self._cell_m = cell_m
        self._cells: dict[tuple[int, int], list[int]] = defaultdict(list)
        for member in members:
            self._cells[self._cell(points[member])].append(member)

    def _cell(self, point: Point) -> tuple[int, int]:
        return int(point[0] // self._cell_m), int(point[1] // self._cell_m)

    def around(self, point: Point, reach_m: float) -> list[int]:
        """List the members at most `reach_m` away, in no given order."""
        column, row = self._cell(point)
        steps = math.ceil(reach_m / self._cell_m)
        near = (
            member
            for i in range(column - steps, column + steps + 1)
            for j in range(row - steps, row + steps + 1)
            for member in self._cells.get((i, j), ())
        )
        return [member for member in near if math.dist(self._points[member], point) <= reach_m]

    def nearest(self, point: Point, reach_m: float) -> int | None:
        """Give the nearest member at most `reach_m` away."""
        near = self.around(point, reach_m)
        return min(near, key=lambda member: math.dist(self._points[member], point), default=None)
