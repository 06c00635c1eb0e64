"""Earliest arrivals the plain way: a graph with a node for each wait and each ride, and Dijkstra.

Compiled by SciPy, it is what somebody would write who knows no algorithm for timetables.
"""

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from routing.domain.transit_scan import NEVER_S, Connections
from routing.domain.transit_walks import Walks


class TimeExpanded:
    """Node c is waiting for connection c, node n + c is riding it."""

    def __init__(self, day: Connections, walks: Walks) -> None:
        self.day, self.count = day, day.board_s.size
        self.by_stop = np.lexsort((day.board_s, day.origin))
        self.keys = day.origin[self.by_stop].astype(np.int64) * 2**32 + day.board_s[self.by_stop]
        here = np.arange(self.count)
        edges = [self._ridden(here), self._waited(), self._stayed_on()]
        edges.append(self._changed(here, day.target, day.alight_s + walks.change_s[day.target]))
        many = np.diff(walks.first)[day.target]
        ride = np.repeat(here, many)
        begin = np.repeat(walks.first[day.target], many)
        walk = begin + np.arange(ride.size) - np.repeat(np.cumsum(many) - many, many)
        when = day.alight_s[ride] + walks.walk_s[walk]
        edges.append(self._changed(ride, walks.target[walk], when))
        start, end, length = (np.concatenate(it) for it in zip(*edges, strict=True))
        shape = (2 * self.count, 2 * self.count)
        # A way that takes no time must still be one.
        self.graph = csr_matrix((length + 1e-6, (start, end)), shape)

    def _ridden(self, here):
        boards = here[self.day.may_board]
        return boards, boards + self.count, np.zeros(boards.size)

    def _waited(self):
        a, b = self.by_stop[:-1], self.by_stop[1:]
        same = self.day.origin[a] == self.day.origin[b]
        a, b = a[same], b[same]
        return a, b, (self.day.board_s[b] - self.day.board_s[a]).astype(float)

    def _stayed_on(self):
        order = np.argsort(self.day.run, kind="stable")
        a, b = order[:-1], order[1:]
        same = self.day.run[a] == self.day.run[b]
        a, b = a[same], b[same]
        spent = (self.day.board_s[b] - self.day.board_s[a]).astype(float)
        return a + self.count, b + self.count, spent

    def _changed(self, ride, stop, when):
        next_one, found = self._first_at(stop, when)
        ok = found & self.day.may_alight[ride]
        ride, next_one = ride[ok], next_one[ok]
        spent = (self.day.board_s[next_one] - self.day.board_s[ride]).astype(float)
        return ride + self.count, next_one, spent

    def _first_at(self, stop, when):
        place = np.searchsorted(self.keys, np.asarray(stop, np.int64) * 2**32 + when)
        found = place < self.count
        next_one = self.by_stop[np.minimum(place, self.count - 1)]
        return next_one, found & (self.day.origin[next_one] == stop)

    def arrivals(self, ready_s: np.ndarray, until_s: int) -> np.ndarray:
        """Return when a vehicle brings one to each stop, as `earliest_arrivals` does."""
        stops = np.flatnonzero(ready_s < NEVER_S)
        starts, found = self._first_at(stops, ready_s[stops])
        arrival = np.full(ready_s.size, NEVER_S, np.int32)
        for start in starts[found]:
            spent = dijkstra(self.graph, indices=start, limit=until_s - self.day.board_s[start] + 1)
            ridden = np.flatnonzero(np.isfinite(spent[self.count :]) & self.day.may_alight)
            ridden = ridden[self.day.alight_s[ridden] <= until_s]
            np.minimum.at(arrival, self.day.target[ridden], self.day.alight_s[ridden])
        return arrival
