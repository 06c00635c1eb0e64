"""Rounds under way: what is done stays in them, before what is still to come."""

from collections.abc import Sequence

from routing.use_cases.day_facts import Facts
from routing.use_cases.describe_plan import PlanAnswer
from shared.contracts.message import Label
from shared.contracts.routing.plan_figures import Totals
from shared.contracts.routing.plans import PlanRequest, Round, Stop, Unvisited


def with_done(
    answer: PlanAnswer, before: Sequence[Round], facts: Facts, request: PlanRequest
) -> PlanAnswer:
    """Put the visits that are made, or under way, back into the rounds and the sums of a plan."""
    ended = {it.accommodation_id: it.ended_at for it in facts.done}
    done = facts.done_ids
    rounds = {(it.team_id, it.day): it for it in answer.rounds}
    counted: list[Stop] = []
    driven_m = 0
    for round_ in before:
        made = [
            stop.model_copy(update={"ends_at": ended[stop.accommodation_id]})
            for stop in round_.stops
            if stop.accommodation_id in done
        ]
        if made:
            key = (round_.team_id, round_.day)
            rounds[key] = _joined(round_, made, rounds.get(key))
            counted += made
            driven_m += sum(it.travel_m for it in made) if round_.profile == "drive" else 0
    order = sorted(rounds.values(), key=lambda it: (it.day, it.leaves_at, it.team_id))
    return answer.model_copy(
        update={
            "rounds": order if counted else answer.rounds,
            "totals": _more(answer.totals, counted, driven_m),
            "unvisited": [*answer.unvisited, *_failed(request, facts)],
        }
    )


def _joined(before: Round, made: list[Stop], rest: Round | None) -> Round:
    to_come = [] if rest is None else rest.stops
    stops = [
        it.model_copy(update={"sequence": number}) for number, it in enumerate([*made, *to_come], 1)
    ]
    shown = before if rest is None else rest
    return shown.model_copy(
        update={
            "leaves_at": before.leaves_at,
            "returns_at": made[-1].ends_at if rest is None else rest.returns_at,
            "lunch": before.lunch if rest is None or rest.lunch is None else rest.lunch,
            "stops": stops,
            "travel_s": sum(it.travel_s for it in made) + (0 if rest is None else rest.travel_s),
            "service_s": _service_s(made) + (0 if rest is None else rest.service_s),
            "points": round(sum(it.priority_points for it in stops), 3),
        }
    )


def _more(totals: Totals, made: Sequence[Stop], driven_m: int) -> Totals:
    expected = totals.expected_critical
    if expected is not None:
        found = sum(it.score_snapshot.probability for it in made if it.score_snapshot is not None)
        expected = round(expected + found, 3)
    return totals.model_copy(
        update={
            "visits": totals.visits + len(made),
            "must_visits": totals.must_visits + sum(it.must_visit for it in made),
            "points": round(totals.points + sum(it.priority_points for it in made), 3),
            "travel_s": totals.travel_s + sum(it.travel_s for it in made),
            "driven_m": (totals.driven_m or 0) + driven_m,
            "service_s": totals.service_s + _service_s(made),
            "expected_critical": expected,
        }
    )


def _service_s(made: Sequence[Stop]) -> int:
    return sum(max(0, int((it.ends_at - it.starts_at).total_seconds())) for it in made)


def _failed(request: PlanRequest, facts: Facts) -> list[Unvisited]:
    """Say of places where nobody let the team in that they are not visited."""
    return [
        Unvisited(
            accommodation_id=it.accommodation_id,
            name=it.name,
            priority_points=it.priority_points,
            must_visit=it.must_visit,
            code="DROPPED",
            text=Label(fr="Personne n'a ouvert à l'équipe.", en="Nobody let the team in."),
        )
        for it in request.candidates
        if it.accommodation_id in facts.failed
    ]
