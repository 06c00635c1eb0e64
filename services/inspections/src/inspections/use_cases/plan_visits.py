"""Put visits into the record, each once however often it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import accommodations, visits
from inspections.store.attempts import until_unique
from shared.contracts.inspections import BatchReport, VisitInput
from shared.problems import invalid


@dataclass(frozen=True, slots=True)
class SentVisit:
    """A visit as it was sent; `pointer` is where it stands in the request.

    `key` makes a visit without plan or external id recognisable too.
    """

    pointer: str
    visit: VisitInput
    key: str | None = None

    @property
    def sent_as(self) -> str | None:
        """What another sending of the same visit has in common with this one."""
        visit = self.visit
        if visit.plan_id is not None:
            return f"plan:{visit.plan_id}:{visit.stop_id}"
        if visit.external_id is not None:
            return f"external:{visit.external_id}"
        return None if self.key is None else f"key:{self.key}"


async def plan_visits(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    sent: Sequence[SentVisit],
) -> BatchReport:
    """Create the visits not known yet, all or none; known ones are left as they are.

    Raises
    ------
    Problem : 422 for an unknown accommodation, or an end that is not after its start
    """
    return await until_unique(session, lambda: _create(session, organisation, territories, sent))


async def _create(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    sent: Sequence[SentVisit],
) -> BatchReport:
    places = await accommodations.rooms_of(
        session, [it.visit.accommodation_id for it in sent], territories
    )
    known = {
        key: row.id
        for key, row in (
            await visits.by_sent_as(session, [it.sent_as for it in sent if it.sent_as])
        ).items()
    }
    rows: list[dict[str, object]] = []
    ids: list[UUID] = []
    for it in sent:
        if it.visit.accommodation_id not in places:
            raise invalid(f"{it.pointer}/accommodation_id", "there is no such accommodation")
        _check_times(it)
        id = known.get(it.sent_as) if it.sent_as else None
        if id is None:
            id = uuid4()
            rows.append(_row(organisation, id, it))
            if it.sent_as:
                known[it.sent_as] = id
        ids.append(id)
    # In one order for everybody: two batches with the same visits then wait, and never deadlock.
    rows.sort(key=lambda row: str(row["sent_as"]))
    await visits.insert_new(session, rows)
    return BatchReport(created=len(rows), unchanged=len(sent) - len(rows), ids=ids)


def _check_times(it: SentVisit) -> None:
    end = it.visit.scheduled_end_at
    if end is not None and end <= it.visit.scheduled_at:
        raise invalid(f"{it.pointer}/scheduled_end_at", "must be later than scheduled_at")


def _row(organisation: UUID, id: UUID, it: SentVisit) -> dict[str, object]:
    return it.visit.model_dump(mode="json") | {
        "organisation": str(organisation),
        "id": str(id),
        "state": visits.PLANNED,
        "sent_as": it.sent_as,
    }
