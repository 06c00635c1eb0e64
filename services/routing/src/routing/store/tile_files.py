"""Tiles drawn before, packed, in a folder of the version they were drawn from."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

_KEPT_TO_ZOOM = 16
"""Below lie millions of tiles, each quickly drawn."""

Place = tuple[int, int, int]
"""Zoom, column and row."""


def kept_tile(folder: Path, place: Place, draw: Callable[[], bytes]) -> bytes:
    """Return a tile, drawn at its first use; processes that race write the same."""
    zoom, column, row = place
    if zoom > _KEPT_TO_ZOOM:
        return draw()
    file = folder / f"{zoom}-{column}-{row}.json.gz"
    if file.exists():
        return file.read_bytes()
    tile = draw()
    folder.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{uuid4().hex}")
    aside.write_bytes(tile)
    aside.replace(file)
    return tile
