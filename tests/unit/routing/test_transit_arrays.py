"""Public transport on arrays: compiled or not it is the same, and its edges are what they say."""

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from made_feeds import START, made_feed, plain_feed

from routing.domain.roads import CrowFlyRoads
from routing.domain.transit_access import StopsOnFoot
from routing.domain.transit_day import transit_day
from routing.domain.transit_feed import Stops
from routing.domain.transit_hours import Hours, times_within
from routing.domain.transit_matrix import Access, transit_times
from routing.domain.transit_rounds import rounds_from
from routing.domain.transit_scan import NEVER_S, connections, earliest_arrivals
from routing.domain.transit_walks import CHANGE_S, IMPOSSIBLE_S, walks_between
from routing.store.gtfs_file import read_gtfs

SCRIPT = """
import json, sys
from pathlib import Path
from routing.domain import transit_hours
from test_transit_arrays import answers
transit_hours._ROOM = 2  # what has no room is given more
print(json.dumps(answers(Path(sys.argv[1]))))
"""
NOWHERE = np.zeros(0, np.int32)


def answers(path: Path) -> list[list[int]]:
    """Ask a feed for everything once, from a few stops in the morning."""
    feed = read_gtfs(path)
    day = transit_day(feed, START + timedelta(days=2))
    walks = walks_between(feed, *StopsOnFoot(feed.stops, CrowFlyRoads("walk")).between())
    ready = np.full(len(feed.stops.ids), NEVER_S, np.int32)
    ready[:2] = 8 * 3600
    scanned = connections(day)
    stops = np.arange(6, dtype=np.int32)
    access = Access(np.arange(0, 7, 2, dtype=np.int32), stops, np.full(6, 120, np.int32))
    matrix = transit_times(scanned, walks, access, 8 * 3600)
    assert (transit_times(scanned, walks, access, 8 * 3600, threads=2) == matrix).all()
    hours = Hours(8 * 3600, 9 * 3600)
    held = times_within(scanned, walks, access, hours, most_s=10_800)
    rounds = rounds_from(day, walks, ready)
    found = (
        held,
        earliest_arrivals(scanned, walks, ready),
        rounds.arrival_s,
        rounds.run,
        rounds.walked,
    )
    return [np.asarray(it).ravel().tolist() for it in (*found, matrix)]


@pytest.mark.parametrize("seed", [3, 7])
def test_compiled_and_plain_python_agree(tmp_path: Path, seed: int):
    path = made_feed(tmp_path / "feed.zip", seed)
    compiled = answers(path)
    assert min(compiled[0]) < NEVER_S
    plain = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)],
        env=os.environ
        | {
            "NUMBA_DISABLE_JIT": "1",
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert plain.returncode == 0, plain.stderr
    assert json.loads(plain.stdout) == compiled


def test_a_row_of_a_matrix_is_the_earliest_arrival_at_each_place(tmp_path: Path):
    feed = read_gtfs(made_feed(tmp_path / "feed.zip", 9))
    scanned = connections(transit_day(feed, START + timedelta(days=2)))
    walks = walks_between(feed, NOWHERE, NOWHERE, NOWHERE)
    count = len(feed.stops.ids)
    every = np.arange(count, dtype=np.int32)
    access = Access(np.arange(count + 1, dtype=np.int32), every, np.full(count, 60, np.int32))
    depart_s, most_s = 9 * 3600, 4 * 3600
    matrix = transit_times(scanned, walks, access, depart_s, most_s=most_s)
    assert (np.diag(matrix) == 0).all()
    for origin in range(count):
        ready = np.full(count, NEVER_S, np.int32)
        ready[origin] = depart_s + 60
        arrival = earliest_arrivals(scanned, walks, ready, depart_s + most_s) + 60 - depart_s
        expected = np.where(arrival > most_s, NEVER_S, arrival)
        expected[origin] = 0
        assert (matrix[origin] == expected).all()


def test_without_a_stop_nobody_walks_anywhere():
    none = np.zeros(0)
    on_foot = StopsOnFoot(Stops([], [], none, none, NOWHERE), CrowFlyRoads("walk"))
    assert [it.size for it in on_foot.between()] == [0, 0, 0]
    assert on_foot.ends(2.35, 48.85).stop.size == 0


@pytest.mark.parametrize(
    ("kind", "minimum", "taken"),
    [
        ("0", "", (CHANGE_S, 400)),
        ("1", "", (CHANGE_S, 400)),
        ("2", "250", (250, 250)),
        ("2", "0", (1, 1)),
        ("3", "", (IMPOSSIBLE_S, None)),
        ("4", "", (CHANGE_S, 400)),
    ],
)
def test_what_a_feed_says_of_changing_holds(tmp_path: Path, kind, minimum, taken):
    change, walk = taken
    rows = "".join(f"{a},{b},{kind},{minimum}\n" for a, b in (("a", "a"), ("a", "b")))
    header = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n"
    read = read_gtfs(plain_feed(tmp_path, transfers=header + rows))
    street = np.array([[0], [1], [400]], np.int32)
    walks = walks_between(read, *street)
    assert walks.change_s[0] == change
    assert walks.walk_s.tolist() == ([] if walk is None else [walk])


def test_a_change_that_is_recommended_without_a_street_takes_what_its_distance_does(tmp_path: Path):
    header = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n"
    read = read_gtfs(plain_feed(tmp_path, transfers=header + "a,b,0,\n"))
    walks = walks_between(read, NOWHERE, NOWHERE, NOWHERE)
    metres = 1_330  # between the two stops of that feed
    assert walks.walk_s[0] == pytest.approx(1.3 * metres / 1.1, rel=0.02)


@pytest.mark.parametrize(("exact", "arrives"), [(0, "8:17:30"), (1, "8:14:30")])
def test_a_feed_of_frequencies_alone_promises_no_time_that_is_not_kept(
    tmp_path: Path, exact: int, arrives: str
):
    # Every ten minutes from eight to nine, 270 s from stop to stop; one is there at three past.
    rows = "trip_id,start_time,end_time,headway_secs,exact_times\n"
    path = plain_feed(tmp_path, frequencies=f"{rows}t,08:00:00,09:00:00,600,{exact}\n")
    feed = read_gtfs(path)
    scanned = connections(transit_day(feed, date(2026, 11, 30)))
    walks = walks_between(feed, *(NOWHERE,) * 3)
    hours, minutes, seconds = (int(it) for it in arrives.split(":"))
    there = earliest_arrivals(scanned, walks, np.array([8 * 3600 + 180, NEVER_S], np.int32))
    assert there[1] == hours * 3600 + minutes * 60 + seconds
    late = np.array([9 * 3600, NEVER_S], np.int32)
    midnight_s = 24 * 3600
    assert earliest_arrivals(scanned, walks, late, midnight_s)[1] == NEVER_S, "all have left"
