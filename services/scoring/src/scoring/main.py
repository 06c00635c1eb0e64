"""Wires the scoring service: the only place that knows all its parts."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Final

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from scoring.api import (
    audits,
    evaluations,
    field_results,
    models,
    outbreak_alerts,
    policies,
    priorities,
    priority_policies,
    score_runs,
    scores,
    signals,
    trends,
    watch_reports,
    what_ifs,
)
from scoring.settings import Settings
from scoring.use_cases.follow_inspections import follow_inspections
from scoring.use_cases.follow_routing import follow_routing
from scoring.use_cases.look_for_outbreaks import ask_for_looks, look_for_outbreaks
from scoring.use_cases.play_what_if import play_what_if
from scoring.use_cases.propose_models import propose_models
from scoring.use_cases.score_everything import score_everything, score_stale
from scoring.use_cases.score_places import Workshop, refresh_old_scores, score_all_stale
from scoring.use_cases.train_model import train_model
from scoring.use_cases.watch_scores import ask_for_watch, watch_scores
from shared import metrics
from shared.api import create_api
from shared.blobs import Blobs
from shared.cancellation import pause
from shared.db import Database
from shared.feed import Follower
from shared.http import service_client
from shared.jobs import Handler, Jobs
from shared.service import Service
from shared.tracing import tracer_of

logger = logging.getLogger(__name__)

HANDLERS: Final[dict[str, Handler]] = {
    "train_model": train_model,
    "score_everything": score_everything,
    "score_stale": score_stale,
    "play_what_if": play_what_if,
    "watch_scores": watch_scores,
    "look_for_outbreaks": look_for_outbreaks,
}
REFRESH_EVERY_S: Final = 600.0


def create_app(settings: Settings) -> FastAPI:
    """Build the HTTP side."""
    return create_api(
        "scoring",
        settings,
        [
            scores.router,
            priorities.router,
            models.router,
            score_runs.router,
            evaluations.router,
            signals.router,
            policies.router,
            priority_policies.router,
            audits.router,
            field_results.router,
            what_ifs.router,
            watch_reports.router,
            outbreak_alerts.router,
            trends.router,
        ],
        summary="Risk and priority of each accommodation, with reasons.",
        handlers=HANDLERS,
    )


async def run_worker(settings: Settings) -> None:
    """Follow the record, score, train, until cancelled."""
    database = Database(settings.database_url, settings.system_url)
    workshop = Workshop(Blobs(settings.blobs_url), settings.training_threads)
    jobs = Jobs(database, HANDLERS, services=workshop, tracer=tracer_of("scoring"))

    async def score_when_caught_up(caught_up: bool, /) -> None:  # noqa: FBT001 - the follower's way
        # While a backlog is read, scores would be computed for every page in vain.
        if caught_up:
            await score_all_stale(database, workshop.blobs)

    try:
        await jobs.open()
        async with service_client(settings) as client, asyncio.TaskGroup() as tasks:
            tasks.create_task(jobs.work())
            record = Follower(
                database,
                "inspections",
                client,
                follow_inspections,
                after_page=score_when_caught_up,
            )
            plans = Follower(database, "routing", client, follow_routing)
            tasks.create_task(record.run())
            tasks.create_task(plans.run())
            tasks.create_task(
                metrics.tell_of_worker(
                    settings, database, service="scoring", kinds=HANDLERS, followers=[record, plans]
                )
            )
            tasks.create_task(_refresh(database, workshop, jobs, settings))
    finally:
        await jobs.close()
        await database.dispose()


async def _refresh(database: Database, workshop: Workshop, jobs: Jobs, settings: Settings) -> None:
    while True:
        await pause(REFRESH_EVERY_S)
        older_than = datetime.now(UTC) - settings.refresh_after
        try:
            await refresh_old_scores(database, workshop.blobs, older_than)
            await propose_models(database, jobs, settings.retrain_every, now=datetime.now(UTC))
            await ask_for_watch(database, jobs, now=datetime.now(UTC))
            await ask_for_looks(database, jobs, now=datetime.now(UTC))
        except (SQLAlchemyError, OSError) as error:
            logger.warning(
                "scores not refreshed; next try later", extra={"cause": type(error).__name__}
            )


service = Service(name="scoring", settings=Settings, create_app=create_app, run_worker=run_worker)
