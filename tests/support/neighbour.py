"""An organisation with something of everything, for those who must not see any of it."""

import asyncio
import contextlib
import io
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import httpx
from field_device import filled_in
from PIL import Image
from record import accommodation, inspection
from whole import Whole

from inspections.api.alerts import CONTACT, SHIFT
from inspections.api.checklists import GRID
from inspections.api.notices import CHARTER
from inspections.jobs.tend_record import Tending, tend
from routing.api.inspectors import SOMEBODY
from scoring.use_cases.follow_inspections import follow_inspections
from scoring.use_cases.score_places import score_all_stale
from shared.blobs import Blobs
from shared.db import Database
from shared.feed import Follower
from shared.testing import THEIRS

IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ROLES = ("reader", "inspector", "planner", "manager", "admin", "auditor", "keeper")
# Stands in every text of the neighbour's.
MARK = "Voisinade"
# What the neighbour calls what has no id.
NAME = "voisinade"
MONDAY = date.today() + timedelta(days=7 - date.today().weekday())  # noqa: DTZ011
GRANT = {"fields": ["name"], "territory": "75", "until": "2100-01-01T00:00:00Z"}


@dataclass
class Neighbour:
    """What the organisation has: the ids of each list, and every id it was ever shown."""

    clients: dict[str, httpx.AsyncClient]
    place: str = ""
    ids_of: dict[str, list[str]] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)

    async def post(self, path: str, service: str = "inspections", **body: object) -> dict:
        """Do something, which must work; remember the ids that are told."""
        answer = await self.clients[service].post(path, json=body)
        assert answer.is_success, (path, answer.text)
        self.shown |= set(IDENTIFIER.findall(answer.text))
        return answer.json()

    def keep(self, path: str, found: object) -> None:
        """Remember what a list showed."""
        items = found.get("items", found) if isinstance(found, dict) else found
        self.ids_of[path] = list(dict.fromkeys(it for each in items or [] for it in own_id(each)))
        self.shown |= set(IDENTIFIER.findall(str(found))) - {str(THEIRS)}


def own_id(item: object) -> list[str]:
    """Give what an item of a list is called."""
    if not isinstance(item, dict):
        return []
    for name in ("id", "accommodation_id", "external_id", "code"):
        if item.get(name) is not None:
            return [str(item[name])]
    return IDENTIFIER.findall(str(item))[:1]


async def settle(ronde: Whole, neighbour: Neighbour) -> None:
    """Let the neighbour do all that leaves something behind."""
    them = neighbour
    place = accommodation(1, name=f"Hôtel {MARK}", address="1 rue du Lac", operator=MARK)
    them.place = (await them.post("/v1/accommodations", **place))["id"]
    await them.post("/v1/accommodations", **place | {"external_id": "again"})
    long_ago = (datetime.now(UTC) - timedelta(days=300)).isoformat()
    wrong = [{"item": "mould", "value": 4, "room": "12"}]
    form = inspection(them.place, occurred_at=long_ago, known_at=long_ago, answers=wrong)
    first = await them.post("/v1/inspections", **form)
    second = inspection(them.place, visit_id=first["visit_id"], occurred_at=long_ago)
    await them.post("/v1/inspections", **second | {"answers": [{"item": "mould", "value": 1}]})
    await plan(them)
    await inspect_again(them)
    await fill_register(them)
    await give_access(them)
    await prepare(them)
    inspections = ronde.databases["inspections"]
    database = Database(inspections.url, inspections.system_url)
    await tend(database, datetime.now(UTC) + timedelta(minutes=1), Tending())
    await database.dispose()
    await score(ronde, them)
    signal = {"series": "humidity", "accommodation_id": them.place, "value": 78.5}
    signal |= {"occurred_at": "2026-03-01T06:00:00Z", "known_at": "2026-03-01T06:05:00Z"}
    await them.post("/v1/signals", "scoring", values=[signal])


async def plan(them: Neighbour) -> None:
    shift = {"starts_at": f"{MONDAY}T08:00:00Z", "ends_at": f"{MONDAY}T16:00:00Z"}
    start = {"lon": 2.35, "lat": 48.85}
    team = {"id": "a", "name": MARK, "start": start, "shifts": [shift]}
    week = {"starts_on": str(MONDAY), "days": 1, "teams": [team], "time_limit_s": 0.5}
    made = await them.post("/v1/weekly-plans", "gateway", **week)
    path = f"/v1/weekly-plans/{made['id']}"
    for _ in range(1200):  # a first plan waits until the search is compiled
        if (await them.clients["gateway"].get(path)).json()["state"] == "done":
            break
        await asyncio.sleep(0.1)
    await them.post(f"{path}/acceptance", "gateway")


async def inspect_again(them: Neighbour) -> None:
    """See a danger somebody is paged about, and what the operator is told and answers."""
    now = datetime.now(UTC)
    shift = SHIFT | {"name": MARK, "territory": None}
    times = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=9)}
    await them.post("/v1/on-call-shifts", **shift | {k: v.isoformat() for k, v in times.items()})
    await them.post("/v1/authority-contacts", **CONTACT | {"name": MARK})
    visit = {"accommodation_id": them.place, "scheduled_at": now.isoformat()}
    planned = await them.post("/v1/visits", **visit)
    await them.post(f"/v1/visits/{planned['id']}/room-draw")
    gas = inspection(them.place, answers=[{"item": "gas_co", "value": 4}])
    await them.post("/v1/inspections", **gas)
    charter = await them.post("/v1/charters", **CHARTER)
    accepted = {"operator": MARK, "accepted_on": "2015-04-20"}
    await them.post(f"/v1/charters/{charter['id']}/acceptances", **accepted)
    await them.post("/v1/notices", accommodation_id=them.place, sender=MARK)
    reminder = {"accommodation_id": them.place, "step": "reminder", "grounds": MARK}
    await them.post("/v1/sanctions", **reminder)


