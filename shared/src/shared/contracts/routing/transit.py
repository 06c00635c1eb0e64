"""Public transport: timetables, and journeys by them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Input, Label, Moment, Output, Position, Text

Manner = Literal["tram", "metro", "train", "bus", "ferry", "cable", "other"]


class TimetableRequest(Input):
    """Take in a timetable from a file the service can read."""

    path: str = Field(description="A GTFS feed (.zip) inside the import folder.")
    name: Text = "timetable"


class Timetable(Output):
    """A version of the timetable; one is active at a time."""

    id: UUID
    name: str
    state: Literal["active", "retired"]
    created_at: datetime
    source_sha256: str
    timezone: str = Field(description="Of all its times.")
    first_day: date = Field(description="The first on which anything runs.")
    last_day: date = Field(description="The last; the timetable answers no question after it.")
    stops: int
    lines: int
    trips: int
    times: int = Field(description="Halts of all trips.")
    lone_stops: int = Field(description="Stops farther than 500 m from any street: unreachable.")


class JourneyRequest(Input):
    """Ask how to get from one place to another by public transport and on foot."""

    origin: Position
    target: Position
    departs_at: Moment
    most_min: Annotated[int, Field(ge=1, le=360, description="Longest journey, minutes.")] = 180


class JourneyLeg(Output):
    """A part of a journey: a walk, or a ride in one vehicle.

    A vehicle that comes at no exact time is boarded when one has to be there, and arrives when it
    has arrived for certain.
    """

    kind: Literal["walk", "ride"]
    departs_at: datetime
    arrives_at: datetime
    origin: str | None = Field(description="Name of the stop; null for the start.")
    target: str | None = Field(description="Name of the stop; null for the end.")
    line: str | None = Field(default=None, description="Of a ride: what the line is called.")
    manner: Manner | None = Field(default=None, description="Of a ride.")
    headsign: str | None = Field(default=None, description="Of a ride: what the vehicle shows.")
    halts: int | None = Field(default=None, description="Of a ride: stops until one gets off.")
    positions: list[Position] = Field(description="Its stops; the ends of a walk.")
    text: Label = Field(description="The leg in a sentence, times by the clock of the timetable.")


class Journey(Output):
    """A way from place to place that no other betters in both arrival and number of vehicles."""

    departs_at: datetime
    arrives_at: datetime
    vehicles: int
    walk_s: int
    legs: list[JourneyLeg]


class Journeys(Output):
    """Journeys of a question: the first has the fewest vehicles, the last arrives first."""

    journeys: list[Journey]
    walk_s: int | None = Field(description="On foot all the way; null where no street leads.")
    timetable_id: UUID
