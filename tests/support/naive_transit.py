"""Journeys by public transport worked out plainly: Dijkstra over all vehicles of all days.

It shares no code with what it checks: tables are read anew, times are seconds since 1970, and a
state is a stop with the number of vehicles used so far.
"""

import bisect
import csv
import heapq
import io
import itertools
import math
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

CHANGE_S, MINUTE_S = 60, 60
NEVER = math.inf


def table(feed: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    if f"{name}.txt" not in feed.namelist():
        return []
    text = io.TextIOWrapper(feed.open(f"{name}.txt"), encoding="utf-8-sig", newline="")
    return list(csv.DictReader(text))


def of_day(text: str) -> int | None:
    if not text:
        return None
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


@dataclass
class Halt:
    """A vehicle at a stop; times are since 1970."""

    stop: str
    board: float
    alight: float
    may_board: bool
    may_alight: bool


@dataclass
class Naive:
    """A feed, with ways on foot between its stops given in seconds."""

    path: Path
    streets: dict[tuple[str, str], int] = field(default_factory=dict)
    trips: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with zipfile.ZipFile(self.path) as feed:
            names = ("agency", "stops", "calendar", "calendar_dates", "trips", "stop_times")
            names += ("frequencies", "transfers")
            self.tables = {name: table(feed, name) for name in names}
        self.zone = ZoneInfo(self.tables["agency"][0]["agency_timezone"])
        self.stops = [it["stop_id"] for it in self.tables["stops"]]
        self.service_of = {it["trip_id"]: it["service_id"] for it in self.tables["trips"]}
        self.places = {it["stop_id"]: it for it in self.tables["stops"]}
        self._read_times()
        self._read_walks()
        self._days: dict[date, dict[str, list[tuple[float, int, int]]]] = {}
        self._vehicles: dict[date, list[list[Halt]]] = {}

    def _read_times(self) -> None:
        by_trip = defaultdict(list)
        for row in self.tables["stop_times"]:
            by_trip[row["trip_id"]].append(row)
        for trip, rows in by_trip.items():
            rows.sort(key=lambda row: int(row["stop_sequence"]))
            told = []
            for row in rows:
                arrival, departure = of_day(row["arrival_time"]), of_day(row["departure_time"])
                told.append(
                    {
                        "stop": row["stop_id"],
                        "arrival": arrival if arrival is not None else departure,
                        "departure": departure if departure is not None else arrival,
                        "board": row.get("pickup_type", "") in {"", "0", "3"},
                        "alight": row.get("drop_off_type", "") in {"", "0", "3"},
                    }
                )
            for number, it in enumerate(told):
                if it["arrival"] is None:
                    before = max(n for n in range(number) if told[n]["arrival"] is not None)
                    after = min(
                        n for n in range(number, len(told)) if told[n]["arrival"] is not None
                    )
                    begin, end = told[before]["departure"], told[after]["arrival"]
                    share = (number - before) / (after - before)
                    it["filled"] = int(begin + share * (end - begin))
            for it in told:
                if "filled" in it:
                    it["arrival"] = it["departure"] = it["filled"]
            self.trips[trip] = told

    def _read_walks(self) -> None:
        children = defaultdict(list)
        for it in self.tables["stops"]:
            if it.get("parent_station"):
                children[it["parent_station"]].append(it["stop_id"])
        self.walks = {k: max(v, 1) for k, v in self.streets.items() if k[0] != k[1]}
        self.change = dict.fromkeys(self.stops, float(CHANGE_S))
        told = []
        for row in self.tables["transfers"]:
            ends = [children.get(row[it]) or [row[it]] for it in ("from_stop_id", "to_stop_id")]
            if not row.get("from_trip_id") and row["transfer_type"] not in {"4", "5"}:
                told.append((len(ends[0]) == len(ends[1]) == 1, row, ends))
        for _, row, ends in sorted(told, key=lambda it: it[0]):
            for pair in itertools.product(*ends):
                self._say(pair, row["transfer_type"], int(row["min_transfer_time"] or 0))
        self.walks_from = defaultdict(dict)
        for (a, b), walk in self.walks.items():
            self.walks_from[a][b] = walk

    def _say(self, pair: tuple[str, str], kind: str, minimum: int) -> None:
        least = max(minimum, 1)
        if pair[0] == pair[1]:
            self.change[pair[0]] = NEVER if kind == "3" else least if kind == "2" else CHANGE_S
        elif kind == "3":
            self.walks.pop(pair, None)
        elif kind == "2":
            self.walks[pair] = least
        elif pair not in self.walks:
            a, b = ([float(self.places[it][f"stop_{x}"]) for x in ("lat", "lon")] for it in pair)
            east = math.radians(a[1] - b[1]) * math.cos(math.radians(a[0]))
            metres = 6_371_000.0 * math.hypot(math.radians(a[0] - b[0]), east)
            self.walks[pair] = max(CHANGE_S, math.ceil(1.3 * metres / 1.1))

    def zero(self, day: date) -> float:
        """The moment from which times of a day count."""
        return datetime(day.year, day.month, day.day, 12, tzinfo=self.zone).timestamp() - 43_200

    def _runs(self, service: str, day: date) -> bool:
        for row in self.tables["calendar_dates"]:
            if row["service_id"] == service and row["date"] == f"{day:%Y%m%d}":
                return row["exception_type"] == "1"
        for row in self.tables["calendar"]:
            if row["service_id"] == service:
                within = row["start_date"] <= f"{day:%Y%m%d}" <= row["end_date"]
                return within and row[f"{day:%A}".lower()] == "1"
        return False

    def _all(self, day: date) -> Iterator[list[Halt]]:
        """Every vehicle that may matter on a day."""
        repeated = defaultdict(list)
        for row in self.tables["frequencies"]:
            repeated[row["trip_id"]].append(row)
        for away in range(-3, 3):
            other = day + timedelta(days=away)
            running = {it: self._runs(it, other) for it in set(self.service_of.values())}
            zero = self.zero(other)
            for trip, halts in self.trips.items():
                if not running[self.service_of[trip]] or len(halts) < 2:
                    continue
                if trip not in repeated:
                    yield self._vehicle(halts, zero, 0)
                for row in repeated.get(trip, []):
                    start, end = of_day(row["start_time"]), of_day(row["end_time"])
                    headway, exact = int(row["headway_secs"]), row.get("exact_times") == "1"
                    begins = start
                    while begins < end if exact else begins + headway <= end:
                        shift = zero + begins - halts[0]["departure"]
                        yield self._vehicle(halts, shift, 0 if exact else headway)
                        begins += headway if exact else MINUTE_S

    def _vehicle(self, halts, zero, late) -> list[Halt]:
        return [
            Halt(
                it["stop"],
                zero + it["departure"],
                zero + it["arrival"] + late,
                it["board"],
                it["alight"],
            )
            for it in halts
        ]

    def _prepared(self, day: date):
        if day not in self._days:
            vehicles = list(self._all(day))
            departures = defaultdict(list)
            for number, halts in enumerate(vehicles):
                for place, halt in enumerate(halts[:-1]):
                    if halt.may_board:
                        departures[halt.stop].append((halt.board, number, place))
            for known in departures.values():
                known.sort()
            self._days[day], self._vehicles[day] = departures, vehicles
        return self._days[day], self._vehicles[day]

    def arrivals(
        self, day: date, ready: dict[str, float], most: int, until: float = NEVER
    ) -> list[dict[str, float]]:
        """Give for 1, 2, ... vehicles when one is at each stop at the earliest, if by `until`.

        Times are seconds since the zero of the day.
        """
        zero = self.zero(day)
        search = _Search(self, *self._prepared(day), most)
        heap = search.heap = [(zero + time, 0, True, stop) for stop, time in ready.items()]
        heapq.heapify(heap)
        while heap:
            time, used, can_board, stop = heapq.heappop(heap)
            if can_board:
                search.board(time, used, stop)
            elif time <= search.best[used].get(stop, NEVER):
                search.change(time, used, stop)
        for fewer, more in itertools.pairwise(search.best[1:]):
            for stop, time in fewer.items():
                more[stop] = min(time, more.get(stop, NEVER))
        return [
            {stop: at - zero for stop, at in row.items() if at - zero <= until}
            for row in search.best[1:]
        ]


class _Search:
    """Where one is when, with each number of vehicles."""

    def __init__(self, naive: Naive, departures, vehicles, most: int) -> None:
        self.naive, self.departures, self.vehicles, self.most = naive, departures, vehicles, most
        self.heap: list[tuple[float, int, bool, str]] = []
        self.best: list[dict[str, float]] = [{} for _ in range(most + 1)]
        self.settled: list[set[str]] = [set() for _ in range(most + 1)]
        self.boarded: dict[tuple[int, int], int] = {}

    def board(self, time: float, used: int, stop: str) -> None:
        """Take every vehicle that leaves from now on."""
        if stop in self.settled[used] or used == self.most:
            return
        self.settled[used].add(stop)
        known = self.departures.get(stop, [])
        for _, number, place in known[bisect.bisect_left(known, (time, -1, -1)) :]:
            last = self.boarded.get((number, used), len(self.vehicles[number]))
            if place >= last:
                continue
            self.boarded[number, used] = place
            for halt in self.vehicles[number][place + 1 : last + 1]:
                reached = self.best[used + 1]
                if halt.may_alight and halt.alight < reached.get(halt.stop, NEVER):
                    reached[halt.stop] = halt.alight
                    heapq.heappush(self.heap, (halt.alight, used + 1, False, halt.stop))

    def change(self, time: float, used: int, stop: str) -> None:
        """Wait for another vehicle here, or walk to another stop."""
        if self.naive.change[stop] < NEVER:
            heapq.heappush(self.heap, (time + self.naive.change[stop], used, True, stop))
        for other, walk in self.naive.walks_from[stop].items():
            heapq.heappush(self.heap, (time + walk, used, True, other))
