"""The day itself: absence, delay, a closed door, an urgent visit; what is done and pinned stays."""

from datetime import datetime, timedelta

import pytest
from day_reports import clock, explained, first_stop, kept_share, report, round_of, where
from plan_edits import EditedPlan
from plan_requests import MONDAY, at, candidate, place_id, scattered, team

from routing.use_cases.revise_plan import RevisionRefusedError

NAMES = ("Nord", "Sud", "Est", "Ouest")


def _plan() -> EditedPlan:
    return EditedPlan(
        candidates=scattered(40, fixed_min=30), teams=[team(name) for name in NAMES], days=1
    )


def test_an_absent_team_at_nine_leaves_its_visits_to_the_others_who_keep_theirs() -> None:
    plan = _plan()
    made = report(plan, 9, absent=["nord"])
    assert round_of(made, "nord") is None
    assert kept_share(plan, without={"nord"}) >= 0.8
    assert explained(made)
    assert made.answer.certificate.accepted


def test_what_is_done_or_under_way_stays_and_the_team_goes_on_from_there() -> None:
    plan = _plan()
    stop = first_stop(plan, "sud")
    ended = stop.ends_at + timedelta(minutes=10)
    now = (ended - clock(0)).total_seconds() / 3600
    under_way = [
        it.accommodation_id
        for r in plan.revisions[-1].answer.rounds
        for it in r.stops
        if r.team_id != "sud" and it.starts_at <= ended < it.ends_at
    ]
    done = [{"accommodation_id": str(stop.accommodation_id), "ended_at": ended.isoformat()}]
    made = report(plan, now, done=done)
    told = round_of(made, "sud")
    assert told is not None
    assert told.stops[0].accommodation_id == stop.accommodation_id
    assert told.stops[0].ends_at == ended
    assert told.stops[1].arrives_at >= ended
    assert made.standing.facts.done_ids == {stop.accommodation_id, *under_way}
    assert made.diff.visits == made.answer.totals.visits - plan.revisions[0].answer.totals.visits
    assert made.answer.totals.visits == sum(len(r.stops) for r in made.answer.rounds)
    assert made.answer.totals.points == pytest.approx(
        sum(it.priority_points for r in made.answer.rounds for it in r.stops)
    )
    assert not {str(it.accommodation_id) for it in made.diff.lost} & set(map(str, under_way))
    # Nothing undoes it: a later report keeps it where it is.
    later = report(plan, now + 0.25, closed=[])
    again = round_of(later, "sud")
    assert again is not None
    assert again.stops[0] == told.stops[0]


def test_an_end_that_is_reported_takes_the_place_of_the_planned_one() -> None:
    plan = _plan()
    stop = first_stop(plan, "sud")
    begun = (stop.starts_at - clock(0)).total_seconds() / 3600
    report(plan, begun + 0.1)
    assert first_stop(plan, "sud") == stop
    ended = stop.ends_at + timedelta(minutes=25)
    done = [{"accommodation_id": str(stop.accommodation_id), "ended_at": ended.isoformat()}]
    made = report(plan, (ended - clock(0)).total_seconds() / 3600, done=done)
    assert first_stop(plan, "sud").ends_at == ended
    found = round_of(made, "sud")
    assert found is not None
    assert all(it.arrives_at >= ended for it in found.stops[1:])
    (kept,) = (
        it for it in made.standing.facts.done if it.accommodation_id == stop.accommodation_id
    )
    assert kept.service_s == (ended - stop.starts_at).total_seconds()


def test_a_closed_place_falls_out_with_its_reason_and_its_round_goes_on() -> None:
    plan = _plan()
    stop = first_stop(plan, "est")
    made = report(plan, 9, closed=[str(stop.accommodation_id)])
    assert str(stop.accommodation_id) in {str(it.accommodation_id) for it in made.diff.lost}
    left = {it.accommodation_id: it.code for it in made.answer.unvisited}
    assert left[stop.accommodation_id] == "CLOSED_OR_DEADLINE"
    assert kept_share(plan, without=set(), places={str(stop.accommodation_id)}) >= 0.8


def test_a_delay_moves_a_team_s_hours_and_explains_what_it_loses() -> None:
    plan = _plan()
    made = report(plan, 9, late=[{"team_id": "ouest", "until": at(MONDAY, 11.5)}])
    late = round_of(made, "ouest")
    assert late is not None
    assert late.leaves_at >= clock(11.5)
    assert kept_share(plan, without={"ouest"}) >= 0.8
    assert explained(made)
    assert len(where(plan, -1)) < len(where(plan, -2))


