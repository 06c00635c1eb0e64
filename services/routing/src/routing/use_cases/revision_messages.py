"""Stored revisions as the messages of the interface."""

from pydantic import TypeAdapter

from routing.store.revisions import StoredRevision
from routing.use_cases.describe_diff import Planned
from routing.use_cases.plan_standing import Revisable, Standing
from shared.contracts.routing.plan_figures import Baseline, Totals
from shared.contracts.routing.plans import PlanRequest, Unvisited
from shared.contracts.routing.revisions import (
    BaselineDifference,
    PlanDiff,
    PlanRevision,
    PlanRevisionSummary,
)

_UNVISITED = TypeAdapter(list[Unvisited])


def revision_summary(stored: StoredRevision) -> PlanRevisionSummary:
    """Say who changed what, and why."""
    return PlanRevisionSummary.model_validate(_told(stored))


def revision_message(stored: StoredRevision) -> PlanRevision:
    """Tell a whole revision."""
    standing = Standing.model_validate(stored.standing or {"locks": []})
    answer, diff = stored.answer, PlanDiff.model_validate(stored.diff) if stored.diff else None
    unvisited = _UNVISITED.validate_python(answer["unvisited"])
    lost = set() if diff is None else {it.accommodation_id for it in diff.lost}
    return PlanRevision.model_validate(
        {
            **_told(stored),
            "plan_id": stored.plan_id,
            "rounds": answer["rounds"],
            "unvisited": unvisited,
            "certificate": answer["certificate"],
            "pinned": [lock.accommodation_id for lock in standing.locks],
            "done": sorted(standing.facts.done_ids),
            "diff": diff,
            "fell_out": [it for it in unvisited if it.accommodation_id in lost],
        }
    )


def planned(stored: StoredRevision) -> Planned:
    """Read what of a revision is compared."""
    return Planned.model_validate(stored.answer)


def revisable(stored: StoredRevision, request: PlanRequest) -> Revisable:
    """Read what another revision, or a trial, begins with."""
    standing = Standing.of(request)
    if stored.standing is not None:
        standing = Standing.model_validate(stored.standing)
    return Revisable.model_validate({"answer": stored.answer, "standing": standing})


def beyond_baselines(stored: StoredRevision) -> list[BaselineDifference]:
    """Say what a revision reaches beyond the simpler ways of choosing."""
    totals = Totals.model_validate(stored.answer["totals"])
    given = stored.answer["baselines"]
    baselines = [Baseline.model_validate(it) for it in given] if isinstance(given, list) else []
    found = []
    for baseline in baselines:
        expected = None
        if totals.expected_critical is not None and baseline.expected_critical is not None:
            expected = round(totals.expected_critical - baseline.expected_critical, 3)
        found.append(
            BaselineDifference(
                baseline=baseline,
                visits=totals.visits - baseline.visits,
                points=round(totals.points - baseline.points, 3),
                travel_s=totals.travel_s - baseline.travel_s,
                expected_critical=expected,
            )
        )
    return found


def _told(stored: StoredRevision) -> dict[str, object]:
    return {
        "number": stored.number,
        "based_on": stored.based_on,
        "author": stored.author,
        "reason": stored.reason,
        "edits": stored.edits,
        "day": stored.day,
        "accepted": stored.accepted,
        "created_at": stored.created_at,
        "totals": stored.answer["totals"],
    }
