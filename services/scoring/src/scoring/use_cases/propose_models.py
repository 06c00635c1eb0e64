"""Have a model trained from time to time: it proposes, people promote."""

from datetime import UTC, datetime, timedelta
from typing import Final

from scoring.store import record
from shared.contracts.scoring import TrainRequest
from shared.db import Database
from shared.jobs import Jobs

SCHEDULE: Final = "schedule"


async def propose_models(
    database: Database, jobs: Jobs, every: timedelta, *, now: datetime
) -> None:
    """Ask for one training per organisation and stretch of time, however often this is called."""
    if not every:
        return
    length_s = every.total_seconds()
    began = datetime.fromtimestamp(now.timestamp() // length_s * length_s, UTC)
    async with database.system_session() as session:
        organisations = await record.organisations(session)
    arguments = {**TrainRequest().model_dump(mode="json"), "proposes": True}
    for organisation in organisations:
        async with database.session(organisation) as session:
            await jobs.enqueue(
                session,
                organisation=organisation,
                subject=SCHEDULE,
                kind="train_model",
                key=f"{SCHEDULE} {began.isoformat()}",
                arguments=arguments,
            )
