"""Find where places lie from the addresses an operator imported; ask nobody else."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.addresses import Wanted, wanted_address
from inspections.domain.geocoding import Located, Streets, locate
from inspections.store import accommodations, addresses
from inspections.store.tables import AccommodationRow

Values = dict[str, object]

# The columns that say where a place lies, and how we know.
POSITION = ("lon", "lat", "position_source", "position_confidence", "position_guess")
DECLARED, GEOCODED, TO_CHECK, UNKNOWN = "declared", "geocoded", "to_check", "unknown"


async def geocode(session: AsyncSession, wanted: Wanted) -> Located | None:
    """Find where an address lies; None when no street known is alike."""
    streets = await addresses.streets_near(session, wanted)
    return await asyncio.to_thread(locate, wanted, streets)


def position_values(located: Located | None) -> Values:
    """Write what was found as columns: a position where it is sure, else a guess to check."""
    if located is None:
        return _columns(UNKNOWN)
    if not located.is_sure:
        guess = {
            "lon": located.lon,
            "lat": located.lat,
            "confidence": located.confidence,
            "label": located.label,
        }
        return _columns(TO_CHECK) | {"position_guess": guess}
    return _columns(GEOCODED) | {
        "lon": located.lon,
        "lat": located.lat,
        "position_confidence": located.confidence,
    }


def declared_values(lon: float, lat: float) -> Values:
    """Write a position that somebody told, which is kept whatever addresses come."""
    return _columns(DECLARED) | {"lon": lon, "lat": lat}


def _columns(source: str) -> Values:
    return {
        "lon": None,
        "lat": None,
        "position_source": source,
        "position_confidence": None,
        "position_guess": None,
    }


async def geocode_places(
    session: AsyncSession, rows: Sequence[AccommodationRow]
) -> list[AccommodationRow]:
    """Find where places that nobody located lie; give those of which more is known now."""
    towns: dict[tuple[str, str], list[tuple[AccommodationRow, Wanted]]] = defaultdict(list)
    for row in rows:
        if row.position_source in {UNKNOWN, TO_CHECK}:
            wanted = wanted_address(row.address, row.postcode, row.city, row.insee_commune)
            towns[wanted.postcode, wanted.city_key].append((row, wanted))
    changed = []
    for places in towns.values():
        streets = await addresses.streets_near(session, places[0][1])
        # A town's places and streets take a while; other requests are answered meanwhile.
        found = await asyncio.to_thread(_found, places, streets)
        changed += [await accommodations.replace(session, row, values) for row, values in found]
    return changed


def _found(
    places: Sequence[tuple[AccommodationRow, Wanted]], streets: Streets
) -> list[tuple[AccommodationRow, Values]]:
    """Give the places of which more is known than before, with that."""
    located = [(row, position_values(locate(wanted, streets))) for row, wanted in places]
    return [
        (row, values)
        for row, values in located
        if any(getattr(row, name) != value for name, value in values.items())
    ]
