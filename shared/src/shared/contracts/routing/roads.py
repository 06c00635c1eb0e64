"""Roads: graphs, travel times and ways."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Input, Label, Moment, Output, Position, Text

TravelMethod = Literal["roads", "crow_fly"]
Profile = Literal["drive", "walk", "bike"]
TravelMode = Literal["drive", "walk", "bike", "transit"]
"""By public transport one goes on foot too."""
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["FR"])]
"""An ISO 3166 code of two letters."""
TravelPeriod = Literal["night", "morning_rush", "midday", "evening_rush", "evening", "weekend"]
Turn = Literal[
    "depart",
    "continue",
    "slight_left",
    "left",
    "sharp_left",
    "slight_right",
    "right",
    "sharp_right",
    "u_turn",
    "roundabout",
    "arrive",
]


class GraphRequest(Input):
    """Build a road graph from a file the service can read."""

    path: str = Field(description="An OSM file (.osm.pbf or .osm) inside the import folder.")
    name: Text = "roads"
    replace: bool = Field(
        default=False, description="Serve it even if too unlike the graph it replaces."
    )
    country: Country = Field(
        default="FR", description="The country whose law limits speeds where no sign does."
    )


class ProfileRoads(Output):
    """The network of one way of travelling.

    `restrictions` counts the map's turn restrictions by what became of them: `applied`, or why
    not: `via_way` (they lead over a whole way), `conditional`, `incomplete`, `not_ours`.
    """

    profile: Profile
    nodes: int
    arcs: int
    length_km: float
    component_share: float = Field(description="Share of the junctions kept, 0 to 1.")
    restrictions: dict[str, int]


class Graph(Output):
    """A version of the road graph; one is active at a time."""

    id: UUID
    name: str
    state: Literal["active", "retired"]
    created_at: datetime
    source_sha256: str
    nodes: int
    arcs: int
    length_km: float
    component_share: float = Field(description="Share of the drivable nodes kept, 0 to 1.")
    missing_nodes: int = Field(description="Way nodes the extract left out; ways are cut there.")
    bbox: tuple[float, float, float, float] = Field(description="West, south, east, north.")
    attribution: str
    licence: str
    osm_timestamp: str | None = Field(description="When the map was taken from OpenStreetMap.")
    age_days: float = Field(description="Age of the map; of the graph where the file is silent.")
    cut_ways: int = Field(description="Ways cut where the extract left out nodes.")
    country: str | None = Field(description="Whose law limits speeds where no sign does.")
    profile_sha256: str | None = Field(
        description="Digest of the rules and speeds it was built by; another gives other times."
    )
    profiles: list[ProfileRoads]
    changed_share: float | None = Field(
        description="Share of sampled journeys that changed when it replaced another, 0 to 1."
    )


class Snap(Output):
    """Where a point meets the road."""

    position: Position
    distance_m: float
    state: Literal["exact", "approximate", "refused"]
    reason: Label | None = Field(default=None, description="Why it is not exact, for people.")


class Travel(Input):
    """How and when one travels."""

    profile: Profile = "drive"
    departs_at: Moment | None = Field(
        default=None, description="Count the traffic of that hour in Paris; default: free roads."
    )


class MatrixRequest(Travel):
    """Ask for travel times between points: at most 4,000,000 pairs, 100,000 with lengths."""

    sources: list[Position] = Field(max_length=20_000)
    targets: list[Position] = Field(max_length=20_000)
    lengths: bool = Field(default=False, description="Give `length_m` too.")


class Matrix(Output):
    """Seconds of travel, `travel_s[from_source][to_target]`; null where no road leads."""

    travel_s: list[list[float | None]]
    length_m: list[list[float | None]] | None = Field(
        default=None, description="Metres along the fastest ways, if asked for."
    )
    sources: list[Snap]
    targets: list[Snap]
    method: TravelMethod
    profile: Profile
    period: TravelPeriod | None = Field(description="Whose traffic is counted; null: free roads.")
    graph_id: UUID | None
    attribution: str


class RouteRequest(Travel):
    """Ask for the way through points, in the order given."""

    positions: list[Position] = Field(min_length=2, max_length=200)


class LineString(Output):
    """A line on the ground, as GeoJSON."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]] = Field(description="Longitude, latitude.")


class RouteStep(Output):
    """What to do at a place, and the stretch of one street that follows."""

    turn: Turn
    text: Label
    position: Position
    street: str | None
    number: str | None = Field(description="Of the road, as on signs: D 906.")
    road_class: str = Field(description="A value of OpenStreetMap's `highway`, or ferry.")
    exit_number: int | None = Field(description="Which exit of a roundabout.")
    length_m: float
    travel_s: int


class RouteLeg(Output):
    """From one point to the next; no step is told where the crow flies."""

    travel_s: int
    length_m: float
    geometry: LineString
    steps: list[RouteStep]


class Route(Output):
    """The way through points, one leg less than there are points."""

    travel_s: int
    length_m: float
    legs: list[RouteLeg]
    snaps: list[Snap]
    method: TravelMethod
    profile: Profile
    period: TravelPeriod | None = Field(description="Whose traffic is counted; null: free roads.")
    graph_id: UUID | None
    attribution: str


class TileLines(Output):
    """The roads of one class in a tile."""

    road_class: str
    lines: list[list[int]] = Field(
        description="Each line as x, y, then the steps to each next point: dx, dy, dx, dy."
    )


class Tile(Output):
    """Roads in a square of the map; the greater ones first, none where no graph is loaded."""

    extent: int = Field(description="Steps of the grid across the tile, from the north-west.")
    roads: list[TileLines]
    graph_id: UUID | None
    attribution: str


class Lodging(Output):
    """A hotel or hostel the map knows: its place and kind, never its name."""

    position: Position
    kind: Literal["hotel", "hostel", "guest_house", "apartment"]
    rooms: int | None
