"""When a place may be visited, and when its people were told to expect a visit."""

from pydantic import Field

from shared.contracts.message import Input, Moment, Text, Window


class Announcement(Input):
    """What people were told of a visit: changing the day or the team has a price."""

    starts_at: Moment
    team_id: Text | None = None


class OpeningWindow(Window):
    """Hours in which a whole visit lies, and until when it had better start."""

    preferred_until: Moment | None = Field(
        default=None,
        description="A visit that starts later is late, which costs `minutes_per_late_hour`. "
        "Windows of a place with this do not touch.",
    )
