"""Let a model score, or the rule again."""

from datetime import UTC, datetime
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.features import schema_hash, vocabulary_of
from scoring.store import models, policies, record
from scoring.store.tables import ModelRow
from scoring.use_cases.messages import model_message
from shared import feed
from shared.problems import conflict, not_found

MODEL_ACTIVATED = "model.activated"
MODEL_RETIRED = "model.retired"


async def activate_model(session: AsyncSession, id: str) -> ModelRow:
    """Let a model that passed its tests score, in place of whatever did.

    Raises
    ------
    Problem : 404 for an unknown model; 409 for one that was refused, or made for other features
    """
    row = await models.by_id(session, id)
    if row is None:
        raise not_found("model")
    if row.state == "refused":
        raise conflict("This model lost against the rule; its verdict says why. Train another.")
    policy = await policies.current(session)
    if row.feature_schema != schema_hash(vocabulary_of(row.features), policy.label):
        raise conflict("This model was made for other features or another outcome; train again.")
    row = await models.activate(session, id)
    await record.mark_all_stale(session)
    await tell_activated(session, row)
    return row


async def tell_activated(session: AsyncSession, row: ModelRow) -> None:
    """Tell which model scores from now on; the last act of a transaction."""
    await _tell(session, MODEL_ACTIVATED, row)


async def _tell(session: AsyncSession, kind: str, row: ModelRow) -> None:
    # Events name their subject by UUID, models are named by their content: one follows the other.
    subject = uuid5(NAMESPACE_OID, row.id)
    event = feed.NewEvent(kind, subject, datetime.now(UTC), model_message(row))
    await feed.append(session, row.organisation, [event])


async def return_to_rule(session: AsyncSession, id: str) -> ModelRow:
    """Retire the active model; the rule scores. Telling it is the last act of a transaction.

    Raises
    ------
    Problem : 404 for an unknown model; 409 when it is not the active one
    """
    row = await models.by_id(session, id)
    if row is None:
        raise not_found("model")
    if row.state != "active":
        raise conflict("This model is not the active one; nothing to take back.")
    await models.retire_active(session)
    await record.mark_all_stale(session)
    await session.refresh(row)
    await _tell(session, MODEL_RETIRED, row)
    return row
