"""Take values of series from outside, and have scored again who hears of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.store import models, record, signals
from scoring.store.rows import Row
from shared.contracts.scoring import SignalImport, SignalInput
from shared.problems import Problem, conflict, invalid

# Clocks differ: what another one calls now is let pass.
_CLOCK_SKEW: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, for which territories, and when by our clock."""

    organisation: UUID
    subject: str
    territories: tuple[str, ...]
    now: datetime


async def import_signals(session: AsyncSession, sent: SignalImport, sender: Sender) -> int:
    """Keep the values; the same again is harmless. Tell how many places are to be scored again.

    Raises
    ------
    Problem : 422 for a value of a place or territory that is not seen, or known in the future; 409
        where another value is kept for the same moments
    """
    rows = await _rows(session, sent, sender)
    await signals.keep(session, rows)
    for series, subject in sorted(await signals.contradicted(session, rows)):
        about = f" of {subject}" if subject else ""
        raise conflict(
            f"another value of {series}{about} is kept as known at that moment; a correction has "
            "a later `known_at`: what was known before stays known"
        )
    active = await models.active(session)
    if active is None or not any(f"signal_{it.series}" in active.features for it in sent.values):
        return 0
    await record.alone(session)
    return await signals.mark_hearers_stale(session, sorted({str(row["subject"]) for row in rows}))


async def _rows(session: AsyncSession, sent: SignalImport, sender: Sender) -> list[Row]:
    ids = {it.accommodation_id for it in sent.values if it.accommodation_id is not None}
    places = await signals.places_of(session, sorted(ids), sender.territories)
    return [
        {
            "organisation": sender.organisation,
            "series": it.series,
            "subject": _subject(it, f"/values/{number}", places, sender),
            "occurred_at": it.occurred_at.isoformat(),
            "known_at": it.known_at.isoformat(),
            "value": it.value,
            "recorded_at": sender.now.isoformat(),
            "recorded_by": sender.subject,
        }
        for number, it in enumerate(sent.values)
    ]


def _subject(it: SignalInput, at: str, places: dict[UUID, UUID], sender: Sender) -> str:
    if it.known_at > sender.now + _CLOCK_SKEW:
        raise invalid(f"{at}/known_at", "lies in the future: say when it became known")
    if it.accommodation_id is not None:
        if it.accommodation_id not in places:
            raise invalid(f"{at}/accommodation_id", "there is no such accommodation")
        return str(places[it.accommodation_id])
    if sender.territories and it.territory is None:
        raise Problem(403, "forbidden", "You see some territories alone: name one of them.")
    if sender.territories and it.territory not in sender.territories:
        raise invalid(f"{at}/territory", "there is no such territory among yours")
    return it.territory or ""
