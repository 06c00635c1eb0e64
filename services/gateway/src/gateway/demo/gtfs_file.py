"""Write the invented city's timetable as a GTFS feed, which any tool for timetables reads."""

import csv
import io
import math
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from gateway.demo.lines import Kind, Line, Station
from gateway.demo.terrain import to_lon_lat

_KINDS: dict[Kind, int] = {"tram": 0, "metro": 1, "train": 2, "bus": 3}
_HALT_S = 20
# Until when vehicles follow each other how many times less often than at the busiest hours; none
# goes between half past midnight and half past five.
_HOURS = ((7.0, 2.0), (9.5, 1.0), (16.5, 1.5), (19.5, 1.0), (21.5, 2.0), (24.5, 3.0))
_FIRST_H = 5.5
_WEEK, _WEEKEND = "semaine", "weekend"
_BEFORE, _AFTER = timedelta(days=7), timedelta(days=365)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Row = dict[str, object]


def write_gtfs(lines: Sequence[Line], path: Path, today: date) -> None:
    """Write a feed that holds for a year; the same lines and day give the same bytes."""
    stations = list({it.number: it for line in lines for it in line.stations}.values())
    trips, times, repeated = _runs(lines)
    ends = {"start_date": f"{today - _BEFORE:%Y%m%d}", "end_date": f"{today + _AFTER:%Y%m%d}"}
    agency = {"agency_name": "Ronde (invented)", "agency_url": "https://example.org"}
    tables: dict[str, Iterable[Row]] = {
        "agency": [{**agency, "agency_timezone": "Europe/Paris"}],
        "stops": [_stop(it) for it in stations],
        "routes": [
            {"route_id": it.name, "route_short_name": it.name, "route_type": _KINDS[it.kind]}
            for it in lines
        ],
        "calendar": [
            {"service_id": _WEEK, **_on(range(5)), **ends},
            {"service_id": _WEEKEND, **_on(range(5, 7)), **ends},
        ],
        "trips": trips,
        "stop_times": times,
        "frequencies": repeated,
    }
    with zipfile.ZipFile(path, "w") as feed:
        for name, rows in tables.items():
            entry = zipfile.ZipInfo(f"{name}.txt", (2026, 1, 1, 0, 0, 0))
            feed.writestr(entry, _table(list(rows)), zipfile.ZIP_DEFLATED)


def _table(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _stop(station: Station) -> Row:
    lon, lat = to_lon_lat(*station.place)
    return {"stop_id": station.number, "stop_name": station.name, "stop_lat": lat, "stop_lon": lon}


def _on(days: range) -> Row:
    return {name: int(number in days) for number, name in enumerate(_DAYS)}


def _runs(lines: Sequence[Line]) -> tuple[list[Row], list[Row], list[Row]]:
    """List trips, their halts, and how often those of metros are repeated."""
    trips: list[Row] = []
    times: list[Row] = []
    repeated: list[Row] = []
    for line, way, service, (begins_s, until_s, every_s) in _stretches(lines):
        repeats = line.kind == "metro"
        for start_s in [begins_s] if repeats else range(begins_s, until_s, every_s):
            trip = len(trips) + 1
            trips.append(
                {
                    "route_id": line.name,
                    "service_id": service,
                    "trip_id": trip,
                    "trip_headsign": way[-1].name,
                }
            )
            times += _halts(line, way, trip, start_s)
        if repeats:
            hours = {"start_time": _hms(begins_s), "end_time": _hms(until_s)}
            repeated.append({"trip_id": len(trips), **hours, "headway_secs": every_s})
    return trips, times, repeated


def _stretches(
    lines: Sequence[Line],
) -> Iterator[tuple[Line, Sequence[Station], str, tuple[int, int, int]]]:
    """Give each line, both ways, on both services: from when, until when and how often it runs."""
    for line in lines:
        for way in (line.stations, line.stations[::-1]):
            for service, rarer in ((_WEEK, 1.0), (_WEEKEND, 2.0)):
                begins_h = _FIRST_H
                for until_h, times_rarer in _HOURS:
                    every_s = round(line.every_min * rarer * times_rarer) * 60
                    yield (
                        line,
                        way,
                        service,
                        (round(begins_h * 3600), round(until_h * 3600), every_s),
                    )
                    begins_h = until_h


def _halts(line: Line, way: Sequence[Station], trip: int, start_s: int) -> Iterator[Row]:
    now_s, before = float(start_s), way[0]
    for number, station in enumerate(way):
        now_s += math.dist(before.place, station.place) / (line.km_h / 3.6)
        passed = int(station.is_closed)
        yield {
            "trip_id": trip,
            "stop_id": station.number,
            "stop_sequence": number,
            "arrival_time": _hms(now_s),
            "departure_time": _hms(now_s + _HALT_S),
            "pickup_type": passed,
            "drop_off_type": passed,
        }
        now_s, before = now_s + _HALT_S, station


def _hms(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
