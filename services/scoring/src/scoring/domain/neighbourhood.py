"""Which places lie near each other: a grid of nearly square cells."""

from typing import Final

import numpy as np

from scoring.domain.history import FloatArray, IntArray

_KM_PER_DEGREE: Final = 111.32


def cells_of(lon: FloatArray, lat: FloatArray, size_km: float) -> IntArray:
    """Give each place the number of its square cell of `size_km`; -1 without position."""
    known = np.isfinite(lon) & np.isfinite(lat)
    row = np.floor(np.where(known, lat, 0.0) * _KM_PER_DEGREE / size_km)
    # One width per row, taken at its lower edge, so that cells of a row line up.
    width = np.cos(np.radians(row * size_km / _KM_PER_DEGREE))
    column = np.floor(np.where(known, lon, 0.0) * _KM_PER_DEGREE * width / size_km)
    _, cell = np.unique(np.column_stack([row, column]), axis=0, return_inverse=True)
    return np.where(known, cell.reshape(-1), -1).astype(np.int64)
