"""Positions that cannot be, or look mistaken."""

MAX_LATITUDE = 90
# Boxes of longitude and latitude that hold the land of metropolitan France and of the overseas
# départements, a little wide; used only to recognise coordinates that were swapped.
FRENCH_LAND = (
    (-5.5, 41.0, 10.0, 51.5),
    (-63.2, 14.3, -60.7, 18.2),
    (-54.7, 2.0, -51.5, 6.0),
    (55.1, -21.5, 56.0, -20.8),
    (44.9, -13.1, 45.4, -12.5),
)


def check_position(lon: float, lat: float) -> None:
    """Refuse a position that is no address.

    Raises
    ------
    ValueError : it is 0, 0, or lies in France only when exchanged
    """
    if lon == lat == 0:
        raise ValueError("0, 0 is no address; leave the position out until the place is located")
    if abs(lat) > MAX_LATITUDE or (_on_french_land(lat, lon) and not _on_french_land(lon, lat)):
        raise ValueError("lon and lat look swapped; exchange them")


def _on_french_land(lon: float, lat: float) -> bool:
    return any(
        west <= lon <= east and south <= lat <= north for west, south, east, north in FRENCH_LAND
    )
