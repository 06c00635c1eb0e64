"""Visits with what was believed of their places just before."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_BELIEVED = (
    "join lateral (select s.probability from score s where s.organisation = {of}.organisation "
    "and s.accommodation_id = {of}.{id} and s.computed_at < {before} "
    "order by s.computed_at desc limit 1) s on true "
)


async def visits(
    session: AsyncSession, since: date, until: date, territories: Sequence[str]
) -> Sequence[RowMapping]:
    """List visits that saw their place, with their week and what they found."""
    believed = _BELIEVED.format(of="v", id="accommodation_id", before="v.occurred_at")
    rows = await session.execute(
        text(
            "select v.origin, v.accommodation_id, s.probability, "  # noqa: S608 - words of ours
            "date_trunc('week', v.occurred_at)::date as week, exists (select from finding f "
            "where f.organisation = v.organisation and f.inspection_id = v.inspection_id "
            "and f.critical) as positive from visit v "
            "join accommodation a on a.organisation = v.organisation and a.id = v.accommodation_id "
            f"{believed}where v.outcome = 'done' and v.observed and v.origin is not null "
            "and v.occurred_at >= :since and v.occurred_at < cast(:until as date) + 1 "
            "and (cast(:territories as varchar[]) is null or a.territory = any(:territories)) "
            "order by v.occurred_at, v.inspection_id"
        ),
        {"since": since, "until": until, "territories": list(territories) or None},
    )
    return rows.mappings().all()


async def highest_unvisited(
    session: AsyncSession, week: date, number: int, territories: Sequence[str]
) -> list[float]:
    """Read what was believed, when a week began, of the highest places nobody visited in it."""
    believed = _BELIEVED.format(of="a", id="id", before="cast(:week as date)")
    rows = await session.execute(
        text(
            f"select s.probability from accommodation a {believed}"  # noqa: S608 - words of ours
            "where a.merged_into is null and a.contract_state <> 'withdrawn' "
            "and (cast(:territories as varchar[]) is null or a.territory = any(:territories)) "
            "and not exists (select from visit v where v.organisation = a.organisation "
            "and v.accommodation_id = a.id and v.outcome = 'done' "
            "and v.occurred_at >= cast(:week as date) and v.occurred_at < cast(:week as date) + 7) "
            "order by s.probability desc limit :number"
        ),
        {"week": week, "number": number, "territories": list(territories) or None},
    )
    return list(rows.scalars())


async def dropped(
    session: AsyncSession, since: date, until: date, territories: Sequence[str]
) -> Sequence[RowMapping]:
    """List the places that people took out of accepted plans, with what a visit found since.

    The visit is the first one within 13 weeks that saw the place; none is null.
    """
    believed = _BELIEVED.format(of="l", id="accommodation_id", before="l.occurred_at")
    rows = await session.execute(
        text(
            "with last as (select distinct on (o.plan_id, o.accommodation_id) "  # noqa: S608 - words of ours
            "o.organisation, coalesce(a.merged_into, a.id) as accommodation_id, a.territory, "
            "o.change, o.occurred_at from plan_override o join accommodation a "
            "on a.organisation = o.organisation and a.id = o.accommodation_id where o.accepted "
            "order by o.plan_id, o.accommodation_id, o.revision desc) "
            "select s.probability, v.inspection_id, exists (select from finding f "
            "where f.organisation = l.organisation and f.inspection_id = v.inspection_id "
            f"and f.critical) as positive from last l left {believed}"
            "left join lateral (select v.inspection_id from visit v "
            "where v.organisation = l.organisation and v.accommodation_id = l.accommodation_id "
            "and v.outcome = 'done' and v.observed and v.occurred_at >= l.occurred_at "
            "and v.occurred_at < l.occurred_at + interval '13 weeks' "
            "order by v.occurred_at limit 1) v on true "
            "where l.change = 'dropped' and l.occurred_at >= :since "
            "and l.occurred_at < cast(:until as date) + 1 "
            "and (cast(:territories as varchar[]) is null or l.territory = any(:territories))"
        ),
        {"since": since, "until": until, "territories": list(territories) or None},
    )
    return rows.mappings().all()
