"""Two plans side by side, as messages: what changed, and which changes are people's own."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from pydantic import BaseModel

from routing.domain.plan_diff import Spot, difference
from shared.contracts.routing.plan_figures import Totals
from shared.contracts.routing.plans import Round, Stop
from shared.contracts.routing.revisions import (
    AddVisit,
    Change,
    DropVisit,
    MoveVisit,
    PlanDiff,
    PlanEdit,
    PlanOverride,
    RestoreRevision,
    VisitChange,
    VisitPlace,
)


class Planned(BaseModel):
    """Of a plan or a revision, what is compared."""

    rounds: list[Round]
    totals: Totals


def plan_diff(before: Planned, after: Planned) -> PlanDiff:
    """Compare two plans."""
    was, now = _stops(before), _stops(after)
    found = difference(_spots(before), _spots(after))

    def changes(places: Sequence[UUID]) -> list[VisitChange]:
        return [_change(place, was.get(place), now.get(place)) for place in places]

    one, two = before.totals, after.totals
    expected = None
    if one.expected_critical is not None and two.expected_critical is not None:
        expected = round(two.expected_critical - one.expected_critical, 3)
    return PlanDiff(
        moved=changes(found.moved),
        reordered=changes(found.reordered),
        gained=changes(found.gained),
        lost=changes(found.lost),
        visits=two.visits - one.visits,
        points=round(two.points - one.points, 3),
        travel_s=two.travel_s - one.travel_s,
        service_s=two.service_s - one.service_s,
        expected_critical=expected,
    )


def overrides(
    about: tuple[UUID, int, str], edits: Sequence[PlanEdit], before: Planned, after: Planned
) -> Iterator[PlanOverride]:
    """Tell each drop, addition, move and change of order that people asked for, in their order.

    Parameters
    ----------
    about : the plan, the number of the revision, the reason
    """
    was, now, diff = _stops(before), _stops(after), plan_diff(before, after)
    moved = {it.accommodation_id for it in diff.moved}
    by_hand: list[UUID] = []
    for edit in edits:
        match edit:
            case DropVisit() | AddVisit() | MoveVisit():
                by_hand.append(edit.accommodation_id)
            case RestoreRevision():
                changes = (*diff.lost, *diff.gained, *diff.moved, *diff.reordered)
                by_hand.extend(it.accommodation_id for it in changes)
    for place in dict.fromkeys(by_hand):
        old, new = was.get(place), now.get(place)
        stop = (new or old or (None, None))[1]
        if stop is None:
            continue
        change: Change = "moved" if place in moved else "reordered"
        if new is None or old is None:
            change = "dropped" if new is None else "added"
        plan_id, revision, reason = about
        yield PlanOverride(
            plan_id=plan_id,
            revision=revision,
            accommodation_id=place,
            change=change,
            reason=reason,
            before=None if old is None else _place(*old),
            after=None if new is None else _place(*new),
            priority_points=stop.priority_points,
            origin=stop.origin,
            score_snapshot=stop.score_snapshot,
        )


def rounds_since(before: Sequence[Round], after: Sequence[Round], number: int) -> list[Round]:
    """Say of each visit which revision last changed its hours or its team: `number`, or earlier."""
    was = {_appointment(it, stop): stop.revised_in for it in before for stop in it.stops}
    return [
        round_.model_copy(
            update={
                "stops": [
                    stop.model_copy(
                        update={"revised_in": was.get(_appointment(round_, stop), number)}
                    )
                    for stop in round_.stops
                ]
            }
        )
        for round_ in after
    ]


def _appointment(round_: Round, stop: Stop) -> tuple[object, ...]:
    """Give what people have in their calendars of a visit."""
    return (stop.stop_id, round_.team_id, stop.starts_at, stop.ends_at)


def _stops(plan: Planned) -> dict[UUID, tuple[Round, Stop]]:
    return {
        stop.accommodation_id: (round_, stop) for round_ in plan.rounds for stop in round_.stops
    }


def _spots(plan: Planned) -> dict[UUID, Spot]:
    return {
        place: Spot((round_.team_id, round_.day), stop.sequence)
        for place, (round_, stop) in _stops(plan).items()
    }


def _change(
    place: UUID, before: tuple[Round, Stop] | None, after: tuple[Round, Stop] | None
) -> VisitChange:
    known = after or before
    return VisitChange(
        accommodation_id=place,
        name="" if known is None else known[1].name,
        before=None if before is None else _place(*before),
        after=None if after is None else _place(*after),
    )


def _place(round_: Round, stop: Stop) -> VisitPlace:
    return VisitPlace(
        team_id=round_.team_id, day=round_.day, sequence=stop.sequence, starts_at=stop.starts_at
    )
