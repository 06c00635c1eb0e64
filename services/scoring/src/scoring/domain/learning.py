"""The whole of training: learn, compare on the past, judge. Runs in a process of its own."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scoring.domain.card import Card, card_of
from scoring.domain.comparison import SHARES, compare
from scoring.domain.evaluation import Incumbent, TrainingPlan, fit, run_window
from scoring.domain.facts import Facts, facts_of
from scoring.domain.features import schema_hash
from scoring.domain.gate import LEAST_POSITIVES, LEAST_VISITS, Verdict, judge, too_little
from scoring.domain.history import MS_PER_DAY, RONDE, History, Vocabulary
from scoring.domain.label_policy import DANGER, LabelPolicy
from scoring.domain.labels import Labelled, labelled_visits
from scoring.domain.secondary import run_targets
from scoring.domain.secondary_figures import target_figures
from scoring.domain.source import FeatureSource, prepare
from scoring.domain.windows import LEAST_WINDOWS, Window, choose_windows

Report = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What to learn and against whom.

    `vocabulary` and `policy` say what of a history counts. `windows` are chosen when empty; with
    `halves` places of even number also teach in each window and the odd ones are tested. `shares`
    are those of the places that can be visited; `ablate` names groups of features to leave out in
    turn; `proposes` is set for a training that nobody asked for, whose model waits for somebody.
    """

    cutoff_ms: int
    plan: TrainingPlan
    vocabulary: Vocabulary = RONDE
    policy: LabelPolicy = DANGER
    incumbent: Incumbent | None = None
    windows: tuple[Window, ...] = ()
    halves: bool = False
    shares: tuple[float, ...] = SHARES
    ablate: tuple[str, ...] = ()
    proposes: bool = False


@dataclass(frozen=True, slots=True)
class Lesson:
    """What training gave. `text` and `card` are None when there was too little to learn from."""

    id: str | None
    text: str | None
    visits: int
    positives: int
    features: tuple[str, ...]
    feature_schema: str
    card: Card | None
    verdict: Verdict


def learn(report: Report, history: History, assignment: Assignment) -> Lesson:
    """Train on what was known before the cut-off, and tell whether the model may serve."""
    report(0.0, "reading the history")
    facts = facts_of(history, assignment.vocabulary, assignment.policy)
    return learn_from(report, prepare(facts), assignment)


def learn_from(report: Report, source: FeatureSource, assignment: Assignment) -> Lesson:
    """Train on a prepared history."""
    labelled = labelled_visits(source.facts, assignment.cutoff_ms)
    windows = assignment.windows or choose_windows(labelled, assignment.cutoff_ms)
    windows = tuple(it for it in windows if _teaches(labelled, it))
    positives = int(labelled.positive.sum())
    # Who asks for windows may ask for one.
    least = 1 if assignment.windows else LEAST_WINDOWS
    refusal = too_little(labelled.place.size, positives, len(windows), least)
    if refusal is not None:
        return _nothing_learned(source, labelled, refusal, assignment.policy)
    results, targets = [], []
    for number, window in enumerate(windows):
        report(0.1 + 0.7 * number / len(windows), "comparing with the rule on past periods")
        result = run_window(
            source,
            window,
            assignment.plan,
            incumbent=assignment.incumbent,
            ablate=assignment.ablate,
            halves=assignment.halves,
        )
        results.append(result)
        if not assignment.halves:
            targets += run_targets(source, result, assignment.plan)
    report(0.8, "training on the whole history")
    comparison = compare(results, assignment.plan.seed, assignment.shares)
    secondary = target_figures(targets, assignment.plan.seed, assignment.shares)
    card = card_of(comparison, source.facts.vocabulary.kinds, secondary)
    model = fit(source, labelled, assignment.plan)
    may_serve = not assignment.proposes and _is_current(source.facts, assignment.cutoff_ms)
    return Lesson(
        id=model.id,
        text=model.text,
        visits=labelled.place.size,
        positives=positives,
        features=model.names,
        feature_schema=schema_hash(source.facts.vocabulary, assignment.policy),
        card=card,
        verdict=judge(comparison, may_serve=may_serve),
    )


def _is_current(facts: Facts, cutoff_ms: int) -> bool:
    """Tell whether no visit is known of a day after the cut-off's.

    What happened that day itself is let pass: a day asked for is cut off where it begins.
    """
    # A clock that ran ahead must not make every model look old.
    newest = np.minimum(facts.visits.day, facts.visits.known_ms / MS_PER_DAY).max()
    return bool(np.floor(newest) * MS_PER_DAY <= cutoff_ms)


def _teaches(labelled: Labelled, window: Window) -> bool:
    """Tell whether enough was known before a window to train for it: half of the usual."""
    known = labelled.positive[labelled.known_ms < window.learned_before_ms]
    return 2 * known.size >= LEAST_VISITS and 2 * int(known.sum()) >= LEAST_POSITIVES


def _nothing_learned(
    source: FeatureSource, labelled: Labelled, verdict: Verdict, policy: LabelPolicy
) -> Lesson:
    return Lesson(
        id=None,
        text=None,
        visits=labelled.place.size,
        positives=int(labelled.positive.sum()),
        features=(),
        feature_schema=schema_hash(source.facts.vocabulary, policy),
        card=None,
        verdict=verdict,
    )
