"""Find places entered twice, and merge them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.duplicates import Duplicate, find_duplicates
from inspections.store import accommodations, merges, occupancy
from inspections.store.tables import AccommodationRow
from inspections.use_cases.messages import KEEPERS_ONLY, accommodation_changed
from shared import feed
from shared.contracts.inspections.places import AccommodationMerged, Merge
from shared.feed import NewEvent
from shared.problems import Problem, conflict, invalid, not_found


@dataclass(frozen=True, slots=True)
class Merger:
    """Who merges: of which territories, and whether confidential addresses are theirs to know."""

    territories: Sequence[str]
    keeper: bool


async def likely_duplicates(
    session: AsyncSession, territories: Sequence[str], *, keeper: bool
) -> list[Duplicate]:
    """Find the places of these territories that may be entered twice, likeliest first."""
    places = await accommodations.compared(session, territories, keeper=keeper)
    # Thousands of places take a second; other requests are answered meanwhile.
    return await asyncio.to_thread(find_duplicates, places)


async def merge_places(
    session: AsyncSession,
    merger: Merger,
    kept_id: UUID,
    merge: Merge,
    *,
    now: datetime,
) -> AccommodationRow:
    """Give all that happened at a duplicate to the place that is kept; the same again is harmless.

    The duplicate is withdrawn, and its id leads to the one that is kept for ever. If the address
    of one of them is confidential, so is the other's: what is known of both is of one place.

    Raises
    ------
    Problem : 404 unknown, 422 no such duplicate, 409 merged elsewhere, or something open twice,
        403 confidential and not a keeper's to merge
    """
    kept, duplicate = await _pair(session, kept_id, merge.duplicate_id, merger.territories)
    confidential = kept.confidential_address or duplicate.confidential_address
    if confidential and not merger.keeper:
        raise Problem(403, "forbidden", f"One of them {KEEPERS_ONLY}.")
    if duplicate.merged_into == kept.id:
        return kept
    for row in (kept, duplicate):
        if row.merged_into is not None:
            raise conflict(f"accommodation {row.id} was merged into {row.merged_into}; use that")
    try:
        async with session.begin_nested():
            await merges.move_all(session, duplicate.id, kept.id)
    except IntegrityError as error:
        raise conflict(
            "both places have the same thing open, of which there can be one; settle it at one "
            "of them first"
        ) from error
    gone = await accommodations.replace(
        session, duplicate, {"contract_state": "withdrawn", "merged_into": kept.id}
    )
    await occupancy.take_newest(session, [kept.id])
    stays = await accommodations.replace(session, kept, {"confidential_address": confidential})
    data = AccommodationMerged(into=kept.id, reason=merge.reason)
    told = NewEvent("accommodation.merged", gone.id, now, data)
    changed = [accommodation_changed(row) for row in (gone, stays)]
    await feed.append(session, kept.organisation, [told, *changed])
    return stays


async def _pair(
    session: AsyncSession, kept_id: UUID, duplicate_id: UUID, territories: Sequence[str]
) -> tuple[AccommodationRow, AccommodationRow]:
    """Find the two places, and keep others from changing them."""
    if duplicate_id == kept_id:
        raise invalid("/duplicate_id", "is the place itself; send the other one")
    rows = await accommodations.locked(session, [kept_id, duplicate_id], territories)
    if kept_id not in rows:
        raise not_found("accommodation")
    if duplicate_id not in rows:
        raise invalid("/duplicate_id", "there is no such accommodation")
    return rows[kept_id], rows[duplicate_id]
