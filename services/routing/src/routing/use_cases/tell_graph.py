"""Tell operators which road graph serves and how old its map is."""

from datetime import UTC, datetime

from routing.store.graphs import active_graph, age_days
from shared.db import Database


async def tell_graph(database: Database) -> dict[str, object]:
    """Give what `/readyz` says of the roads; no graph is no fault, the crow flies then."""
    async with database.plain_session() as session:
        row = await active_graph(session)
    if row is None:
        return {"graph": None}
    age = age_days(row, datetime.now(UTC))
    return {"graph": {"id": str(row.id), "osm_timestamp": row.osm_timestamp, "age_days": age}}
