"""A stored plan as the message of the interface."""

from routing.store.plans import StoredPlan
from shared.contracts.routing.plans import Plan


def plan_message(stored: StoredPlan) -> Plan:
    """Say where a plan stands, with its rounds once they are there."""
    answer: dict[str, object] = {
        "engine": None,
        "rounds": [],
        "unvisited": [],
        "totals": None,
        "baselines": [],
        "certificate": None,
        "attribution": "",
        **(stored.answer or {}),
    }
    return Plan.model_validate(
        {
            **answer,
            "id": stored.id,
            "state": stored.job.state,
            "starts_on": stored.starts_on,
            "days": stored.days,
            "job": stored.job,
            "graph_id": stored.graph_id,
            "accepted_at": stored.accepted_at,
            "created_at": stored.created_at,
            "revision": stored.revision,
            "accepted_revision": stored.accepted_revision if stored.accepted_at else None,
        }
    )
