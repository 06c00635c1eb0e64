"""Find the way through points: its line on the ground, and what to do at each turn."""

from itertools import pairwise

from routing.domain.directions import Step
from routing.domain.roads import Route as Way
from routing.store.active_roads import CurrentRoads
from routing.use_cases.asked_points import check_axes, degrees, snap_messages
from shared.contracts.message import Label, Position
from shared.contracts.routing.roads import LineString, Route, RouteLeg, RouteRequest, RouteStep
from shared.problems import conflict


def find_route(current: CurrentRoads, request: RouteRequest) -> Route:
    """Find the way through points in the order given; CPU work, for a thread.

    Raises
    ------
    Problem : 422, longitude and latitude of points are swapped; 409, no road leads to a point
    """
    check_axes(current.graph, {"positions": request.positions})
    legs = []
    for number, (start, end) in enumerate(pairwise(request.positions)):
        way = current.roads.route((start.lon, start.lat), (end.lon, end.lat), request.departs_at)
        if way is None:
            raise conflict(
                f"No road leads from /positions/{number} to /positions/{number + 1}: one of them "
                "is farther than 500 m from the roads loaded; correct it or leave it out."
            )
        legs.append(_leg(way))
    return Route(
        travel_s=sum(leg.travel_s for leg in legs),
        length_m=round(sum(leg.length_m for leg in legs), 1),
        legs=legs,
        snaps=snap_messages(current.roads.snap(*degrees(request.positions))),
        method=current.roads.method,
        profile=request.profile,
        period=current.roads.period(request.departs_at),
        graph_id=current.graph.graph_id,
        attribution=current.graph.attribution,
    )


def _leg(way: Way) -> RouteLeg:
    return RouteLeg(
        travel_s=way.travel_s,
        length_m=round(way.length_m, 1),
        geometry=LineString(coordinates=[(round(x, 7), round(y, 7)) for x, y in way.points]),
        steps=[_step(step) for step in way.steps],
    )


def _step(step: Step) -> RouteStep:
    lon, lat = step.start
    return RouteStep(
        turn=step.turn,
        text=Label(fr=step.words.fr, en=step.words.en),
        position=Position(lon=round(lon, 7), lat=round(lat, 7)),
        street=step.street,
        number=step.number,
        road_class=step.road_class,
        exit_number=step.exit_number,
        length_m=step.length_m,
        travel_s=step.travel_s,
    )
