"""Commands of scoring, loaded fast: what is heavy is imported where it runs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer(help="Risk scores.", no_args_is_help=True)


@commands.callback()
def score() -> None:
    """Score places outside the service."""


@commands.command()
def backtest(
    data: Annotated[
        Path, typer.Option(help="Folder of establishments, visits, findings, contacts.")
    ],
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Only what was before.")],
    out: Annotated[Path, typer.Option(help="CSV to write: establishment_id,score.")],
    seed: Annotated[int, typer.Option(min=0, max=2**28)] = 1,
) -> None:
    """Score every establishment known before a day, from CSV files, as of that day."""
    from scoring.store.backtest_files import BacktestFileError
    from scoring.use_cases.backtest import backtest as run

    try:
        report = run(data, as_of.replace(tzinfo=UTC), out, seed)
    except BacktestFileError as error:
        raise typer.BadParameter(str(error), param_hint="--data") from error
    typer.echo(report)
