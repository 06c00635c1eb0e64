"""Grade a place by all that was known of it on a day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import day_begins_at
from inspections.domain.checklist import Checklist
from inspections.domain.place_grade import METHOD, PlaceGrade, Standing, grade_place
from inspections.store import accommodations, checklists, place_grades
from inspections.store.place_grades import KnownOfPlace
from shared.contracts.inspections.place_grades import FrozenGrade, GradeReason
from shared.contracts.inspections.place_grades import PlaceGrade as PlaceGradeMessage
from shared.contracts.message import Label
from shared.problems import not_found

REASONS = {
    GradeReason.danger: Label(fr="Un danger subsiste", en="A danger stands"),
    GradeReason.serious_overdue: Label(
        fr="Anomalie grave, délai dépassé", en="Serious finding past its deadline"
    ),
    GradeReason.serious: Label(fr="Anomalie grave", en="Serious finding"),
    GradeReason.moderate_overdue: Label(
        fr="Anomalie modérée, délai dépassé", en="Moderate finding past its deadline"
    ),
    GradeReason.moderate: Label(fr="Anomalie modérée", en="Moderate finding"),
    GradeReason.by_index: Label(fr="Indice d'insalubrité", en="Insalubrity index"),
    GradeReason.nothing_wrong: Label(fr="Rien de plus que mineur", en="Nothing more than minor"),
}
NOTHING = PlaceGrade(None, None, 0.0, None, 0)


async def grade_as_of(
    session: AsyncSession,
    accommodation_id: UUID,
    territories: Sequence[str],
    *,
    as_of: date,
    now: datetime,
) -> PlaceGradeMessage:
    """Grade a place as of the end of a local day, or as of now where that is sooner.

    Raises
    ------
    Problem : 404 when there is no such place
    """
    place = await accommodations.by_id(session, accommodation_id, territories)
    if place is None:
        raise not_found("accommodation")
    # The second in which deadlines of a day end, so that none is missed on its own day.
    at = min(now, day_begins_at(as_of + timedelta(days=1)) - timedelta(seconds=1))
    known = await place_grades.known_of(session, [accommodation_id], at)
    verdicts = await grades_of(session, place.organisation, known)
    verdict = verdicts.get(accommodation_id, NOTHING)
    return _message(accommodation_id, as_of, verdict, known.get(accommodation_id))


async def grades_of(
    session: AsyncSession, organisation: UUID, known: Mapping[UUID, KnownOfPlace]
) -> dict[UUID, PlaceGrade]:
    """Grade places by what was known of them; each by the checklist of its last inspection.

    Raises
    ------
    Problem : 404 when there is no such checklist
    """
    by_version: dict[tuple[str, int], Checklist] = {}
    verdicts = {}
    for id, it in known.items():
        version = (it.last.checklist, it.last.checklist_version)
        if version not in by_version:
            row = await checklists.find(session, organisation, *version)
            if row is None:
                raise not_found("checklist version")
            by_version[version] = checklists.checklist_of(row)
        verdicts[id] = grade_place(by_version[version], it.good, it.standing)
    return verdicts


def _message(
    accommodation_id: UUID, as_of: date, verdict: PlaceGrade, known: KnownOfPlace | None
) -> PlaceGradeMessage:
    standing: Sequence[Standing] = () if known is None else known.standing
    reason = None if verdict.reason is None else GradeReason(verdict.reason)
    return PlaceGradeMessage(
        accommodation_id=accommodation_id,
        as_of=as_of,
        grading=METHOD,
        grade=None if verdict.grade is None else verdict.grade.value,
        reason=reason,
        reason_label=None if reason is None else REASONS[reason],
        reason_count=verdict.count,
        insalubrity_index=verdict.index,
        coverage=verdict.coverage,
        standing=len(standing),
        critical=sum(it.critical for it in standing),
        overdue=sum(it.overdue for it in standing),
        repeats=sum(it.repeat for it in standing),
        last_inspection=None if known is None else _frozen(known),
    )


def _frozen(known: KnownOfPlace) -> FrozenGrade:
    row = known.last
    return FrozenGrade.model_validate(
        {name: getattr(row, name) for name in FrozenGrade.model_fields if name != "inspection_id"}
        | {"inspection_id": row.id}
    )
