"""Ask for a road graph to be built from a file of the import folder, or from one sent to us."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from routing.domain.speeds import HOME
from shared.auth import Caller
from shared.contracts.message import JobState
from shared.contracts.routing.roads import GraphRequest
from shared.jobs import Jobs
from shared.problems import Problem, invalid

KIND, TIMETABLE_KIND = "import_graph", "import_timetable"


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What to build from: `path` inside the import folder, or the blob of a file sent to us.

    `replace` lets it serve even if too unlike the graph before.
    """

    name: str
    path: str
    blob: str | None = None
    replace: bool = False
    country: str = HOME


def order_from_folder(request: GraphRequest, import_dir: Path) -> ImportOrder:
    """Check that the file asked for is one of the import folder's.

    Raises
    ------
    Problem : 422, it leads out of the folder or is not there
    """
    check_path(request.path, import_dir, "region.osm.pbf")
    return ImportOrder(request.name, request.path, replace=request.replace, country=request.country)


def check_path(path: str, import_dir: Path, example: str) -> None:
    """Check that a file is one of the import folder's.

    Raises
    ------
    Problem : 422, it leads out of the folder or is not there
    """
    try:
        wanted = (import_dir / path).resolve()
        is_inside = wanted.is_relative_to(import_dir.resolve())
        is_missing = import_dir.is_dir() and not wanted.is_file()
    except (OSError, ValueError) as error:
        # A name no file can have: too long, or with the character NUL.
        raise _no_such_file() from error
    if not is_inside:
        raise invalid("/path", f"Give a path inside the import folder, like `{example}`.")
    if is_missing:
        raise _no_such_file()


def _no_such_file() -> Problem:
    return invalid(
        "/path",
        "The import folder (setting ROUTING_IMPORT_DIR) has no such file: copy it there, or "
        "send the file itself.",
    )


async def request_import(
    session: AsyncSession, jobs: Jobs, caller: Caller, order: ImportOrder, *, key: str | None
) -> JobState:
    """Queue the build of a road graph; the same key gives the same job.

    Raises
    ------
    Problem : 422, the key came before with another file
    """
    return await jobs.enqueue(
        session,
        organisation=caller.organisation,
        subject=caller.subject,
        kind=KIND,
        key=key,
        arguments={
            "name": order.name,
            "path": order.path,
            "blob": order.blob,
            "replace": order.replace,
            "country": order.country,
        },
    )
