"""Plans of teams by public transport: every way is in the timetable when it is to be taken."""

from datetime import timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from city_by_metro import city_feed, network_of, open_feed
from made_feeds import START, made_feed
from naive_transit import Naive
from plan_answers import PLAN, STRAIGHT
from plan_requests import MONDAY, at, candidate, plan_request, team
from ridden_rounds import ride_along

from routing.domain.transit_hours import Hours, times_within
from routing.domain.transit_matrix import transit_times
from routing.domain.transit_scan import connections
from routing.use_cases.describe_plan import PlanAnswer, describe, draw
from routing.use_cases.plan_ways import Network
from routing.use_cases.request_plan import refuse_impossible
from routing.use_cases.solve_plan import solve_request
from shared.child import JobFailed
from shared.contracts.routing.plans import PlanRequest
from shared.problems import Problem

PARIS = ZoneInfo("Europe/Paris")
CENTRE = (2.35, 48.86)


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return city_feed(tmp_path_factory.mktemp("city") / "feed.zip", MONDAY)


@pytest.fixture(scope="module")
def city(feed: Path) -> Network:
    return network_of(feed)


def around(count: int, spread: float = 0.06, **change: object) -> list[dict[str, object]]:
    """Scatter places about the centre."""
    dice = Random(5)
    return [
        candidate(
            number,
            CENTRE[0] + dice.gauss(0, spread),
            CENTRE[1] + dice.gauss(0, spread / 1.5),
            priority_points=dice.randint(10, 90),
            **change,
        )
        for number in range(count)
    ]


def by(mode: str, name: str = "Métro", **change: object) -> dict[str, object]:
    base = {"lon": CENTRE[0], "lat": CENTRE[1]}
    return team(name, **{"profile": mode, "days": 2, "start": base, **change})


def planned(network: Network, **request: object) -> PlanAnswer:
    asked = plan_request(**{"days": 2, "candidates": around(30), "iteration_limit": 300, **request})
    read = PlanRequest.model_validate({**asked, "time_limit_s": 20})
    refuse_impossible(read, ())
    return describe(solve_request(read, network, PLAN))


@pytest.mark.parametrize("seed", range(12))
def test_times_within_hours_are_the_longest_of_all_their_seconds(seed: int, tmp_path: Path) -> None:
    timetable = open_feed(made_feed(tmp_path / "feed.zip", seed))
    dice, day = Random(seed), START + timedelta(days=seed)
    stops = timetable.feed.stops
    lon, lat = (np.asarray(it)[:6] + dice.uniform(-1e-3, 1e-3) for it in (stops.lon, stops.lat))
    begins = dice.randint(6 * 3600, 22 * 3600)
    hours = Hours(begins, begins + dice.randint(0, 900))
    running, access = connections(timetable.day(day)), timetable._access(lon, lat)
    most_s = dice.choice((3600, 10_800))
    longest = times_within(running, timetable.walks, access, hours, most_s=most_s)
    asked = [
        transit_times(running, timetable.walks, access, leaves_s, most_s=most_s)
        for leaves_s in range(hours.from_s, hours.until_s + 1)
    ]
    assert (longest == np.maximum.reduce(asked)).all()
    both = times_within(running, timetable.walks, access, hours, most_s=most_s, threads=2)
    assert (both == longest).all()


def test_a_round_by_metro_is_ridden_as_the_timetable_has_it(feed: Path, city: Network) -> None:
    teams = [by("transit", days=1), by("drive", "Nord", days=1), by("drive", "Sud", days=1)]
    answer = planned(city, teams=teams, candidates=around(60), days=1)
    assert answer.certificate.accepted, answer.certificate.violations
    assert any("timetable" in rule for rule in answer.certificate.rules)
    (riding,) = (it for it in answer.rounds if it.profile == "transit")
    assert any(leg.kind == "ride" for stop in riding.stops for leg in stop.legs)
    ride_along(riding, Naive(feed))
    for round_ in answer.rounds:
        if round_.profile == "drive":
            assert not any(stop.legs for stop in round_.stops)
            assert not round_.legs_back


