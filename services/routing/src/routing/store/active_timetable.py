"""The timetable that is active now, kept open by a process."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from routing.domain.roads import Roads
from routing.domain.timetable import Timetable
from routing.store.bundle_blobs import BundleBlobs
from routing.store.tables import TimetableRow
from routing.store.timetables import active_timetable
from routing.store.transit_bundle import open_timetable


@dataclass(frozen=True, slots=True)
class CurrentTimetable:
    """The timetable that serves, and what the database knows of it."""

    row: TimetableRow
    timetable: Timetable


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
        return CurrentTimetable(row, open_timetable(self._bundles.path(row.bundle), streets))
