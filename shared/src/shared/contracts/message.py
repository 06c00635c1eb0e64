"""The two kinds of message, and the values every service shares."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Longitude = Annotated[float, Field(ge=-180, le=180, description="Degrees east, WGS 84.")]
Latitude = Annotated[float, Field(ge=-90, le=90, description="Degrees north, WGS 84.")]
# PostgreSQL keeps any character but NUL.
KEPT = r"^[^\x00]*$"
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=KEPT)]
Note = Annotated[str, Field(max_length=2000, pattern=KEPT)]
Territory = Annotated[
    str,
    Field(pattern=r"^[0-9A-Z]{2,3}$", description="Département code, 2A and 971 included."),
]
# Beyond these years a moment is a mistake, and in another time zone may have no date at all.
Moment = Annotated[
    AwareDatetime,
    Field(
        ge=datetime(2000, 1, 1, tzinfo=UTC),
        lt=datetime(2101, 1, 1, tzinfo=UTC),
        description="With its time zone; years 2000 to 2100.",
    ),
]
# The same of a day: what is counted from it must be a day too.
Day = Annotated[
    date,
    Field(ge=date(2000, 1, 1), lt=date(2101, 1, 1), description="Years 2000 to 2100."),
]


class Input(BaseModel):
    """A message we are sent: an unknown field is an error, so a typing mistake is never lost."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


class Output(BaseModel):
    """A message we send; who reads it ignores fields it does not know."""

    model_config = ConfigDict(extra="ignore")


class Position(Input):
    """A point on the ground."""

    lon: Longitude
    lat: Latitude


class Window(Input):
    """A stretch of time in which the whole of a visit must lie."""

    opens_at: AwareDatetime
    closes_at: AwareDatetime


class Label(Output):
    """What people read, in the two languages of the product."""

    fr: str
    en: str


class Event(Output):
    """A change, as a service's feed tells it. Positions grow in commit order, without a repeat."""

    position: int
    organisation: UUID
    kind: str
    subject_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    data: dict[str, object]


class EventPage(Output):
    """Events after a position, oldest first; `next_after` is what to ask for next."""

    items: list[Event]
    next_after: int


class JobState(Output):
    """Where a piece of background work stands."""

    id: UUID
    kind: str
    state: str = Field(description="queued, running, done, failed or cancelled.")
    attempt: int
    progress: float | None = Field(default=None, ge=0, le=1, description="Share done, 0 to 1.")
    message: str | None = Field(default=None, description="What it is doing, or why it failed.")
    result: dict[str, object] | None = None
    created_at: datetime
    finished_at: datetime | None = None
