"""Tell what the demo did, in at most forty lines."""

from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gateway.demo.scenario import Outcome
from shared.contracts.routing.plan_figures import Baseline, Totals
from shared.contracts.routing.plans import Plan, Round, Unvisited
from shared.contracts.scoring import Interval, Model

WIDTH = 118
_LOCAL = ZoneInfo("Europe/Paris")
_EXAMPLES, _TOPS, _SIMPLE = 1, 1, 1
_FIRST = ("model", "rule")
_MODES = {"drive": "drive", "walk": "walk", "bike": "ride", "transit": "by metro"}
_BASELINES = {"score_order": "score order", "nearest_first": "nearest first"}


def tell(console: Console, outcome: Outcome) -> None:
    """Print the data's size, what the model is worth, Monday's rounds and what was left out."""
    for line in _facts(outcome):
        _print(console, line)
    if outcome.verdict:
        state = "no model" if outcome.model is None else outcome.model.state
        console.print(f"[bold]Verdict[/] {state}: {escape(outcome.verdict)}", highlight=False)
    plan = outcome.plan
    if plan is None or plan.totals is None:
        return
    console.print(_monday(plan))
    for line in [
        *_ride(plan),
        *_tops(plan),
        *_balance(plan, plan.totals),
        *_left_out(plan.unvisited),
    ]:
        _print(console, line)


def _print(console: Console, line: str) -> None:
    """Print one fact on one line, cut where the terminal ends."""
    text = Text.from_markup(line)
    text.truncate(console.width, overflow="ellipsis")
    console.print(text, highlight=False)


def _facts(outcome: Outcome) -> Iterator[str]:
    real = "" if outcome.lodgings is None else f" ({outcome.lodgings} at lodgings of the map)"
    yield (
        f"[bold]Data[/] {outcome.places} places{real}, {outcome.rooms:,} rooms, "
        f"{outcome.inspections:,} inspections, {outcome.findings:,} findings"
    )
    graph = outcome.graph
    if graph is not None:
        yield (
            f"[bold]Roads[/] {graph.nodes:,} nodes, {graph.arcs:,} arcs, "
            f"{graph.length_km:,.0f} km, {graph.component_share:.1%} connected"
        )
    if outcome.model is not None:
        yield _quality(outcome.model)


def _quality(model: Model) -> str:
    """Say how well the model ranks, beside the rule and the best simple ways."""
    overall = {name: auc for name, auc in model.auc.items() if "within" not in name}
    simple = sorted(
        (name for name in overall if name not in _FIRST), key=lambda name: -overall[name].value
    )
    told = [name for name in _FIRST if name in overall] + simple[:_SIMPLE]
    figures = ", ".join(f"{name.replace('_', ' ')} {_interval(overall[name])}" for name in told)
    return f"[bold]AUC[/] on later visits: {figures}"


def _interval(auc: Interval) -> str:
    return f"{auc.value:.3f} ({auc.low:.2f}–{auc.high:.2f})"


def _monday(plan: Plan) -> Table:
    """Lay out the first day's rounds: who goes where, in which order, when."""
    table = Table(
        title=f"Monday {plan.starts_on}", box=None, pad_edge=False, width=WIDTH, show_header=False
    )
    table.add_column("Team", no_wrap=True)
    table.add_column("Stops in order, with arrival")
    tours = _first_day(plan)
    named = Counter(_short(stop.name) for tour in tours for stop in tour.stops)
    alike = {name for name, count in named.items() if count > 1}
    for tour in tours:
        drive = f"[dim]{tour.travel_s // 60} min {_MODES[tour.profile]}[/]"
        table.add_row(f"{tour.team_name}\n{drive}", _stops(tour, alike))
    return table


def _first_day(plan: Plan) -> list[Round]:
    return [tour for tour in plan.rounds if tour.day == plan.starts_on]


def _stops(tour: Round, alike: set[str]) -> str:
    """List the stops; of two named alike but for their kind, the whole names."""
    told = []
    for stop in tour.stops:
        short = _short(stop.name)
        name = stop.name if short in alike else short
        # A space that does not break keeps the hour with its place.
        told.append(f"{stop.arrives_at.astimezone(_LOCAL):%H:%M} {name}".replace(" ", "\u00a0"))
    return ", ".join(told)


def _ride(plan: Plan) -> Iterator[str]:
    """Tell how a team by public transport comes from a stop to the next."""
    stops = [stop for tour in plan.rounds for stop in tour.stops if stop.sequence > 1]
    riding = next((it for it in stops if any(leg.kind == "ride" for leg in it.legs)), None)
    if riding is not None:
        way = "; ".join(leg.text.en for leg in riding.legs)
        yield f"[bold]Ride[/] to {_short(riding.name)}: {escape(way)}"


def _tops(plan: Plan) -> Iterator[str]:
    stops = [stop for tour in _first_day(plan) for stop in tour.stops]
    for stop in sorted(stops, key=lambda it: -it.priority_points)[:_TOPS]:
        why = "; ".join(label.en for label in stop.why[:2]) or "no reason known"
        yield f"[bold]Why[/] {_short(stop.name)}, {stop.priority_points:.0f} points: {why}"


def _short(name: str) -> str:
    """Leave out what kind of place it is: « Hôtel du Merle Ambré » is « Merle Ambré »."""
    for article in (" du ", " de la ", " de l'"):
        if article in name:
            return name.split(article, 1)[1]
    return name


def _balance(plan: Plan, totals: Totals) -> Iterator[str]:
    checked = "checked" if plan.certificate and plan.certificate.accepted else "NOT ACCEPTED"
    yield (
        f"[bold]Week[/] {totals.visits} visits, {totals.must_visits} of them musts, "
        f"risk covered {totals.points:,.0f} of {totals.points_available:,.0f} points, "
        f"{totals.travel_s / 3600:.1f} h of travel, {checked}"
    )
    yield f"[bold]Beside it[/] {'; '.join(_against(it) for it in plan.baselines)}"


def _against(baseline: Baseline) -> str:
    return (
        f"{_BASELINES[baseline.name]}: {baseline.visits} visits, {baseline.points:,.0f} points, "
        f"{baseline.travel_s / 3600:.1f} h"
    )


def _left_out(unvisited: list[Unvisited]) -> Iterator[str]:
    counts = Counter(left.code for left in unvisited)
    told = ", ".join(f"{code} {count}" for code, count in counts.most_common())
    yield f"[bold]Left out[/] {len(unvisited)}: {told}" if unvisited else "[bold]Left out[/] none"
    for code, _ in counts.most_common(_EXAMPLES):
        example = max(
            (left for left in unvisited if left.code == code), key=lambda it: it.priority_points
        )
        yield f"  {_short(example.name)}, {example.priority_points:.0f} points: {example.text.en}"
