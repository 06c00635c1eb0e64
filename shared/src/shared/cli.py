"""The `ronde` command. Services add their own groups at the entry point `ronde.commands`."""

import logging
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.backup_commands import commands as backup_commands
from shared.terminal import fail

if TYPE_CHECKING:
    from pydantic import ValidationError

    from shared.service import Service
    from shared.settings import ServiceSettings

GROUP = "ronde.commands"

app = typer.Typer(
    name="ronde",
    help="Evaluate, score and visit the hotels where homeless families live.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Name = Annotated[str, typer.Argument(help="inspections, scoring, routing or gateway")]


@app.command()
def serve(
    directory: Annotated[Path, typer.Option(help="Where data is kept.")] = Path("var/ronde"),
    host: Annotated[str, typer.Option(help="Address of the gateway.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the gateway; 0 for any.")] = 8000,
    demo: Annotated[bool, typer.Option(help="Give tokens to whoever asks here.")] = False,  # noqa: FBT002
) -> None:
    """Run everything in one process: PostgreSQL, four services and their workers."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from shared.postgres import PostgresUnavailableError
    from shared.serve import Options, StartFailedError, run

    directory.mkdir(parents=True, exist_ok=True)
    _log_to_file(directory / "ronde.log")
    try:
        run(Options(directory=directory, host=host, port=port, demo=demo))
    except ValidationError as error:
        fail(_what_is_wrong(error))
    except (PostgresUnavailableError, SettingsError, StartFailedError) as error:
        fail(str(error))


@app.command(name="service")
def service_command(name: Name) -> None:
    """Serve one service, with settings from the environment."""
    from shared.serve import StartFailedError, serve_one, uvicorn_loop

    _log_to_stderr()
    found, settings = _configured(name, "database_url", "system_url")
    try:
        uvicorn_loop(serve_one(found, settings))
    except StartFailedError as error:
        fail(str(error))


@app.command()
def worker(name: Name) -> None:
    """Run the background work of one service, with settings from the environment."""
    from shared.serve import StartFailedError, uvicorn_loop, work_one

    _log_to_stderr()
    found, settings = _configured(name, "database_url", "system_url")
    try:
        uvicorn_loop(work_one(found, settings))
    except StartFailedError as error:
        fail(str(error))


@app.command(name="migrate")
def migrate_command(name: Name) -> None:
    """Bring the database of one service to the newest schema."""
    from shared.migrate import migrate

    found, settings = _configured(name, "owner_url")
    if not found.has_database:
        fail(f"{name} has no database: there is nothing to migrate")
    typer.echo(migrate(name, settings.owner_url))


def _configured(name: str, *needed: str) -> "tuple[Service, ServiceSettings]":
    """Load a service and its settings, or end with a sentence that says what is missing."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from shared.service import service
    from shared.settings import SECRETS

    try:
        found = service(name)
        settings = found.settings()
    except ValidationError as error:
        fail(_what_is_wrong(error))
    except (LookupError, SettingsError) as error:
        fail(str(error))
    unset = [it for it in needed if found.has_database and not getattr(settings, it)]
    if unset:
        variables = " and ".join(f"{name}_{it}".upper() for it in unset)
        fail(f"set {variables} in the environment, or as files in {SECRETS}")
    return found, settings


def _what_is_wrong(error: "ValidationError") -> str:
    """Name the settings that are wrong, but not their values: some are secret."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(
        ": ".join([*map(str, it["loc"]), it["msg"].removeprefix("Value error, ")]) for it in found
    )


def _log_to_stderr() -> None:
    from shared.telemetry import log_to

    log_to(logging.StreamHandler(sys.stderr))


def _log_to_file(path: Path) -> None:
    from shared.telemetry import log_to

    log_to(logging.FileHandler(path))


def whole() -> typer.Typer:
    """Return all commands: ours, and those of the installed services.

    Services may add to one group: `ronde plan` has commands of two.
    """
    result = typer.Typer(
        name="ronde", help=app.info.help, no_args_is_help=True, pretty_exceptions_enable=False
    )
    result.registered_commands = list(app.registered_commands)
    groups: dict[str, typer.Typer] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda it: (it.name, it.value)):
        found = point.load()
        if not isinstance(found, typer.Typer):
            result.command(name=point.name)(found)
            continue
        group = groups.setdefault(
            point.name, typer.Typer(help=found.info.help, no_args_is_help=True)
        )
        group.registered_commands += found.registered_commands
        # Without one, a group of one command would be that command.
        group.callback()(_group)
    for name, group in ({"backup": backup_commands} | groups).items():
        result.add_typer(group, name=name)
    return result


def _group() -> None:
    """Keep the commands a group, however few they are."""


def main() -> None:
    """Run the command with the groups of the installed services."""
    try:
        whole()()
    except OSError as error:
        if error.filename is None:
            raise
        typer.echo(f"ronde: {error.filename}: {error.strerror}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
