"""What an answer as of a day tells is what was known on it, however much was told afterwards.

Each history is lived twice, by a clock that goes with it: whole, and only until the day. What is
told of the day must be the same; and the anomalies that stood must be those that the events of
the feed up to the day leave standing, an account that the answers are not made from.
"""

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from inspections.api.clock import current_moment
from inspections.domain.calendar import local_day
from inspections.main import create_app
from inspections.settings import Settings
from inspections.store.complaints import purge_contacts
from shared.db import Database
from shared.testing import in_process, token

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
# The duplicate is asked about other things: what stands at both of two places keeps them apart.
ITEMS = {"kept": ("leak", "mould", "wires"), "duplicate": ("noise", "heating", "mice")}
VALUES = (0, 0, 1, 2, 2, 4, "not_seen")
MOVES = ("claim_fixed", "verify", "reopen", "accept_risk", "assign")
DAYS, VISITS, LONGEST_DELAY = 60, 7, 20
NAMELESS = ("id", "inspection_id", "visit_id", "repeat_of", "accommodation_id")


class Lived:
    """A service at whatever time the history has come to, for an organisation of its own."""

    def __init__(self, client, database):
        self.client, self.database, self.now = client, database, START
        self.places, self.last_event = {}, 0

    async def begin(self):
        self.organisation = uuid4()
        self.client.headers["Authorization"] = f"Bearer {token(organisation=self.organisation)}"
        for which in ITEMS:
            self.places[which] = (await self.post("/v1/accommodations", **place(which)))["id"]

    async def post(self, path, **body):
        """Do something; what the rules refuse is refused in both lives."""
        answer = await self.client.post(path, json=body)
        assert answer.status_code < 500, answer.text
        return answer.json()

    async def get(self, path, **parameters):
        answer = await self.client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def live(self, deeds, until):
        """Do what was done by a moment, in the order in which it was."""
        self.now = START - timedelta(days=1)
        await self.begin()
        self.last_event = (await self.events())[-1]["position"]
        for at, do, *values in sorted(deeds, key=lambda it: it[0]):
            if at > until:
                break
            self.now = at
            await do(self, *values)

    async def events(self):
        return (await self.get("/v1/inspections/events", limit=2000))["items"]


def place(which):
    return {
        "external_id": which,
        "name": f"Hôtel {which}",
        "postcode": "75011",
        "city": "Paris",
        "rooms": 20,
        "position": {"lon": 2.38, "lat": 48.86},
    }


async def visit(life, which, occurred_at, answers):
    form = {
        "instance_id": str(uuid4()),
        "accommodation_id": life.places[which],
        "occurred_at": occurred_at.isoformat(),
        "known_at": life.now.isoformat(),
        "rooms_seen": 5,
        "answers": [{"item": item, "value": value} for item, value in answers],
    }
    await life.post("/v1/inspections", **form)


async def move(life, which, name, number):
    standing = await life.get(
        f"/v1/accommodations/{life.places[which]}/standing-anomalies",
        as_of=local_day(life.now).isoformat(),
    )
    by_item = sorted(standing["items"], key=lambda it: (it["item"], it["first_seen_at"]))
    if by_item:
        body = {"move": name, "reason": "said so"}
        if name == "accept_risk":
            body["review_on"] = str(local_day(life.now + timedelta(days=90)))
        if name == "assign":
            body["responsibility"] = "organisation"
        await life.post(f"/v1/anomalies/{by_item[number % len(by_item)]['id']}/moves", **body)


async def complain(life, which, severity):
    await life.post(
        "/v1/complaints",
        accommodation_id=life.places[which],
        source="neighbour",
        severity=severity,
        text="It smells.",
        contact={"name": "Zoé Karamazov"},
    )


async def merge(life):
    path = f"/v1/accommodations/{life.places['kept']}/merges"
    told = await life.post(path, duplicate_id=life.places["duplicate"], reason="twice")
    assert "status" not in told, told


