"""What was believed of places beside what visits found there."""

from datetime import date
from typing import Literal

from pydantic import Field

from shared.contracts.inspections.visits import VisitOrigin
from shared.contracts.message import Output
from shared.contracts.scoring import Interval


class OriginResult(Output):
    """Visits of one origin that saw the place: what they found and what was believed before."""

    origin: VisitOrigin
    visits: int
    positives: int
    hit_rate: Interval = Field(description="Share that found something critical.")
    believed: float = Field(description="Mean probability believed before the visits.")
    auc: Interval | None = Field(description="None with fewer than ten of either kind.")


class Divergence(Output):
    """How far skill among targeted visits is ahead of skill among places drawn at random."""

    state: Literal["together", "apart", "not_enough_data"] = Field(
        description="`apart` is an alarm: the gap is more than 0.05, its interval without zero."
    )
    gap: Interval | None = Field(description="Difference in AUC.")


class OverrideResult(Output):
    """What people chose against the plan, and what the ranking would have chosen in its place."""

    visits: int
    positives: int
    believed: float = Field(description="Mean probability of the places people chose.")
    believed_instead: float | None = Field(
        description="Mean probability of as many places of the same weeks that the ranking put "
        "highest and nobody visited: what they would have found was not seen."
    )


class DroppedResult(Output):
    """What people took out of plans that were then accepted, and what was found there later.

    Held beside the hit rate of targeted visits, it tells whether leaving them out was right.
    """

    drops: int
    believed: float | None = Field(
        description="Mean probability of these places when they were dropped; None without scores."
    )
    seen: int = Field(description="Visits that saw one of them within 13 weeks, each counted once.")
    positives: int = Field(description="How many of those found something critical.")


class FieldResults(Output):
    """What scores were worth in the field; a visit without an earlier score is left out."""

    since: date
    until: date
    origins: list[OriginResult]
    divergence: Divergence
    overrides: OverrideResult | None
    dropped: DroppedResult | None = None
