"""The gateway's commands: demo, sandbox, access, verify-audit, plan. They load what they need."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from shared.terminal import HERE, AsJson, Url, fail, give, misused, progress, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.jobs.commands import Outcome
    from gateway.use_cases.verify_audit import Checked
    from shared.contracts.gateway import WeeklyPlan


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
    places: Annotated[int, typer.Option(min=24, max=5000, help="Places to invent.")] = 60,
    years: Annotated[int, typer.Option(min=1, max=10, help="Years of visits to invent.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="What everything is drawn from.")] = 7,
) -> None:
    """Fill an organisation that has no places yet with invented data, for a partner to try.

    Needs the role manager, by RONDE_TOKEN.
    """
    from gateway.demo.client import PublicClient
    from gateway.demo.sandbox import fill
    from gateway.demo.size import Size
    from gateway.demo.system import DemoFailed
    from shared.remote import given_token

    client = PublicClient(url)
    client.speak_with(given_token())
    try:
        done = fill(client, Size(places=places, years=years, seed=seed), datetime.now(UTC).date())
    except DemoFailed as error:
        typer.echo(f"ronde sandbox: {error}", err=True)
        raise typer.Exit(1) from error
    finally:
        client.close()
    typer.echo(done.sentence)


def verify_audit(
    *,
    organisation: Annotated[
        UUID | None, typer.Option(help="The chain to check; without, all of them.")
    ] = None,
    head: Annotated[
        str | None, typer.Option(help="NUMBER:DIGEST noted before, which the chain must hold.")
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(help="Of a `ronde serve` that runs; else GATEWAY_SYSTEM_URL says where."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that nothing was altered in, taken out of or put into the audit."""
    import asyncio

    from sqlalchemy.exc import SQLAlchemyError

    if head is not None and organisation is None:
        misused("--head belongs to one chain; name --organisation")
    url = _audit_url(directory)
    try:
        found = asyncio.run(_checked(url, organisation, head))
    except (SQLAlchemyError, OSError):
        fail("no database answers where the audit is read; is it running?")
    whole = all(chain.is_whole for chain in found)
    if as_json:
        give({"whole": whole, "chains": [chain.told for chain in found]})
    else:
        for chain in found:
            typer.echo(chain.sentence)
    raise typer.Exit(0 if whole else 1)


def _audit_url(directory: Path | None) -> str:
    """Say where the audit is read: in the database of a directory, or of the environment."""
    from gateway.settings import Settings
    from shared.postgres import EmbeddedPostgres

    if directory is not None:
        return EmbeddedPostgres(directory.resolve() / "postgres").url("gateway", "gateway_system")
    url = Settings().system_url
    if not url:
        misused("set GATEWAY_SYSTEM_URL, where the audit is read, or name --directory")
    return url


async def _checked(url: str, organisation: UUID | None, head: str | None) -> "Sequence[Checked]":
    from gateway.use_cases.verify_audit import verify_audit as verify
    from shared.db import Database

    database = Database(url, url)
    try:
        return await verify(database, organisation, known=head)
    finally:
        await database.dispose()


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


plan_commands = typer.Typer(help="Plans of visits.", no_args_is_help=True)
Teams = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="JSON: a list of teams, as the API takes them."),
]
Crews = Annotated[
    Path | None,
    typer.Option(
        exists=True, dir_okay=False, help="JSON: a list of crews, people of the register."
    ),
]


@plan_commands.callback()
def plan_group() -> None:
    """Keep the commands a group, however few they are."""


@plan_commands.command()
def week(  # noqa: PLR0913 - each is an option of the command
    *,
    teams: Teams = None,
    crews: Crews = None,
    starts_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Else next Monday.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=10, help="Days to plan.")] = 5,
    time_limit: Annotated[
        float, typer.Option(min=0.5, max=600, help="Seconds the planner may take.")
    ] = 10.0,
    url: Url = HERE,
    as_json: AsJson = False,
) -> None:
    """Plan the visits of some days, wait for the plan and show its rounds.

    Needs the role planner. Stopped, it goes on: the plan is then read in the console.
    """
    from shared.contracts.gateway import WeeklyPlan, WeeklyPlanCreated
    from shared.remote import remote

    if teams is None and crews is None:
        misused("say who visits, with --teams FILE or --crews FILE")
    first = starts_on.date() if starts_on else _next_monday(datetime.now().astimezone().date())
    wanted = {
        "starts_on": first.isoformat(),
        "days": days,
        "teams": _listed(teams),
        "crews": _listed(crews),
        "time_limit_s": time_limit,
    }
    with remote(url) as ronde, progress() as tell:
        tell(None, "gathering places and priorities")
        created = ronde.read(WeeklyPlanCreated, ronde.call("POST", _WEEKS, body=wanted))
        plan = ronde.ended(WeeklyPlan, f"{_WEEKS}/{created.id}", lambda it: it.job, tell)
    if plan.state != "done" or plan.totals is None:
        fail(f"no plan: {plan.job.message or plan.state}")
    if as_json:
        give(plan.model_dump(mode="json"))
    else:
        _show(plan)
    if plan.certificate is not None and not plan.certificate.accepted:
        fail(f"the checker refuses the plan: {'; '.join(plan.certificate.violations)}")


_WEEKS = "/v1/weekly-plans"


def _next_monday(today: date) -> date:
    return today + timedelta(days=7 - today.weekday())


def _listed(file: Path | None) -> list[object]:
    """Read a list of a file; what stands in it is judged by Ronde."""
    if file is None:
        return []
    try:
        found = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        fail(f"{file} is not JSON ({error})")
    if not isinstance(found, list):
        fail(f'{file} holds no list: write it as [{{"id": …}}, …]')
    return found


def _show(plan: "WeeklyPlan") -> None:
    """Show the rounds by day, and what the plan is worth."""
    rounds = sorted(plan.rounds, key=lambda it: (it.day, it.team_name))
    rows = [
        (it.team_name, it.day.isoformat(), str(len(it.stops)), _hours(it.travel_s)) for it in rounds
    ]
    table(("Team", "Day", "Visits", "Driving"), rows, right=(2, 3))
    if (totals := plan.totals) is not None:
        typer.echo(
            f"{totals.visits} visits, {totals.must_visits} of them musts, "
            f"{totals.points:,.0f} of {totals.points_available:,.0f} points, "
            f"{_hours(totals.travel_s)} driving; objective {totals.objective_s:,.0f} s"
        )
    for it in plan.notices:
        typer.echo(it.text.en, err=True)
    typer.echo(f"plan {plan.id}: {len(plan.unvisited)} places left out; {plan.attribution}")


def _hours(seconds: int) -> str:
    return f"{seconds // 3600} h {seconds % 3600 // 60:02}"
