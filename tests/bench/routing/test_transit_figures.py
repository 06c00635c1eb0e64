"""Public transport at the size of Île-de-France: reading, a day, and times between 600 places."""

import os
import resource
import time
from datetime import date
from pathlib import Path
from random import Random

import numpy as np
import pytest
from city_by_metro import city_feed, network_of
from large_feed import LAT, LON, M_PER_LAT, M_PER_LON, write_large_feed
from plan_answers import PLAN
from plan_requests import MONDAY, candidate, plan_request, team
from scipy.spatial import cKDTree
from time_expanded import TimeExpanded

from routing.domain.transit_day import transit_day
from routing.domain.transit_matrix import Access, transit_times
from routing.domain.transit_rounds import rounds_from
from routing.domain.transit_scan import NEVER_S, connections, earliest_arrivals
from routing.domain.transit_walks import walks_between
from routing.store.gtfs_file import read_gtfs
from routing.use_cases.describe_plan import PlanAnswer, describe
from routing.use_cases.plan_ways import Network
from routing.use_cases.solve_plan import solve_request
from shared.contracts.routing.plans import PlanRequest

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


def test_a_week_with_a_team_by_metro_beside_all_by_car_and_all_on_foot(tmp_path: Path):
    network = network_of(city_feed(tmp_path / "feed.zip", MONDAY))
    print(f"\n  {'teams':<28} visits  points  travel h  km by car   legs: planned over timetable")
    reached = {}
    for modes in (("drive",) * 3, ("transit", "drive", "drive"), ("transit",) * 3, ("walk",) * 3):
        answer = planned(network, modes)
        assert answer.certificate.accepted, answer.certificate.violations
        totals, ratio = answer.totals, spare(answer)
        reached[modes] = totals.points
        print(
            f"  {', '.join(modes):<28} {totals.visits:>6} {totals.points:>7.0f} "
            f"{totals.travel_s / 3600:>9.1f} {(totals.driven_m or 0) / 1000:>10.0f}   "
            f"{'' if ratio is None else f'{ratio:.2f}'}"
        )
    assert reached["walk", "walk", "walk"] < reached["transit", "drive", "drive"]


def planned(network: Network, modes: tuple[str, ...]) -> PlanAnswer:
    """Plan three teams for two days among 120 places of the invented city."""
    dice = Random(5)
    dots = [(dice.gauss(2.35, 0.06), dice.gauss(48.86, 0.04)) for _ in range(120)]
    places = [
        candidate(number, *dot, priority_points=dice.randint(10, 90))
        for number, dot in enumerate(dots)
    ]
    base = {"lon": 2.35, "lat": 48.86}
    teams = [
        team(f"{mode} {number}", days=2, profile=mode, start=base)
        for number, mode in enumerate(modes)
    ]
    asked = plan_request(days=2, candidates=places, teams=teams, time_limit_s=10)
    return describe(solve_request(PlanRequest.model_validate(asked), network, PLAN))


def spare(answer: PlanAnswer) -> float | None:
    """Divide times planned by those of the timetable, where lunch does not lie between."""
    planned_s = ridden_s = 0.0
    for round_ in answer.rounds:
        leaves = [round_.leaves_at, *(it.ends_at for it in round_.stops)]
        for leave, stop in zip(leaves, round_.stops, strict=False):
            eats = round_.lunch is not None and leave <= round_.lunch.starts_at < stop.arrives_at
            if stop.legs and not eats:
                planned_s += stop.travel_s
                ridden_s += (stop.legs[-1].arrives_at - leave).total_seconds()
    return planned_s / ridden_s if ridden_s else None
