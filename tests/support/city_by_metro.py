"""The invented city with its streets as the crow flies and its timetable, to plan and ride in."""

from datetime import date
from pathlib import Path
from random import Random

from gateway.demo.city import make_city
from gateway.demo.gtfs_file import write_gtfs
from gateway.demo.lines import make_lines
from routing.domain.roads import CrowFlyRoads
from routing.domain.timetable import Timetable
from routing.domain.transit_access import StopsOnFoot
from routing.domain.transit_walks import walks_between
from routing.store.gtfs_file import read_gtfs
from routing.use_cases.plan_ways import Network


def city_feed(path: Path, day: date) -> Path:
    """Write the timetable of the invented city without its buses, which are four fifths of it."""
    lines = make_lines(make_city(Random(7)), Random("lines 7"))
    write_gtfs([it for it in lines if it.kind != "bus"], path, day)
    return path


def open_feed(path: Path) -> Timetable:
    """Open a feed in which one walks as the crow flies."""
    feed, streets = read_gtfs(path), CrowFlyRoads("walk")
    walks = walks_between(feed, *StopsOnFoot(feed.stops, streets).between())
    return Timetable.on(feed, walks, streets)


def network_of(path: Path) -> Network:
    """Make the ways of travelling of a city without a map."""
    roads = {way: CrowFlyRoads(way) for way in ("drive", "walk", "bike")}
    return Network(roads, open_feed(path))
