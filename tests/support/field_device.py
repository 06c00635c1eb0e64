"""A device with a field app, as far as the protocol goes: it fetches forms and sends them."""

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4
from xml.sax.saxutils import escape

import httpx
from PIL import Image

from shared.testing import token

FORM, VERSION = "ronde-default", "1-1"


def picture(colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(file, format="JPEG")
    return file.getvalue()


def filled_in(
    visit: str,
    *,
    building: dict[str, object] | None = None,
    rooms: list[dict[str, object]] | None = None,
    still: list[dict[str, object]] | None = None,
    outcome: str = "done",
    instance: str | None = None,
    edits: str | None = None,
    version: str = VERSION,
    namespaced: bool = True,
) -> str:
    """Write a filled-in form; a namespace on `meta` is what some clients write and others not."""
    orx = 'xmlns:orx="http://openrosa.org/xforms"'
    prefix = "orx:" if namespaced else ""
    edited = f"<{prefix}deprecatedID>{edits}</{prefix}deprecatedID>" if edits else ""
    meta = (
        f"<{prefix}meta><{prefix}instanceID>{instance or f'uuid:{uuid4()}'}</{prefix}instanceID>"
        f"{edited}</{prefix}meta>"
    )
    seen = "".join(f"<open>{_cells(it)}</open>" for it in still or ())
    seen += f"<building>{_cells(building or {})}</building>"
    for it in rooms or ():
        own = {name: value for name, value in it.items() if name.startswith("room_")}
        items = {name: value for name, value in it.items() if not name.startswith("room_")}
        seen += f"<rooms>{_cells(own)}<in_room>{_cells(items)}</in_room></rooms>"
    body = f"<seen>{seen}</seen>" if outcome == "done" else ""
    return (
        f'<?xml version="1.0"?><data {orx} id="{FORM}" version="{version}">'
        f"<started>{datetime.now(UTC).isoformat()}</started><visit>{visit}</visit>"
        f"<outcome>{outcome}</outcome>{body}{meta}</data>"
    )


def _cells(values: dict[str, object]) -> str:
    return "".join(f"<{name}>{escape(str(it))}</{name}>" for name, it in values.items())


@dataclass
class Device:
    """A device of an inspector, which speaks as its field key does."""

    client: httpx.AsyncClient
    headers: dict[str, str]
    inspector: UUID
    root: str = "/openrosa"
    sent: list[httpx.Response] = field(default_factory=list)

    async def get(self, path: str, **parameters: str) -> httpx.Response:
        return await self.client.get(f"{self.root}{path}", params=parameters, headers=self.headers)

    async def send(self, xml: str | bytes, **photos: bytes) -> httpx.Response:
        content = xml.encode() if isinstance(xml, str) else xml
        files = [("xml_submission_file", ("form.xml", content, "text/xml"))]
        files += [
            (name, (name.replace("_jpg", ".jpg"), it, "image/jpeg")) for name, it in photos.items()
        ]
        answer = await self.client.post(
            f"{self.root}/submission", files=files, headers=self.headers
        )
        self.sent.append(answer)
        return answer


def device_of(record, **claims) -> Device:
    inspector = uuid4()
    its = token("inspector", organisation=record.organisation, inspector=inspector, **claims)
    return Device(record.client, {"Authorization": f"Bearer {its}"}, inspector)


async def planned(record, place, device, at=None, **values) -> str:
    visit = {
        "accommodation_id": place,
        "scheduled_at": (at or datetime.now(UTC)).isoformat(),
        "inspector_ids": [str(device.inspector)],
    }
    answer = await record.client.post("/v1/visits", json=visit | values)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]
