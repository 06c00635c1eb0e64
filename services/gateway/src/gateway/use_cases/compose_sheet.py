"""Bring together what a team takes along: the round from routing, the places from inspections."""

from datetime import datetime
from io import BytesIO
from uuid import UUID

import httpx
import segno

from gateway.clients import inspections, routing
from gateway.clients.services import Services
from shared.contracts.gateway import RoundSheet, SheetStop
from shared.contracts.inspections.briefs import VisitBrief
from shared.contracts.routing.driven import UnscoredStop

# The edge of white that readers want around a code (ISO/IEC 18004).
QUIET = 4


async def compose_sheet(
    services: Services, auth: httpx.Auth, plan_id: UUID, round_id: str, *, url: str, now: datetime
) -> RoundSheet:
    """Compose the sheet of a round; `url` is where people reach the gateway.

    A place out of the caller's reach by now keeps the name that the plan gave it, and no more.
    """
    told = await routing.get_round(services.routing, auth, plan_id, round_id)
    places = [it.accommodation_id for it in told.stops]
    briefs = await inspections.brief_visits(services.inspections, auth, places, plan_id=plan_id)
    return RoundSheet.model_validate(
        {
            **told.model_dump(exclude={"stops", "legs_back"}),
            "way_back": [it.text for it in told.legs_back],
            "stops": [_stop(it, briefs.get(it.accommodation_id), url) for it in told.stops],
            "made_at": now,
        }
    )


def _stop(stop: UnscoredStop, brief: VisitBrief | None, url: str) -> SheetStop:
    known = None if brief is None else brief.model_dump(exclude={"name", "visit_id"})
    unknown = {
        **dict.fromkeys(("address", "postcode", "city", "reception_phone"), ""),
        "is_address_hidden": True,
        "standing": [],
    }
    form_url = f"{url}/console/#/inspect/{stop.accommodation_id}"
    if brief is not None and brief.visit_id is not None:
        form_url += f"?visit={brief.visit_id}"
    return SheetStop.model_validate(
        {
            **(unknown if known is None else known),
            **stop.model_dump(exclude={"position", "announced", "legs"}),
            "way": [it.text for it in stop.legs],
            "form_url": form_url,
            "form_qr_svg": qr_svg(form_url),
        }
    )


def qr_svg(text: str) -> str:
    """Write a text as a QR code of one pixel a square."""
    made = BytesIO()
    # To weigh all eight masks takes ten times as long (20 ms), for what any camera reads anyhow.
    code = segno.make(text, error="m", micro=False, mask=3)
    code.save(made, kind="svg", border=QUIET, xmldecl=False, svgclass=None, lineclass=None)
    return made.getvalue().decode()
