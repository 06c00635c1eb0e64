"""Commands of routing: `ronde graph ...` and `ronde plan ...`; these need no running service."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal
from uuid import uuid4

import typer

from shared.terminal import AsJson, fail, give, misused, progress

graph_commands = typer.Typer(help="Road graphs, without a running service.", no_args_is_help=True)
plan_commands = typer.Typer(help="Plans of visits.", no_args_is_help=True)


@graph_commands.callback()
def graph_group() -> None:
    """Keep the commands a group, however few they are."""


@plan_commands.callback()
def plan_group() -> None:
    """Keep the commands a group, however few they are."""


@graph_commands.command()
def build(
    *,
    out: Annotated[Path, typer.Option(help="The directory to make; it must not be there yet.")],
    pbf: Annotated[
        Path | None, typer.Option(help="The map file: .osm.pbf, .osm, .osm.gz or .osm.bz2.")
    ] = None,
    place: Annotated[
        str | None,
        typer.Option(help="In place of a file: a town's name, asked of OpenStreetMap's servers."),
    ] = None,
    country: Annotated[
        str, typer.Option(help="The country whose law limits speeds where no sign does, like FR.")
    ] = "FR",
    as_json: AsJson = False,
) -> None:
    """Build a road graph from a map file into a directory."""
    from routing.domain.road_check import NetworkUnsoundError
    from routing.domain.road_errors import OsmFileError
    from routing.store.graph_build import build_bundle

    with tempfile.TemporaryDirectory(prefix="ronde-place-") as folder:
        source = _map_file(pbf, place, Path(folder))
        try:
            with progress() as tell:
                meta = build_bundle(source, out, tell, country=country)
        except (OsmFileError, NetworkUnsoundError, FileExistsError) as error:
            fail(str(error))
    if as_json:
        give({"out": str(out)} | asdict(meta))
        return
    for profile, it in meta.profiles.items():
        typer.echo(
            f"{profile}: {it.nodes:,} nodes, {it.arcs:,} arcs, {it.length_km:,.0f} km; "
            f"{it.component_share:.1%} of the junctions kept, "
            f"{it.restrictions['applied']} turn restrictions"
        )
    typer.echo(f"{out}: {meta.missing_nodes} nodes missing; {meta.attribution}")


def _map_file(pbf: Path | None, place: str | None, folder: Path) -> Path:
    """Give the map file there is, or fetch the one of a place into a folder."""
    if pbf is not None and place is None:
        return pbf
    if place is None or pbf is not None:
        misused("give either --pbf or --place")
    from routing.clients.overpass import PlaceError, download_place

    source = folder / f"{place.replace('/', ' ')}.osm"
    try:
        download_place(place, source)
    except PlaceError as error:
        fail(str(error))
    return source


@graph_commands.command()
def export(
    *,
    graph: Annotated[Path, typer.Option(help="A graph's directory.")],
    out: Annotated[Path, typer.Option(help="The file to write: .graphml, or .gpkg.")],
    profile: Annotated[
        Literal["drive", "walk", "bike"], typer.Option(help="Whose roads.")
    ] = "drive",
    as_json: AsJson = False,
) -> None:
    """Save a road graph for other tools: osmnx and networkx, or a desktop map."""
    from routing.store.bundle import BundleError, read_network, read_texts
    from routing.store.graph_exchange import save_exported

    try:
        nodes, edges = save_exported(read_network(graph, profile), read_texts(graph), out)
    except (BundleError, ValueError, OSError) as error:
        fail(str(error))
    if as_json:
        give({"out": str(out), "nodes": nodes, "edges": edges})
    else:
        typer.echo(f"{out}: {nodes:,} junctions and {edges:,} edges")


@plan_commands.command()
def solve(
    request: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="PlanRequest, JSON.")],
    out: Annotated[Path, typer.Option(help="Where the plan is written, JSON.")],
    graph: Annotated[Path | None, typer.Option(help="A graph's directory; else crow-fly.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Solve a plan from a file into a file."""
    from pydantic import ValidationError

    from routing.store.roads import RoadSource
    from routing.use_cases.request_plan import refuse_impossible
    from routing.use_cases.solve_means import Means
    from routing.use_cases.solve_plan import solve as solve_plan
    from shared.child import JobFailed
    from shared.contracts.routing.plans import PlanRequest
    from shared.problems import Problem

    try:
        text = request.read_text("utf-8")
        refuse_impossible(PlanRequest.model_validate_json(text), ())
        with progress() as tell:
            answer, _shapes = solve_plan(tell, text, Means(RoadSource(graph)), str(uuid4()))
    except UnicodeDecodeError:
        fail(f"{request} is not UTF-8 text: save it as UTF-8")
    except (JobFailed, Problem, ValidationError) as error:
        fail(str(error))
    out.write_text(answer, "utf-8")
    if as_json:
        give({"out": str(out), "totals": json.loads(answer)["totals"]})
    else:
        typer.echo(f"{out}: solved")


@plan_commands.command()
def benchmark(  # noqa: PLR0913 - each is an option of the command
    instance: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="TOPTW .txt, PCVRPTW .vrp or .json.")
    ],
    out: Annotated[Path, typer.Option(help="Where the plan is written, JSON.")],
    *,
    m: Annotated[int, typer.Option(min=1, help="Rounds, for a TOPTW file.")] = 1,
    time_limit: Annotated[float, typer.Option(min=0.5, help="Seconds.")] = 10.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed searches alike.")] = 1,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="Searches side by side, a core each.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Plan a published instance, to compare with its best known value."""
    from routing.store.benchmark_files import InstanceError
    from routing.use_cases.benchmark_plan import benchmark_plan

    try:
        answer = benchmark_plan(
            instance, routes=m, time_limit_s=time_limit, seed=seed, processes=processes
        )
    except InstanceError as error:
        fail(str(error))
    out.write_text(json.dumps(answer), "utf-8")
    if as_json:
        give({"out": str(out), "answer": answer})
    else:
        typer.echo(f"{out}: solved")
