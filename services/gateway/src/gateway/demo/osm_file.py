"""Write the invented city as an OSM XML file, which any OSM tool reads."""

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

from gateway.demo.city import City, Way
from gateway.demo.terrain import to_lon_lat

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="ronde demo">\n'
_STAMP = 'version="1" timestamp="2026-01-01T00:00:00Z" visible="true"'


def write_osm(city: City, path: Path) -> None:
    """Write all nodes and ways; numbers are the positions in the city plus one."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_HEAD)
        file.writelines(_nodes(city))
        for number, way in enumerate(city.ways, start=1):
            file.write(_way(number, way))
        file.write("</osm>\n")


def _nodes(city: City) -> Iterator[str]:
    used = {node for way in city.ways for node in way.nodes}
    places = [to_lon_lat(*point) for point in city.nodes]
    lons, lats = [lon for lon, _ in places], [lat for _, lat in places]
    yield (
        f'<bounds minlat="{min(lats)}" minlon="{min(lons)}" '
        f'maxlat="{max(lats)}" maxlon="{max(lons)}"/>\n'
    )
    for number, (lon, lat) in enumerate(places):
        if number in used:
            yield f'<node id="{number + 1}" lat="{lat}" lon="{lon}" {_STAMP}/>\n'


def _way(number: int, way: Way) -> str:
    nodes = "".join(f'<nd ref="{node + 1}"/>' for node in way.nodes)
    tags = "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in way.tags.items())
    return f'<way id="{number}" {_STAMP}>{nodes}{tags}</way>\n'
