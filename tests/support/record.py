"""Messages that tests send to the record."""

import uuid
from datetime import UTC, datetime


def accommodation(number: int, **changes: object) -> dict[str, object]:
    """Return a place that is right in every field."""
    return {
        "external_id": f"TEST-{number:04}",
        "name": f"Hôtel d'essai {number}",
        "postcode": "75011",
        "city": "Paris",
        "sector": "75",
        "position": {"lon": 2.35 + number % 30 / 1000, "lat": 48.85 + number // 30 / 1000},
        "rooms": 30,
        "capacity": 60,
    } | changes


def inspection(accommodation_id: str, **changes: object) -> dict[str, object]:
    """Return a finished inspection of a place that found nothing wrong."""
    return {
        "instance_id": str(uuid.uuid4()),
        "accommodation_id": accommodation_id,
        "occurred_at": datetime.now(UTC).isoformat(),
        "rooms_seen": 5,
        "answers": [{"item": "mould", "value": 0}],
    } | changes
