"""A weekly plan as it is told: routing's plan, and what the gateway knows of it."""

import json
from typing import cast

from gateway.clients.routing import PlanSummary
from gateway.domain.plan_actions import allowed_actions
from gateway.domain.splice import with_members
from gateway.store.tables import WeeklyPlanRow
from shared.auth import Caller
from shared.contracts.gateway import Notice, WeeklyPlanSummary
from shared.contracts.message import JobState
from shared.contracts.routing.plans import Plan
from shared.field_errors import FieldError
from shared.problems import Problem

OWN = {"step", "candidates", "unplaced", "notices", "withdrawn_because", "allowed_actions"}


def summary_of(row: WeeklyPlanRow) -> WeeklyPlanSummary:
    """Tell of a weekly plan in a list."""
    return WeeklyPlanSummary(
        id=row.id,
        starts_on=row.starts_on,
        days=row.days,
        created_by=row.created_by,
        created_at=row.created_at,
        step=row.step,
        candidates=row.candidates,
        unplaced=row.unplaced,
        notices=[Notice.model_validate(it) for it in row.notices],
        withdrawn_because=row.withdrawn_because,
    )


def unread_plan(row: WeeklyPlanRow, job: JobState) -> bytes:
    """Tell of a plan that routing has not been asked for."""
    if row.refusal is not None:
        job = job.model_copy(update={"state": "failed", "message": str(row.refusal["detail"])})
    plan = Plan(
        id=row.id,
        state=job.state,
        starts_on=row.starts_on,
        days=row.days,
        job=job,
        graph_id=None,
        engine=None,
        rounds=[],
        unvisited=[],
        totals=None,
        baselines=[],
        certificate=None,
        accepted_at=None,
        created_at=row.created_at,
        attribution="",
    )
    return plan.model_dump_json().encode()


def plan_page(row: WeeklyPlanRow, plan: bytes, caller: Caller) -> bytes:
    """Put what the gateway knows before what routing wrote, which is passed on unread."""
    read = PlanSummary.model_validate_json(plan)
    actions = allowed_actions(
        roles=caller.roles,
        step=row.step,
        state=read.state,
        can_be_accepted=read.can_be_accepted,
    )
    told = summary_of(row).model_dump(mode="json") | {"allowed_actions": actions}
    return with_members(plan, _json({name: told[name] for name in OWN}))


def _json(members: dict[str, object]) -> bytes:
    return json.dumps(members, ensure_ascii=False, sort_keys=True).encode()


def refused(refusal: dict[str, object]) -> Problem:
    """Refuse with the words of the service that did."""
    errors = [FieldError.model_validate(it) for it in cast("list[object]", refusal["errors"])]
    return Problem(
        int(str(refusal["status"])), str(refusal["slug"]), str(refusal["detail"]), errors=errors
    )
