"""A feed of the size of Île-de-France's: some 60,000 stops and 3.5 million times, from a seed.

IDFM publishes 75 operators in one feed; its sizes here are assumed, see the design's note on roads.
"""

import io
import math
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LAT, LON = 48.8566, 2.3522
M_PER_LAT, M_PER_LON = 111_195.0, 73_140.0
CELL_M = 300
BUSES, TRAMS, METROS, TRAINS = 2_300, 15, 16, 13
# Kind as GTFS numbers it, stops, metres between them, metres a second, seconds between vehicles
# at noon, and how far from the centre a line begins at the most.
MANNERS = {
    "bus": (3, (18, 42), 380, 5.0, (1200, 9600), 45_000),
    "tram": (0, (20, 35), 550, 6.5, (360, 600), 12_000),
    "metro": (1, (20, 36), 700, 8.5, (150, 300), 6_000),
    "train": (2, (25, 50), 2500, 17.0, (600, 1200), 9_000),
}


@dataclass
class Size:
    """What was written."""

    stops: int = 0
    trips: int = 0
    times: int = 0


def write_large_feed(path: Path, seed: int = 1, share: float = 1.0) -> Size:
    """Write a feed; `share` of its lines, for a smaller one."""
    dice, size = random.Random(seed), Size()
    stops: dict[tuple[int, int, int], int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as feed:
        feed.writestr("agency.txt", "agency_name,agency_url,agency_timezone\nA,x,Europe/Paris\n")
        week = "monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        runs = "week,1,1,1,1,1,0,0,20260901,20261231\nend,0,0,0,0,0,1,1,20260901,20261231\n"
        feed.writestr("calendar.txt", "service_id," + week + runs)
        routes, trips = (
            ["route_id,route_short_name,route_type\n"],
            ["route_id,service_id,trip_id\n"],
        )
        with feed.open("stop_times.txt", "w", force_zip64=True) as raw:
            text = io.TextIOWrapper(raw, "ascii")
            text.write("trip_id,arrival_time,departure_time,stop_id,stop_sequence\n")
            for line, manner in enumerate(_manners(share)):
                routes.append(f"{line},{manner}{line},{MANNERS[manner][0]}\n")
                for trip, service, rows in _line(dice, line, manner, stops):
                    trips.append(f"{line},{service},{trip}\n")
                    text.writelines(rows)
                    size.trips += 1
                    size.times += len(rows)
            text.flush()
        feed.writestr("routes.txt", "".join(routes))
        feed.writestr("trips.txt", "".join(trips))
        feed.writestr("stops.txt", "".join(_stop_rows(dice, stops)))
    size.stops = len(stops)
    return size


def _manners(share: float) -> Iterator[str]:
    for manner, many in (("metro", METROS), ("train", TRAINS), ("tram", TRAMS), ("bus", BUSES)):
        yield from [manner] * max(round(many * share), 1)


def _line(dice, line, manner, stops) -> Iterator[tuple[str, str, list[str]]]:
    _, many, apart_m, speed, headways, reach_m = MANNERS[manner]
    count = dice.randint(*many)
    out = [stops.setdefault((*cell, 0), len(stops)) for cell in _way(dice, count, apart_m, reach_m)]
    back = [stops.setdefault((*cell, 1), len(stops)) for cell in _cells(stops, out[::-1])]
    headway = dice.randint(*headways)
    ride_s = max(round(apart_m / speed), 30)
    for way, direction in ((out, "o"), (back, "b")):
        for service, sparse in (("week", 1.0), ("end", 1.7)):
            now, number = 5 * 3600 + dice.randint(0, headway), 0
            while now < 24.5 * 3600:
                trip = f"{line}{direction}{service[0]}{number}"
                yield trip, service, _rows(trip, way, now, ride_s)
                hour = now // 3600
                busy = 0.7 if hour in {7, 8, 17, 18} else 1.8 if hour < 6 or hour >= 21 else 1.0
                now, number = now + round(headway * busy * sparse), number + 1


def _way(dice, count, apart_m, reach_m) -> list[tuple[int, int]]:
    """Wander from somewhere, mostly straight; stops of all lines lie in the same cells."""
    far, angle = reach_m * dice.random() ** 1.5, dice.uniform(0, math.tau)
    x, y = far * math.cos(angle), far * math.sin(angle)
    # Trains and many buses pass the centre.
    heading = angle + math.pi + dice.gauss(0, 1.0)
    cells: list[tuple[int, int]] = []
    while len(cells) < count:
        cell = (round(x / CELL_M), round(y / CELL_M))
        if cell not in cells[-3:]:
            cells.append(cell)
        heading += dice.gauss(0, 0.15)
        x, y = x + apart_m * math.cos(heading), y + apart_m * math.sin(heading)
    return list(dict.fromkeys(cells))


def _cells(stops, numbers) -> list[tuple[int, int]]:
    at = {number: cell[:2] for cell, number in stops.items() if number in numbers}
    return [at[number] for number in numbers]


def _rows(trip, way, now, ride_s) -> list[str]:
    rows = []
    for place, stop in enumerate(way):
        arrival = now + place * ride_s
        text = f"{arrival // 3600:02d}:{arrival // 60 % 60:02d}:{arrival % 60:02d}"
        rows.append(f"{trip},{text},{text},{stop},{place}\n")
    return rows


def _stop_rows(dice, stops) -> Iterator[str]:
    yield "stop_id,stop_name,stop_lat,stop_lon\n"
    for (x, y, side), number in stops.items():
        lat = LAT + (y * CELL_M + dice.uniform(-20, 20)) / M_PER_LAT
        lon = LON + (x * CELL_M + side * 15) / M_PER_LON
        yield f"{number},Stop {number},{lat:.6f},{lon:.6f}\n"
