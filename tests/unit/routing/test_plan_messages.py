"""A request becomes a problem, and a solution the plan people read, without a loss."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
from plan_answers import STRAIGHT
from plan_requests import MONDAY, at, candidate, place_id, plan_request, scattered, team

from routing.domain.problem import MAX_HORIZON_S
from routing.domain.roads import CrowFlyRoads
from routing.domain.snapping import Snaps
from routing.store.roads import RoadSource
from routing.use_cases.describe_plan import PlanAnswer, Solved, describe, draw, stop_id
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_points import Ground, Places
from routing.use_cases.plan_stints import stints_of
from routing.use_cases.plan_ways import Network, measure_travel
from routing.use_cases.pose_problem import pose
from routing.use_cases.solve_means import Means
from routing.use_cases.solve_plan import solve, solve_request
from shared.child import JobFailed
from shared.contracts.message import Position
from shared.contracts.routing.plans import PlanRequest

PLAN = UUID("00000000-0000-4000-8000-00000000000d")


class RoadsToTheNorth(CrowFlyRoads):
    """Roads only north of Paris: what lies south of them is refused."""

    def snap(self, lon: np.ndarray, lat: np.ndarray) -> Snaps:
        snaps = super().snap(lon, lat)
        return Snaps(snaps.edge, snaps.fraction, lon, lat, np.where(lat < 48, 2400.0, 5.0))


def _solved(**request: object) -> Solved:
    return solve_request(PlanRequest.model_validate(plan_request(**request)), STRAIGHT, PLAN)


def _answer(**request: object) -> PlanAnswer:
    return describe(_solved(**request))


def test_a_team_works_its_person_minutes_in_parallel() -> None:
    teams = [team("Nord", size=2), team("Sud", size=4)]
    problem = _solved(teams=teams).problem
    assert problem.service_s[0].tolist() == [(20 + 40) * 60, (20 + 20) * 60]


def test_of_two_must_visits_that_exclude_each_other_the_one_worth_more_is_made() -> None:
    long = {"must_visit": True, "fixed_min": 200}
    near = candidate(1, 2.3601, 48.8801, priority_points=5, **long)
    far = candidate(2, 2.42, 48.92, priority_points=90, **long)
    (round_,) = _answer(candidates=[near, far]).rounds
    assert [str(it.accommodation_id) for it in round_.stops] == [place_id(2)]


def test_what_is_decided_is_kept_before_any_number_of_must_visits() -> None:
    shift = {"starts_at": at(MONDAY, 9), "ends_at": at(MONDAY, 13.5)}
    morning = team(shifts=[shift])
    pinned = candidate(1, 2.3601, 48.8801, fixed_min=180, priority_points=5)
    musts = [
        candidate(it, 2.3602, 48.8802 + it / 10_000, must_visit=True, person_min=0)
        for it in range(2, 12)
    ]
    lock = {"accommodation_id": place_id(1), "team_id": "nord", "day": MONDAY.isoformat()}
    answer = _answer(candidates=[pinned, *musts], teams=[morning], locks=[lock])
    assert place_id(1) in {str(it.accommodation_id) for it in answer.rounds[0].stops}
    meeting = {
        "title": "Réunion",
        "position": {"lon": 2.36, "lat": 48.88},
        "starts_at": at(MONDAY, 10),
        "ends_at": at(MONDAY, 13),
    }
    busy = team(shifts=[shift], appointments=[meeting])
    answer = _answer(candidates=musts, teams=[busy])
    assert [it.title for it in answer.rounds[0].engagements] == ["Réunion"]


def test_every_time_of_a_round_is_a_moment_of_its_day() -> None:
    answer = _answer()
    (round_,) = answer.rounds
    assert round_.day == MONDAY
    assert round_.leaves_at >= datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert round_.returns_at <= datetime(2026, 3, 2, 16, 30, tzinfo=UTC)
    times = [moment for stop in round_.stops for moment in (stop.starts_at, stop.ends_at)]
    assert times == sorted(times)
    assert [stop.sequence for stop in round_.stops] == [1, 2, 3, 4]
    assert round_.lunch is not None
    assert round_.lunch.ends_at - round_.lunch.starts_at == timedelta(minutes=45)
    assert round_.service_s == 4 * 60 * 60
    assert answer.certificate.accepted


def test_stops_keep_their_ids_however_often_a_plan_is_solved() -> None:
    first, second = _answer(), _answer(seed=5)
    ids = [{stop.stop_id for stop in answer.rounds[0].stops} for answer in (first, second)]
    assert ids[0] == ids[1] == {stop_id(PLAN, UUID(place_id(n))) for n in range(4)}


def test_the_change_of_clocks_moves_no_opening_hour() -> None:
    sunday = date(2026, 3, 29)
    horizon = Horizon.of(
        PlanRequest.model_validate(plan_request(starts_on=str(sunday - timedelta(1)), days=3))
    )
    nine = datetime.fromisoformat("2026-03-29T09:00:00+02:00")
    assert horizon.minute_of_day(1, 9 * 60) == horizon.second_after(nine)
    assert horizon.moment(horizon.second_after(nine)) == nine
    assert horizon.day_of(nine) == 1
    assert (horizon.midnight(2) - horizon.midnight(1)) == timedelta(hours=23)


def test_skills_and_sectors_decide_who_may_go() -> None:
    places = [
        candidate(0, 2.36, 48.88, skills=["child"]),
        candidate(1, 2.36, 48.88, sector="Sud"),
        candidate(2, 2.36, 48.88),
    ]
    teams = [team("Nord", skills=["child"]), team("Sud", sectors=["Sud"])]
    problem = _solved(candidates=places, teams=teams).problem
    assert (problem.skilled & problem.in_sector).tolist() == [
        [True, False],
        [True, True],
        [True, False],
    ]


def test_an_overdue_place_keeps_no_deadline_and_a_due_one_does() -> None:
    places = [
        candidate(0, 2.36, 48.88, due_on="2026-02-01"),
        candidate(1, 2.36, 48.88, due_on="2026-03-02"),
        candidate(2, 2.36, 48.88, due_on="2026-05-01"),
    ]
    due = _solved(candidates=places, teams=[team(days=2)], days=2).problem.due_s.tolist()
    assert due[0] > 2 * 86_400
    assert due[1:] == [86_400, 2 * 86_400]


def test_a_due_date_far_beyond_the_plan_limits_nothing() -> None:
    places = [candidate(0, 2.36, 48.88, due_on="9999-12-31")]
    assert _solved(candidates=places).problem.due_s.tolist() == [86_400]


def _night(day: int) -> dict[str, str]:
    evening = MONDAY + timedelta(day)
    return {"starts_at": at(evening, 20), "ends_at": at(evening, 28)}


def test_the_last_night_is_worked_after_midnight() -> None:
    open_late = [{"opens_at": at(MONDAY, 24.5), "closes_at": at(MONDAY, 27)}]
    places = [
        candidate(0, 2.36, 48.88, windows=open_late),
        candidate(1, 2.36, 48.88, windows=open_late, due_on="2026-03-03"),
        candidate(2, 2.36, 48.88, windows=open_late, due_on="2026-03-02"),
    ]
    solved = _solved(candidates=places, teams=[team(shifts=[_night(0)], lunch=None)])
    assert solved.problem.windows[0] == ((int(24.5 * 3600), 27 * 3600),)
    assert solved.problem.due_s.tolist() == [MAX_HORIZON_S, 28 * 3600, 86_400]
    assert {visit.candidate for visit in solved.solution.tours[0].visits} == {0, 1}


def test_an_announced_visit_is_worth_more_than_its_points() -> None:
    places = [candidate(0, 2.36, 48.88), candidate(1, 2.36, 48.88, announced=True)]
    assert _solved(candidates=places).problem.penalty_s.tolist() == [2400, 3300]


@pytest.mark.parametrize(
    ("hours", "lunch"),
    [
        ((9, 17.5), (11.5, 14)),
        ((9, 14.25), (11.5, 13.5)),
        ((9, 12.5), None),
        ((13, 18), None),
    ],
)
def test_a_lunch_is_due_on_shifts_that_span_its_hours(
    hours: tuple[float, float], lunch: tuple[float, float] | None
) -> None:
    shift = {"starts_at": at(MONDAY, hours[0]), "ends_at": at(MONDAY, hours[1])}
    van = _solved(teams=[team(shifts=[shift])]).problem.vehicles[0]
    found = None if van.lunch is None else (van.lunch.earliest_s, van.lunch.latest_s)
    assert found == (None if lunch is None else (int(lunch[0] * 3600), int(lunch[1] * 3600)))


@pytest.mark.parametrize(
    "lunch",
    [None, {"duration_min": 0}, {"earliest_min": 840, "latest_min": 840, "duration_min": 180}],
)
def test_no_lunch_is_placed_where_none_is_asked_or_possible(lunch: object) -> None:
    shift = {"starts_at": at(MONDAY, 9), "ends_at": at(MONDAY, 15)}
    assert _solved(teams=[team(lunch=lunch, shifts=[shift])]).problem.vehicles[0].lunch is None


def test_a_days_driving_may_be_limited_and_a_round_may_end_elsewhere() -> None:
    elsewhere = {"lon": 2.5, "lat": 48.9}
    van = _solved(teams=[team(max_travel_min=90, end=elsewhere)]).problem.vehicles[0]
    assert van.max_travel_s == 5400
    assert van.end_node == van.start_node + 1


def test_windows_outside_the_days_of_the_plan_are_no_windows() -> None:
    horizon_of_one_day = _solved().problem
    assert all(windows == ((9 * 3600, 17 * 3600),) for windows in horizon_of_one_day.windows)


def test_a_place_off_the_roads_is_left_out_and_says_why() -> None:
    places = [candidate(0, 2.36, 48.88), candidate(1, 2.36, 45.0, priority_points=90)]
    request = PlanRequest.model_validate(plan_request(candidates=places))
    solved = solve_request(request, Network({"drive": RoadsToTheNorth()}), PLAN)
    answer = describe(solved)
    (left,) = answer.unvisited
    assert (left.code, str(left.accommodation_id)) == ("NO_POSITION", place_id(1))
    assert "2,4 km" in left.text.fr
    assert answer.totals.visits == 1
    assert answer.totals.points_available == 130


def test_a_base_off_the_roads_fails_the_plan_with_the_name_of_the_team() -> None:
    request = PlanRequest.model_validate(
        plan_request(teams=[team("Loin", start={"lon": 2.3, "lat": 45.0})])
    )
    with pytest.raises(JobFailed, match="Équipe Loin"):
        solve_request(request, Network({"drive": RoadsToTheNorth()}), PLAN)


def test_the_expected_findings_are_the_sum_of_the_probabilities_visited() -> None:
    def scored(number: int, probability: float) -> dict[str, object]:
        snapshot = {
            "score_id": str(uuid4()),
            "method": "rule",
            "as_of": at(MONDAY, 0),
            "probability": probability,
            "priority_points": 40,
        }
        return candidate(number, 2.36, 48.88 + number / 1000, score_snapshot=snapshot)

    answer = _answer(candidates=[scored(0, 0.3), scored(1, 0.25), candidate(2, 2.36, 48.88)])
    assert answer.totals.expected_critical == 0.55
    assert {baseline.expected_critical for baseline in answer.baselines} == {0.55}
    assert _answer().totals.expected_critical is None


def test_a_plan_is_at_least_as_good_as_the_simpler_ways_in_the_same_hours() -> None:
    answer = _answer(candidates=scattered(40), teams=[team()], time_limit_s=1.5)
    assert {baseline.name for baseline in answer.baselines} == {"score_order", "nearest_first"}
    for baseline in answer.baselines:
        mine = answer.totals.points * 60 - answer.totals.travel_s
        assert mine >= baseline.points * 60 - baseline.travel_s
    assert len(answer.unvisited) == 40 - answer.totals.visits
    assert all(
        left.displaced_accommodation_id != left.accommodation_id for left in answer.unvisited
    )


def test_the_map_has_a_line_for_each_round_and_a_point_for_each_stop() -> None:
    solved = _solved(candidates=scattered(12), teams=[team("Nord"), team("Sud")])
    answer = describe(solved)
    shapes = draw(answer.rounds, STRAIGHT)
    kinds = [feature["geometry"]["type"] for feature in shapes["features"]]
    assert kinds.count("LineString") == len(answer.rounds)
    assert kinds.count("Point") == answer.totals.visits
    line = next(f for f in shapes["features"] if f["geometry"]["type"] == "LineString")
    assert len(line["geometry"]["coordinates"]) == len(answer.rounds[0].stops)


@pytest.mark.parametrize("visits", [1, 3])
def test_the_map_never_shows_where_a_team_sets_out_or_ends(visits: int) -> None:
    home, flat = {"lon": 2.312345, "lat": 48.812345}, {"lon": 2.323456, "lat": 48.823456}
    places = [
        candidate(number, 2.36 + number / 200, 48.88, priority_points=100)
        for number in range(visits)
    ]
    solved = _solved(candidates=places, teams=[team(start=home, end=flat)])
    shapes = draw(describe(solved).rounds, STRAIGHT)
    kinds = [feature["geometry"]["type"] for feature in shapes["features"]]
    assert kinds == ["LineString", *(["Point"] * visits)]
    assert len(shapes["features"][0]["geometry"]["coordinates"]) == max(2, visits)
    text = str(shapes)
    assert not any(str(part) in text for part in (*home.values(), *flat.values()))


def test_the_child_answers_json_and_tells_how_far_it_is() -> None:
    told: list[tuple[float, str]] = []
    request = PlanRequest.model_validate(plan_request()).model_dump_json()
    answer, shapes = solve(
        lambda *now: told.append(now), request, Means(RoadSource(None)), str(PLAN)
    )
    assert PlanAnswer.model_validate_json(answer).totals.visits == 4
    assert shapes.startswith('{"type": "FeatureCollection"')
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert any("visits" in words for _, words in told)


def test_a_road_graph_that_is_gone_fails_the_plan_in_words() -> None:
    request = PlanRequest.model_validate(plan_request()).model_dump_json()
    with pytest.raises(JobFailed, match="import it again"):
        solve(lambda *_: None, request, Means(RoadSource(Path("/nowhere"))), str(PLAN))


def test_a_question_that_contradicts_itself_fails_the_plan_in_words() -> None:
    # The interface refuses two shifts a day; a stored request may be older than that rule.
    twice = team(shifts=[team()["shifts"][0]] * 2)
    with pytest.raises(JobFailed, match="two shifts"):
        _solved(teams=[twice])


def test_pose_takes_candidates_in_the_order_of_the_matrix() -> None:
    request = PlanRequest.model_validate(plan_request())
    places = Places((2, 3), np.array([2, 3]), (4,), (4,))
    points = [Position(lon=2.3, lat=48.9)] * 5
    travel = measure_travel(request, [], STRAIGHT, points)
    ground = Ground(replace(travel, way_of=(0,)), places, {})
    stints = stints_of(request, Horizon.of(request))
    assert pose(request, stints, ground).node.tolist() == [2, 3]
