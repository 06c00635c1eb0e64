"""Tell operators which roads and which timetable serve, and how old they are."""

from datetime import UTC, datetime

from routing.store.graphs import active_graph, age_days
from routing.store.timetables import active_timetable
from shared.db import Database


async def tell_versions(database: Database) -> dict[str, object]:
    """Give what `/readyz` says of them; none is no fault, the crow flies then or nobody rides."""
    async with database.plain_session() as session:
        row = await active_graph(session)
        timetable = await active_timetable(session)
    told: dict[str, object] = {"graph": None, "timetable": None}
    if row is not None:
        age = age_days(row, datetime.now(UTC))
        told["graph"] = {"id": str(row.id), "osm_timestamp": row.osm_timestamp, "age_days": age}
    if timetable is not None:
        days = {"first_day": str(timetable.first_day), "last_day": str(timetable.last_day)}
        told["timetable"] = {"id": str(timetable.id), **days}
    return told
