"""Journeys by public transport are those that a plain search over all vehicles finds."""

import random
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from made_feeds import DAYS, START, made_feed
from naive_transit import Naive

from routing.domain.transit_day import transit_day
from routing.domain.transit_journeys import Ends, Ride, Walk, journeys
from routing.domain.transit_rounds import MOST_VEHICLES, rounds_from
from routing.domain.transit_scan import NEVER_S, connections, earliest_arrivals
from routing.domain.transit_walks import walks_between
from routing.store.gtfs_file import read_gtfs

HEIDELBERG = Path(__file__).parents[4] / "shared/data/osm/heidelberg_vrn_gtfs_cut.zip"
# Enough for any journey on so small a network.
MANY = 16


def streets(stops: list[str], dice: random.Random, share: float) -> dict[tuple[str, str], int]:
    """Let one walk between some stops."""
    return {
        (a, b): dice.randint(1, 600)
        for a in stops
        for b in stops
        if a != b and dice.random() < share
    }


def compare(path: Path, days: list[date], dice: random.Random, *, share: float, each: int) -> int:
    """Ask both at random moments of some days; return how many journeys there were."""
    feed = read_gtfs(path)
    naive = Naive(path, streets([it["stop_id"] for it in Naive(path).tables["stops"]], dice, share))
    number = {id: it for it, id in enumerate(feed.stops.ids)}
    ways = [(number[a], number[b], s) for (a, b), s in naive.streets.items()]
    columns = np.array(ways, np.int32).reshape(-1, 3).T
    walks = walks_between(feed, columns[0], columns[1], columns[2])
    found = 0
    for day in days:
        plan = transit_day(feed, day)
        scanned = connections(plan)
        for _ in range(each):
            start = dice.randint(0, 26 * 3600)
            near = dice.sample(list(number), min(dice.randint(1, 3), len(number)))
            ready = {stop: start + dice.randint(0, 900) for stop in near}
            until = start + dice.choice((2, 5, 9)) * 3600
            given = np.full(len(number), NEVER_S, np.int32)
            for stop, time in ready.items():
                given[number[stop]] = time
            expected = naive.arrivals(day, ready, MANY, until)
            rounds = rounds_from(plan, walks, given, until)
            for row, told in zip(rounds.arrival_s, expected[:MOST_VEHICLES], strict=True):
                assert as_told(row, feed.stops.ids) == told
            earliest = earliest_arrivals(scanned, walks, given, until)
            assert as_told(earliest, feed.stops.ids) == expected[-1]
            found += len(expected[-1])
    return found


def as_told(arrival: np.ndarray, ids: list[str]) -> dict[str, float]:
    return {ids[it]: float(time) for it, time in enumerate(arrival) if time < NEVER_S}


def ridden(seed: int, folder: Path) -> int:
    """Compare on a made-up feed; an hour is missing on one of the days."""
    dice = random.Random(seed)
    path = made_feed(folder / "feed.zip", seed)
    days = [START + timedelta(days=dice.randint(0, DAYS)) for _ in range(3)]
    return compare(path, [*days, date(2026, 3, 29)], dice, share=0.08, each=6)


@pytest.mark.parametrize("seed", range(4))
def test_made_up_feeds_are_ridden_as_a_plain_search_rides_them(seed: int, tmp_path: Path):
    ridden(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_thousand_questions_on_made_up_feeds(tmp_path: Path):
    found = [ridden(seed, tmp_path) for seed in range(100, 184)]
    print(f"{4 * 6 * len(found)} questions, {sum(found)} stops reached")
    assert sum(found) > 5000


@pytest.mark.parametrize(
    "each", [2, pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
)
def test_a_real_feed_is_ridden_as_a_plain_search_rides_it(each: int):
    if not HEIDELBERG.is_file():
        pytest.skip(f"no feed at {HEIDELBERG}")
    days = [date(2022, 6, 14), date(2022, 6, 18), date(2022, 6, 19), date(2022, 9, 27)]
    found = compare(HEIDELBERG, days, random.Random(1), share=0.002, each=each)
    print(f"{4 * each} questions, {found} stops reached")
    assert found > 100


@pytest.mark.parametrize("seed", range(20, 24))
def test_every_leg_of_a_journey_can_be_ridden(seed: int, tmp_path: Path):
    """Each vehicle is there when it is boarded and left, and each change takes its time."""
    dice = random.Random(seed)
    path = made_feed(tmp_path / "feed.zip", seed)
    feed, naive = read_gtfs(path), Naive(path)
    naive = Naive(path, streets(naive.stops, dice, 0.08))
    ids, number = feed.stops.ids, {id: it for it, id in enumerate(feed.stops.ids)}
    ways = [(number[a], number[b], s) for (a, b), s in naive.streets.items()]
    walks = walks_between(feed, *np.array(ways, np.int32).reshape(-1, 3).T)
    found = 0
    for day in [START + timedelta(days=it) for it in (2, 6, 9)]:
        plan = transit_day(feed, day)
        _, vehicles = naive._prepared(day)
        for _ in range(10):
            near, far = ([dice.randrange(len(ids)) for _ in range(2)] for _ in range(2))
            starts = Ends(np.array(near, np.int32), np.array([30, 200], np.int32))
            ends = Ends(np.array(far, np.int32), np.array([50, 10], np.int32))
            departs = dice.randint(6 * 3600, 22 * 3600)
            told = journeys(plan, walks, starts, ends, departs_s=departs, until_s=departs + 18000)
            arrivals = [it[-1].arrives_s for it in told]
            vehicles_used = [sum(isinstance(leg, Ride) for leg in it) for it in told]
            assert arrivals == sorted(arrivals, reverse=True)
            assert vehicles_used == sorted(set(vehicles_used))
            for journey in told:
                found += 1
                assert journey[0].departs_s >= departs
                check(journey, vehicles, naive, (ids, naive.zero(day)))
    assert found >= 3


def check(journey, vehicles, naive, place_and_time) -> None:
    ids, zero = place_and_time
    for before, leg in pairwise(journey):
        if isinstance(before, Ride) and isinstance(leg, Ride):
            at = ids[before.stops[-1]]
            assert ids[leg.stops[0]] == at
            assert leg.departs_s - before.arrives_s >= naive.change[at]
        else:
            assert leg.departs_s >= before.arrives_s
    for leg in journey[1:-1]:
        if isinstance(leg, Walk):
            walk = naive.walks[ids[leg.origin], ids[leg.target]]
            assert leg.arrives_s - leg.departs_s == walk
            continue
        way = [ids[it] for it in leg.stops]
        assert any(
            [it.stop for it in part] == way
            and (part[0].board - zero, part[-1].alight - zero) == (leg.departs_s, leg.arrives_s)
            and part[0].may_board
            and part[-1].may_alight
            for halts in vehicles
            for part in (halts[n : n + len(way)] for n in range(len(halts) - len(way) + 1))
        )