def test_a_delay_holds_a_team_where_it_has_been() -> None:
    plan = _plan()
    stop = first_stop(plan, "ouest")
    now = (stop.ends_at - clock(0)).total_seconds() / 3600
    done = [{"accommodation_id": str(stop.accommodation_id), "ended_at": stop.ends_at.isoformat()}]
    until = at(MONDAY, now + 1.5)
    made = report(plan, now, done=done, late=[{"team_id": "ouest", "until": until}])
    found = round_of(made, "ouest")
    assert found is not None
    assert found.stops[0].accommodation_id == stop.accommodation_id
    assert found.stops[1].arrives_at > datetime.fromisoformat(until)


def test_an_urgent_visit_is_made_whatever_has_to_go() -> None:
    plan = _plan()
    new = candidate(600, 2.34, 48.86, priority_points=100)
    urgent = {"kind": "add", "accommodation_id": place_id(600), "candidate": new}
    made = report(plan, 9.5, urgent)
    assert place_id(600) in where(plan, -1)
    assert kept_share(plan, without=set()) >= 0.8
    assert explained(made)
    assert [it.change for it in made.overrides] == ["added"]


def test_nobody_who_opens_sends_the_place_back_and_the_team_on() -> None:
    plan = _plan()
    stop = first_stop(plan, "nord")
    left_at = stop.starts_at + timedelta(minutes=10)
    now = (left_at - clock(0)).total_seconds() / 3600
    tried = [{"accommodation_id": str(stop.accommodation_id), "ended_at": left_at.isoformat()}]
    made = report(plan, now, no_access=tried)
    assert str(stop.accommodation_id) not in where(plan, -1)
    (left,) = (it for it in made.answer.unvisited if it.accommodation_id == stop.accommodation_id)
    assert left.text.en == "Nobody let the team in."
    assert stop.accommodation_id not in made.standing.facts.done_ids
    # It is said of every revision of the day.
    later = report(plan, now + 0.5)
    assert left in later.answer.unvisited


def test_a_pin_holds_on_the_day_unless_its_team_is_away() -> None:
    plan = _plan()
    mine, theirs = first_stop(plan, "sud"), first_stop(plan, "nord")
    pins = [{"kind": "pin", "accommodation_id": str(it.accommodation_id)} for it in (mine, theirs)]
    plan.edit(*pins)
    made = report(plan, 9, absent=["nord"])
    assert where(plan, -1)[str(mine.accommodation_id)] == "sud"
    assert {it.accommodation_id for it in made.standing.locks} == {mine.accommodation_id}


def test_a_pin_holds_where_more_must_be_visited_than_can_be() -> None:
    long = candidate(600, 2.36, 48.88, priority_points=5, fixed_min=110)
    short = scattered(120, fixed_min=30, must_visit=True)
    plan = EditedPlan(candidates=[long, *short], teams=[team(name) for name in NAMES], days=1)
    first = round_of(plan.revisions[-1], "sud")
    assert first is not None
    dropped = [
        {"kind": "drop", "accommodation_id": str(it.accommodation_id)} for it in first.stops[-3:]
    ]
    added = {"kind": "add", "accommodation_id": place_id(600), "team_id": "sud"}
    plan.edit(*dropped, added, {"kind": "pin", "accommodation_id": place_id(600)})
    report(plan, 9, late=[{"team_id": "nord", "until": at(MONDAY, 11)}])
    assert where(plan, -1)[place_id(600)] == "sud"
    assert kept_share(plan, without={"nord"}) >= 0.8


@pytest.mark.parametrize(
    ("what", "pointer"),
    [
        ({"absent": ["x"]}, "/day/absent/0"),
        ({"late": [{"team_id": "x", "until": at(MONDAY, 10)}]}, "/day/late/0"),
        ({"closed": [place_id(999)]}, "/day/closed/0"),
        ({"done": [{"accommodation_id": place_id(999), "ended_at": at(MONDAY, 9)}]}, "/day/done/0"),
        ({"absent": [it.lower() for it in NAMES]}, "/day/absent"),
    ],
)
def test_a_report_of_nobody_known_is_refused(what: dict[str, object], pointer: str) -> None:
    with pytest.raises(RevisionRefusedError) as refusal:
        report(_plan(), 9, **what)
    assert refusal.value.errors[0].pointer == pointer
