"""Edits of a plan: what holds is verified, what does not is refused by rule and by name."""

import pytest
from plan_answers import TUESDAY
from plan_edits import PLACES, EditedPlan, same_rounds
from plan_requests import MONDAY, at, candidate, place_id, team


def test_a_dropped_visit_leaves_its_round_and_says_why() -> None:
    plan = EditedPlan()
    place = plan.first()[2][0]
    made = plan.edit({"kind": "drop", "accommodation_id": place}, reason="The manager is away")
    left = next(it for it in made.answer.unvisited if str(it.accommodation_id) == place)
    assert left.code == "DROPPED"
    assert left.text.fr == "Retiré à la main : The manager is away"
    assert [str(it.accommodation_id) for it in made.diff.lost] == [place]
    assert made.diff.visits == -1
    assert made.diff.points < 0
    assert [(it.change, it.reason) for it in made.overrides] == [("dropped", "The manager is away")]
    plan.edit({"kind": "reoptimise", "iteration_limit": 200})
    assert place in plan.left_out()


def test_an_added_place_is_a_must_visit_by_hand() -> None:
    plan = EditedPlan(candidates=[*PLACES, candidate(99, 2.40, 48.90, priority_points=0)])
    place = place_id(99)
    assert place in plan.left_out()
    # Room is made first: what fits in the plan is in it already.
    dropped = plan.first()[2][0]
    made = plan.edit(
        {"kind": "drop", "accommodation_id": dropped},
        {"kind": "add", "accommodation_id": place},
        {"kind": "reoptimise", "iteration_limit": 200},
    )
    stop = next(
        it for r in made.answer.rounds for it in r.stops if str(it.accommodation_id) == place
    )
    assert (stop.origin, stop.must_visit) == ("override", True)
    assert [it.change for it in made.overrides] == ["dropped", "added"]


def test_a_place_the_plan_was_not_asked_about_is_added_in_its_round() -> None:
    plan = EditedPlan(candidates=PLACES[:6])
    team_id, day, places = plan.first()
    new = candidate(500, 2.361, 48.871)
    add = {"kind": "add", "accommodation_id": place_id(500), "team_id": team_id, "day": day}
    made = plan.edit({**add, "candidate": new, "sequence": 1})
    assert plan.order()[team_id, day] == [place_id(500), *places]
    assert [it.name for it in made.diff.gained] == ["Hôtel 500"]
    assert plan.refused({**add, "candidate": new})[0][0] == "/edits/0/candidate"
    other = {**add, "accommodation_id": place_id(501), "candidate": new}
    assert plan.refused(other)[0][0] == "/edits/0/candidate"


def test_a_moved_visit_goes_where_it_was_told_and_the_others_stay() -> None:
    plan = EditedPlan(candidates=PLACES[:6])
    team_id, day, places = plan.first()
    other = "sud" if team_id == "nord" else "nord"
    move = {"kind": "move", "accommodation_id": places[0], "team_id": other, "day": str(TUESDAY)}
    made = plan.edit(move)
    assert places[0] in plan.order()[other, str(TUESDAY)]
    assert [str(it.accommodation_id) for it in made.diff.moved] == [places[0]]
    assert [it.change for it in made.overrides] == ["moved"]
    back = {**move, "team_id": team_id, "day": day, "sequence": 1}
    plan.edit(back)
    assert plan.order() == plan.order(0)


def test_a_visit_in_another_order_is_told_as_reordered() -> None:
    plan = EditedPlan(candidates=PLACES[:4], teams=[team("Nord")], days=1)
    _, _, places = plan.first()
    made = plan.edit({"kind": "move", "accommodation_id": places[0], "sequence": len(places)})
    assert plan.first()[2] == [*places[1:], places[0]]
    assert {str(it.accommodation_id) for it in made.diff.reordered} == set(places)
    assert [it.change for it in made.overrides] == ["reordered"]


def test_a_pinned_visit_stays_until_it_is_unpinned() -> None:
    plan = EditedPlan()
    team_id, day, places = plan.first()
    pinned = {"kind": "pin", "accommodation_id": places[0]}
    assert plan.edit(pinned).overrides == []
    for kind in ("drop", "move"):
        (found,) = plan.refused({"kind": kind, "accommodation_id": places[0]})
        assert found == ("/edits/0/accommodation_id", "This visit is pinned; unpin it first.")
    plan.edit({"kind": "reoptimise", "iteration_limit": 300, "seed": 5})
    assert places[0] in plan.order()[team_id, day]
    plan.edit({"kind": "unpin", "accommodation_id": places[0]})
    plan.edit({"kind": "drop", "accommodation_id": places[0]})
    assert plan.refused({"kind": "unpin", "accommodation_id": places[0]})


def test_edits_that_do_not_hold_are_refused_by_rule_and_by_name() -> None:
    noon = [{"opens_at": at(MONDAY, 9), "closes_at": at(MONDAY, 10.5)}]
    places = [candidate(number, 2.36 + number / 300, 48.88) for number in range(3)]
    places.append(candidate(3, 2.36, 48.88, windows=noon))
    plan = EditedPlan(candidates=places, teams=[team("Nord")], days=1)
    ((pointer, detail),) = plan.refused(
        {"kind": "move", "accommodation_id": place_id(3), "sequence": 4}
    )
    assert pointer == "/edits/0"
    before = next(name for name in ("Hôtel 0", "Hôtel 1", "Hôtel 2") if f"after {name}" in detail)
    assert detail == (
        f"Hôtel 3 after {before}, round of Équipe Nord on 2026-03-02, breaks "
        "R11, the whole visit lies inside one opening window."
    )
    assert len(plan.revisions) == 1
    # The other edits of the request are not kept either.
    one = plan.first()[2][1]
    plan.refused(
        {"kind": "drop", "accommodation_id": one},
        {"kind": "move", "accommodation_id": place_id(3), "sequence": 3},
    )
    assert one in plan.first()[2]


