"""The gateway's commands: demo, sandbox, access, verify-audit. They load only what they need."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from gateway.jobs.commands import Outcome


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
    open_browser: Annotated[bool, typer.Option("--open", help="Open the console.")] = False,
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


def sandbox(
    url: Annotated[str, typer.Argument(help="Where Ronde is reached, as https://ronde.example.")],
    *,
    token: Annotated[
        str,
        typer.Option(
            envvar="RONDE_TOKEN",
            help="Access token of a manager of the organisation to fill.",
        ),
    ],
    places: Annotated[int, typer.Option(min=24, max=5000, help="Places to invent.")] = 60,
    years: Annotated[int, typer.Option(min=1, max=10, help="Years of visits to invent.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="What everything is drawn from.")] = 7,
) -> None:
    """Fill an organisation that has no places yet with invented data, for a partner to try."""
    from gateway.demo.client import PublicClient
    from gateway.demo.sandbox import fill
    from gateway.demo.size import Size
    from gateway.demo.system import DemoFailed

    client = PublicClient(url)
    client.speak_with(token)
    try:
        done = fill(client, Size(places=places, years=years, seed=seed), datetime.now(UTC).date())
    except DemoFailed as error:
        typer.echo(f"ronde sandbox: {error}", err=True)
        raise typer.Exit(1) from error
    finally:
        client.close()
    typer.echo(done.sentence)


def verify_audit(
    organisation: Annotated[
        UUID | None, typer.Option(help="The chain to check; without, all of them.")
    ] = None,
    head: Annotated[
        str | None, typer.Option(help="NUMBER:DIGEST noted before, which the chain must hold.")
    ] = None,
) -> None:
    """Check that nothing was altered in, taken out of or put into the audit."""
    import asyncio

    from gateway.settings import Settings
    from gateway.use_cases.verify_audit import verify_audit as verify
    from shared.db import Database

    settings = Settings()
    if not settings.system_url:
        typer.echo("ronde verify-audit: set GATEWAY_SYSTEM_URL, where the audit is read", err=True)
        raise typer.Exit(2)
    if head is not None and organisation is None:
        typer.echo("ronde verify-audit: --head belongs to one chain; name --organisation", err=True)
        raise typer.Exit(2)

    async def checked() -> bool:
        database = Database(settings.database_url or settings.system_url, settings.system_url)
        try:
            found = await verify(database, organisation, known=head)
        finally:
            await database.dispose()
        for chain in found:
            typer.echo(chain.sentence)
        return all(chain.is_whole for chain in found)

    raise typer.Exit(0 if asyncio.run(checked()) else 1)


commands = demo


access = typer.Typer(help="Accounts and signing keys of the gateway.", no_args_is_help=True)
Directory = Annotated[
    Path, typer.Option(help="Where `ronde serve` keeps its data, unless a database is set.")
]


@access.command("first-admin")
def first_admin(
    *,
    organisation: Annotated[str, typer.Option(help="Its name; made unless there is one.")],
    email: Annotated[str, typer.Option(help="Address to sign in with.")],
    name: Annotated[str, typer.Option(help="Name of the person.")] = "",
    password: Annotated[
        str,
        typer.Option(
            prompt=True,
            confirmation_prompt=True,
            hide_input=True,
            envvar="RONDE_PASSWORD",
            help="Asked for when not given; at least 12 characters.",
        ),
    ],
    directory: Directory = Path("var/ronde"),
) -> None:
    """Make an account that may do everything in its organisation, to begin with."""
    from gateway.jobs.commands import run_first_admin

    _report(run_first_admin(directory, organisation, name=name, email=email, password=password))


@access.command("replace-keys")
def replace_keys(*, directory: Directory = Path("var/ronde")) -> None:
    """Sign with a new key at once, and trust none before: everybody signs in or renews anew."""
    from gateway.jobs.commands import run_replace_keys

    _report(run_replace_keys(directory))


def _report(outcome: "Outcome") -> None:
    typer.echo(outcome.sentence, err=not outcome.good)
    raise typer.Exit(0 if outcome.good else 1)
