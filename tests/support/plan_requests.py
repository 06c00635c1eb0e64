"""Requests for plans around Paris, invented."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import numpy as np

NAMESPACE = UUID("00000000-0000-4000-8000-0000000000c0")
ZONE = ZoneInfo("Europe/Paris")
MONDAY = date(2026, 3, 2)


def at(day: date, hour: float) -> str:
    """Give a local hour of a day as the interface takes it."""
    local = datetime.combine(day, time(), ZONE) + timedelta(hours=hour)
    return local.astimezone(UTC).isoformat()


def place_id(number: int) -> str:
    """Name the accommodation of a number."""
    return str(uuid5(NAMESPACE, str(number)))


def candidate(number: int, lon: float, lat: float, **change: object) -> dict[str, object]:
    """Make a place open from nine to five on the days of a week."""
    return {
        "accommodation_id": place_id(number),
        "name": f"Hôtel {number}",
        "territory": "93",
        "sector": "Nord",
        "position": {"lon": lon, "lat": lat},
        "priority_points": 40,
        "fixed_min": 20,
        "person_min": 80,
        "windows": [
            {
                "opens_at": at(MONDAY + timedelta(day), 9),
                "closes_at": at(MONDAY + timedelta(day), 17),
            }
            for day in range(5)
        ],
        **change,
    }


def team(name: str = "Nord", days: int = 1, **change: object) -> dict[str, object]:
    """Make a team of two that works from nine to half past five."""
    return {
        "id": name.lower(),
        "name": f"Équipe {name}",
        "size": 2,
        "inspector_ids": [str(uuid5(NAMESPACE, f"{person} of {name}")) for person in range(2)],
        "start": {"lon": 2.36, "lat": 48.87},
        "shifts": [
            {
                "starts_at": at(MONDAY + timedelta(day), 9),
                "ends_at": at(MONDAY + timedelta(day), 17.5),
            }
            for day in range(days)
        ],
        **change,
    }


def plan_request(
    candidates: list[dict[str, object]] | None = None,
    teams: list[dict[str, object]] | None = None,
    **change: object,
) -> dict[str, object]:
    """Ask for a one-day plan of a few places."""
    few = [candidate(number, 2.36 + number / 200, 48.88) for number in range(4)]
    return {
        "starts_on": MONDAY.isoformat(),
        "days": 1,
        "candidates": few if candidates is None else candidates,
        "teams": [team()] if teams is None else teams,
        "time_limit_s": 0.5,
        **change,
    }


def scattered(count: int, seed: int = 7, **change: object) -> list[dict[str, object]]:
    """Scatter places over Paris and its first ring."""
    random = np.random.default_rng(seed)
    return [
        candidate(
            number,
            float(random.uniform(2.25, 2.47)),
            float(random.uniform(48.81, 48.95)),
            priority_points=float(random.integers(5, 100)),
            **change,
        )
        for number in range(count)
    ]
