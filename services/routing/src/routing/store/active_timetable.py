"""The timetable that is active now, kept open by a process, with the days asked for last."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from routing.domain.roads import Roads
from routing.domain.transit_access import StopsOnFoot
from routing.domain.transit_day import TransitDay, transit_day
from routing.domain.transit_feed import Feed
from routing.domain.transit_walks import Walks
from routing.store.bundle_blobs import BundleBlobs
from routing.store.tables import TimetableRow
from routing.store.timetables import active_timetable
from routing.store.transit_bundle import read_timetable

# The times of a day of 8.7 million halts take 70 MB.
MOST_DAYS = 3


@dataclass(slots=True)
class CurrentTimetable:
    """A timetable that serves: what it says, who may walk where, and its days as they are asked."""

    row: TimetableRow
    feed: Feed
    walks: Walks
    on_foot: StopsOnFoot
    streets: Roads
    _days: OrderedDict[date, TransitDay] = field(default_factory=OrderedDict)
    _gathering: Lock = field(default_factory=Lock)

    def day(self, day: date) -> TransitDay:
        """Give all that runs on a day; gathered at its first use, which takes seconds."""
        with self._gathering:
            known = self._days.pop(day, None) or transit_day(self.feed, day)
            self._days[day] = known
            if len(self._days) > MOST_DAYS:
                self._days.popitem(last=False)
            return known


class ActiveTimetable:
    """The active timetable, opened once per process; again when another is, or other streets."""

    def __init__(self, bundles: BundleBlobs) -> None:
        self._bundles = bundles
        self._opening = asyncio.Lock()
        self._opened: tuple[tuple[UUID, int], CurrentTimetable] | None = None

    async def current(self, session: AsyncSession, streets: Roads) -> CurrentTimetable | None:
        """Give the timetable that is active in this transaction, walking on these streets."""
        row = await active_timetable(session)
        if row is None:
            return None
        async with self._opening:
            version = (row.id, id(streets))
            if self._opened is None or self._opened[0] != version:
                self._opened = version, await asyncio.to_thread(self._open, row, streets)
            return self._opened[1]

    def _open(self, row: TimetableRow, streets: Roads) -> CurrentTimetable:
        feed, walks = read_timetable(self._bundles.path(row.bundle))
        return CurrentTimetable(row, feed, walks, StopsOnFoot(feed.stops, streets), streets)
