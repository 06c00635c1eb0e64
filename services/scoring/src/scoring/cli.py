"""Commands of scoring, loaded fast: what is heavy is imported where it runs."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shared.terminal import HERE, AsJson, Url, fail, give, table

if TYPE_CHECKING:
    from shared.contracts.scoring import Priority
    from shared.remote import Remote

commands = typer.Typer(help="Risk scores, and the places to see first.", no_args_is_help=True)

NAMES_PAGE = 1000


@commands.callback()
def score() -> None:
    """Keep the commands a group, however few they are."""


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
    as_json: AsJson = False,
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
    if as_json:
        card = None if report is None else report / "card.json"
        give({"out": str(out), "told": lines, "card": _read(card)})
    else:
        typer.echo("\n".join(lines))


def _window(text: str) -> tuple[date, date]:
    try:
        first, last = (date.fromisoformat(day) for day in text.split("/"))
    except ValueError as error:
        hint = "Write it as 2013-05-01/2013-06-29."
        raise typer.BadParameter(hint, param_hint="--window") from error
    return first, last


def _read(card: Path | None) -> object:
    return json.loads(card.read_text("utf-8")) if card is not None and card.exists() else None


@commands.command()
def priorities(
    *,
    limit: Annotated[int, typer.Option(min=1, max=20_000, help="Places to list.")] = 20,
    territory: Annotated[str | None, typer.Option(help="Of this one alone, like 75.")] = None,
    language: Annotated[Literal["fr", "en"], typer.Option(help="Of the reasons.")] = "fr",
    url: Url = HERE,
    as_json: AsJson = False,
) -> None:
    """List the places to see first, each with what counts most for it."""
    from shared.contracts.scoring import PriorityPage
    from shared.remote import remote

    with remote(url) as ronde:
        asked = {"limit": limit, "territory": territory}
        page = ronde.get(PriorityPage, "/v1/priorities", asked)
        if as_json:
            give(page.model_dump(mode="json"))
            return
        names = _names(ronde, [str(it.accommodation_id) for it in page.items])
    if not page.items:
        fail("no place is scored yet: enter places and inspections, then wait a moment")
    rows = [
        (f"{it.priority_points:.1f}", names[str(it.accommodation_id)], _why(it, language))
        for it in page.items
    ]
    table(("Points", "Place", "Why"), rows, right=(0,))


def _names(ronde: "Remote", wanted: list[str]) -> dict[str, str]:
    """Read what places are called; the id of one that is not told."""
    names, cursor = {it: it for it in wanted}, None
    missing = set(wanted)
    while missing:
        asked = {"limit": NAMES_PAGE, "cursor": cursor}
        page = ronde.call("GET", "/v1/accommodations", asked).json()
        told = {it["id"]: it["name"] for it in page["items"]}
        names |= {it: told[it] for it in missing & told.keys()}
        missing -= told.keys()
        cursor = page["next_cursor"]
        if cursor is None:
            break
    return names


def _why(priority: "Priority", language: str) -> str:
    """Give the reason that raises it most; where none does, the first."""
    raising = [it for it in priority.reasons if it.direction == "up"]
    best = max(raising or priority.reasons, key=lambda it: abs(it.share), default=None)
    if best is None:
        return "–"
    return best.text.fr if language == "fr" else best.text.en
