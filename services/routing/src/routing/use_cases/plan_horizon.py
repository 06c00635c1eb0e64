"""The days of a plan on one clock: seconds from local midnight of its first day."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from shared.contracts.routing.plans import PlanRequest


@dataclass(frozen=True, slots=True)
class Horizon:
    """Turns moments into seconds and back; elapsed time, so a change of clocks is no trap."""

    starts_on: date
    days: int
    zone: ZoneInfo

    @classmethod
    def of(cls, request: PlanRequest) -> Self:
        """Take the horizon of a request.

        Raises
        ------
        ZoneInfoNotFoundError, ValueError : the time zone is not known.
        """
        return cls(request.starts_on, request.days, ZoneInfo(request.timezone))

    @property
    def begins_at(self) -> datetime:
        """Local midnight of the first day, UTC."""
        return self.midnight(0)

    def midnight(self, day: int) -> datetime:
        """Local midnight at which a day begins, UTC."""
        local = datetime.combine(self.starts_on + timedelta(days=day), time(), self.zone)
        return local.astimezone(UTC)

    def day_of(self, moment: datetime) -> int:
        """Count the days from the first one to the local date of a moment."""
        return (moment.astimezone(self.zone).date() - self.starts_on).days

    def day_within(self, moment: datetime) -> int | None:
        """Give the day of the plan on which a moment falls, if any, however far away it is."""
        within = self.begins_at <= moment < self.midnight(self.days)
        return self.day_of(moment) if within else None

    def date_of(self, day: int) -> date:
        """Give the date of a day of the plan."""
        return self.starts_on + timedelta(days=day)

    def second_after(self, moment: datetime) -> int:
        """Give the first whole second at or after a moment."""
        return math.ceil((moment - self.begins_at).total_seconds())

    def second_before(self, moment: datetime) -> int:
        """Give the last whole second at or before a moment."""
        return math.floor((moment - self.begins_at).total_seconds())

    def minute_of_day(self, day: int, minute: int) -> int:
        """Give the second at which the wall clock of a day shows a minute after midnight."""
        local = datetime.combine(self.date_of(day), time(), self.zone) + timedelta(minutes=minute)
        return self.second_after(local.astimezone(UTC))

    def moment(self, second: int) -> datetime:
        """Turn a second back into a moment, UTC."""
        return self.begins_at + timedelta(seconds=second)
