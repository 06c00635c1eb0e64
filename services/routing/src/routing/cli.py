"""Commands of routing: `ronde graph ...` and `ronde plan ...`, which need no running service."""

from pathlib import Path
from typing import Annotated, NoReturn
from uuid import uuid4

import typer

graph_commands = typer.Typer(help="Road graphs, without a running service.", no_args_is_help=True)
plan_commands = typer.Typer(help="Plans, without a running service.", no_args_is_help=True)


@graph_commands.callback()
def graph_group() -> None:
    """Keep the commands a group, however few they are."""


@plan_commands.callback()
def plan_group() -> None:
    """Keep the commands a group, however few they are."""


@graph_commands.command()
def build(
    pbf: Annotated[Path, typer.Option(help="The map file: .osm.pbf, .osm, .osm.gz or .osm.bz2.")],
    out: Annotated[Path, typer.Option(help="The directory to make; it must not be there yet.")],
) -> None:
    """Build a road graph from a map file into a directory."""
    from routing.domain.road_check import NetworkUnsoundError
    from routing.domain.road_errors import OsmFileError
    from routing.store.graph_build import build_bundle

    try:
        meta = build_bundle(pbf, out, lambda _share, step: typer.echo(step, err=True))
    except (OsmFileError, NetworkUnsoundError, FileExistsError) as error:
        _fail(str(error))
    typer.echo(
        f"{out}: {meta.nodes:,} junctions, {meta.arcs:,} arcs, {meta.length_km:,.0f} km; "
        f"{meta.component_share:.1%} of the junctions kept, {meta.missing_nodes} nodes missing; "
        f"{meta.attribution}"
    )


@graph_commands.command()
def export(
    graph: Annotated[Path, typer.Option(help="A graph's directory.")],
    out: Annotated[Path, typer.Option(help="The file to write: .graphml, or .gpkg.")],
) -> None:
    """Save a road graph for other tools: osmnx and networkx, or a desktop map."""
    from routing.store.bundle import BundleError, read_network
    from routing.store.graph_exchange import save_exported

    try:
        nodes, edges = save_exported(read_network(graph), out)
    except (BundleError, ValueError, OSError) as error:
        _fail(str(error))
    typer.echo(f"{out}: {nodes:,} junctions and {edges:,} edges")


@plan_commands.command()
def solve(
    request: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="PlanRequest, JSON.")],
    out: Annotated[Path, typer.Option(help="Where the plan is written, JSON.")],
    graph: Annotated[Path | None, typer.Option(help="A graph's directory; else crow-fly.")] = None,
) -> None:
    """Solve a plan from a file into a file."""
    from pydantic import ValidationError

    from routing.use_cases.request_plan import refuse_impossible
    from routing.use_cases.solve_plan import solve as solve_plan
    from shared.child import JobFailed
    from shared.contracts.routing import PlanRequest
    from shared.problems import Problem

    bundle = None if graph is None else str(graph)
    try:
        text = request.read_text("utf-8")
        refuse_impossible(PlanRequest.model_validate_json(text), ())
        answer, _shapes = solve_plan(_tell, text, bundle, str(uuid4()))
    except UnicodeDecodeError:
        _fail(f"{request} is not UTF-8 text: save it as UTF-8")
    except (JobFailed, Problem, ValidationError) as error:
        _fail(str(error))
    out.write_text(answer, "utf-8")
    typer.echo(f"{out}: solved")


@plan_commands.command()
def benchmark(
    instance: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="TOPTW .txt, PCVRPTW .vrp or .json.")
    ],
    out: Annotated[Path, typer.Option(help="Where the plan is written, JSON.")],
    *,
    m: Annotated[int, typer.Option(min=1, help="Rounds, for a TOPTW file.")] = 1,
    time_limit: Annotated[float, typer.Option(min=0.5, help="Seconds.")] = 10.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed searches alike.")] = 1,
) -> None:
    """Plan a published instance, to compare with its best known value."""
    import json

    from routing.store.benchmark_files import InstanceError
    from routing.use_cases.benchmark_plan import benchmark_plan

    try:
        answer = benchmark_plan(instance, routes=m, time_limit_s=time_limit, seed=seed)
    except InstanceError as error:
        _fail(str(error))
    out.write_text(json.dumps(answer), "utf-8")
    typer.echo(f"{out}: solved")


def _tell(_share: float, message: str) -> None:
    typer.echo(message, err=True)


def _fail(sentence: str) -> NoReturn:
    typer.echo(f"ronde: {sentence}", err=True)
    raise typer.Exit(1)
