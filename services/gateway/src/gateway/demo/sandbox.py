"""Fill an organisation of a partner's own with invented data, through the public API alone.

What the token may not do, the sandbox cannot: it is the organisation's own, and row-level security
keeps it from all others. One that has places which were not invented here is left as it is.
"""

from dataclasses import dataclass
from datetime import date
from random import Random

from gateway.demo.city import make_city
from gateway.demo.client import PublicClient
from gateway.demo.places import make_places
from gateway.demo.record import record_history
from gateway.demo.register import enter
from gateway.demo.size import Size
from gateway.demo.system import DemoFailed
from shared.contracts.inspections.register import Accommodation


@dataclass(frozen=True, slots=True)
class Filled:
    """What a sandbox holds."""

    places: int
    inspections: int
    findings: int

    @property
    def sentence(self) -> str:
        """Say so."""
        return (
            f"The organisation holds {self.places:,} invented places with "
            f"{self.inspections:,} inspections and {self.findings:,} findings."
        )


def fill(client: PublicClient, size: Size, today: date) -> Filled:
    """Enter invented places and their past; the same on the same day again changes nothing.

    Raises
    ------
    DemoFailed : the organisation has places of its own, or something was refused
    """
    places = make_places(size, make_city(Random(size.seed)))  # noqa: S311 - an invented world
    invented = {(it.external_id, it.name) for it in places}
    listed = client.everything(Accommodation, "/v1/accommodations")
    own = next((it for it in listed if (it.external_id, it.name) not in invented), None)
    if own is not None:
        raise DemoFailed(
            f"this organisation has places of its own, {own.external_id!r} among them; nothing "
            "was written. Make one for the sandbox: ronde access first-admin --organisation NAME"
        )
    done = record_history(client, places, ids=enter(client, places), size=size, until=today)
    return Filled(len(places), done.inspections, done.findings)
