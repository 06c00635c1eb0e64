"""Draw a tile of the map under the points."""

import gzip

from routing.domain.basemap import EXTENT, Basemap
from routing.store.active_roads import CurrentGraph
from routing.store.tile_files import Place, kept_tile
from shared.contracts.routing.roads import Tile, TileLines


def packed_tile(basemap: Basemap | None, graph: CurrentGraph, place: Place) -> bytes:
    """Give a tile as packed JSON; CPU work, for a thread."""
    if basemap is None or graph.bundle is None:
        return _packed({}, graph)
    # Beside the unpacked graph, and named after the version: a tile tells which one it shows.
    folder = graph.bundle.with_name(f"{graph.graph_id}.tiles")
    return kept_tile(folder, place, lambda: _packed(basemap.tile(*place), graph))


def _packed(roads: dict[str, list[list[int]]], graph: CurrentGraph) -> bytes:
    message = Tile(
        extent=EXTENT,
        roads=[TileLines(road_class=name, lines=lines) for name, lines in roads.items()],
        graph_id=graph.graph_id,
        attribution=graph.attribution,
    )
    return gzip.compress(message.model_dump_json().encode(), compresslevel=6, mtime=0)
