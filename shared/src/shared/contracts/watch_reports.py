"""What a weekly look at scores saw: drift, fairness, calibration of inspectors."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Label, Output
from shared.contracts.scoring import Interval, Method

WatchKind = Literal[
    "feature_shift", "missing_values", "score_shift", "base_rate", "calibration", "discrimination"
]


class Indicator(Output):
    """What is watched, before and now; figures are None where there is not enough data."""

    kind: WatchKind
    subject: str | None = Field(description="Which feature.")
    seen: int = Field(description="Of how many places or visits.")
    before: float | None
    now: float | None = Field(
        description="Of shifts the population stability index, of missing values their share, of "
        "the base rate the positives per positive believed, of calibration its slope, of "
        "discrimination the AUC."
    )
    chance: float | None = Field(
        description="Of so great a change where nothing changed.", ge=0, le=1
    )
    chance_limit: float = Field(description="An alarm needs a smaller chance.")
    least_change: float = Field(description="An alarm needs a greater change.")
    state: Literal["quiet", "alarm", "not_enough_data"]


class Alarm(Output):
    """A change that is too great to be chance; it proposes, people act."""

    kind: WatchKind
    subject: str | None
    before: float
    now: float
    begins: bool = Field(description="Whether the report before had no such alarm.")
    text: Label
    proposal: Label


class GroupFairness(Output):
    """How the visited places of a group were ranked before the visits, by both harms."""

    dimension: Literal["territory", "operator", "size", "visited"]
    group: str
    visits: int
    positives: int
    enough_data: bool = Field(description="False under ten positives: no share is told.")
    wrongly_low: Interval | None = Field(
        description="Of visits that found something critical, the share at places below the "
        "quarter of all with the highest scores."
    )
    wrongly_high: Interval | None = Field(
        description="Of visits that found nothing critical, the share at places in that quarter."
    )


class WatchReport(Output):
    """What was watched in a week, of what was known when it began."""

    id: UUID
    week: date = Field(description="Its Monday.")
    method: Method
    model_id: str | None
    places: int
    false_alarms_a_year: float = Field(
        description="Chance that a year without any change alarms, at most."
    )
    alarms: list[Alarm]
    indicators: list[Indicator]
    fairness: list[GroupFairness]


class WatchAlarm(Alarm):
    """An alarm that began, as the feed tells it."""

    report_id: UUID
    week: date


class InspectorCalibration(Output):
    """Of an inspector's visits, critical ones found per one believed."""

    number: int = Field(description="Drawn anew for each report: not the same person in the next.")
    visits: int
    enough_data: bool = Field(description="False where under ten were believed.")
    ratio: Interval | None


class InspectorCalibrations(Output):
    """How inspectors see, for the quality of what is learned from; nobody under five inspectors."""

    week: date
    purpose: Label
    items: list[InspectorCalibration]
