"""How an anomaly stands once one of the inspections that told of it no longer counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inspections.domain.anomaly import AnomalyState, Course

# Longer than anything is a repeat for.
NO_REPEAT = timedelta(days=367)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a finding that still counts says of an anomaly."""

    occurred_at: datetime
    severity: int
    critical: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A step to another state that still counts."""

    state: AnomalyState
    at: datetime


def without(course: Course, seen: Sequence[Seen], moves: Sequence[Moved]) -> Course:
    """Tell where an anomaly stands by the findings and steps that still count.

    One that nobody saw any more never was: it ends before it began, so that nothing repeats it.
    Its deadline stays, which the operator may have been told.
    """
    if not seen:
        ended_at = course.first_seen_at - NO_REPEAT
        return replace(
            course,
            state=AnomalyState.verified,
            state_since=ended_at,
            sightings=0,
            review_on=None,
        )
    in_order = sorted(seen, key=lambda it: it.occurred_at)
    first, last = in_order[0], in_order[-1]
    stands = moves[-1] if moves else Moved(AnomalyState.open, first.occurred_at)
    return replace(
        course,
        state=stands.state,
        state_since=stands.at,
        severity=last.severity,
        critical=last.critical,
        first_seen_at=first.occurred_at,
        last_seen_at=last.occurred_at,
        sightings=len(in_order),
        review_on=course.review_on if stands.state == AnomalyState.accepted_risk else None,
    )