async def fill_register(them: Neighbour) -> None:
    record = them.clients["inspections"]
    counted = {"day": "2026-03-01", "rooms_booked": 3, "people": 7}
    known = {"system": NAME, "external_id": NAME}
    here = {"accommodation_id": them.place}
    await them.post("/v1/occupancy-snapshots", items=[counted | here])
    await them.post("/v1/external-identifiers", items=[known | here])
    told = {"source": "family", "text": MARK, "contact": {"name": MARK}}
    await them.post("/v1/complaints", **told | here)
    await them.post("/v1/grants", grantee=str(uuid4()), **GRANT)
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, format="PNG")
    grid = GRID | {"title": {"fr": MARK, "en": MARK}}
    await them.post(f"/v1/checklists/{NAME}/versions", **grid)
    await photograph(them, file.getvalue())
    rooms = {"items": [{"label": MARK}]}
    for path, body in (
        (f"/v1/accommodations/{them.place}/rooms", rooms),
        (f"/v1/zones/{NAME}", {"name": MARK, "postcodes": ["75011"]}),
    ):
        (await record.put(path, json=body)).raise_for_status()


async def photograph(them: Neighbour, content: bytes) -> None:
    """Keep one photo, and delete another."""
    record, here = them.clients["inspections"], {"accommodation_id": them.place}
    (await record.post("/v1/photos", params=here, content=content)).raise_for_status()
    again = io.BytesIO()
    Image.new("RGB", (9, 9)).save(again, format="PNG")
    deleted = (await record.post("/v1/photos", params=here, content=again.getvalue())).json()
    path, reason = f"/v1/photos/{deleted['id']}", {"reason": "shows_person"}
    (await record.request("DELETE", path, params=reason)).raise_for_status()


async def prepare(them: Neighbour) -> None:
    """Begin what is not finished: a form, an import; enter somebody who will go on rounds."""
    record = them.clients["inspections"]
    draft = {"accommodation_id": them.place, "answers": [{"item": "mould", "value": 3}]}
    columns = {"place": ["Code"], "occurred_at": ["Date"], "item": ["Item"]}
    mapping = {"kind": "findings", "columns": columns | {"severity": ["Note"]}}
    for path, body in (
        (f"/v1/inspection-drafts/{uuid4()}", draft),
        (f"/v1/import-mappings/{NAME}", mapping),
    ):
        (await record.put(path, json=body)).raise_for_status()
    table = f"Code,Date,Item,Note\n{MARK},2026-03-01,mould,2\n"
    kept = await record.post("/v1/import-files", params={"name": "a.csv"}, content=table)
    kept.raise_for_status()
    order = {"file_id": kept.json()["id"], "mapping_name": NAME, "source": MARK}
    await them.post("/v1/imports", **order)
    await go_on_rounds(them)


async def go_on_rounds(them: Neighbour) -> None:
    """Enter somebody with a device, which sends a form that somebody has to decide about."""
    record, inspector = them.clients["inspections"], str(uuid4())
    somebody = SOMEBODY | {"subject": MARK}
    path = f"/v1/inspectors/{inspector}"
    (await them.clients["routing"].put(path, json=somebody)).raise_for_status()
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    key = {"name": MARK, "inspector_id": inspector, "expires_at": until}
    await them.post("/v1/field-keys", "gateway", **key)
    files = {"xml_submission_file": filled_in(MARK, building={"a_alarm": 1, "n_alarm": MARK})}
    sent = await record.post("/openrosa/submission", files=files)
    assert sent.status_code == 202, sent.text


async def give_access(them: Neighbour) -> None:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    key = {"name": MARK, "expires_at": until}
    reads = {"roles": ["reader"], "scopes": ["inspections:read"]}
    await them.post("/v1/keys", "gateway", **key | reads)
    await them.post("/v1/url-tokens", "gateway", **key | {"paths": ["/v1/visits"]})
    somebody = {"email": f"{NAME}@a.example", "name": MARK, "roles": ["reader"]}
    await them.post("/v1/invitations", "gateway", **somebody)
    told = {"url": "https://voisin.example/ronde", "name": MARK}
    webhook = await them.post("/v1/webhooks", "gateway", **told)
    await them.post(f"/v1/webhooks/{webhook['id']}/tests", "gateway")
    await them.post("/v1/score-runs", "scoring")


async def be_granted(them: Neighbour, friend: httpx.AsyncClient) -> None:
    """Let a third organisation grant the neighbour something."""
    place = accommodation(9, name=f"Ami de {MARK}")
    (await friend.post("/v1/accommodations", json=place)).raise_for_status()
    given = await friend.post("/v1/grants", json=GRANT | {"grantee": str(THEIRS)})
    given.raise_for_status()


async def score(ronde: Whole, them: Neighbour) -> None:
    """Follow the record until its places are scored, as the worker of scoring does."""
    kept = ronde.databases["scoring"]
    database = Database(kept.url, kept.system_url)
    blobs = Blobs(ronde.apps["scoring"].state.settings.blobs_url)

    async def scored(_caught_up: bool, /) -> None:
        await score_all_stale(database, blobs)

    reader = ronde.client("service", service="inspections", organisation=UUID(int=9))
    follower = Follower(database, "inspections", reader, follow_inspections, after_page=scored)
    task = asyncio.create_task(follower.run())
    for _ in range(300):
        if (await them.clients["scoring"].get("/v1/scores")).json()["items"]:
            break
        await asyncio.sleep(0.1)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await database.dispose()
