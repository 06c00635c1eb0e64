"""Small feeds with every trap that timetables hold, made from a seed."""

import csv
import io
import random
import zipfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

START = date(2026, 3, 23)  # clocks change on the 29th
DAYS = 21


PLAIN = {
    "agency.txt": "agency_name,agency_url,agency_timezone\nA,https://a.example,Europe/Paris\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\na,Gare,48.85,2.35\nb,Mairie,48.86,2.36\n",
    "routes.txt": "route_id,route_short_name,route_type\nr,4,1\n",
    "trips.txt": "route_id,service_id,trip_id\nr,d,t\n",
    "stop_times.txt": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "t,08:00:00,08:00:30,a,1\nt,8:05:00,8:05:00,b,2\n"
    ),
    "calendar.txt": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "d,1,1,1,1,1,0,0,20261130,20261211\n"
    ),
}


def plain_feed(folder: Path, **changes: object) -> Path:
    """Write a feed of one trip with some tables otherwise; None leaves one out."""
    tables = PLAIN | {f"{name}.txt": text for name, text in changes.items()}
    with zipfile.ZipFile(folder / "feed.zip", "w") as written:
        for name, text in tables.items():
            if text is not None:
                written.writestr(f"in a folder/{name}", text)
    return folder / "feed.zip"


def hms(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def write_feed(path: Path, tables: dict[str, Sequence[dict[str, object]]]) -> Path:
    """Write tables as a feed; fields are those of all rows."""
    with zipfile.ZipFile(path, "w") as feed:
        for name, rows in tables.items():
            fields = list(dict.fromkeys(field for row in rows for field in row))
            text = io.StringIO()
            writer = csv.DictWriter(text, fields, restval="")
            writer.writeheader()
            writer.writerows(rows)
            feed.writestr(f"{name}.txt", text.getvalue())
    return path


def made_feed(path: Path, seed: int) -> Path:
    """Make a feed of some 20 stops and 10 lines."""
    dice = random.Random(seed)
    stops = _stops(dice)
    platforms = [it["stop_id"] for it in stops if it["location_type"] != "1"]
    services, calendar, exceptions = _services(dice)
    routes, trips, times, repeated = [], [], [], []
    for number in range(dice.randint(4, 10)):
        routes.append({"route_id": f"R{number}", "route_short_name": str(number), "route_type": 3})
        way = dice.sample(platforms, dice.randint(2, min(8, len(platforms))))
        if dice.random() < 0.2:
            way.append(way[0])  # a loop comes by its first stop again
        for direction in (way, way[::-1]):
            for run in range(dice.randint(1, 12)):
                trip = f"R{number}-{direction is way:d}-{run}"
                trips.append(
                    {"trip_id": trip, "route_id": f"R{number}", "service_id": dice.choice(services)}
                )
                rows = _times(dice, trip, direction)
                times += rows
                if dice.random() < 0.15:
                    repeated += _repeated(dice, trip)
    dice.shuffle(times)
    tables = {
        "agency": [{"agency_name": "A", "agency_url": "x", "agency_timezone": "Europe/Paris"}],
        "stops": stops,
        "routes": routes,
        "trips": trips,
        "stop_times": times,
        "calendar": calendar,
        "calendar_dates": exceptions,
        "transfers": _transfers(dice, stops),
    }
    if repeated:
        tables["frequencies"] = repeated
    return write_feed(path, tables)


def _stops(dice: random.Random) -> list[dict[str, object]]:
    stops = []
    for number in range(dice.randint(8, 20)):
        place = {
            "stop_lat": f"{48.85 + dice.uniform(-0.02, 0.02):.6f}",
            "stop_lon": f"{2.35 + dice.uniform(-0.03, 0.03):.6f}",
        }
        stop = {"stop_id": f"S{number}", "stop_name": f"Stop {number}", **place}
        if dice.random() < 0.25:
            station = stop | {"stop_id": f"P{number}", "location_type": "1", "parent_station": ""}
            stops.append(station)
            for platform in range(dice.randint(1, 3)):
                own = {"stop_id": f"S{number}{'abc'[platform]}", "location_type": "0"}
                stops.append(stop | own | {"parent_station": f"P{number}"})
        else:
            stops.append(stop | {"location_type": "", "parent_station": ""})
    return stops


def _services(dice: random.Random):
    services, calendar, exceptions = [], [], []
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    for number in range(dice.randint(1, 4)):
        service = f"D{number}"
        services.append(service)
        by_exceptions_alone = dice.random() < 0.25
        if not by_exceptions_alone:
            first = START + timedelta(days=dice.randint(0, 5))
            last = START + timedelta(days=dice.randint(10, DAYS))
            on = {day: int(dice.random() < 0.8) for day in days}
            ends = {"start_date": f"{first:%Y%m%d}", "end_date": f"{last:%Y%m%d}"}
            calendar.append({"service_id": service, **on, **ends})
        for away in dice.sample(range(DAYS), dice.randint(8, 15) if by_exceptions_alone else 3):
            day = START + timedelta(days=away)
            kind = 1 if by_exceptions_alone or dice.random() < 0.4 else 2
            exceptions.append(
                {"service_id": service, "date": f"{day:%Y%m%d}", "exception_type": kind}
            )
    if not calendar:
        ends = {"start_date": f"{START:%Y%m%d}", "end_date": f"{START:%Y%m%d}"}
        calendar.append({"service_id": "never", **dict.fromkeys(days, 0), **ends})
    return services, calendar, exceptions


def _times(dice: random.Random, trip: str, way: Sequence[object]) -> list[dict[str, object]]:
    rows = []
    now = dice.choice((dice.randint(5 * 3600, 22 * 3600), dice.randint(22 * 3600, 27 * 3600)))
    sequence = dice.randint(0, 3)
    for place, stop in enumerate(way):
        departure = now + dice.choice((0, 0, 30, 60))
        row = {
            "trip_id": trip,
            "stop_id": stop,
            "stop_sequence": sequence,
            "arrival_time": hms(now),
            "departure_time": hms(departure),
            "pickup_type": dice.choice(("", "", "", "0", "1", "2", "3")),
            "drop_off_type": dice.choice(("", "", "", "0", "1", "2", "3")),
        }
        if 0 < place < len(way) - 1 and dice.random() < 0.15:
            row |= {"arrival_time": "", "departure_time": ""}
        rows.append(row)
        now = departure + dice.randint(30, 900)
        sequence += dice.randint(1, 5)
    return rows


def _repeated(dice: random.Random, trip: str) -> list[dict[str, object]]:
    start = dice.randint(6, 12) * 3600
    told = {"trip_id": trip, "headway_secs": dice.choice((300, 420, 900))}
    told["exact_times"] = dice.choice(("", "0", "1"))
    middle = start + dice.randint(1, 3) * 3600
    return [
        told | {"start_time": hms(start), "end_time": hms(middle)},
        told | {"start_time": hms(middle), "end_time": hms(middle + 5400), "headway_secs": 600},
    ]


def _transfers(dice: random.Random, stops: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    rows, seen = [], set()
    for _ in range(dice.randint(1, 8)):
        a, b = dice.choice(stops)["stop_id"], dice.choice(stops)["stop_id"]
        if (a, b) in seen:
            continue
        seen.add((a, b))
        rows.append(
            {
                "from_stop_id": a,
                "to_stop_id": b,
                "transfer_type": dice.choice(("", "0", "1", "2", "2", "3", "4")),
                "min_transfer_time": dice.choice(("", "0", "120", "400")),
                "from_trip_id": dice.choice(("", "", "", "R0-1-0")),
            }
        )
    return rows
