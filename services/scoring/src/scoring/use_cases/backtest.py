"""Score the establishments of CSV files as of a past day, with what was known before it."""

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from scoring.domain.boosting import forest_of
from scoring.domain.evaluation import TrainingPlan
from scoring.domain.features import prepare
from scoring.domain.history import facts_of, milliseconds
from scoring.domain.learning import learn_from
from scoring.domain.scorer import score_places
from scoring.store.backtest_files import read_history


def backtest(data: Path, as_of: datetime, out: Path, seed: int) -> str:
    """Write `establishment_id,score`; return in a sentence what scored and how many.

    Raises
    ------
    BacktestFileError : when a needed file or column is missing
    """
    history, vocabulary = read_history(data, as_of.date())
    source = prepare(facts_of(history, vocabulary))
    moment = milliseconds(as_of)
    lesson = learn_from(lambda _share, _message: None, source, moment, TrainingPlan(seed=seed))

    promoted = lesson.text if lesson.verdict.promoted else None
    forest = None if promoted is None else forest_of(promoted)
    places = np.arange(source.facts.places.ids.size)
    scores = score_places(source, places, moment, forest)
    pl.DataFrame(
        {
            "establishment_id": source.facts.places.ids.tolist(),
            "score": scores.probability,
        }
    ).write_csv(out)
    return f"{places.size} establishments scored, method {scores.method}. {lesson.verdict.words.en}"