async def rename(life, name):
    """Change the register and restore what it was: the history is of the same place."""
    id = life.places["kept"]
    path = f"/v1/accommodations/{id}"
    etag = (await life.client.get(path)).headers["etag"]
    body = place("kept") | {"name": name}
    answer = await life.client.put(path, json=body, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    before = (await life.get("/v1/revisions", subject=f"accommodation:{id}"))["items"][1]
    restored = f"/v1/revisions/{before['id']}/restorations"
    assert (await life.post(restored, reason="it was right"))["kept"] == []


async def purge(life):
    async with life.database.session(life.organisation) as session:
        await purge_contacts(session, local_day(life.now + timedelta(days=4000)))


def history(draw):
    """Draw what was done and when it was known; visits may have been days before."""
    deeds = []
    for day in sorted(draw.sample(range(DAYS), VISITS)):
        which = draw.choice(("kept", "kept", "duplicate"))
        occurred_at = START + timedelta(days=day)
        late = draw.choice((0, 0, draw.randrange(LONGEST_DELAY)))
        answers = [(item, draw.choice(VALUES)) for item in draw.sample(ITEMS[which], 2)]
        known_at = occurred_at + timedelta(days=late, hours=1)
        deeds.append((known_at, visit, which, occurred_at, answers))
    for _ in range(4):
        which = draw.choice(tuple(ITEMS))
        deeds.append((some_time(draw), move, which, draw.choice(MOVES), draw.randrange(9)))
    deeds.append((some_time(draw), complain, draw.choice(tuple(ITEMS)), draw.randrange(1, 5)))
    deeds.append((some_time(draw), rename, "Hôtel neuf"))
    deeds.append((some_time(draw), purge))
    if draw.random() < 0.5:
        last = max(it[0] for it in deeds)
        deeds.append((last + timedelta(hours=1), merge))
    return deeds


def some_time(draw):
    return START + timedelta(days=draw.randrange(DAYS + LONGEST_DELAY), minutes=draw.randrange(600))


async def told(life, day):
    """Read the day by all that answers as of one, of both places, without ids."""
    life.now = START + timedelta(days=DAYS + 2 * LONGEST_DELAY)
    found = {"events": [], "standing": [], "visits": []}
    for id in await leading(life):
        path = f"/v1/accommodations/{id}"
        events = await life.get(f"{path}/timeline", as_of=day, limit=500)
        assert events["next_cursor"] is None
        found["events"] += events["items"]
        found["standing"] += (await life.get(f"{path}/standing-anomalies", as_of=day))["items"]
        found["visits"] += (await life.get(f"{path}/matrix", as_of=day))["visits"]
    areas = (await life.get("/v1/history/areas", as_of=day))["items"]
    found["areas"] = [
        {name: it[name] for name in it if name not in {"places", "places_visited", "coverage"}}
        for it in areas
    ]
    found["months"] = (await life.get("/v1/history/months", as_of=day))["counts"]
    return {name: sorted(nameless(it) for it in items) for name, items in found.items()}


async def leading(life):
    """Give the places that ids lead to: one, once they are merged."""
    paths = [f"/v1/accommodations/{id}/matrix" for id in life.places.values()]
    return {(await life.get(path))["accommodation_id"] for path in paths}


def nameless(it):
    return str({name: value for name, value in it.items() if name not in NAMELESS})


async def stood_by_events(life):
    """Fold the feed: the state that each anomaly was last told to be in."""
    states = {}
    for event in await life.events():
        if event["kind"] == "anomalies.changed":
            for it in event["data"]["anomalies"]:
                states[it["id"]] = (it["item"], it["state"])
    return sorted(it for it in states.values() if it[1] != "verified")


async def stood_by_day(life, day):
    found = []
    for id in await leading(life):
        told = await life.get(f"/v1/accommodations/{id}/standing-anomalies", as_of=day)
        found += [(it["item"], it["state"]) for it in told["items"]]
    return sorted(found)


async def compare(life, seeds):
    for seed in seeds:
        draw = random.Random(seed)
        deeds = history(draw)
        day = local_day(START + timedelta(days=draw.randrange(DAYS + LONGEST_DELAY)))
        ends = datetime(day.year, day.month, day.day, 21, 59, tzinfo=UTC)
        await life.live(deeds, ends)
        until_then = await told(life, str(day))
        by_events = await stood_by_events(life)
        await life.live(deeds, ends + timedelta(days=1000))

        assert await told(life, str(day)) == until_then, seed
        assert await stood_by_day(life, str(day)) == by_events, seed


@pytest.fixture
async def life(database, tmp_path):
    fresh = database("inspections")
    app = create_app(Settings(**fresh.settings(), blobs_url=f"file://{tmp_path}/blobs"))
    ours = Database(fresh.url, fresh.system_url)
    async with in_process(app) as client:
        it = Lived(client, ours)
        app.dependency_overrides[current_moment] = lambda: it.now
        yield it
    await ours.dispose()


async def test_a_day_is_told_as_it_was_known_on_it(life):
    await compare(life, range(4))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 1200, 25))
async def test_two_hundred_histories_are_told_as_they_were_known_on_a_day(life, first):
    await compare(life, range(first, first + 25))
