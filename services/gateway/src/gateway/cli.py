"""The gateway's command: `ronde demo`. Nothing but typer is loaded before it runs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer


def demo(  # noqa: PLR0913 - each is an option of the command
    *,
    pbf: Annotated[
        Path | None,
        typer.Option(help="A map file (.osm.pbf) to put the places on, instead of a made-up city."),
    ] = None,
    directory: Annotated[Path, typer.Option(help="Where data is kept.")] = Path("var/demo"),
    port: Annotated[int, typer.Option(help="Port of the gateway; 0 for any.")] = 8000,
    places: Annotated[int, typer.Option(min=24, max=5000, help="Places to invent.")] = 560,
    years: Annotated[int, typer.Option(min=1, max=10, help="Years of visits to invent.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="What everything is drawn from.")] = 7,
    time_limit: Annotated[
        float, typer.Option(min=0.5, max=600, help="Seconds the planner may take.")
    ] = 10.0,
    serve: Annotated[bool, typer.Option(help="Go on serving when all is done.")] = True,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the documentation.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run all of Ronde on invented data: load, score, train, and plan the coming week."""
    from gateway.demo.run import Manner, run
    from gateway.demo.scenario import Wanted
    from gateway.demo.size import Size

    if pbf is not None and not pbf.is_file():
        typer.echo(f"ronde demo: there is no file {pbf}; give --pbf an existing map file", err=True)
        raise typer.Exit(2)
    wanted = Wanted(
        size=Size(places=places, years=years, seed=seed),
        directory=directory.resolve(),
        today=datetime.now(UTC).date(),
        time_limit_s=time_limit,
        pbf=pbf,
    )
    manner = Manner(port=port, serve=serve, open_browser=open_browser, as_json=as_json)
    raise typer.Exit(run(wanted, manner))


commands = demo
