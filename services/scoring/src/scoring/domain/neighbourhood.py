"""Which places lie near each other: hexagons of the H3 grid."""

from typing import Final

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt

from scoring.domain.history import FloatArray, IntArray

_Cells = npt.NDArray[np.uint64]

# Resolution 8 is 0.7 km², some streets; resolution 7 is seven of them.
RESOLUTIONS: Final = (8, 7)
_FINEST: Final = RESOLUTIONS[0]
_RESOLUTION_BITS: Final = np.uint64(52)
_UNUSED_DIGIT: Final = np.uint64(7)


def cells_of(lon: FloatArray, lat: FloatArray) -> tuple[IntArray, ...]:
    """Give each place the number of its cell at every resolution; -1 without position."""
    known = np.isfinite(lon) & np.isfinite(lat)
    index = np.zeros(lon.size, dtype=np.uint64)
    pairs = zip(lat[known].tolist(), lon[known].tolist(), strict=True)
    index[known] = [h3.latlng_to_cell(north, east, _FINEST) for north, east in pairs]
    result = []
    for resolution in RESOLUTIONS:
        parents = index
        for finer in range(resolution + 1, _FINEST + 1):
            parents = _parent(parents, finer)
        _, cell = np.unique(parents, return_inverse=True)
        result.append(np.where(known, cell.reshape(-1), -1).astype(np.int64))
    return tuple(result)


def _parent(index: _Cells, resolution: int) -> _Cells:
    """Cut the last digit off cells of a resolution: bit work, as one call per cell is slow."""
    digit = _UNUSED_DIGIT << np.uint64(3 * (15 - resolution))
    coarser = (index & ~(np.uint64(15) << _RESOLUTION_BITS)) | (
        np.uint64(resolution - 1) << _RESOLUTION_BITS
    )
    result: _Cells = coarser | digit
    return result
