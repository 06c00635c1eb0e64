"""Commands of the record: `ronde import ...` and `ronde record ...`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    import httpx

commands = typer.Typer(help="Bring existing data into the record.", no_args_is_help=True)
record_commands = typer.Typer(help="Look after the record.", no_args_is_help=True)
Url = Annotated[str, typer.Option(help="Where Ronde answers.")]

TIMEOUT_S, LONG_TIMEOUT_S = 60.0, 600.0


@commands.callback()
def group() -> None:
    """Keep the commands a group, however few they are."""


@commands.command()
def accommodations(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The register, CSV.")],
    url: Url = "http://127.0.0.1:8000",
    token: Annotated[str, typer.Option(envvar="RONDE_TOKEN", help="A manager's token.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Report without taking anything.")] = False,  # noqa: FBT002 - an option
) -> None:
    """Import a register of accommodations; good rows are taken, the others reported."""
    import httpx

    try:
        answer = httpx.post(
            f"{url.rstrip('/')}/v1/accommodation-imports",
            params={"dry_run": dry_run},
            content=file.read_bytes(),
            headers={"Content-Type": "text/csv", "Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
        )
    except httpx.HTTPError as error:
        _fail(f"{url} does not answer ({error}); is it running? give its address with --url")
    if answer.is_error:
        _fail(f"not taken: {_detail(answer)}")
    _tell(answer)


@record_commands.callback()
def record_group() -> None:
    """Keep the commands a group, however few they are."""


@record_commands.command()
def verify(
    url: Url = "http://127.0.0.1:8000",
    token: Annotated[str, typer.Option(envvar="RONDE_TOKEN", help="An auditor's token.")] = "",
) -> None:
    """Check that no revision and no record was altered; note the last line elsewhere.

    A chain that ends before a line noted earlier was cut.
    """
    import httpx

    try:
        answer = httpx.get(
            f"{url.rstrip('/')}/v1/revision-chain",
            headers={"Authorization": f"Bearer {token}"},
            timeout=LONG_TIMEOUT_S,
        )
    except httpx.HTTPError as error:
        _fail(f"{url} does not answer ({error}); is it running? give its address with --url")
    if answer.is_error:
        _fail(f"not verified: {_detail(answer)}")
    _tell_chain(answer)


def _tell_chain(answer: "httpx.Response") -> None:
    from shared.contracts.inspections.revisions import RevisionChain

    chain = RevisionChain.model_validate_json(answer.content)
    for it in chain.faults:
        subject = " ".join(str(part) for part in (it.subject_kind, it.subject_id) if part)
        typer.echo(f"{it.what} altered: {subject} {it.number}", err=True)
    typer.echo(
        f"{chain.changes} changes, {chain.revisions} revisions, {chain.values} personal values: "
        + ("whole" if chain.whole else "altered")
    )
    typer.echo(f"ends with change {chain.last_change}: {chain.digest}")
    if not chain.whole:
        raise typer.Exit(1)


def _tell(answer: "httpx.Response") -> None:
    from shared.contracts.inspections.register import ImportReport

    report = ImportReport.model_validate_json(answer.content)
    for error in report.errors:
        typer.echo(f"line {error.line}, {error.column} {error.value!r}: {error.reason}", err=True)
    tense = "would be " if report.dry_run else ""
    typer.echo(
        f"{report.rows} rows: {tense}{report.created} created, {report.updated} updated, "
        f"{report.unchanged} unchanged, {report.rejected} rejected"
    )
    if report.rejected:
        raise typer.Exit(1)


def _detail(answer: "httpx.Response") -> str:
    from shared.problems import ProblemDetail

    if "json" not in answer.headers.get("content-type", ""):
        return f"{answer.url} answered {answer.status_code}; is it Ronde?"
    return ProblemDetail.model_validate_json(answer.content).detail


def _fail(sentence: str) -> NoReturn:
    typer.echo(f"ronde: {sentence}", err=True)
    raise typer.Exit(1)
