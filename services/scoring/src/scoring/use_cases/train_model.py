"""Train a model, keep it with its verdict, and let it score only if it won."""

import asyncio
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.evaluation import TrainingPlan
from scoring.domain.history import milliseconds
from scoring.domain.learning import Lesson
from scoring.store import models, record
from scoring.use_cases.activate_model import tell_activated
from scoring.use_cases.messages import model_values
from scoring.use_cases.score_places import Workshop, score_stale_places
from shared.contracts.scoring import TrainRequest
from shared.jobs import Job

TARGET = "scoring.domain.learning:learn"


async def train_model(job: Job) -> None:
    """Train in a process of its own; model, promotion and the new scores are one write."""
    workshop = cast("Workshop", job.services)
    request = TrainRequest.model_validate(job.arguments)
    cutoff = _cutoff(request)
    lesson = await _learn(job, request, cutoff, workshop.training_threads)
    promoted = lesson.verdict.promoted
    if lesson.text is not None:
        await asyncio.to_thread(workshop.blobs.put, lesson.text.encode())
    result = {"model_id": lesson.id, "promoted": promoted, **model_values(lesson)}
    result.pop("features")
    async with job.completion(result) as session:
        if lesson.id is not None:
            await _keep(session, job.organisation, lesson, (request, cutoff))
        if lesson.id is not None and promoted:
            row = await models.activate(session, lesson.id)
            await record.mark_all_stale(session)
            await score_stale_places(session, job.organisation, workshop.blobs)
            await tell_activated(session, row)


def _cutoff(request: TrainRequest) -> datetime:
    if request.as_of is None:
        return datetime.now(UTC)
    return datetime(request.as_of.year, request.as_of.month, request.as_of.day, tzinfo=UTC)


async def _learn(job: Job, request: TrainRequest, cutoff: datetime, threads: int) -> Lesson:
    async with job.database.session(job.organisation) as session:
        files = await record.read_history(session)
    plan = TrainingPlan(seed=request.seed, rounds=request.rounds, threads=threads)
    history = await asyncio.to_thread(record.history_of, files)
    return cast("Lesson", await job.run_child(TARGET, history, milliseconds(cutoff), plan))


async def _keep(
    session: AsyncSession, organisation: UUID, lesson: Lesson, asked: tuple[TrainRequest, datetime]
) -> None:
    request, cutoff = asked
    values = {
        "organisation": organisation,
        "id": lesson.id,
        "state": "candidate" if lesson.verdict.won else "refused",
        "data_cutoff": cutoff.date(),
        "seed": request.seed,
        **model_values(lesson),
    }
    await models.keep(session, values)