def test_a_pin_at_an_hour_that_cannot_be_kept_names_the_lock() -> None:
    plan = EditedPlan(candidates=PLACES[:4], teams=[team("Nord")], days=1)
    places = plan.first()[2]
    pin = {"kind": "pin", "accommodation_id": places[0], "starts_at": at(MONDAY, 16.9)}
    ((pointer, detail),) = plan.refused(pin)
    assert pointer == "/edits/0"
    assert "R11" in detail or "R4" in detail
    later = {**pin, "starts_at": at(MONDAY, 13)}
    drops = [{"kind": "drop", "accommodation_id": place} for place in places[1:]]
    made = plan.edit(*drops, later)
    assert made.answer.rounds[0].stops[0].starts_at.isoformat() == at(MONDAY, 13)


def test_what_makes_no_sense_is_refused_where_it_stands() -> None:
    plan = EditedPlan()
    visited, unknown = plan.first()[2][0], place_id(12345)
    left = plan.left_out()[0] if plan.left_out() else unknown
    cases = [
        ({"kind": "drop", "accommodation_id": unknown}, "/edits/0/accommodation_id"),
        ({"kind": "pin", "accommodation_id": left}, "/edits/0/accommodation_id"),
        ({"kind": "add", "accommodation_id": visited}, "/edits/0/accommodation_id"),
        ({"kind": "move", "accommodation_id": visited, "team_id": "x"}, "/edits/0/team_id"),
        ({"kind": "add", "accommodation_id": left, "team_id": "x"}, "/edits/0/team_id"),
        ({"kind": "add", "accommodation_id": left, "sequence": 1}, "/edits/0/sequence"),
    ]
    for edit, pointer in cases[: 4 if left == unknown else 6]:
        assert plan.refused(edit)[0][0] == pointer, edit


def test_a_place_that_fits_nowhere_is_refused_with_the_proof() -> None:
    night = [{"opens_at": at(MONDAY, 1), "closes_at": at(MONDAY, 2)}]
    plan = EditedPlan(candidates=[*PLACES[:4], candidate(77, 2.36, 48.88, windows=night)])
    ((pointer, detail),) = plan.refused({"kind": "add", "accommodation_id": place_id(77)})
    assert pointer == "/edits/0"
    assert "CLOSED_OR_DEADLINE" in detail


def test_restoring_an_earlier_revision_gives_its_plan_again() -> None:
    plan = EditedPlan()
    places = plan.first()[2]
    plan.edit({"kind": "pin", "accommodation_id": places[0]})
    plan.edit({"kind": "drop", "accommodation_id": places[1]})
    made = plan.edit({"kind": "restore", "revision": 0}, reason="It was better")
    assert same_rounds(made.answer.rounds, plan.revisions[0].answer.rounds)
    assert made.answer.totals == plan.revisions[0].answer.totals
    assert made.standing == plan.revisions[0].standing
    assert [it.change for it in made.overrides] == ["added"]
    plan.edit({"kind": "restore", "revision": 2})
    assert plan.revisions[-1].answer.unvisited == plan.revisions[2].answer.unvisited


def test_appointments_stay_where_they_are_while_visits_move() -> None:
    meeting = {"title": "Court", "starts_at": at(MONDAY, 11), "ends_at": at(MONDAY, 11.5)}
    plan = EditedPlan(candidates=PLACES[:5], teams=[team("Nord", appointments=[meeting])], days=1)
    places = plan.first()[2]
    made = plan.edit({"kind": "drop", "accommodation_id": places[-1]})
    (kept,) = made.answer.rounds[0].engagements
    assert kept.starts_at.isoformat() == at(MONDAY, 11)
    assert made.answer.totals.missed_engagements == []


def test_a_limit_of_work_is_kept_by_hand_too() -> None:
    limited = [team("Nord", days=2, max_work_min=150), team("Sud", days=2)]
    plan = EditedPlan(teams=limited, candidates=PLACES[:6])
    there = next(
        (it for key, stops in plan.order().items() if key[0] == "sud" for it in stops), None
    )
    assert there is not None
    moves = [
        {"kind": "move", "accommodation_id": it, "team_id": "nord", "day": str(day)}
        for key, stops in plan.order().items()
        if key[0] == "sud"
        for it, day in zip(stops, (MONDAY, TUESDAY) * 3, strict=False)
    ]
    assert any("R18" in detail for _, detail in plan.refused(*moves))


def test_every_revision_passes_the_checker_on_its_own_figures() -> None:
    plan = EditedPlan()
    made = plan.edit({"kind": "drop", "accommodation_id": plan.first()[2][0]})
    assert made.answer.certificate.accepted
    assert made.answer.baselines == plan.revisions[0].answer.baselines
    assert made.answer.engine == "by hand"
    assert made.answer.totals.points == pytest.approx(
        sum(it.priority_points for r in made.answer.rounds for it in r.stops)
    )
