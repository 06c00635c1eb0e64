"""How commands speak: results on stdout, progress and troubles on stderr, by exit code 0, 1 or 2.

Loaded with every command, so it imports nothing heavy.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, NoReturn

import typer

REFUSED, MISUSED = 1, 2
# Of a table that is no terminal's: nothing is folded that a program might read.
WIDE = 400

HERE = "http://127.0.0.1:8000"

Url = Annotated[
    str, typer.Option(envvar="RONDE_URL", help="Where Ronde answers; RONDE_TOKEN opens it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

# Told the share done, 0 to 1 or None, and what is being done.
Tell = Callable[[float | None, str], None]


def fail(sentence: str) -> NoReturn:
    """End with what is wrong and the way out: Ronde or the data refuse."""
    typer.echo(f"ronde: {sentence}", err=True)
    raise typer.Exit(REFUSED)


def misused(sentence: str) -> NoReturn:
    """End with what is wrong and the way out: the command was not called rightly."""
    typer.echo(f"ronde: {sentence}", err=True)
    raise typer.Exit(MISUSED)


def give(result: object) -> None:
    """Print a result as one JSON object."""
    typer.echo(json.dumps(result, ensure_ascii=False))


@contextlib.contextmanager
def progress() -> Iterator[Tell]:
    """Tell on stderr how far something is: in one line at a terminal, else a line for each step."""
    if not sys.stderr.isatty():
        yield _line_by_line()
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text("…")) as status:
        yield lambda share, step: status.update(Text(_step(share, step)))


def _line_by_line() -> Tell:
    told = ""

    def tell(_share: float | None, step: str) -> None:
        nonlocal told
        if step and step != told:
            told = step
            typer.echo(step, err=True)

    return tell


def _step(share: float | None, step: str) -> str:
    return step if share is None else f"{share:4.0%} {step}"


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int]) -> None:
    """Print a table, the columns numbered in `right` aligned there."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for number, title in enumerate(titles):
        shown.add_column(title, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else WIDE).print(shown)
