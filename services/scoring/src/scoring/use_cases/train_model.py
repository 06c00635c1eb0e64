"""Train a model, keep it with its verdict, and let it score only if it won."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.evaluation import Incumbent, TrainingPlan
from scoring.domain.history import RONDE, milliseconds
from scoring.domain.learning import Assignment, Lesson
from scoring.domain.scoring_policy import ScoringPolicy
from scoring.store import models, policies, record, signals
from scoring.store.tables import ModelRow
from scoring.use_cases.activate_model import tell_activated
from scoring.use_cases.messages import model_values
from scoring.use_cases.model_card import model_card
from scoring.use_cases.score_places import (
    Draft,
    Serving,
    Workshop,
    draft_scores,
    model_text,
    readable_model,
    score_now,
    write_scores,
)
from shared.contracts.message import Label
from shared.contracts.scoring import TrainRequest
from shared.jobs import Job


class Training(TrainRequest):
    """What a job trains; `proposes` when nobody asked for it, so that nothing is promoted."""

    proposes: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What is trained, on what was known before when, and by which policy."""

    request: Training
    cutoff: datetime
    policy: ScoringPolicy


TARGET = "scoring.domain.learning:learn"


async def train_model(job: Job) -> None:
    """Train in a process of its own; model, promotion and the new scores are one write.

    The scores are computed before it. Places that something happened to meanwhile follow after it.
    """
    workshop = cast("Workshop", job.services)
    request = Training.model_validate(job.arguments)
    cutoff = _cutoff(request)
    async with job.database.session(job.organisation) as session:
        policy = await policies.current(session)
    asked = Asked(request, cutoff, policy)
    lesson = await _learn(job, asked, workshop)
    if lesson.text is not None:
        await asyncio.to_thread(workshop.blobs.put, lesson.text.encode())
    promoted = lesson.verdict.promoted
    draft = await _draft(job, lesson) if promoted else None
    result = {"model_id": lesson.id, "promoted": promoted, **model_values(lesson)}
    result.pop("features")
    async with job.completion(result) as session:
        if lesson.id is not None:
            await _keep(session, job.organisation, lesson, asked)
        if lesson.id is not None and draft is not None:
            await _promote(session, job.organisation, lesson.id, draft)
    if promoted:
        await score_now(job.database, job.organisation, workshop.blobs)


async def _draft(job: Job, lesson: Lesson) -> Draft:
    """Score all places by the new model, before it serves."""
    await job.progress(0.9, "scoring all places")
    async with job.database.session(job.organisation) as session:
        versions = await record.versions(session, stale=False)
    serving = None
    if lesson.id is not None and lesson.text is not None:
        serving = Serving(lesson.id, lesson.text, lesson.features)
    return await draft_scores(job.database, job.organisation, versions, serving)


async def _promote(session: AsyncSession, organisation: UUID, id: str, draft: Draft) -> None:
    row = await models.activate(session, id)
    taken = await record.take_unchanged(session, draft.versions)
    await record.mark_all_stale(session, but=taken)
    await write_scores(session, organisation, draft, taken)
    await tell_activated(session, row)


def _cutoff(request: TrainRequest) -> datetime:
    if request.as_of is None:
        return datetime.now(UTC)
    return datetime(request.as_of.year, request.as_of.month, request.as_of.day, tzinfo=UTC)


async def _learn(job: Job, asked: Asked, workshop: Workshop) -> Lesson:
    request, policy = asked.request, asked.policy
    async with job.database.session(job.organisation) as session:
        active = await models.active(session)
        series = await signals.series_known(session)
        files = await record.read_history(session, series, cohort_kinds=policy.cohort_kinds)
    plan = TrainingPlan(
        seed=request.seed,
        rounds=request.rounds,
        threads=workshop.training_threads,
        weights=policy.weights,
    )
    history = await asyncio.to_thread(record.history_of, files)
    incumbent = None if active is None else await _incumbent(active, plan, workshop, policy)
    vocabulary = replace(RONDE, signals=tuple(series))
    assignment = Assignment(
        milliseconds(asked.cutoff),
        plan,
        vocabulary,
        policy.label,
        incumbent=incumbent,
        proposes=request.proposes,
    )
    return cast("Lesson", await job.run_child(TARGET, history, assignment))


async def _incumbent(
    active: ModelRow, plan: TrainingPlan, workshop: Workshop, policy: ScoringPolicy
) -> Incumbent | None:
    """Give the model to be beaten; None where it cannot score, and the rule does in its place."""
    text = await model_text(active, workshop.blobs, policy)
    model = await asyncio.to_thread(readable_model, text)
    if text is None or model is None:
        return None
    day_after = datetime.combine(active.data_cutoff, time(), UTC) + timedelta(days=1)
    return Incumbent(
        text, milliseconds(day_after), replace(plan, seed=active.seed, rounds=model.rounds)
    )


async def _keep(session: AsyncSession, organisation: UUID, lesson: Lesson, asked: Asked) -> None:
    words = asked.policy.label.words
    card = model_card(lesson, cutoff=asked.cutoff, policy=Label(fr=words.fr, en=words.en))
    values = {
        "organisation": organisation,
        "id": lesson.id,
        "state": "candidate" if lesson.verdict.won else "refused",
        "data_cutoff": asked.cutoff.date(),
        "seed": asked.request.seed,
        "policy_version": asked.policy.version,
        "card": None if card is None else card.model_dump(mode="json"),
        **model_values(lesson),
    }
    await models.keep(session, values)
