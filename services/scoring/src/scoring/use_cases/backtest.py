"""Score the establishments of CSV files as of a past day, with what was known before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from scoring.domain.columns import GROUPS
from scoring.domain.comparison import SHARES
from scoring.domain.ensemble import ensemble_of
from scoring.domain.evaluation import TrainingPlan
from scoring.domain.facts import facts_of
from scoring.domain.history import FloatArray, milliseconds
from scoring.domain.label_policy import DANGER
from scoring.domain.learning import Assignment, Lesson, learn_from
from scoring.domain.scorer import scorer_of, tell
from scoring.domain.source import FeatureSource, prepare
from scoring.domain.windows import Window
from scoring.store.backtest_files import read_history
from scoring.use_cases.card_page import card_lines, card_page
from scoring.use_cases.model_card import model_card
from shared.contracts.message import Label


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a back-test is reported: into which folder, and on which windows, chosen if none.

    `halves`, `shares` and `ablate` are as an assignment's.
    """

    folder: Path
    windows: Sequence[tuple[date, date]] = ()
    halves: bool = False
    shares: tuple[float, ...] = SHARES
    ablate: tuple[str, ...] = GROUPS


def backtest(
    data: Path, as_of: datetime, out: Path, *, seed: int, protocol: Protocol | None = None
) -> list[str]:
    """Write `establishment_id,score`; tell what scored, how many, and with a protocol how well.

    Raises
    ------
    BacktestFileError : when a needed file or column is missing
    """
    history, vocabulary = read_history(data, as_of.date())
    source = prepare(facts_of(history, vocabulary))
    moment = milliseconds(as_of)
    plan = TrainingPlan(seed=seed)
    lesson = learn_from(lambda _share, _message: None, source, _assignment(moment, plan, protocol))

    promoted = lesson.text if lesson.verdict.promoted else None
    model = None if promoted is None else ensemble_of(promoted)
    places = np.arange(source.facts.places.ids.size)
    scorer = scorer_of(source, moment, plan.weights, model)
    _write(source, tell(source, places, moment, scorer).probability, out)
    done = f"{places.size} establishments scored, method {scorer.method}. {lesson.verdict.words.en}"
    return [done, *([] if protocol is None else _report(lesson, as_of, protocol.folder))]


def _assignment(moment: int, plan: TrainingPlan, protocol: Protocol | None) -> Assignment:
    if protocol is None:
        return Assignment(moment, plan)
    windows = tuple(
        Window(_start(first), _start(last + timedelta(days=1))) for first, last in protocol.windows
    )
    return Assignment(
        moment,
        plan,
        windows=windows,
        halves=protocol.halves,
        shares=protocol.shares,
        ablate=protocol.ablate,
    )


def _start(day: date) -> int:
    return milliseconds(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _write(source: FeatureSource, probability: FloatArray, out: Path) -> None:
    ids = source.facts.places.ids.tolist()
    pl.DataFrame({"establishment_id": ids, "score": probability}).write_csv(out)


def _report(lesson: Lesson, as_of: datetime, folder: Path) -> list[str]:
    """Write the card as `card.json` and `card.html`."""
    label = Label(fr=DANGER.words.fr, en=DANGER.words.en)
    card = model_card(lesson, cutoff=as_of, policy=label)
    if card is None:
        return ["No card: there was too little to learn from."]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.json").write_text(card.model_dump_json(indent=1), encoding="utf-8")
    (folder / "card.html").write_text(card_page(card), encoding="utf-8")
    return [*card_lines(card), f"Card written to {folder}."]
