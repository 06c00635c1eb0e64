"""Travel between places met before: a square table that grows by the rows of new places."""

from collections.abc import Callable
from threading import Lock

import numpy as np

from routing.domain.road_network import Bool, Int32, Int64
from routing.domain.snapping import Snaps

MOST_PLACES = 2000
"""Their table takes 16 MB; a request for more is answered beside it."""

_UNKNOWN = np.iinfo(np.int32).min
_FIRST_SIZE = 64

Measure = Callable[[Snaps, Snaps], Int32]


class MatrixCache:
    """Keeps whole numbers between snapped places, for one network and one set of weights.

    A place is where it meets the road, so two addresses at one spot share a row. When too many
    have come the table begins anew. May be shared by threads; two that miss the same cells both
    measure them.
    """

    def __init__(self, most_places: int = MOST_PLACES) -> None:
        self._most = most_places
        self._lock = Lock()
        self._begin()

    def _begin(self) -> None:
        self._number: dict[tuple[int, float], int] = {}
        self._known = np.full((_FIRST_SIZE, _FIRST_SIZE), _UNKNOWN, dtype=np.int32)

    def __call__(self, sources: Snaps, targets: Snaps, measure: Measure) -> Int32:
        """Give `[source, target]`, measuring only what is not known yet."""
        asked = [*places(sources), *places(targets)]
        if len(set(asked)) > self._most:
            return measure(sources, targets)
        with self._lock:
            table, numbers = self._numbered(asked)
            row, column = numbers[: len(sources)], numbers[len(sources) :]
            found: Int32 = table[np.ix_(row, column)]
        for rows, columns in _gaps(found == _UNKNOWN):
            found[np.ix_(rows, columns)] = measure(sources.take(rows), targets.take(columns))
        with self._lock:
            # If it began anew meanwhile, the old table is written and forgotten.
            table = self._known if self._is_current(asked, numbers) else table
            table[np.ix_(row, column)] = found
        return found

    def _numbered(self, asked: list[tuple[int, float]]) -> tuple[Int32, Int32]:
        """Give places their numbers, new ones the next free; make room for them."""
        if len(self._number.keys() | set(asked)) > self._most:
            self._begin()
        for place in asked:
            self._number.setdefault(place, len(self._number))
        size = len(self._known)
        if len(self._number) > size:
            wider = min(max(2 * size, len(self._number)), max(self._most, len(self._number)))
            grown = np.full((wider, wider), _UNKNOWN, dtype=np.int32)
            grown[:size, :size] = self._known
            self._known = grown
        return self._known, np.array([self._number[place] for place in asked], dtype=np.int32)

    def _is_current(self, asked: list[tuple[int, float]], numbers: Int32) -> bool:
        now = [self._number.get(place, -1) for place in asked]
        return bool(now == numbers.tolist())


def places(snaps: Snaps) -> list[tuple[int, float]]:
    """Name each snap by its edge and how far along it; all refused ones are one place."""
    pairs = zip(snaps.edge.tolist(), snaps.fraction.tolist(), strict=True)
    return [(edge, fraction if edge >= 0 else 0.0) for edge, fraction in pairs]


def _gaps(unknown: Bool) -> list[tuple[Int64, Int64]]:
    """Cover the unknown cells by two blocks: whole rows; elsewhere, the columns that miss some."""
    whole = unknown.all(axis=1)
    partly = unknown.any(axis=1) & ~whole
    everything = np.arange(unknown.shape[1])
    columns = np.flatnonzero(unknown[partly].any(axis=0))
    blocks = [(np.flatnonzero(whole), everything), (np.flatnonzero(partly), columns)]
    return [(rows, columns) for rows, columns in blocks if len(rows) and len(columns)]
