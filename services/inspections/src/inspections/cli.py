"""Commands of the record: `ronde import ...`, `ronde export` and `ronde record ...`."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import uuid4

import typer

from shared.terminal import HERE, AsJson, Tell, Url, fail, give, misused, progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.contracts.inspections.imports import (
        ImportFile,
        ImportMapping,
        ImportProblem,
        ImportRun,
    )
    from shared.contracts.inspections.register import ImportReport
    from shared.contracts.inspections.revisions import RevisionChain
    from shared.remote import Parameters, Remote

commands = typer.Typer(help="Bring existing data into the record.", no_args_is_help=True)
record_commands = typer.Typer(help="Look after the record.", no_args_is_help=True)
Submissions = Annotated[
    Path,
    typer.Argument(
        exists=True,
        dir_okay=False,
        help="An export of ODK Central (.zip, .json) or KoboToolbox (.csv, .xlsx, .json).",
    ),
]
Source = Annotated[
    str, typer.Option(help="Where they come from: the same submission is taken once of it.")
]
MappingFile = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="JSON: a mapping, as the API takes it; else what the file seems to be.",
    ),
]
Sheet = Annotated[
    str | None, typer.Option(help="What the form repeats, when that is to be imported.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Report without taking anything.")]

Table = Literal[
    "accommodations",
    "visits",
    "inspections",
    "findings",
    "complaints",
    "occupancy",
    "territories",
]
FORMATS = ("hxl.csv", "hxl.xlsx", "csv", "xlsx", "geojson", "parquet")
# By the ending of a file; what is not here is told by the service from its first bytes.
MEDIA = {".csv": "text/csv", ".zip": "application/zip", ".json": "application/json"}
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PROBLEM_PAGE = 1000


@commands.callback()
def group() -> None:
    """Keep the commands a group, however few they are."""


@commands.command()
def accommodations(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The register, CSV.")],
    *,
    dry_run: DryRun = False,
    url: Url = HERE,
    as_json: AsJson = False,
) -> None:
    """Import a register of accommodations; good rows are taken, the others reported.

    Needs the role manager.
    """
    from shared.contracts.inspections.register import ImportReport
    from shared.remote import remote

    with remote(url) as ronde:
        answer = ronde.call(
            "POST",
            "/v1/accommodation-imports",
            {"dry_run": dry_run},
            file.read_bytes(),
            media_type="text/csv",
        )
        report = ronde.read(ImportReport, answer)
    if as_json:
        give(report.model_dump(mode="json"))
    else:
        _tell(report)
    if report.rejected:
        raise typer.Exit(1)


def _tell(report: "ImportReport") -> None:
    for error in report.errors:
        typer.echo(f"line {error.line}, {error.column} {error.value!r}: {error.reason}", err=True)
    tense = "would be " if report.dry_run else ""
    typer.echo(
        f"{report.rows} rows: {tense}{report.created} created, {report.updated} updated, "
        f"{report.unchanged} unchanged, {report.rejected} rejected"
    )


@commands.command()
def submissions(  # noqa: PLR0913 - each is an option of the command
    file: Submissions,
    *,
    source: Source = "import",
    mapping: MappingFile = None,
    mapping_name: Annotated[str | None, typer.Option(help="Of a mapping that is kept.")] = None,
    sheet: Sheet = None,
    dry_run: DryRun = False,
    url: Url = HERE,
    as_json: AsJson = False,
) -> None:
    """Import the submissions of an older project; good rows are taken, the others reported.

    Needs the role manager.
    """
    from shared.remote import remote

    known = _known(mapping, mapping_name)
    with remote(url) as ronde, progress() as tell:
        tell(None, f"sending {file.name}")
        sent = _sent(ronde, file, sheet)
        chosen = known or {"mapping": _suggested(sent)}
        asked = {"file_id": str(sent.id), "source": source, "dry_run": dry_run, **chosen}
        run = _ended(ronde, asked, tell)
        problems = list(_problems(ronde, run))
    if as_json:
        listed = [it.model_dump(mode="json") for it in problems]
        give(run.model_dump(mode="json") | {"problems": listed})
    else:
        _tell_run(run, problems)
    if run.rejected:
        raise typer.Exit(1)


def _ended(ronde: "Remote", asked: "Mapping[str, object]", tell: Tell) -> "ImportRun":
    from shared.contracts.inspections.imports import ImportRun

    begun = ronde.read(ImportRun, ronde.call("POST", "/v1/imports", body=asked))
    run = ronde.ended(ImportRun, f"/v1/imports/{begun.id}", lambda it: it.job, tell)
    if run.job is not None and run.job.state != "done":
        fail(f"not imported: {run.job.message or run.job.state}")
    return run


def _known(mapping: Path | None, mapping_name: str | None) -> dict[str, object]:
    """Name the mapping that was given; what stands in a file is judged by Ronde."""
    if mapping is not None and mapping_name is not None:
        misused("give --mapping or --mapping-name, one of them")
    if mapping is None:
        return {} if mapping_name is None else {"mapping_name": mapping_name}
    try:
        return {"mapping": json.loads(mapping.read_text("utf-8"))}
    except ValueError as error:
        fail(f"{mapping} is not JSON ({error})")


def _sent(ronde: "Remote", file: Path, sheet: str | None) -> "ImportFile":
    from shared.contracts.inspections.imports import ImportFile

    answer = ronde.call(
        "POST",
        "/v1/import-files",
        {"name": file.name[:200]},
        file.read_bytes(),
        media_type=MEDIA.get(file.suffix.lower(), WORKBOOK),
    )
    sent = ronde.read(ImportFile, answer)
    if sheet is None:
        return sent
    if sheet not in sent.sheets:
        fail(f"{file} has no sheet {sheet!r}; there are: {', '.join(sent.sheets)}")
    return ronde.get(ImportFile, f"/v1/import-files/{sent.id}", {"sheet": sheet})


def _suggested(sent: "ImportFile") -> dict[str, object]:
    """Give the mapping of what the file most likely is, where nothing is missing of it."""
    best = next(iter(sent.suggestions), None)
    titles = f"its columns are {', '.join(it.title for it in sent.columns)}"
    if best is None:
        fail(f"{sent.name} looks like nothing that is known; {titles}")
    if best.missing:
        missing = ", ".join(best.missing)
        fail(
            f"{sent.name} seems to be {best.kind}, but no column tells {missing}; {titles}. "
            "Say with --mapping FILE which do"
        )
    if best.kind == "inspections" and not best.mapping.answers:
        parts = ", ".join(sent.sheets[1:])
        fail(
            f"{sent.name} seems to be inspections, but nothing says which column answers which "
            f"item; {titles}. Say so in `answers` with --mapping FILE"
            + (f", or take what the form repeats with --sheet: {parts}" if parts else "")
        )
    mapping: ImportMapping = best.mapping
    if mapping.sheet is None and len(sent.sheets) > 1:
        mapping = mapping.model_copy(update={"sheet": sent.sheet})
    fields = {name: " or ".join(titles) for name, titles in mapping.columns.items()}
    read = ", ".join(f"{name} from {it}" for name, it in (fields | mapping.answers).items())
    typer.echo(f"taken as {mapping.kind}: {read}", err=True)
    return mapping.model_dump(mode="json", exclude_none=True)


def _problems(ronde: "Remote", run: "ImportRun") -> "Iterator[ImportProblem]":
    from shared.contracts.inspections.imports import ImportProblem

    cursor = None
    while True:
        asked = {"limit": PROBLEM_PAGE, "cursor": cursor}
        page = ronde.call("GET", f"/v1/imports/{run.id}/problems", asked).json()
        yield from (ImportProblem.model_validate(it) for it in page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _tell_run(run: "ImportRun", problems: "list[ImportProblem]") -> None:
    for it in problems:
        typer.echo(f"line {it.line}, {it.column} {it.value!r}: {it.reason}", err=True)
    tense = "would be " if run.dry_run else ""
    typer.echo(
        f"{run.rows or 0} rows of {run.mapping.kind}: {tense}{run.created} created, "
        f"{run.updated} updated, {run.unchanged} unchanged, {run.rejected} rejected"
    )


def export(  # noqa: PLR0913 - each is an option of the command
    table: Annotated[Table, typer.Argument(help="What to export.", show_default=False)],
    *,
    to: Annotated[Path, typer.Option(help="The file; one that is there is replaced.")],
    file_format: Annotated[
        str | None,
        typer.Option("--format", help=f"{', '.join(FORMATS)}; else by the file's ending."),
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="As it was known at the end of a day.")] = None,
    since: Annotated[str | None, typer.Option(help="From this local day on.")] = None,
    territory: Annotated[
        list[str] | None, typer.Option(help="Of this one alone, like 75; may be repeated.")
    ] = None,
    labels: Annotated[
        Literal["fr", "en"] | None,
        typer.Option(help="Titles for people, of CSV and XLSX; stable names if left out."),
    ] = None,
    url: Url = HERE,
    as_json: AsJson = False,
) -> None:
    """Save a table of the record as a file: whole, or not at all."""
    chosen = file_format or next((it for it in FORMATS if to.name.lower().endswith(f".{it}")), "")
    if chosen not in FORMATS:
        misused(f"name the format: end {to} in one of .{', .'.join(FORMATS)}, or give --format")
    if not to.parent.is_dir() or to.is_dir():
        misused(f"{to} cannot be written: name a file in a folder that is there")
    asked = {"as_of": as_of, "since": since, "territory": territory, "labels": labels}
    size = _saved(url, f"/v1/exports/{table}.{chosen}", asked, to)
    if as_json:
        give({"file": str(to), "table": table, "format": chosen, "bytes": size})
    else:
        typer.echo(f"{to}: {table} as {chosen}, {size:,} bytes")


def _saved(url: str, path: str, asked: "Parameters", to: Path) -> int:
    """Write an answer beside a file, and give it the file's name once it is whole."""
    from shared.remote import remote

    aside = to.with_name(f".{to.name}.{uuid4().hex}")
    try:
        with remote(url) as ronde, progress() as tell, aside.open("xb") as file:
            tell(None, f"exporting {to.name}")
            size = ronde.download(path, asked, file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(to)
    except OSError as error:
        fail(f"{to} was not written: {error.strerror or error}")
    finally:
        aside.unlink(missing_ok=True)
    return size


@record_commands.callback()
def record_group() -> None:
    """Keep the commands a group, however few they are."""


@record_commands.command()
def verify(*, url: Url = HERE, as_json: AsJson = False) -> None:
    """Check that no revision and no record was altered; note the last line elsewhere.

    A chain that ends before a line noted earlier was cut. Needs the role auditor.
    """
    from shared.contracts.inspections.revisions import RevisionChain
    from shared.remote import remote

    with remote(url) as ronde:
        chain = ronde.get(RevisionChain, "/v1/revision-chain")
    if as_json:
        give(chain.model_dump(mode="json"))
    else:
        _tell_chain(chain)
    if not chain.whole:
        raise typer.Exit(1)


def _tell_chain(chain: "RevisionChain") -> None:
    for it in chain.faults:
        subject = " ".join(str(part) for part in (it.subject_kind, it.subject_id) if part)
        typer.echo(f"{it.what} altered: {subject} {it.number}", err=True)
    typer.echo(
        f"{chain.changes} changes, {chain.revisions} revisions, {chain.values} personal values: "
        + ("whole" if chain.whole else "altered")
    )
    typer.echo(f"ends with change {chain.last_change}: {chain.digest}")
