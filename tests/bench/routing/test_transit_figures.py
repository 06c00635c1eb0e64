"""Public transport at the size of Île-de-France: reading, a day, and times between 600 places."""

import os
import resource
import time
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from large_feed import LAT, LON, M_PER_LAT, M_PER_LON, write_large_feed
from scipy.spatial import cKDTree
from time_expanded import TimeExpanded

from routing.domain.transit_day import transit_day
from routing.domain.transit_matrix import Access, transit_times
from routing.domain.transit_rounds import rounds_from
from routing.domain.transit_scan import NEVER_S, connections, earliest_arrivals
from routing.domain.transit_walks import walks_between
from routing.store.gtfs_file import read_gtfs

pytestmark = pytest.mark.bench

SHARE = float(os.environ.get("RONDE_BENCH_SHARE", "1"))
DAY, DEPART_S, HORIZON_S = date(2026, 11, 30), 9 * 3600, 3 * 3600
PLACES, CORES, NAIVE = 600, 2, 3
WALK_M_PER_S, TO_STOP_M, BETWEEN_M = 1.1, 800, 350


def timed(name: str, work):
    began = time.perf_counter()
    made = work()
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"  {name:<44} {took:>8.2f} s   peak {peak:>6,.0f} MB", flush=True)
    return made, took


def ways(tree, points, reach_m):
    """Beelines to stops in reach, as rows of who, stop and seconds."""
    near = tree.query_ball_point(points, reach_m)
    who = np.repeat(np.arange(len(points)), [len(it) for it in near])
    stop = np.concatenate([np.array(it, np.int32) for it in near])
    metres = np.hypot(*(points[who] - tree.data[stop]).T)
    return who.astype(np.int32), stop, np.maximum(metres * 1.3 / WALK_M_PER_S, 1).astype(np.int32)


def test_times_between_600_places_on_a_feed_of_a_region(tmp_path: Path):
    path = tmp_path / "feed.zip"
    size = write_large_feed(path, share=SHARE)
    print(f"\n{size.stops:,} stops, {size.trips:,} trips, {size.times:,} times")
    feed, _ = timed("read the feed", lambda: read_gtfs(path))
    plan, _ = timed("gather a day", lambda: transit_day(feed, DAY))
    at = np.column_stack(((feed.stops.lon - LON) * M_PER_LON, (feed.stops.lat - LAT) * M_PER_LAT))
    tree = cKDTree(at)
    walks = walks_between(feed, *ways(tree, at, BETWEEN_M))
    dice = np.random.default_rng(1)
    # Places lie where stops do: dense in the centre.
    places = at[dice.integers(0, len(at), PLACES)] + dice.normal(0, 150, (PLACES, 2))
    who, stop, walk_s = ways(tree, places, TO_STOP_M)
    first = np.searchsorted(who, np.arange(PLACES + 1)).astype(np.int32)
    access = Access(first, stop, walk_s)
    connections(plan), transit_times(connections(plan), walks, _few(access, 2), DEPART_S)
    scanned, _ = timed("put connections in order", lambda: connections(plan))
    matrix, took = timed(
        f"{PLACES} x {PLACES}, {CORES} threads",
        lambda: transit_times(scanned, walks, access, DEPART_S, threads=CORES),
    )
    reached = float((matrix < NEVER_S).mean())
    print(
        f"  {reached:.0%} of pairs within {HORIZON_S // 3600} h, {took / PLACES * 1e3:.1f} ms a row"
    )
    naive, _ = timed("time-expanded graph", lambda: TimeExpanded(scanned, walks))
    spent = []
    for place in range(NAIVE):
        ready = np.full(len(at), NEVER_S, np.int32)
        part = slice(access.first[place], access.first[place + 1])
        ready[access.stop[part]] = DEPART_S + access.walk_s[part]
        began = time.perf_counter()
        expected = naive.arrivals(ready, DEPART_S + HORIZON_S)
        spent.append(time.perf_counter() - began)
        assert (earliest_arrivals(scanned, walks, ready, DEPART_S + HORIZON_S) == expected).all()
        rounds = rounds_from(plan, walks, ready, DEPART_S + HORIZON_S)
        assert (rounds.arrival_s[-1] >= expected).all()
    ratio = np.mean(spent) / (took * CORES / PLACES)
    print(f"  a row by Dijkstra {np.mean(spent):.1f} s: {ratio:,.0f} times as long, core by core")
    _, rounds_took = timed("one row by rounds", lambda: rounds_from(plan, walks, ready, NEVER_S))
    assert reached > 0.3
    assert rounds_took


def _few(access: Access, places: int) -> Access:
    return Access(access.first[: places + 1], access.stop, access.walk_s)
