"""Enter the invented places through both doors of the register: one by one, and as a CSV file."""

import csv
import io
from collections.abc import Sequence
from uuid import UUID

from gateway.demo.client import PublicClient
from gateway.demo.places import Hours, Place
from gateway.demo.system import DemoFailed
from shared.contracts.inspections.register import Accommodation, ImportReport

_USUAL = tuple(Hours(day, "09:00", "17:00") for day in range(1, 6))
_COLUMNS = (
    "external_id", "name", "kind", "address", "postcode", "city",
    "sector", "lat", "lon", "rooms", "capacity", "operator",
)  # fmt: skip


def enter(client: PublicClient, places: Sequence[Place]) -> dict[str, UUID]:
    """Enter the places, each once however often they are sent; give their ids by external id.

    Hours and skills have no column in a register's file: places with their own go one by one.
    """
    special = [it for it in places if it.hours != _USUAL or it.skills]
    for place in special:
        client.call("POST", "/v1/accommodations", json=place.message())
    rest = [it for it in places if it.hours == _USUAL and not it.skills]
    answer = client.call(
        "POST",
        "/v1/accommodation-imports",
        content=as_csv(rest),
        headers={"Content-Type": "text/csv; charset=utf-8"},
    )
    report = ImportReport.model_validate_json(answer.content)
    if report.rejected:
        first = report.errors[0]
        raise DemoFailed(f"the register refused line {first.line}, {first.column}: {first.reason}")
    listed = client.everything(Accommodation, "/v1/accommodations")
    return {place.external_id: place.id for place in listed}


def as_csv(places: Sequence[Place]) -> bytes:
    """Write places as a register's file."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(_COLUMNS)
    writer.writerows([getattr(place, column) for column in _COLUMNS] for place in places)
    return text.getvalue().encode()
