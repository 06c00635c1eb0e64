"""What visits will find in the months to come."""

from datetime import date
from typing import Literal

from pydantic import Field

from shared.contracts.message import Output


class TrendMonth(Output):
    """A month to come: which share of routine visits will find the category."""

    month: date = Field(description="Its first day.")
    visits: float = Field(description="Visits it is told for: the mean of the past year.")
    share: float
    low: float = Field(description="Nine tenths of what may come lie between this and `high`.")
    high: float
    same_month_last_year: float | None = Field(description="Null where nobody visited then.")


class Trend(Output):
    """A category in a territory, and how well its past year was foretold, a month ahead.

    Errors are mean differences in visits that found it; null where no month could be judged.
    """

    territory: str
    category: str
    months: list[TrendMonth]
    error: float | None
    error_same_month_last_year: float | None


class TrendTerritory(Output):
    """Whether a territory's months are foretold; before a year of visits it is `not_yet`."""

    territory: str
    state: Literal["foretold", "not_yet"]
    months_known: int = Field(
        description="Months since its first routine visit, five years at most."
    )


class Trends(Output):
    """What routine visits of the months to come will find, the current month being the first."""

    since: date | None = Field(description="The first month read; null before any visit.")
    forecasts: int = Field(description="Forecasts of the past year that could be judged.")
    held: float | None = Field(description="Share of them that lay within their interval.")
    territories: list[TrendTerritory]
    items: list[Trend]
