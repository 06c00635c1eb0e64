"""Draw places for audit, and tell what audits say of all places."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.audit import Drawable, draw
from scoring.domain.audit_estimate import Audited, estimate_audit
from scoring.domain.priority import Parts, PriorityPolicy
from scoring.store import audits
from scoring.store.rows import Row
from scoring.store.scores import ScoreFilter
from scoring.store.tables import AuditDrawRow, AuditPickRow
from scoring.use_cases.figures import interval_messages
from scoring.use_cases.priority_policy import current_policy
from scoring.use_cases.weigh_priorities import Asked, weighed_places
from shared.auth import Caller
from shared.contracts.audits import (
    AuditDraw,
    AuditDrawRequest,
    AuditDraws,
    AuditPick,
    AuditResult,
)

# What a week can hold is told by the weeks before.
_WEEKS_BEFORE: Final = 8
_SEED_BITS: Final = 32

Weighed = Sequence[tuple[Parts, RowMapping]]


@dataclass(frozen=True, slots=True)
class _Week:
    """What a draw is made of: places by their priority, and how many visits there will be."""

    organisation: UUID
    drawn_by: str
    week: date
    weighed: Weighed
    policy: PriorityPolicy
    capacity: float
    expected: float


async def draw_audits(
    session: AsyncSession, wanted: AuditDrawRequest, caller: Caller, longest_interval_days: int
) -> AuditDraws:
    """Draw each territory of a week that was not drawn before, and give all of them."""
    await audits.alone(session)
    as_of = datetime.combine(wanted.week, time(), UTC)
    policy = await current_policy(session)
    asked = Asked(ScoreFilter(caller.territories), as_of, longest_interval_days, 0)
    weighed = [
        it
        for it in await weighed_places(session, asked, policy)
        if not wanted.territories or it[1]["territory"] in wanted.territories
    ]
    territories = sorted({row["territory"] for _, row in weighed})
    if not territories:
        return AuditDraws(items=[])
    drawn = {it.territory for it in await audits.draws(session, wanted.week, territories)}
    capacity = float(wanted.capacity or 0)
    if wanted.capacity is None:
        capacity = await audits.weekly_visits(session, as_of, _WEEKS_BEFORE, territories)
    week = _Week(
        organisation=caller.organisation,
        drawn_by=caller.subject,
        week=wanted.week,
        weighed=weighed,
        policy=policy,
        capacity=capacity,
        # One a week at least: else there is nothing to learn from.
        expected=max(wanted.share * capacity, 1.0),
    )
    rows = [_drawn(week, it) for it in territories if it not in drawn]
    picked = [pick for _, picks in rows for pick in picks]
    await audits.add(session, [row for row, _ in rows], picked)
    return await list_draws(session, wanted.week, territories)


def _drawn(week: _Week, territory: str) -> tuple[Row, list[Row]]:
    """Draw a territory: as many of its places as its share of all."""
    here = [(rank, it) for rank, it in enumerate(week.weighed) if it[1]["territory"] == territory]
    expected = week.expected * len(here) / len(week.weighed)
    key = f"{week.organisation} {territory} {week.week.isoformat()}"
    seed = int.from_bytes(sha256(key.encode()).digest()[: _SEED_BITS // 8])
    places = {str(it[1]["accommodation_id"]): (rank, it) for rank, it in here}
    drawable = [
        Drawable(id, territory, _days_since(row, week.week)) for id, (_, (_, row)) in places.items()
    ]
    common = {"organisation": week.organisation, "territory": territory, "week": week.week}
    picks: list[Row] = []
    for pick in draw(drawable, expected, seed):
        rank, (parts, row) = places[pick.accommodation_id]
        picks.append(
            {
                **common,
                "accommodation_id": pick.accommodation_id,
                "stratum": pick.stratum,
                "propensity": pick.propensity,
                "score_id": row["id"],
                "probability": row["probability"],
                "priority_points": parts.points,
                "targeted": rank < week.capacity,
            }
        )
    told = {
        **common,
        "places": len(here),
        "expected": min(expected, float(len(here))),
        "seed": seed,
        "policy_version": week.policy.version,
        "drawn_by": week.drawn_by,
        "drawn_at": datetime.now(UTC),
    }
    return told, picks


def _days_since(row: RowMapping, today: date) -> int | None:
    last = row["last_visit_on"]
    return None if last is None else (today - last).days


async def list_draws(session: AsyncSession, week: date, territories: Sequence[str]) -> AuditDraws:
    """List the draws of a week with the places drawn."""
    picks = await audits.picks(session, week)
    rows = await audits.draws(session, week, territories)
    return AuditDraws(items=[_message(row, picks) for row in rows])


def _message(row: AuditDrawRow, picks: Sequence[AuditPickRow]) -> AuditDraw:
    values = row.model_dump(exclude={"organisation", "policy_version"})
    own = [it for it in picks if it.territory == row.territory]
    return AuditDraw.model_validate(values | {"picks": [_pick(it) for it in own]})


def _pick(row: AuditPickRow) -> AuditPick:
    return AuditPick(
        accommodation_id=row.accommodation_id,
        territory=row.territory,
        stratum=row.stratum,
        propensity=row.propensity,
    )


async def audit_result(
    session: AsyncSession, since: date, until: date, territories: Sequence[str]
) -> AuditResult:
    """Estimate from all that was drawn, seen or not, what holds for all places."""
    rows = await audits.results(session, since, until, territories)
    found = estimate_audit([Audited(**row) for row in rows])
    told = {"base_rate": found.base_rate, "missed": found.missed}
    figures = interval_messages({name: it for name, it in told.items() if it is not None})
    return AuditResult(
        since=since,
        until=until,
        drawn=found.drawn,
        seen=found.seen,
        positives=found.positives,
        base_rate=figures.get("base_rate"),
        missed=figures.get("missed"),
    )
