"""Reads a GTFS feed, a zip of tables, into arrays; what is wrong is named by file, line and field.

https://gtfs.org/documentation/schedule/reference/ (revision of 2024)
"""

import zipfile
from array import array
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from routing.domain.transit_feed import (
    Feed,
    FeedError,
    Flags,
    Frequencies,
    Lines,
    Stops,
    StopTimes,
    Transfers,
    Trips,
)
from routing.domain.transit_times import ToldTimes, stop_times
from routing.store.gtfs_rows import Row, Tables

Numbered = dict[str, int]

# A feed that is said to hold for longer is cut: no plan is made so far ahead.
MOST_DAYS = 1000
_NOT_ON_CALL = {"", "0", "3"}
_PLATFORMS = {"", "0", "4"}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_gtfs(path: Path) -> Feed:
    """Read a feed.

    Raises
    ------
    FeedError : it is no zip, a table is missing, or a line of one is wrong
    """
    try:
        with zipfile.ZipFile(path) as tables:
            return _Reader(Tables(tables)).feed()
    except zipfile.BadZipFile as error:
        raise FeedError.at(
            path.name, None, None, "it is no zip file, or a part of it is lost"
        ) from error


class _Reader:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def feed(self) -> Feed:
        timezone = self._timezone()
        stops, stop_numbers, platforms = self._stops()
        lines, line_numbers = self._lines()
        start, days, services = self._days()
        trips, trip_numbers = self._trips(line_numbers, services)
        times = self._times(trip_numbers, {k: v for k, v in stop_numbers.items() if v in platforms})
        return Feed(
            timezone,
            start,
            days,
            stops,
            lines,
            trips,
            times,
            self._frequencies(trip_numbers),
            self._transfers(stop_numbers),
        )

    def _timezone(self) -> str:
        name = ""
        for row in self._tables.rows("agency.txt", "agency_timezone"):
            name = row.needed("agency_timezone")
            break
        try:
            ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError) as error:
            what = f"{name!r} is no time zone" if name else "there is no agency"
            raise FeedError.at("agency.txt", 2, "agency_timezone", what) from error
        return name

    def _stops(self) -> tuple[Stops, Numbered, set[int]]:
        numbers: Numbered = {}
        names, parents, platforms = [], [], set[int]()
        lat, lon = array("d"), array("d")
        for row in self._tables.rows("stops.txt", "stop_id"):
            kind = row.text("location_type")
            if kind == "3":
                continue  # only a bend of a way inside a station
            number = _added(row, "stop_id", numbers)
            if kind in _PLATFORMS:
                platforms.add(number)
            names.append(row.text("stop_name"))
            lat.append(row.degrees("stop_lat", 90))
            lon.append(row.degrees("stop_lon", 180))
            parents.append(row.text("parent_station"))
        parent = np.array([numbers.get(it, -1) for it in parents], np.int32)
        stops = Stops(list(numbers), names, np.array(lat), np.array(lon), parent)
        return stops, numbers, platforms

    def _lines(self) -> tuple[Lines, Numbered]:
        numbers: Numbered = {}
        names, kinds = [], array("i")
        for row in self._tables.rows("routes.txt", "route_id", "route_type"):
            _added(row, "route_id", numbers)
            names.append(row.text("route_short_name") or row.text("route_long_name"))
            kinds.append(row.number("route_type", 3))
        return Lines(list(numbers), names, np.array(kinds, np.int32)), numbers

    def _days(self) -> tuple[date, Flags, Numbered]:
        """Read the days of each service: by weekday between two dates, and the exceptions."""
        numbers: Numbered = {}
        weeks = []
        for row in self._tables.rows("calendar.txt", "service_id", optional=True):
            number = _added(row, "service_id", numbers)
            on = [row.number(name, 0) == 1 for name in _WEEKDAYS]
            weeks.append((number, row.day("start_date"), row.day("end_date"), on))
        exceptions = []
        for row in self._tables.rows("calendar_dates.txt", "service_id", optional=True):
            number = numbers.setdefault(row.needed("service_id"), len(numbers))
            exceptions.append((number, row.day("date"), row.number("exception_type", 0) == 1))
        known = [it for _, start, end, _ in weeks for it in (start, end)]
        known += [day for _, day, _ in exceptions]
        if not known:
            raise FeedError.at("calendar.txt", None, None, "no service runs on any day")
        start = min(known)
        length = min((max(known) - start).days + 1, MOST_DAYS)
        days = np.zeros((len(numbers), length), np.bool_)
        for number, first, last, on in weeks:
            begin, end = (first - start).days, (last - start).days + 1
            weekday = (np.arange(begin, min(end, length)) + start.weekday()) % 7
            days[number, begin:end] |= np.array(on)[weekday]
        for number, day, runs in exceptions:
            if (day - start) < timedelta(days=length):
                days[number, (day - start).days] = runs
        return start, days, numbers

    def _trips(self, lines: Numbered, services: Numbered) -> tuple[Trips, Numbered]:
        numbers: Numbered = {}
        line, service, headsigns = array("i"), array("i"), []
        for row in self._tables.rows("trips.txt", "trip_id", "route_id", "service_id"):
            _added(row, "trip_id", numbers)
            line.append(row.number_of("route_id", lines))
            service.append(row.number_of("service_id", services))
            headsigns.append(row.text("trip_headsign"))
        ids = list(numbers)
        return Trips(ids, np.array(line, np.int32), np.array(service, np.int32), headsigns), numbers

    def _times(self, trips: Numbered, platforms: Numbered) -> StopTimes:
        columns = [array("i") for _ in range(8)]
        trip, sequence, stop, arrival, departure, board, alight, line = columns
        for row in self._tables.rows("stop_times.txt", "trip_id", "stop_id", "stop_sequence"):
            trip.append(row.number_of("trip_id", trips))
            sequence.append(row.number("stop_sequence", 0))
            stop.append(row.number_of("stop_id", platforms))
            arrives, departs = row.seconds("arrival_time"), row.seconds("departure_time")
            arrival.append(arrives if arrives >= 0 else departs)
            departure.append(departs if departs >= 0 else arrives)
            board.append(row.text("pickup_type") in _NOT_ON_CALL)
            alight.append(row.text("drop_off_type") in _NOT_ON_CALL)
            line.append(row.line)
        told = ToldTimes(*(np.array(it, np.int32) for it in columns))
        return stop_times(told, len(trips))

    def _frequencies(self, trips: Numbered) -> Frequencies:
        columns = [array("i") for _ in range(5)]
        for row in self._tables.rows("frequencies.txt", "trip_id", "headway_secs", optional=True):
            headway = row.number("headway_secs", 0)
            if headway == 0:
                row.refuse("headway_secs", "it is not above 0")
            told = (
                row.number_of("trip_id", trips),
                max(row.seconds("start_time"), 0),
                max(row.seconds("end_time"), 0),
                headway,
                row.number("exact_times", 0) == 1,
            )
            for column, value in zip(columns, told, strict=True):
                column.append(value)
        trip, start, end, headways, exact = (np.array(it, np.int32) for it in columns)
        return Frequencies(trip, start, end, headways, exact.astype(np.bool_))

    def _transfers(self, stops: Numbered) -> Transfers:
        """Read what holds for all lines; what is said of one line or trip alone is passed over."""
        columns = [array("i") for _ in range(4)]
        narrow = ("from_route_id", "to_route_id", "from_trip_id", "to_trip_id")
        for row in self._tables.rows("transfers.txt", optional=True):
            if any(row.text(field) for field in narrow):
                continue
            told = (
                row.number_of("from_stop_id", stops),
                row.number_of("to_stop_id", stops),
                row.number("transfer_type", 0),
                row.number("min_transfer_time", 0),
            )
            for column, value in zip(columns, told, strict=True):
                column.append(value)
        return Transfers(*(np.array(it, np.int32) for it in columns))


def _added(row: Row, field: str, numbers: Numbered) -> int:
    id = row.needed(field)
    if id in numbers:
        row.refuse(field, f"{id!r} is there already")
    numbers[id] = len(numbers)
    return numbers[id]
