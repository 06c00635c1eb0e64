"""Tell what the demo did, in at most forty lines."""

from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.demo.scenario import Outcome
from shared.contracts.routing import Baseline, Plan, Round, Unvisited
from shared.contracts.scoring import Interval, Model

WIDTH = 118
_LOCAL = ZoneInfo("Europe/Paris")
_EXAMPLES = 3
_BASELINES = {"score_order": "score order", "nearest_first": "nearest first"}


def tell(console: Console, outcome: Outcome) -> None:
    """Print the data's size, what the model is worth, Monday's rounds and what was left out."""
    for line in _facts(outcome):
        console.print(line, soft_wrap=True, highlight=False)
    plan = outcome.plan
    if plan is None or plan.totals is None:
        return
    console.print(_monday(plan))
    for line in _balance(plan):
        console.print(line, soft_wrap=True, highlight=False)


def _facts(outcome: Outcome) -> Iterator[str]:
    yield (
        f"[bold]Data[/] {outcome.places} places, {outcome.rooms:,} rooms, "
        f"{outcome.inspections:,} inspections, {outcome.findings:,} findings"
    )
    graph = outcome.graph
    if graph is not None:
        yield (
            f"[bold]Roads[/] {graph.nodes:,} nodes, {graph.arcs:,} arcs, "
            f"{graph.length_km:,.0f} km, {graph.component_share:.1%} connected"
        )
    if outcome.model is not None:
        yield from _model(outcome.model)


def _model(model: Model) -> Iterator[str]:
    ranked = sorted(model.auc.items(), key=lambda it: -it[1].value)
    first = [it for it in ranked if it[0] in {"model", "rule"}]
    others = [it for it in ranked if it[0] not in {"model", "rule"}]
    told = ", ".join(f"{name} {_interval(auc)}" for name, auc in [*first, *others[:_EXAMPLES]])
    yield f"[bold]AUC[/] on later visits: {told}"
    yield f"[bold]Verdict[/] {model.state}: {model.verdict.en}"


def _interval(auc: Interval) -> str:
    return f"{auc.value:.3f} ({auc.low:.2f} to {auc.high:.2f})"


def _monday(plan: Plan) -> Table:
    """Lay out the first day's rounds: who goes where in which order, and why to the top one."""
    table = Table(title=f"Monday {plan.starts_on}", box=None, pad_edge=False, width=WIDTH)
    table.add_column("Team", no_wrap=True)
    table.add_column("Stops in order, with arrival")
    for tour in plan.rounds:
        if tour.day == plan.starts_on:
            table.add_row(f"{tour.team_name}\n{tour.travel_s // 60} min drive", _tour(tour))
    return table


def _tour(tour: Round) -> Text:
    stops = "  ".join(
        f"{stop.arrives_at.astimezone(_LOCAL):%H:%M} {_short(stop.name)}" for stop in tour.stops
    )
    text = Text(stops)
    if tour.stops:
        top = max(tour.stops, key=lambda stop: stop.priority_points)
        why = top.why[0].en if top.why else "no reason known"
        text.append(f"\n↳ {_short(top.name)}, {top.priority_points:.0f} points: {why}"[:96], "dim")
    return text


def _short(name: str) -> str:
    """Leave out what kind of place it is: « Hôtel du Merle Ambré » is « Merle Ambré »."""
    for article in (" du ", " de la ", " de l'"):
        if article in name:
            return name.split(article, 1)[1]
    return name


def _balance(plan: Plan) -> Iterator[str]:
    totals = plan.totals
    if totals is None:
        return
    engine = f", by {plan.engine}" if plan.engine else ""
    checked = "checked" if plan.certificate and plan.certificate.accepted else "NOT ACCEPTED"
    yield (
        f"[bold]Week[/] {totals.visits} visits, {totals.points:,.0f} of "
        f"{totals.points_available:,.0f} points, {totals.travel_s / 3600:.1f} h driving"
        f"{engine}, {checked}; {'; '.join(_against(it) for it in plan.baselines)}"
    )
    yield from _left_out(plan.unvisited)


def _against(baseline: Baseline) -> str:
    return (
        f"{_BASELINES[baseline.name]}: {baseline.visits} visits, {baseline.points:,.0f} points, "
        f"{baseline.travel_s / 3600:.1f} h"
    )


def _left_out(unvisited: list[Unvisited]) -> Iterator[str]:
    counts = Counter(left.code for left in unvisited)
    told = ", ".join(f"{code} {count}" for code, count in counts.most_common())
    yield f"[bold]Left out[/] {len(unvisited)}: {told}"
    for code, _ in counts.most_common(_EXAMPLES):
        example = max(
            (left for left in unvisited if left.code == code), key=lambda it: it.priority_points
        )
        line = f"  {_short(example.name)}, {example.priority_points:.0f} points: {example.text.en}"
        yield line[:WIDTH]
