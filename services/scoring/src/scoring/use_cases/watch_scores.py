"""Look at scores once a week, keep what was seen, and tell the alarms that begin."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.drift import Profile
from scoring.domain.facts import facts_of
from scoring.domain.history import RONDE, milliseconds
from scoring.domain.scoring_policy import ScoringPolicy
from scoring.domain.watch import BEFORE_DAYS, FALSE_ALARMS_A_YEAR
from scoring.domain.watched_week import WATCHED_DAYS, Belief, Told, WatchedWeek, watch_week
from scoring.store import policies, record, scores, watch_reports
from scoring.store.record import HistoryFiles
from scoring.store.rows import Row
from scoring.store.tables import WatchReportRow
from scoring.use_cases.propose_models import SCHEDULE
from scoring.use_cases.watch_messages import (
    PROFILES,
    alarm_messages,
    group_message,
    indicator_message,
    inspector_message,
    report_message,
)
from shared import feed
from shared.contracts.watch_reports import Alarm, WatchAlarm, WatchReport
from shared.db import Database
from shared.jobs import Job, Jobs

ALARM: Final = "watch.alarm"
_KIND: Final = "watch_scores"


@dataclass(frozen=True, slots=True)
class _Read:
    """What a look reads; of what serves, `method` and `model_id`."""

    files: HistoryFiles
    policy: ScoringPolicy
    method: str
    model_id: str | None
    told: Told
    alarms: Sequence[Alarm]


async def ask_for_watch(database: Database, jobs: Jobs, *, now: datetime) -> None:
    """Ask for one look per organisation and week, however often this is called."""
    week = now.date() - timedelta(days=now.weekday())
    async with database.system_session() as session:
        organisations = await scores.organisations(session)
    for organisation in organisations:
        async with database.session(organisation) as session:
            await jobs.enqueue(
                session,
                organisation=organisation,
                subject=SCHEDULE,
                kind=_KIND,
                key=f"{SCHEDULE} {week.isoformat()}",
                arguments={"week": week.isoformat()},
            )


async def watch_scores(job: Job) -> None:
    """Watch what was known when a week began; report and alarms are one write."""
    week = date.fromisoformat(str(job.arguments["week"]))
    as_of = datetime.combine(week, time(), UTC)
    async with job.database.session(job.organisation) as session:
        read = await _read(session, as_of)
    if read is None:
        async with job.completion({"report_id": None}):
            return
    seen = await asyncio.to_thread(_watch, read, as_of)
    report = _report(read, seen, week)
    values = _values(job.organisation, report, seen)
    async with job.completion({"report_id": str(report.id)}) as session:
        await watch_reports.add(session, values)
        await feed.append(session, job.organisation, _events(report, as_of))


async def _read(session: AsyncSession, as_of: datetime) -> _Read | None:
    """Read all that is looked at; None where no place in use has a score."""
    newest = await watch_reports.scores(session)
    if not newest:
        return None
    serves = method, model_id = _by(newest[0])
    year = as_of.date() - timedelta(days=BEFORE_DAYS)
    start = await watch_reports.oldest_since(session, year, method=method, model_id=model_id)
    last = await watch_reports.page(session, before=as_of.date(), limit=1)
    believed = await watch_reports.beliefs(session, as_of - timedelta(days=WATCHED_DAYS))
    return _Read(
        files=await record.read_history(session),
        policy=await policies.current(session),
        method=method,
        model_id=model_id,
        told=Told(
            scores={
                str(row["accommodation_id"]): row["probability"]
                for row in newest
                if _by(row) == serves
            },
            beliefs={str(row["inspection_id"]): _belief(row, serves) for row in believed},
            baseline=_baseline(start),
        ),
        alarms=report_message(last[0]).alarms if last else (),
    )


def _by(row: RowMapping) -> tuple[str, str | None]:
    return row["method"], row["model_id"]


def _belief(row: RowMapping, serves: tuple[str, str | None]) -> Belief:
    return Belief(row["probability"], row["visits_known"], served=_by(row) == serves)


def _baseline(row: WatchReportRow | None) -> Mapping[str, Profile]:
    # While it starts from nothing everything moves, and nobody needs to be told.
    if row is None or row.method == "heuristic":
        return {}
    return PROFILES.validate_python(row.profiles)


def _watch(read: _Read, as_of: datetime) -> WatchedWeek:
    history = record.history_of(read.files)
    operators = history.accommodations["operator"].fill_null("").to_numpy().astype(object)
    # A fresh order of inspectors for each report, which nobody can draw again.
    random = np.random.default_rng()
    facts = facts_of(history, RONDE, read.policy.label)
    return watch_week(facts, operators, milliseconds(as_of), told=read.told, random=random)


def _report(read: _Read, seen: WatchedWeek, week: date) -> WatchReport:
    return WatchReport.model_validate(
        {
            "id": uuid4(),
            "week": week,
            "method": read.method,
            "model_id": read.model_id,
            "places": seen.places,
            "false_alarms_a_year": FALSE_ALARMS_A_YEAR,
            "alarms": alarm_messages(seen.indicators, read.alarms),
            "indicators": [indicator_message(it) for it in seen.indicators],
            "fairness": [group_message(it) for it in seen.fairness],
        }
    )


def _values(organisation: UUID, report: WatchReport, seen: WatchedWeek) -> Row:
    return {
        "organisation": organisation,
        "week": report.week,
        "id": report.id,
        "method": report.method,
        "model_id": report.model_id,
        "told": report.model_dump(mode="json"),
        "inspectors": [inspector_message(it).model_dump(mode="json") for it in seen.inspectors],
        "profiles": PROFILES.dump_python(seen.profiles, mode="json"),
    }


def _events(report: WatchReport, occurred_at: datetime) -> list[feed.NewEvent]:
    about = {"report_id": report.id, "week": report.week}
    return [
        feed.NewEvent(
            ALARM, report.id, occurred_at, WatchAlarm.model_validate(it.model_dump() | about)
        )
        for it in report.alarms
        if it.begins
    ]
