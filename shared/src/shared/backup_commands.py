"""The commands `ronde backup ...`: what `ronde serve` keeps goes into an archive, and back."""

import os
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.terminal import AsJson, fail, give, misused, progress

if TYPE_CHECKING:
    from shared.archive import Manifest

commands = typer.Typer(help="Back up and restore what `ronde serve` keeps.", no_args_is_help=True)


@commands.command()
def make(
    file: Annotated[Path, typer.Argument(help="The archive to make; it must not be there yet.")],
    *,
    directory: Annotated[Path, typer.Option(help="What `ronde serve` serves.")] = Path("var/ronde"),
    as_json: AsJson = False,
) -> None:
    """Back up a directory while it is served, or while it is not, into one archive.

    The archive opens all that Ronde holds: encrypt it before it leaves the machine.
    """
    import psycopg

    from shared.archive import ArchiveError
    from shared.backup import make as make_backup
    from shared.postgres import PostgresUnavailableError

    if not file.parent.is_dir():
        misused(f"there is no folder {file.parent}; make it first")
    _warn_of_what_is_elsewhere()
    try:
        with progress() as tell:
            manifest = make_backup(directory, file, tell)
    except (ArchiveError, PostgresUnavailableError, psycopg.Error, OSError) as error:
        fail(f"no backup was made: {error}")
    _report({"file": str(file), "bytes": file.stat().st_size} | _told(manifest), as_json=as_json)


@commands.command()
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The archive.")],
    *,
    directory: Annotated[Path, typer.Option(help="A directory to make, for `ronde serve`.")],
    purges_of: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="The directory served last: what was purged since the backup stays purged.",
        ),
    ] = None,
    no_later_purges: Annotated[
        bool, typer.Option("--no-later-purges", help="Nothing was purged since, or it is lost.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore an archive into a new directory, once all of it was found as it was written."""
    import psycopg

    from shared.archive import ArchiveError
    from shared.postgres import PostgresUnavailableError
    from shared.restore import restore as restore_backup

    if (purges_of is None) != no_later_purges:
        misused(
            "people who were purged since the backup must not come back: name the directory "
            "served last with --purges-of, or say --no-later-purges"
        )
    try:
        with progress() as tell:
            done = restore_backup(file, directory, purges_of, tell)
    except (ArchiveError, PostgresUnavailableError, psycopg.Error, OSError) as error:
        fail(f"nothing was restored: {error}")
    told = {"directory": str(directory), "later_purges": done.later_purges}
    _report(told | _told(done.manifest), as_json=as_json)


def _told(manifest: "Manifest") -> dict[str, object]:
    files = len(manifest.parts) - len(manifest.schemas)
    return manifest.model_dump(mode="json", exclude={"parts"}) | {"files": files}


def _report(told: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        give(told)
        return
    for name, value in told.items():
        shown = (
            ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        )
        typer.echo(f"{name.replace('_', ' ')}: {shown}")


def _warn_of_what_is_elsewhere() -> None:
    """Name what settings put out of the directory."""
    from shared.service import GROUP

    names = sorted(it.name.upper() for it in entry_points(group=GROUP))
    for variable in [f"{name}_{it}" for name in names for it in ("BLOBS_URL", "KEY_SECRET")]:
        if os.environ.get(variable):
            typer.echo(f"{variable} is set: back up what it names apart", err=True)
