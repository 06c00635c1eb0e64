"""Reports of what happened on the day of a plan, and what became of its visits."""

from datetime import datetime

from plan_answers import PLAN, STRAIGHT
from plan_edits import EDITS, EditedPlan
from plan_requests import MONDAY, at

from routing.use_cases.describe_diff import Planned
from routing.use_cases.revise_plan import RevisionAsked, RevisionMade, revised
from shared.contracts.routing.day import DayReport
from shared.contracts.routing.plans import Round, Stop


def clock(hour: float) -> datetime:
    return datetime.fromisoformat(at(MONDAY, hour))


def report(
    plan: EditedPlan, hour: float, *edits: dict[str, object], **what: object
) -> RevisionMade:
    """Report what has happened by an hour, and keep the revision it makes."""
    before = plan.revisions[-1]
    asked = RevisionAsked(
        plan_id=PLAN,
        number=len(plan.revisions),
        request=plan.request,
        base=before,
        before=Planned(rounds=before.answer.rounds, totals=before.answer.totals),
        edits=EDITS.validate_python(list(edits)),
        reason="The day",
        day=DayReport.model_validate({"now": at(MONDAY, hour), "iteration_limit": 3000, **what}),
    )
    made = revised(asked, STRAIGHT)
    plan.revisions.append(
        before.model_copy(update={"answer": made.answer, "standing": made.standing})
    )
    return made


def round_of(made: RevisionMade | EditedPlan, team_id: str) -> Round | None:
    answer = made.revisions[-1].answer if isinstance(made, EditedPlan) else made.answer
    return next((it for it in answer.rounds if it.team_id == team_id), None)


def where(plan: EditedPlan, revision: int) -> dict[str, str]:
    rounds = plan.revisions[revision].answer.rounds
    return {str(it.accommodation_id): r.team_id for r in rounds for it in r.stops}


def kept_share(plan: EditedPlan, *, without: set[str], places: set[str] = frozenset()) -> float:
    """Give the share of visits of the teams not concerned that stay in their round."""
    before, after = where(plan, -2), where(plan, -1)
    others = [it for it, name in before.items() if name not in without and it not in places]
    return sum(after.get(it) == before[it] for it in others) / len(others)


def explained(made: RevisionMade) -> bool:
    reasons = {it.accommodation_id: it.text.en for it in made.answer.unvisited}
    return all(reasons.get(it.accommodation_id) for it in made.diff.lost)


def first_stop(plan: EditedPlan, team_id: str) -> Stop:
    found = round_of(plan, team_id)
    assert found is not None
    return found.stops[0]
