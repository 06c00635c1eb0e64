"""Plans solved in this process, on straight roads, and read as people read them."""

from datetime import timedelta
from uuid import UUID

from plan_requests import MONDAY, place_id, plan_request, team

from routing.domain.roads import CrowFlyRoads
from routing.use_cases.describe_plan import PlanAnswer, Solved, describe
from routing.use_cases.plan_ways import Network
from routing.use_cases.request_plan import refuse_impossible
from routing.use_cases.solve_plan import solve_request
from shared.contracts.routing.plans import PlanRequest, Round, Stop

PLAN = UUID("00000000-0000-4000-8000-00000000000d")
TUESDAY = MONDAY + timedelta(1)
STRAIGHT = Network({way: CrowFlyRoads(way) for way in ("drive", "walk", "bike")})
TWO = [team("Nord", days=2), team("Sud", days=2)]


def solved(**request: object) -> Solved:
    """Solve a request that the interface would take; two days unless said."""
    asked = PlanRequest.model_validate(plan_request(**{"days": 2, **request}))
    refuse_impossible(asked, ())
    return solve_request(asked, STRAIGHT, PLAN)


def answer(**request: object) -> PlanAnswer:
    """Give the verified answer to a request."""
    told = describe(solved(**request))
    assert told.certificate.accepted, told.certificate.violations
    return told


def stop_of(plan: PlanAnswer, number: int) -> tuple[Round, Stop]:
    """Find the visit of a place, and its round."""
    return next(
        (round_, stop)
        for round_ in plan.rounds
        for stop in round_.stops
        if str(stop.accommodation_id) == place_id(number)
    )
