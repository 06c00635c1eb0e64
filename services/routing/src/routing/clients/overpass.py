"""Map data of a place, asked of OpenStreetMap's public servers: only by an explicit command.

Never imported by the service: nothing is asked of a third party at run time.
"""

from pathlib import Path

import httpx
import osmnx

WAIT_S = 300.0
ROADS = """
[out:xml][timeout:{wait:.0f}];
(
  way["highway"]({box});
  way["route"="ferry"]({box});
  nwr["tourism"~"^(hotel|hostel|guest_house|apartment)$"]({box});
  relation["type"="restriction"]({box});
);
(._;>;);
out body;
"""
"""Nodes come first, then ways, then relations: the order a map file has."""


class PlaceError(Exception):
    """A place cannot be found or its map cannot be had; the message says what to do."""


def download_place(place: str, out: Path) -> None:
    """Save the roads, turn restrictions and lodgings in the bounds of a place as an .osm file.

    The servers are those of osmnx's settings.

    Raises
    ------
    PlaceError : when the place is unknown or a server does not answer
    """
    box = _box(place)
    query = ROADS.format(wait=WAIT_S, box=box)
    url = f"{str(osmnx.settings.overpass_url).rstrip('/')}/interpreter"
    try:
        with (
            httpx.stream("POST", url, data={"data": query}, timeout=WAIT_S) as answer,
            out.open("wb") as file,
        ):
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                file.write(piece)
    except httpx.HTTPError as error:
        out.unlink(missing_ok=True)
        raise PlaceError(
            f"the map server does not give the roads of {place!r} ({error}): ask for a smaller "
            "place, wait, or download an extract and use --pbf"
        ) from error


def _box(place: str) -> str:
    """Give the bounds of a place as Overpass wants them: south, west, north, east."""
    try:
        found = osmnx.geocode_to_gdf(place)
    except ValueError as error:
        # What osmnx raises when nothing is found.
        raise PlaceError(
            f"no place is called {place!r}: add the country, like 'X, France'"
        ) from error
    except OSError as error:
        raise PlaceError(
            f"the search for {place!r} gets no answer ({error}): look at the connection, or "
            "download an extract and use --pbf"
        ) from error
    west, south, east, north = found.total_bounds
    return f"{south:.7f},{west:.7f},{north:.7f},{east:.7f}"
