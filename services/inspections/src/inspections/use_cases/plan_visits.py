"""Put visits into the record, each once however often it is sent."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID, uuid4

from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.visit_course import PLANNED
from inspections.store import accommodations, visits
from inspections.store.accommodations import StandingPlace
from inspections.store.attempts import until_unique
from inspections.store.plan_visits import plan_again
from inspections.store.tables import VisitRow
from inspections.use_cases import messages
from shared import feed
from shared.contracts.inspections.inspection import BatchReport
from shared.contracts.inspections.visits import VisitInput
from shared.problems import Problem, conflict, invalid


@dataclass(frozen=True, slots=True)
class SentVisit:
    """A visit as it was sent; `pointer` is where it stands in the request.

    `key` makes a visit without plan or external id recognisable too. `known_digest` is that of
    the message as it came, where it was led to another place since.
    """

    pointer: str
    visit: VisitInput
    key: str | None = None
    known_digest: str | None = None

    @property
    def digest(self) -> str:
        """Give the same for the same visit, however its message was written."""
        plain = self.visit.model_dump(exclude_defaults=True)
        return self.known_digest or hashlib.sha256(to_json(plain)).hexdigest()

    @property
    def known_by(self) -> Literal["plan", "external", "key"] | None:
        """What makes another sending recognisable: the first of these that was given."""
        if self.visit.plan_id is not None:
            return "plan"
        if self.visit.external_id is not None:
            return "external"
        return None if self.key is None else "key"

    @property
    def sent_as(self) -> str | None:
        """What another sending of the same visit has in common with this one."""
        visit = self.visit
        names = {
            "plan": f"{visit.plan_id}:{visit.stop_id}",
            "external": visit.external_id,
            "key": self.key,
        }
        return None if self.known_by is None else f"{self.known_by}:{names[self.known_by]}"


async def plan_visits(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    sent: Sequence[SentVisit],
) -> BatchReport:
    """Create the visits not known yet, all or none; known ones are left as they are.

    Those cancelled because their plan was withdrawn are planned again.

    Raises
    ------
    Problem : 422 for an unknown accommodation, an end that is not after its start, and a key
        that came with another visit; 409 for ids that are those of another place's visit
    """
    return await until_unique(session, lambda: _create(session, organisation, territories, sent))


async def _create(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    sent: Sequence[SentVisit],
) -> BatchReport:
    places = await accommodations.standing(
        session, [it.visit.accommodation_id for it in sent], territories
    )
    sent = [_at(it, places.get(it.visit.accommodation_id)) for it in sent]
    known = await visits.by_sent_as(session, [it.sent_as for it in sent if it.sent_as])
    given = {key: (row.id, row.accommodation_id) for key, row in known.items()}
    rows: list[dict[str, object]] = []
    ids: list[UUID] = []
    for it in sent:
        _check_times(it)
        id, place = given.get(it.sent_as or "", (None, None))
        if id is None:
            id = uuid4()
            rows.append(_row(organisation, id, it))
            if it.sent_as:
                given[it.sent_as] = (id, it.visit.accommodation_id)
        else:
            _check_same(it, place, known.get(it.sent_as or ""))
        ids.append(id)
    # In one order for everybody: two batches with the same visits then wait, and never deadlock.
    rows.sort(key=lambda row: str(row["sent_as"]))
    await visits.insert_new(session, rows)
    again = await plan_again(session, {row.id for row in known.values()})
    fresh = {row["id"] for row in rows} | {str(row.id) for row in again}
    announced = [(id, it.visit) for id, it in zip(ids, sent, strict=True) if str(id) in fresh]
    await feed.append(
        session,
        organisation,
        [messages.visit_told("announced", id, it) for id, it in announced if it.announced],
    )
    return BatchReport(created=len(fresh), unchanged=len(sent) - len(fresh), ids=ids)


def _at(it: SentVisit, place: StandingPlace | None) -> SentVisit:
    """Lead a visit of a place merged away to the one that stands."""
    if place is None:
        raise invalid(f"{it.pointer}/accommodation_id", "there is no such accommodation")
    if place.id == it.visit.accommodation_id:
        return it
    visit = it.visit.model_copy(update={"accommodation_id": place.id})
    return replace(it, visit=visit, known_digest=it.digest)


def _check_same(it: SentVisit, place: UUID | None, kept: VisitRow | None) -> None:
    """Refuse what is known as another visit, without saying anything of that one."""
    visit = it.visit
    if it.known_by == "key":
        if kept is not None and not _says(kept, it):
            raise Problem(
                422,
                "idempotency-key-reused",
                "This Idempotency-Key came before with another visit; "
                "send the same visit again, or a new key.",
            )
    elif place != visit.accommodation_id:
        name = "stop_id" if it.known_by == "plan" else "external_id"
        raise conflict(
            f"{it.pointer}/{name}: these are the ids of a visit of another accommodation; "
            "send new ones"
        )


def _says(kept: VisitRow, it: SentVisit) -> bool:
    """Tell whether a visit was kept from the same message, whatever became of it since."""
    if kept.sent_digest is not None:
        return kept.sent_digest == it.digest
    visit = it.visit
    # Kept before digests were: such a visit could not be changed yet.
    snapshot = visit.model_dump(mode="json", include={"score_snapshot"})["score_snapshot"]
    return kept.score_snapshot == snapshot and all(
        getattr(kept, name) == getattr(visit, name)
        for name in VisitInput.model_fields
        if name != "score_snapshot"
    )


def _check_times(it: SentVisit) -> None:
    end = it.visit.scheduled_end_at
    if end is not None and end <= it.visit.scheduled_at:
        raise invalid(f"{it.pointer}/scheduled_end_at", "must be later than scheduled_at")


def _row(organisation: UUID, id: UUID, it: SentVisit) -> dict[str, object]:
    return it.visit.model_dump(mode="json") | {
        "organisation": str(organisation),
        "id": str(id),
        "state": PLANNED,
        "sent_as": it.sent_as,
        "sent_digest": it.digest,
    }
