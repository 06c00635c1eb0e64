"""How people travel, and the classes of road the map knows."""

from typing import Literal

Profile = Literal["drive", "walk", "bike"]
TravelMode = Literal[Profile, "transit"]
"""How a team travels: on a network of roads, or by public transport and on foot."""

PROFILES: tuple[Profile, ...] = ("drive", "walk", "bike")

ROAD_CLASSES = (
    *("motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link"),
    *("secondary", "secondary_link", "tertiary", "tertiary_link", "unclassified", "residential"),
    *("living_street", "service", "road", "pedestrian", "track", "busway", "cycleway"),
    *("footway", "path", "bridleway", "steps", "corridor", "ferry"),
)
"""Values of `highway`, the greater roads first, and ferries; a network names a class by its place
here, so new ones are added at the end."""

CLASS_NUMBER = {name: number for number, name in enumerate(ROAD_CLASSES)}
