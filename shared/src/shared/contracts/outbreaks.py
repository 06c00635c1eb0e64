"""What visits suddenly find more often than they should."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Output


class OutbreakAlert(Output):
    """A category that routine visits found too often in a territory; it proposes to look, no more.

    A week's alert goes on with that of the weeks before where both have the same `began_in`.
    """

    id: UUID
    territory: str
    category: str
    week: date = Field(description="The Monday of the week that was looked at.")
    began_in: date = Field(description="The Monday of the week that first looked like it.")
    weeks: int = Field(description="How many weeks together show it best, up to that one.")
    visits: int = Field(description="Routine visits of these weeks.")
    found: int = Field(description="Those of them that found it.")
    expected: float = Field(description="How many should have, by the past and the season.")
    chance: float = Field(description="Chance of so many or more by accident.")
    adjusted_chance: float = Field(
        description="Chance of a quiet week having such an alert of anything anywhere; up to 0.1."
    )
    neighbours: bool = Field(description="Whether territories nearby found more of it too.")
    looked_at: datetime


class WatchedTerritory(Output):
    """Whether a territory is watched; before a year of visits it is `not_yet`."""

    territory: str
    state: Literal["watched", "not_yet"]
    weeks_known: int = Field(description="Weeks since its first routine visit, five years at most.")


class OutbreakLook(Output):
    """The newest look: which week, how many series, and which territories."""

    week: date | None = Field(description="Its Monday; null before the first look.")
    series: int = Field(description="Categories by territory that were looked at.")
    territories: list[WatchedTerritory]
