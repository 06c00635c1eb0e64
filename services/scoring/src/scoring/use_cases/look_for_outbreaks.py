"""Look at each week once it is over, and tell what visits found too often in it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.outbreaks import LONGEST, YEAR, Look, look, neighbours
from scoring.store import found_counts, outbreaks, record
from scoring.store.rows import Row
from scoring.use_cases.propose_models import SCHEDULE
from shared import feed
from shared.contracts.outbreaks import OutbreakAlert, OutbreakLook, WatchedTerritory
from shared.db import Database
from shared.jobs import Job, Jobs

OUTBREAK_SUSPECTED: Final = "outbreak.suspected"
# What an inspection found is known a day later as a rule.
_ENTRY_DELAY: Final = timedelta(days=1)
# Alerts of one series that are no further apart are of one outbreak.
_GOES_ON: Final = timedelta(weeks=3)


async def ask_for_looks(database: Database, jobs: Jobs, *, now: datetime) -> None:
    """Ask for one look per organisation at the last week that is over, however often called."""
    today = (now - _ENTRY_DELAY).astimezone(UTC).date()
    week = today - timedelta(days=today.weekday(), weeks=1)
    async with database.system_session() as session:
        organisations = await record.organisations(session)
    for organisation in organisations:
        async with database.session(organisation) as session:
            await jobs.enqueue(
                session,
                organisation=organisation,
                subject=SCHEDULE,
                kind="look_for_outbreaks",
                key=f"{SCHEDULE} {week.isoformat()}",
                arguments={"week": week.isoformat()},
            )


async def look_for_outbreaks(job: Job) -> None:
    """Look at a week; what is suspected is kept and told, and nothing else is done about it."""
    week = date.fromisoformat(str(job.arguments["week"]))
    until = week + timedelta(weeks=1)
    async with job.database.session(job.organisation) as session:
        counts = await found_counts.read_counts(session, "week", until, longest=LONGEST)
        lon, lat = await found_counts.where(session, counts.territories)
        known = await outbreaks.going_on(session, week - _GOES_ON)
    seen = await asyncio.to_thread(look, counts, neighbours(lon, lat))
    common = {"organisation": job.organisation, "week": week, "looked_at": datetime.now(UTC)}
    alerts = _alerts(seen, known, common)
    async with job.completion({"series": seen.series, "alerts": len(alerts)}) as session:
        told = {"series": seen.series, "weeks_known": seen.weeks_known}
        await outbreaks.add(session, common | told, alerts)
        await feed.append(session, job.organisation, [_event(it) for it in alerts])


def _alerts(seen: Look, known: Mapping[tuple[str, str], date], common: Row) -> list[Row]:
    return [
        {
            **common,
            "id": uuid4(),
            "began_in": known.get((it.territory, it.category), common["week"]),
            **asdict(it),
        }
        for it in seen.suspicions
    ]


def _event(values: Row) -> feed.NewEvent:
    alert = OutbreakAlert.model_validate(values)
    return feed.NewEvent(OUTBREAK_SUSPECTED, alert.id, alert.looked_at, alert)


async def newest_look(session: AsyncSession, territories: Sequence[str]) -> OutbreakLook:
    """Tell which week was looked at last, and which territories are not watched yet."""
    row = await outbreaks.newest_look(session)
    if row is None:
        return OutbreakLook(week=None, series=0, territories=[])
    return OutbreakLook(
        week=row.week,
        series=row.series,
        territories=[
            WatchedTerritory(
                territory=name,
                state="watched" if weeks >= YEAR else "not_yet",
                weeks_known=weeks,
            )
            for name, weeks in sorted(row.weeks_known.items())
            if not territories or name in territories
        ],
    )
