"""The job that has who is on call paged about a visit that routing has not heard of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, cast
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.clients import inspections
from gateway.jobs.services import WorkerServices, patiently
from shared.contracts.inspections.alerts import SilenceInput
from shared.contracts.message import Event
from shared.contracts.routing.day import SilentVisit
from shared.feed import Apply
from shared.jobs import Job, JobFailed, Jobs
from shared.problems import Problem

KIND: Final = "alert_silence"
SUBJECT: Final = "gateway"
VISIT_SILENT: Final = "visit.silent"


def following(jobs: Jobs) -> Apply:
    """Give what takes the feed of routing: each silence becomes a job, once."""

    async def take(session: AsyncSession, events: Sequence[Event]) -> None:
        for event in events:
            if event.kind != VISIT_SILENT:
                continue
            silent = SilentVisit.model_validate(event.data)
            # Silent again after a sign of life is another silence.
            told = f"silence at {silent.accommodation_id} since {silent.seen_at.isoformat()}"
            await jobs.enqueue(
                session,
                organisation=event.organisation,
                subject=SUBJECT,
                kind=KIND,
                key=f"{silent.plan_id}: {told}",
                arguments={
                    "silence_id": str(uuid5(silent.plan_id, told)),
                    "accommodation_id": str(silent.accommodation_id),
                    "opened_at": silent.opened_at.isoformat(),
                    "seen_at": silent.seen_at.isoformat(),
                },
            )

    return take


async def alert_silence(job: Job) -> None:
    """Raise the alert that the job's arguments name.

    Raises
    ------
    JobFailed : the record knows no such place, or stayed away
    """
    worker, told = cast("WorkerServices", job.services), job.arguments
    silence = SilenceInput(
        id=UUID(str(told["silence_id"])),
        accommodation_id=UUID(str(told["accommodation_id"])),
        opened_at=datetime.fromisoformat(str(told["opened_at"])),
        seen_at=datetime.fromisoformat(str(told["seen_at"])),
    )
    auth = worker.acting_for(job, ())
    try:
        alert = await patiently(
            job, lambda: inspections.raise_silence_alert(worker.services.inspections, auth, silence)
        )
    except Problem as problem:
        raise JobFailed(problem.detail) from problem
    async with job.completion({"alert": str(alert.id)}):
        pass