def test_by_metro_one_visits_more_than_on_foot(city: Network) -> None:
    points = {
        mode: sum(it.points for it in planned(city, teams=[by(mode)]).rounds)
        for mode in ("walk", "transit")
    }
    assert points["transit"] > points["walk"]


def test_days_asked_for_long_ago_are_gathered_anew(city: Network) -> None:
    timetable = city.timetable
    assert timetable is not None
    first = timetable.day(MONDAY)
    assert timetable.day(MONDAY) is first
    for away in range(1, 4):
        timetable.day(MONDAY + timedelta(days=away))
    assert timetable.day(MONDAY) is not first


def test_a_night_without_trains_is_planned_on_foot_or_not_at_all(city: Network) -> None:
    shift = {"starts_at": at(MONDAY, 25.5), "ends_at": at(MONDAY, 29)}
    window = {"opens_at": at(MONDAY, 25), "closes_at": at(MONDAY, 30)}
    near = candidate(0, CENTRE[0] + 0.004, CENTRE[1], windows=[window])
    far = candidate(1, CENTRE[0] + 0.1, CENTRE[1], windows=[window])
    night = by("transit", shifts=[shift], lunch=None)
    answer = planned(city, candidates=[near, far], teams=[night])
    assert answer.certificate.accepted
    (stop,) = answer.rounds[0].stops
    assert stop.name == "Hôtel 0"
    assert [leg.kind for leg in stop.legs] == ["walk"]
    assert [it.code for it in answer.unvisited] == ["TOO_FAR_OR_WINDOW"]


def test_a_round_from_a_home_tells_no_way_from_or_to_it(city: Network) -> None:
    answer = planned(city, teams=[by("transit", at_home=True)])
    for round_ in answer.rounds:
        assert round_.stops[0].legs == []
        assert round_.legs_back == []
        assert any(stop.legs for stop in round_.stops[1:])


def test_the_map_draws_what_is_ridden(city: Network) -> None:
    answer = planned(city, teams=[by("transit")])
    shapes = draw(answer.rounds, city)
    lines = [it for it in shapes["features"] if it["properties"]["kind"] == "round"]
    for round_, line in zip(answer.rounds, lines, strict=True):
        drawn = {tuple(it) for it in line["geometry"]["coordinates"]}
        halts = [
            (round(it.lon, 6), round(it.lat, 6))
            for stop in round_.stops[1:]
            for leg in stop.legs
            for it in leg.positions
        ]
        assert set(halts) <= drawn


def test_a_team_by_metro_needs_a_timetable_and_time_for_lunch() -> None:
    with pytest.raises(JobFailed, match="no timetable"):
        planned(STRAIGHT, teams=[by("transit")])
    hasty = by("transit", lunch={"earliest_min": 720, "latest_min": 750, "duration_min": 30})
    with pytest.raises(Problem) as refused:
        planned(STRAIGHT, teams=[hasty])
    assert refused.value.errors[0].pointer == "/teams/0/lunch/latest_min"


def test_legs_are_told_in_both_languages(city: Network) -> None:
    answer = planned(city, teams=[by("transit")])
    legs = [leg for it in answer.rounds for stop in it.stops for leg in stop.legs]
    ride = next(leg for leg in legs if leg.kind == "ride")
    clock = f"{ride.departs_at.astimezone(PARIS):%H:%M}"
    assert ride.text.fr.endswith(f"{ride.target} {ride.arrives_at.astimezone(PARIS):%H:%M}")
    assert f"direction {ride.headsign} : {ride.origin} {clock}" in ride.text.fr
    assert f"towards {ride.headsign}: {ride.origin} {clock}" in ride.text.en
    walk = next(leg for leg in legs if leg.kind == "walk" and leg.target)
    minutes = -(-int((walk.arrives_at - walk.departs_at).total_seconds()) // 60)
    assert walk.text.en == f"On foot, {minutes} min, to {walk.target}"
