"""What if more, fewer or other places were visited: scenarios played over past weeks."""

from typing import Annotated

from pydantic import Field

from shared.contracts.message import Day, Input, Output, Text
from shared.contracts.priorities import PriorityWeights
from shared.contracts.scoring import Interval


class WhatIfPolicy(Input):
    """A way to choose places, and what it is called."""

    name: Text
    weights: PriorityWeights | None = Field(
        default=None, description="The policy that holds if none is given."
    )


class WhatIfRequest(Input):
    """Play each policy with each number of visits over the same past weeks."""

    weeks: int = Field(default=26, ge=1, le=104, description="How many.")
    ends_on: Day | None = Field(
        default=None, description="Last day of the play; half a year ago by default."
    )
    visits_per_week: list[Annotated[int, Field(ge=1, le=5_000)]] = Field(
        min_length=1, max_length=10, description="Numbers of visits to try."
    )
    policies: list[WhatIfPolicy] = Field(min_length=1, max_length=5)


class WhatIfPoint(Output):
    """What a policy comes to with so many visits; intervals of 90 % over places."""

    name: str
    visits_per_week: int
    visits: int
    told: int = Field(description="Of these, visits whose outcome a later real visit tells.")
    hit_rate: Interval | None = Field(description="Share of visits that find something critical.")
    found: Interval | None = Field(description="Visits that find something critical.")
    coverage: Interval = Field(description="Share of places that are visited.")
    days_since_visit: Interval = Field(description="Mean over places at the end.")
