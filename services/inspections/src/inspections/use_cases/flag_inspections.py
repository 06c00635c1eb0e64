"""Flag what looks wrong with inspections as they are recorded, for reviewers to look at."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.quality import Answers, Flag, FlagCode, Submission, flags_of
from inspections.store import photos, reviews
from inspections.store.tables import PhotoRow
from inspections.use_cases.grade_inspections import Graded


async def flag_inspections(
    session: AsyncSession, organisation: UUID, graded: Sequence[Graded]
) -> None:
    """Look at inspections that have just been written, each beside the last one of its place."""
    if not graded:
        return
    ids = [it.id for it in graded]
    places = {it.sent.form.accommodation_id for it in graded}
    last = await reviews.last_answers(session, places, besides=ids)
    elsewhere = await reviews.elsewhere(session, ids)
    flags = {it.id: flags_of(_submission(it, last, elsewhere=it.id in elsewhere)) for it in graded}
    await reviews.raise_flags(session, organisation, flags)


def _submission(
    it: Graded, last: Mapping[UUID, Sequence[Mapping[str, object]]], *, elsewhere: bool
) -> Submission:
    form = it.sent.form
    before = last.get(form.accommodation_id)
    return Submission(
        answers={(one.item, one.room or None): one.value for one in form.answers},
        last_answers=None if before is None else _answers(before),
        started_at=form.started_at,
        ended_at=form.ended_at,
        rooms_seen=it.rooms_seen,
        rooms_known=it.known.rooms,
        elsewhere=elsewhere,
    )


def _answers(told: Iterable[Mapping[str, object]]) -> Answers:
    return {
        (str(it["item"]), None if it.get("room") is None else str(it["room"])): it["value"]
        for it in told
    }


async def flag_doubled_photo(session: AsyncSession, photo: PhotoRow) -> None:
    """Flag the inspection of a photo that was kept of another place or visit before."""
    if photo.inspection_id is None:
        return
    before = await photos.same_elsewhere(session, photo)
    if before is None:
        return
    where = "place" if before.accommodation_id != photo.accommodation_id else "inspection"
    flag = Flag(FlagCode.doubled_photo, f"the photo was of another {where} before")
    await reviews.raise_flags(session, photo.organisation, {photo.inspection_id: [flag]})
