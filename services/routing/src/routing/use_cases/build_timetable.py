"""Take in a timetable in a process of its own: fetch the feed, read it, find the walks, store."""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from routing.domain.snapping import REFUSED_FROM_M
from routing.domain.transit_access import StopsOnFoot
from routing.domain.transit_feed import Feed, FeedError
from routing.domain.transit_walks import walks_between
from routing.store.bundle_blobs import BundleBlobs
from routing.store.gtfs_file import read_gtfs
from routing.store.roads import open_roads
from routing.store.transit_bundle import TimetableMeta, write_timetable
from routing.use_cases.build_graph import GraphSource, fetched


@dataclass(frozen=True, slots=True)
class StoredTimetable:
    """A timetable in the store, ready to serve."""

    bundle: str
    meta: TimetableMeta


def build_timetable(
    report: Callable[[float, str], None],
    source: GraphSource,
    blobs_url: str,
    cache_dir: Path | None = None,
) -> StoredTimetable:
    """Read a feed and store it with the ways on foot between its stops.

    `source.served` is the road graph on whose streets one walks; without one the crow flies.

    Raises
    ------
    FeedError : the feed cannot be used; the message names file, line and field
    """
    bundles = BundleBlobs.at(blobs_url, cache_dir)
    with tempfile.TemporaryDirectory(prefix="ronde-timetable-") as folder:
        file = source.path if source.blob is None else fetched(source, blobs_url, Path(folder))
        report(0.05, "reading the feed")
        try:
            feed = read_gtfs(file)
        except OSError as error:
            raise FeedError.at(source.path.name, None, None, "it cannot be opened") from error
        first, last = _days(feed)
        report(0.5, "finding ways on foot between stops")
        graph = bundles.path(source.served) if source.served is not None else None
        on_foot = StopsOnFoot(feed.stops, open_roads(graph, profile="walk"))
        walks = walks_between(feed, *on_foot.between())
        meta = TimetableMeta(
            source_name=source.path.name,
            source_sha256=_digest(file),
            timezone=feed.timezone,
            first_day=(feed.start + timedelta(days=first)).isoformat(),
            last_day=(feed.start + timedelta(days=last)).isoformat(),
            stops=len(feed.stops.ids),
            lines=len(feed.lines.ids),
            trips=len(feed.trips.ids),
            times=int(feed.times.stop.size),
            lone_stops=int((on_foot.snaps.distance_m > REFUSED_FROM_M).sum()),
        )
        report(0.9, "storing the timetable")
        directory = Path(folder) / "timetable"
        write_timetable(directory, feed, walks, meta)
        return StoredTimetable(bundles.put(directory), meta)


def _days(feed: Feed) -> tuple[int, int]:
    """Give the first and the last day on which a trip with two stops or more runs.

    Raises
    ------
    FeedError : there is none
    """
    rides = np.diff(feed.times.first) > 1
    services = np.unique(feed.trips.service[rides])
    days = np.flatnonzero(feed.days[services].any(axis=0))
    if not days.size:
        raise FeedError.at("calendar.txt", None, None, "no trip runs on any day")
    return int(days[0]), int(days[-1])


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
