"""Commands of scoring, loaded fast: what is heavy is imported where it runs."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer(help="Risk scores.", no_args_is_help=True)


@commands.callback()
def score() -> None:
    """Score places outside the service."""


Data = Annotated[Path, typer.Option(help="Folder of establishments, visits, findings, contacts.")]
AsOf = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Only what was before.")]
Out = Annotated[Path, typer.Option(help="CSV to write: establishment_id,score.")]
Report = Annotated[
    Path | None, typer.Option(help="Folder for the card: run the whole protocol on past windows.")
]
Windows = Annotated[
    list[str] | None,
    typer.Option(help="First and last day of a window, FIRST/LAST; four by default."),
]
Halves = Annotated[
    bool,
    typer.Option("--halves", help="Learn from even establishments in windows too, test odd ones."),
]
Capacity = Annotated[
    list[float] | None,
    typer.Option(min=0.1, max=100, help="Per cent that can be visited; 10 and 25 by default."),
]
Ablations = Annotated[bool, typer.Option(help="Leave each group of features out in turn.")]
Seed = Annotated[int, typer.Option(min=0, max=2**28)]


@commands.command()
def backtest(  # noqa: PLR0913 - each is an option of the command
    *,
    data: Data,
    as_of: AsOf,
    out: Out,
    report: Report = None,
    window: Windows = None,
    halves: Halves = False,
    capacity: Capacity = None,
    ablations: Ablations = True,
    seed: Seed = 1,
) -> None:
    """Score every establishment known before a day, from CSV files, as of that day."""
    from scoring.domain.columns import GROUPS
    from scoring.store.backtest_files import BacktestFileError
    from scoring.use_cases.backtest import Protocol
    from scoring.use_cases.backtest import backtest as run

    protocol = None
    if report is not None:
        protocol = Protocol(
            report,
            [_window(it) for it in window or ()],
            halves=halves,
            shares=tuple(it / 100 for it in capacity or (10, 25)),
            ablate=GROUPS if ablations else (),
        )
    try:
        lines = run(data, as_of.replace(tzinfo=UTC), out, seed=seed, protocol=protocol)
    except BacktestFileError as error:
        raise typer.BadParameter(str(error), param_hint="--data") from error
    typer.echo("\n".join(lines))


def _window(text: str) -> tuple[date, date]:
    try:
        first, last = (date.fromisoformat(day) for day in text.split("/"))
    except ValueError as error:
        hint = "Write it as 2013-05-01/2013-06-29."
        raise typer.BadParameter(hint, param_hint="--window") from error
    return first, last
