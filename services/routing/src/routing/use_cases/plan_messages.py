"""A stored plan as the message of the interface."""

from dataclasses import dataclass

from routing.store.plans import StoredPlan
from shared.contracts.routing.emissions import Emissions
from shared.contracts.routing.plans import Plan


@dataclass(frozen=True, slots=True)
class Factor:
    """What a kilometre by car emits, kg CO2e, and who says so."""

    kg_co2e_per_km: float
    source: str


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
            "graph_id": stored.pinned.graph_id,
            "timetable_id": stored.pinned.timetable_id,
            "accepted_at": stored.accepted_at,
            "created_at": stored.created_at,
            "revision": stored.revision,
            "accepted_revision": stored.accepted_revision if stored.accepted_at else None,
        }
    )


def with_emissions(plan: Plan, factor: Factor) -> Plan:
    """Add what driving a plan emits, where its metres are known."""
    driven_m = None if plan.totals is None else plan.totals.driven_m
    if driven_m is None:
        return plan
    emissions = Emissions(
        kg_co2e=round(driven_m / 1000 * factor.kg_co2e_per_km, 2),
        kg_co2e_per_km=factor.kg_co2e_per_km,
        source=factor.source,
    )
    return plan.model_copy(update={"emissions": emissions})
