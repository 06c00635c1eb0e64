"""Play policies over past weeks in the background."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, cast

from scoring.domain.history import milliseconds
from scoring.domain.priority import PriorityPolicy
from scoring.domain.scoring_policy import ScoringPolicy
from scoring.domain.what_if import LOOK_AHEAD_DAYS, Play, Played, Scenario
from scoring.store import policies, record
from scoring.use_cases.priority_policy import current_policy, policy_of
from shared.contracts.what_ifs import WhatIfPoint, WhatIfRequest
from shared.jobs import Job

TARGET: Final = "scoring.domain.what_if:play"


class WhatIf(WhatIfRequest):
    """What a job plays, and after how many days a place is overdue."""

    longest_interval_days: int


@dataclass(frozen=True, slots=True)
class _Held:
    """What holds today."""

    scoring: ScoringPolicy
    priority: PriorityPolicy


async def play_what_if(job: Job) -> None:
    """Play what was asked, in a process of its own; the job's result are the points of curves."""
    asked = WhatIf.model_validate(job.arguments)
    async with job.database.session(job.organisation) as session:
        held = _Held(await policies.current(session), await current_policy(session))
        files = await record.read_history(session)
    history = await asyncio.to_thread(record.history_of, files)
    played = await job.run_child(TARGET, history, _play(asked, held))
    points = [
        WhatIfPoint.model_validate(asdict(it)).model_dump(mode="json")
        for it in cast("list[Played]", played)
    ]
    async with job.completion({"points": points}):
        pass


def _play(asked: WhatIf, held: _Held) -> Play:
    return Play(
        starts_ms=_starts(asked.ends_on, asked.weeks),
        scenarios=tuple(
            Scenario(
                policy.name,
                number,
                held.priority
                if policy.weights is None
                else policy_of(policy.weights, held.priority.version),
            )
            for policy in asked.policies
            for number in sorted(set(asked.visits_per_week))
        ),
        weights=held.scoring.weights,
        longest_interval_days=asked.longest_interval_days,
        label=held.scoring.label,
    )


def _starts(ends_on: date | None, weeks: int) -> tuple[int, ...]:
    """Tell when each week begins; what the last visits would have found is known by default."""
    end = ends_on or datetime.now(UTC).date() - timedelta(days=LOOK_AHEAD_DAYS)
    monday = end - timedelta(days=end.weekday())
    days = [monday - timedelta(weeks=number) for number in range(weeks - 1, -1, -1)]
    return tuple(milliseconds(datetime.combine(day, time(), UTC)) for day in days)
