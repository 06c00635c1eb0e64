"""What one organisation grants another is read, exactly that, and not a call longer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import psycopg
import pytest
from record import accommodation

from inspections.main import create_app
from inspections.settings import Settings
from shared.testing import OURS, THEIRS, TestDatabase, bearer, in_process, token

GRANTED = "/v1/granted-accommodations"
US, THEM = bearer(), bearer(organisation=THEIRS)
FIELDS = ["name", "city", "rooms"]


def until(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**(delta or {"days": 1}))).isoformat()


def grant(**changes: object) -> dict[str, object]:
    given = {"grantee": str(THEIRS), "fields": FIELDS, "until": until()} | changes
    return {name: value for name, value in given.items() if value is not None}


@pytest.fixture
def kept(database) -> TestDatabase:
    return database("inspections")


@pytest.fixture
async def service(kept: TestDatabase, tmp_path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(**kept.settings(), blobs_url=f"file://{tmp_path}")
    async with in_process(create_app(settings)) as client:
        client.headers.update(US)
        yield client


async def enter(service: httpx.AsyncClient, *numbers: int, **changes: object) -> list[str]:
    ids = []
    for number in numbers:
        made = await service.post("/v1/accommodations", json=accommodation(number, **changes))
        ids.append(made.raise_for_status().json()["id"])
    return ids


async def give(service: httpx.AsyncClient, **changes: object) -> str:
    made = await service.post("/v1/grants", json=grant(**changes))
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def read(service: httpx.AsyncClient, headers=THEM) -> list[dict[str, object]]:
    """Read all that is granted, page by page."""
    items, query = [], {"limit": 7}
    while True:
        page = (await service.get(GRANTED, params=query, headers=headers)).raise_for_status().json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        query["cursor"] = page["next_cursor"]


async def test_twenty_places_and_three_fields_are_read_exactly_and_revoked_at_once(service):
    ids = await enter(service, *range(1, 31))
    assert await read(service) == []
    given = await give(service, accommodation_ids=ids[:20])
    items = await read(service)
    assert sorted(it["id"] for it in items) == sorted(ids[:20])
    assert {tuple(it["values"]) for it in items} == {tuple(FIELDS)}
    assert {it["organisation"] for it in items} == {str(OURS)}
    one = await service.get(f"{GRANTED}/{ids[0]}", headers=THEM)
    assert one.json()["values"] == {"name": "Hôtel d'essai 1", "city": "Paris", "rooms": 30}
    assert (await service.get(f"{GRANTED}/{ids[25]}", headers=THEM)).status_code == 404
    # The door leads to these and nowhere else.
    assert (await service.get("/v1/accommodations", headers=THEM)).json()["items"] == []
    assert (await service.get(f"/v1/accommodations/{ids[0]}", headers=THEM)).status_code == 404
    assert (await service.get("/v1/inspections/events", headers=THEM)).json()["items"] == []

    assert (await service.delete(f"/v1/grants/{given}")).status_code == 204
    assert (await service.get(f"{GRANTED}/{ids[0]}", headers=THEM)).status_code == 404
    assert await read(service) == []
    assert (await service.delete(f"/v1/grants/{given}")).status_code == 204
    told = (await service.get("/v1/inspections/events")).json()["items"]
    kinds = [it["kind"] for it in told if it["kind"].startswith("grant.")]
    assert kinds == ["grant.given", "grant.revoked"]


async def test_a_territory_is_granted_with_the_places_that_come_later(service):
    await give(service, territory="75")
    (here,) = await enter(service, 1)
    await enter(service, 2, postcode="93200")
    assert [it["id"] for it in await read(service)] == [here]
    within = token("reader", organisation=THEIRS, territories=["93"])
    assert await read(service, {"Authorization": f"Bearer {within}"}) == []


async def test_a_grant_ends_by_itself(service, kept: TestDatabase):
    (id,) = await enter(service, 1)
    given = await give(service, accommodation_ids=[id])
    with kept.administer() as connection:
        connection.execute("update access_grant set until = now() - interval '1 second'")
    assert await read(service) == []
    over = (await service.get(f"/v1/grants/{given}")).json()
    assert over["allowed_actions"] == []


async def test_a_confidential_address_is_never_granted(service):
    ids = await enter(service, 1, confidential_address=True)
    ids += await enter(service, 2)
    await give(service, accommodation_ids=ids, fields=["address", "position"])
    assert [it["id"] for it in await read(service)] == ids[1:]


async def test_fields_of_several_grants_add_up_and_a_third_organisation_sees_none(service):
    (id,) = await enter(service, 1)
    await give(service, accommodation_ids=[id], fields=["name"])
    await give(service, territory="75", fields=["position", "opened_on"])
    (it,) = await read(service)
    assert set(it["values"]) == {"name", "position", "opened_on"}
    assert it["values"]["position"]["lat"] == 48.85
    assert len(it["grants"]) == 2
    assert await read(service, bearer(organisation=uuid4())) == []


async def test_two_organisations_grant_each_other_without_seeing_their_own_as_granted(service):
    (ours,) = await enter(service, 1)
    made = await service.post("/v1/accommodations", json=accommodation(1), headers=THEM)
    await give(service, territory="75")
    back = grant(grantee=str(OURS), territory="75")
    assert (await service.post("/v1/grants", json=back, headers=THEM)).status_code == 201
    assert [it["id"] for it in await read(service)] == [ours]
    assert [it["id"] for it in await read(service, US)] == [made.json()["id"]]


async def test_twenty_equal_grants_at_once_are_one(service):
    (id,) = await enter(service, 1)
    body, key = grant(accommodation_ids=[id]), {"Idempotency-Key": "k"}
    answers = await asyncio.gather(
        *(service.post("/v1/grants", json=body, headers=key) for _ in range(20))
    )
    assert {it.status_code for it in answers} == {201}
    assert len({it.content for it in answers}) == 1
    other = await service.post("/v1/grants", json=body | {"fields": ["name"]}, headers=key)
    assert (other.status_code, other.json()["type"][-22:]) == (422, "idempotency-key-reused")
    listed = (await service.get("/v1/grants", params={"limit": 1})).json()
    assert [it["id"] for it in listed["items"]] == [answers[0].json()["id"]]
    assert listed["next_cursor"] is None


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"territory": "75", "until": until(days=-1)}, "/until"),
        ({"territory": "75", "grantee": str(OURS)}, "/grantee"),
        ({"accommodation_ids": [str(uuid4())]}, "/accommodation_ids/0"),
        ({"territory": "75", "fields": ["external_id"]}, "/fields/0"),
        ({}, "/"),
    ],
)
async def test_what_cannot_be_granted_is_refused(service, changes, pointer):
    refused = await service.post("/v1/grants", json=grant(**changes))
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_only_a_manager_gives_and_only_within_reach(service):
    await enter(service, 1)
    assert (
        await service.post("/v1/grants", json=grant(territory="75"), headers=bearer("planner"))
    ).status_code == 403
    within = {"Authorization": f"Bearer {token('manager', territories=['93'])}"}
    refused = await service.post("/v1/grants", json=grant(territory="75"), headers=within)
    assert refused.json()["errors"][0]["pointer"] == "/territory"
    assert (await service.get(f"/v1/grants/{uuid4()}")).status_code == 404
    assert (await service.delete(f"/v1/grants/{uuid4()}")).status_code == 404
    wrong = await service.get(GRANTED, params={"cursor": "WyJ4Il0"}, headers=THEM)
    assert wrong.status_code == 422


async def test_the_database_itself_keeps_the_reader_to_what_is_granted(service, kept: TestDatabase):
    ids = await enter(service, 1, 2)
    await give(service, accommodation_ids=ids[:1])
    with psycopg.connect(kept.server.conninfo(kept.name, "inspections_system")) as connection:
        for organisation, seen in ((THEIRS, ids[:1]), (uuid4(), [])):
            connection.execute(
                "select set_config('app.organisation', %s, true)", [str(organisation)]
            )
            rows = connection.execute("select id::text from accommodation").fetchall()
            assert [id for (id,) in rows] == seen
        connection.rollback()
        assert connection.execute("select id from accommodation").fetchall() == []
        for column in ("external_id", "*"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select {column} from accommodation")
            connection.rollback()
