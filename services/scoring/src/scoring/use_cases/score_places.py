"""Score the places that something happened to, and tell it."""

import asyncio
import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.ensemble import Ensemble, ModelTextError, ensemble_of
from scoring.domain.facts import facts_of
from scoring.domain.features import schema_hash, vocabulary_of
from scoring.domain.history import milliseconds
from scoring.domain.reasons import explain
from scoring.domain.scorer import score_places, scorer_of
from scoring.domain.scoring_policy import ScoringPolicy
from scoring.domain.source import prepare
from scoring.store import models, policies, record, scores
from scoring.store.record import HistoryFiles
from scoring.store.rows import Row
from scoring.store.tables import ModelRow
from scoring.use_cases.messages import reason_message, score_message
from shared import feed
from shared.blobs import Blobs
from shared.db import Database

logger = logging.getLogger(__name__)

SCORE_CHANGED = "score.changed"


@dataclass(frozen=True, slots=True)
class Workshop:
    """What background work needs beside the database."""

    blobs: Blobs
    training_threads: int = 1


@dataclass(frozen=True, slots=True)
class Serving:
    """The model that scores, its text, and the names of its features."""

    id: str
    text: str
    features: Sequence[str]


@dataclass(frozen=True, slots=True)
class Means:
    """What scores are computed by: a model's text, or the rule, and the policy."""

    text: str | None
    policy: ScoringPolicy


@dataclass(frozen=True, slots=True)
class Draft:
    """Scores computed outside a transaction, and the versions of the places they were read from."""

    versions: Mapping[UUID, str]
    values: Sequence[Row]


async def score_now(database: Database, organisation: UUID, blobs: Blobs) -> int:
    """Score the organisation's stale places as of now; return how many scores were written.

    A place that something happens to meanwhile, or all when another model is activated, is not
    written but stays stale, and is computed again.
    """
    written = 0
    while True:
        async with database.session(organisation) as session:
            versions = await record.versions(session, stale=True)
            model = await models.active(session) if versions else None
            policy = await policies.current(session)
        if not versions:
            return written
        text = None if model is None else await model_text(model, blobs, policy)
        serving = None
        if model is not None and text is not None:
            serving = Serving(model.id, text, model.features)
        draft = await draft_scores(database, organisation, versions, serving)
        async with database.session(organisation) as session:
            taken = await record.take_unchanged(session, versions)
            await write_scores(session, organisation, draft, taken)
        written += len(taken)


async def draft_scores(
    database: Database,
    organisation: UUID,
    versions: Mapping[UUID, str],
    serving: Serving | None,
) -> Draft:
    """Compute scores by a model or by the rule; no transaction is open meanwhile.

    `versions` must have been read before: what happens after it is then seen by their change.
    """
    async with database.session(organisation) as session:
        policy = await policies.current(session)
        series = () if serving is None else vocabulary_of(serving.features).signals
        files = await record.read_history(session, series, newest=True)
        others = await scores.latest_of_others(session, list(versions))
    # A moment later than now in whole milliseconds: what is known now counts.
    as_of = datetime.now(UTC) + timedelta(milliseconds=1)
    means = Means(None if serving is None else serving.text, policy)
    computed = await asyncio.to_thread(compute_scores, files, list(versions), as_of, means)
    _rank(computed, others)
    by_model = bool(computed) and computed[0]["method"] == "model"
    model_id = serving.id if by_model and serving is not None else None
    common = {"organisation": organisation, "model_id": model_id}
    return Draft(versions, [common | values for values in computed])


async def write_scores(
    session: AsyncSession, organisation: UUID, draft: Draft, taken: Collection[UUID]
) -> None:
    """Write the scores of the places that were taken, and tell them."""
    written = [values for values in draft.values if values["accommodation_id"] in taken]
    if not written:
        return
    await scores.keep(session, written)
    await feed.append(session, organisation, [_event(values) for values in written])
    model_id = written[0]["model_id"]
    logger.info("places scored", extra={"places": len(written), "model_id": model_id})


async def score_all_stale(database: Database, blobs: Blobs) -> None:
    """Score the stale places of all organisations."""
    async with database.system_session() as session:
        organisations = await record.organisations_with_stale(session)
    for organisation in organisations:
        await score_now(database, organisation, blobs)


async def refresh_old_scores(database: Database, blobs: Blobs, older_than: datetime) -> None:
    """Score again the places whose scores have grown old, time being a feature."""
    async with database.system_session() as session:
        organisations = await record.organisations_to_score(session, older_than)
    for organisation in organisations:
        async with database.session(organisation) as session:
            await record.mark_old_stale(session, older_than)
        await score_now(database, organisation, blobs)


async def model_text(model: ModelRow, blobs: Blobs, policy: ScoringPolicy) -> str | None:
    """Fetch a model's text; None when the rule must score in its place."""
    if model.feature_schema != schema_hash(vocabulary_of(model.features), policy.label):
        logger.warning(
            "model has other features or another outcome; the rule scores", extra={"id": model.id}
        )
        return None
    try:
        content = await asyncio.to_thread(blobs.get, model.id)
    except FileNotFoundError:
        logger.exception("model is not in the blob store; the rule scores", extra={"id": model.id})
        return None
    # LightGBM ends the process on a text that was cut short: it is given no other than it wrote.
    if hashlib.sha256(content).hexdigest() != model.id:
        logger.error("model is damaged in the blob store; the rule scores", extra={"id": model.id})
        return None
    return content.decode()


def readable_model(text: str | None) -> Ensemble | None:
    """Read a model; None when the rule must score in its place."""
    try:
        return None if text is None else ensemble_of(text)
    except ModelTextError:
        logger.exception("model cannot be read; the rule scores")
        return None


def compute_scores(
    files: HistoryFiles, ids: Sequence[UUID], as_of: datetime, means: Means
) -> list[dict[str, object]]:
    """Score places with reasons, by the model of a text where it can be read."""
    moment = milliseconds(as_of)
    model = readable_model(means.text)
    policy = means.policy
    vocabulary = vocabulary_of(() if model is None else model.names)
    source = prepare(facts_of(record.history_of(files), vocabulary, policy.label), only_ms=moment)
    places = source.facts.places_of([str(id) for id in ids])
    scorer = scorer_of(source, moment, policy.weights, model)
    result = score_places(source, places, moment, scorer)
    reasons = explain(source.facts, result)
    computed_at = datetime.now(UTC)
    return [
        {
            "id": uuid4(),
            "accommodation_id": id,
            "as_of": as_of,
            "computed_at": computed_at,
            "method": result.method,
            "probability": float(result.probability[row]),
            "low": float(result.low[row]),
            "high": float(result.high[row]),
            "average_rate": result.average_rate,
            "visits_known": int(result.visits[row]),
            "reasons": [reason_message(reason) for reason in reasons[row]],
        }
        for row, id in enumerate(ids)
    ]


def _rank(computed: Sequence[dict[str, object]], others: Sequence[float]) -> None:
    """Write each score's place among the newest of all places, the riskiest being the first."""
    own = np.array([it["probability"] for it in computed], dtype=np.float64)
    falling = np.sort(-np.r_[own, np.asarray(others, dtype=np.float64)])
    for values, before in zip(computed, np.searchsorted(falling, -own).tolist(), strict=True):
        values["rank_when_computed"] = before + 1


def _event(values: Row) -> feed.NewEvent:
    message = score_message({**values, "rank": values["rank_when_computed"]})
    return feed.NewEvent(SCORE_CHANGED, message.accommodation_id, message.computed_at, message)
