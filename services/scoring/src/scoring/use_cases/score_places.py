"""Score the places that something happened to, and tell it."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.boosting import Forest, ModelTextError, forest_of
from scoring.domain.features import prepare, schema_hash
from scoring.domain.history import RONDE, facts_of, milliseconds
from scoring.domain.reasons import explain
from scoring.domain.scorer import score_places
from scoring.store import models, record, scores
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


async def score_stale_places(session: AsyncSession, organisation: UUID, blobs: Blobs) -> int:
    """Score the organisation's stale places as of now; return how many there were.

    The marks are taken in the transaction that writes the scores: a crash leaves them.
    """
    stale = await record.take_stale(session)
    if not stale:
        return 0
    files = await record.read_history(session)
    model = await models.active(session)
    text = None if model is None else await _text(model, blobs)
    # A moment later than now in whole milliseconds: what is known now counts.
    as_of = datetime.now(UTC) + timedelta(milliseconds=1)
    computed = await asyncio.to_thread(_compute, files, stale, as_of, text)
    model_id = model.id if model is not None and computed[0]["method"] == "model" else None
    written: list[Row] = [
        {"organisation": organisation, "model_id": model_id, **values} for values in computed
    ]
    await scores.keep(session, written)
    await feed.append(session, organisation, [_event(values) for values in written])
    logger.info("places scored", extra={"places": len(stale), "model_id": model_id})
    return len(stale)


async def score_now(database: Database, organisation: UUID, blobs: Blobs) -> int:
    """Score the stale places of an organisation in a transaction of its own."""
    async with database.session(organisation) as session:
        return await score_stale_places(session, organisation, blobs)


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
            await score_stale_places(session, organisation, blobs)


async def _text(model: ModelRow, blobs: Blobs) -> str | None:
    """Fetch a model's text; None when the rule must score in its place."""
    if model.feature_schema != schema_hash(RONDE):
        logger.warning("model has another feature schema; the rule scores", extra={"id": model.id})
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


def _forest(text: str | None) -> Forest | None:
    """Read a model; None when the rule must score in its place."""
    try:
        return None if text is None else forest_of(text)
    except ModelTextError:
        logger.exception("model cannot be read; the rule scores")
        return None


def _compute(
    files: HistoryFiles, ids: Sequence[UUID], as_of: datetime, text: str | None
) -> list[dict[str, object]]:
    source = prepare(facts_of(record.history_of(files), RONDE))
    places = source.facts.places_of([str(id) for id in ids])
    result = score_places(source, places, milliseconds(as_of), _forest(text))
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
            "average_rate": result.average_rate,
            "visits_known": int(result.visits[row]),
            "reasons": [reason_message(reason) for reason in reasons[row]],
        }
        for row, id in enumerate(ids)
    ]


def _event(values: Row) -> feed.NewEvent:
    message = score_message({**values, "rank": None})
    return feed.NewEvent(SCORE_CHANGED, message.accommodation_id, message.computed_at, message)
