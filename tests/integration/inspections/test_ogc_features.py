"""The record as features that GIS programs read: who sees what, where and when."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

ROOT = "/ogc/collections"
SOON = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=2)
SNAPSHOT = {
    "score_id": str(uuid4()),
    "method": "rule",
    "as_of": "2026-03-01T00:00:00Z",
    "probability": 0.2,
    "priority_points": 61.5,
}


def at(lon, lat):
    return {"position": {"lon": lon, "lat": lat}}


async def items(record, collection, headers=None, **parameters):
    answer = await record.client.get(
        f"{ROOT}/{collection}/items", params=parameters, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["features"]


async def told(record, collection, name, headers=None, **parameters):
    found = await items(record, collection, headers, **parameters)
    return sorted(it["properties"][name] for it in found)


async def plan(record, place, **values):
    visit = {"accommodation_id": place, "scheduled_at": SOON.isoformat(), **values}
    answer = await record.client.post("/v1/visits", json=visit)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_a_place_tells_how_it_stands_today(record):
    place = await record.place("H1", sector="Nord")
    await record.inspect(place, ("leak", 3), ("wires", 4), ("noise", 0))
    await record.place("H2", position=None, postcode="01000", city="Nulle-Part")

    found = {it["properties"]["external_id"]: it for it in await items(record, "accommodations")}
    grade = (await record.client.get(f"/v1/accommodations/{place}/grade")).json()["grade"]

    assert found["H1"]["id"] == place
    assert found["H1"]["type"] == "Feature"
    assert found["H1"]["geometry"] == {"type": "Point", "coordinates": [2.38, 48.86]}
    assert found["H1"]["properties"] == {
        "external_id": "H1",
        "name": "Hôtel de l'Étoile",
        "kind": "hotel",
        "city": "Paris",
        "territory": "75",
        "sector": "Nord",
        "rooms": 20,
        "contract_state": "active",
        "grade": grade,
        "anomalies_open": 2,
        "anomalies_overdue": 2,
        "last_visit_on": 20260302,
        "priority_points": None,
        "scored_on": None,
    }
    assert grade == "D"
    never = found["H2"]
    assert never["geometry"] is None
    assert (never["properties"]["grade"], never["properties"]["last_visit_on"]) == (None, None)
    assert never["properties"]["anomalies_open"] == 0


async def test_a_finding_tells_what_was_wrong_and_no_word_that_somebody_wrote(record):
    place = await record.place()
    form = record.form(place)
    form["answers"] = [{"item": "leak", "value": 3, "room": "12", "note": "Mme Diallo, secret"}]
    inspection = (await record.client.post("/v1/inspections", json=form)).json()

    answer = await record.client.get(f"{ROOT}/findings/items")

    (finding,) = answer.json()["features"]
    assert finding["id"] == inspection["findings"][0]["id"]
    assert finding["geometry"]["coordinates"] == [2.38, 48.86]
    assert finding["properties"] == {
        "accommodation": "H1",
        "accommodation_name": "Hôtel de l'Étoile",
        "city": "Paris",
        "territory": "75",
        "sector": "",
        "item": "leak",
        "category": inspection["findings"][0]["category"],
        "severity": 3,
        "critical": False,
        "repeat": False,
        "room": "12",
        "due_on": int(inspection["findings"][0]["due_on"].replace("-", "")),
        "occurred_at": "2026-03-02T10:00:00Z",
    }
    assert "Diallo" not in answer.text


async def test_what_was_voided_is_on_no_map(record):
    inspection = await record.inspect(await record.place(), ("leak", 3))
    assert await told(record, "accommodations", "anomalies_open") == [1]

    review = {"state": "voided", "reason": "a test form"}
    answer = await record.client.post(f"/v1/inspection-reviews/{inspection['id']}", json=review)
    assert answer.status_code == 200, answer.text

    assert await items(record, "findings") == []
    assert await told(record, "accommodations", "anomalies_open") == [0]


async def test_visits_are_those_to_come_and_of_the_month_before(record):
    place = await record.place()
    await plan(record, place, announced=True)
    await plan(record, place, scheduled_at="2025-01-05T09:00:00Z")
    lately = datetime.now(UTC) - timedelta(days=3)
    await record.inspect(place, ("leak", 1), occurred_at=lately.isoformat())

    found = await items(record, "visits")

    assert [it["properties"]["state"] for it in sorted(found, key=when)] == ["done", "planned"]
    assert found[0]["geometry"]["coordinates"] == [2.38, 48.86]
    planned = next(it for it in found if it["properties"]["state"] == "planned")
    assert planned["properties"] == {
        "accommodation": "H1",
        "accommodation_name": "Hôtel de l'Étoile",
        "city": "Paris",
        "territory": "75",
        "sector": "",
        "kind": "routine",
        "state": "planned",
        "announced": True,
        "round_id": None,
        "scheduled_at": SOON.isoformat().replace("+00:00", "Z"),
    }


def when(feature):
    return feature["properties"]["scheduled_at"]


async def test_visits_nobody_announced_are_seen_by_visiting_teams_only(record):
    place = await record.place()
    open_one = await plan(record, place, announced=True, round_id="r", sequence=1)
    secret = await plan(record, place, round_id="r", sequence=2, score_snapshot=SNAPSHOT)
    called_off = await plan(record, place)
    off = {"to": "cancelled", "reason": "x"}
    await record.client.post(f"/v1/visits/{called_off}/transitions", json=off)
    reader = record.headers("reader")

    assert {it["id"] for it in await items(record, "visits")} == {open_one, secret, called_off}
    assert [it["id"] for it in await items(record, "visits", reader)] == [open_one]
    assert await told(record, "rounds", "stops", reader) == [1]
    assert await told(record, "rounds", "stops") == [2]
    assert await told(record, "accommodations", "scored_on", reader) == [None]
    lone = await record.client.get(f"{ROOT}/visits/items/{secret}", headers=reader)
    assert lone.status_code == 404


async def test_scores_are_hidden_from_who_only_inspects(record):
    place = await record.place()
    await plan(record, place, score_snapshot=SNAPSHOT)
    older = SNAPSHOT | {"as_of": "2026-02-01T00:00:00Z", "priority_points": 5}
    later = (SOON + timedelta(days=1)).isoformat()
    await plan(record, place, score_snapshot=older, scheduled_at=later)

    (seen,) = await items(record, "accommodations", record.headers("planner"))
    (hidden,) = await items(record, "accommodations", record.headers("inspector", "keeper"))
    schema = await record.client.get(
        f"{ROOT}/accommodations/schema", headers=record.headers("inspector")
    )

    assert seen["properties"]["priority_points"] == 61.5
    assert seen["properties"]["scored_on"] == 20260301
    assert not {"priority_points", "scored_on"} & set(hidden["properties"])
    assert set(schema.json()["properties"]["properties"]["properties"]) == set(hidden["properties"])


async def test_a_round_goes_from_stop_to_stop_in_its_order(record):
    first = await record.place("H1", **at(2.30, 48.80))
    second = await record.place("H2", **at(2.40, 48.90))
    lost = await record.place("H3", position=None, postcode="01000", city="Nulle-Part")
    round_ = {"round_id": "20260301-nord/1"}
    hour = timedelta(hours=1)
    await plan(record, second, **round_, sequence=1)
    await plan(record, lost, **round_, sequence=2, scheduled_at=(SOON + hour).isoformat())
    await plan(record, first, **round_, sequence=3, scheduled_at=(SOON + 2 * hour).isoformat())
    await plan(record, first, **round_, sequence=1, scheduled_at=(SOON + 24 * hour).isoformat())

    found = sorted(await items(record, "rounds"), key=lambda it: it["properties"]["day"])

    assert found[0]["geometry"] == {
        "type": "LineString",
        "coordinates": [[2.40, 48.90], [2.30, 48.80]],
    }
    assert found[0]["properties"] == {
        "round_id": "20260301-nord/1",
        "day": int(f"{SOON:%Y%m%d}"),
        "stops": 3,
        "stops_to_come": 3,
        "starts_at": SOON.isoformat().replace("+00:00", "Z"),
    }
    # One stop makes no line.
    assert found[1]["geometry"] is None
    assert await items(record, "rounds", day=f"{SOON:%Y%m%d}") == found[:1]
    one = await record.client.get(f"{ROOT}/rounds/items/{found[0]['id']}")
    assert one.json()["properties"] == found[0]["properties"]


async def test_a_round_is_found_where_its_line_goes_through(record):
    first = await record.place("H1", **at(2.0, 48.0))
    second = await record.place("H2", **at(3.0, 49.0))
    await plan(record, first, round_id="r", sequence=1)
    await plan(record, second, round_id="r", sequence=2)

    for box, count in {
        "2.4,48.4,2.6,48.6": 1,  # between the stops
        "1.9,47.9,3.1,49.1": 1,  # around all of it
        "1.9,47.9,2.1,48.1": 1,  # around one stop
        "2.0,48.7,2.2,49.0": 0,  # in the envelope, off the line
        "4,48,5,49": 0,
    }.items():
        assert len(await items(record, "rounds", bbox=box)) == count, box


async def test_nothing_of_another_organisation_or_territory_is_seen(record):
    for id, postcode in (("H1", "75011"), ("H9", "92000")):
        place = await record.place(id, postcode=postcode)
        await record.inspect(place, ("leak", 1))
        await plan(record, place, round_id=f"r{postcode}", sequence=1)
    theirs = record.headers("reader", "planner", territories=["92"])
    from_elsewhere = type(record)(record.client, record.database, uuid4()).headers("planner")

    for collection in ("accommodations", "findings", "visits"):
        assert set(await told(record, collection, "territory")) == {"75", "92"}
        assert set(await told(record, collection, "territory", theirs)) == {"92"}
        beyond = (await items(record, collection, territory="75"))[0]["id"]
        path = f"{ROOT}/{collection}/items/{beyond}"
        assert (await record.client.get(path, headers=theirs)).status_code == 404
        assert (await record.client.get(path, headers=from_elsewhere)).status_code == 404
        assert await items(record, collection, from_elsewhere) == []
    assert await told(record, "rounds", "round_id", theirs) == ["r92000"]
    assert await items(record, "rounds", from_elsewhere) == []


async def test_a_place_where_a_stay_must_not_be_known_is_on_the_map_of_keepers_only(record):
    await record.place("H1")
    hidden = await record.place("H2", confidential_address=True, city="Cachée", **at(5.0, 45.0))
    await record.inspect(hidden, ("leak", 1))
    visit = await plan(record, hidden, announced=True, round_id="r", sequence=1)
    planner, keeper = record.headers("planner"), record.headers("planner", "keeper")

    assert await told(record, "accommodations", "external_id", planner) == ["H1"]
    assert await told(record, "accommodations", "external_id", keeper) == ["H1", "H2"]
    for collection in ("findings", "visits", "rounds"):
        assert await items(record, collection, planner) == []
        assert len(await items(record, collection, keeper)) == 1
    for path in (f"accommodations/items/{hidden}", f"visits/items/{visit}"):
        assert (await record.client.get(f"{ROOT}/{path}", headers=planner)).status_code == 404
        assert (await record.client.get(f"{ROOT}/{path}", headers=keeper)).status_code == 200
    assert await items(record, "accommodations", planner, city="Cachée") == []
    about = (await record.client.get(ROOT, headers=planner)).json()["collections"][0]
    assert about["extent"]["spatial"]["bbox"] == [[2.38, 48.86, 2.38, 48.86]]


async def test_a_place_merged_away_is_gone_and_a_withdrawn_one_stays(record):
    kept = await record.place("H1")
    away = await record.place("H2")
    await record.place("H3", contract_state="withdrawn")
    merged = await record.client.post(
        f"/v1/accommodations/{kept}/merges", json={"duplicate_id": away, "reason": "twice"}
    )
    assert merged.status_code < 300, merged.text

    assert await told(record, "accommodations", "external_id") == ["H1", "H3"]
    assert await told(record, "accommodations", "external_id", contract_state="withdrawn") == ["H3"]
    gone = await record.client.get(f"{ROOT}/accommodations/items/{away}")
    assert gone.status_code == 404


async def test_who_is_not_known_or_may_not_read_is_told_so(record):
    for path in ("", "/", "/api", "/conformance", "/collections", "/collections/visits/items"):
        nobody = await record.client.get(f"/ogc{path}", headers={"Authorization": ""})
        reporter = await record.client.get(f"/ogc{path}", headers=record.headers("reporter"))

        assert (nobody.status_code, reporter.status_code) == (401, 403), path
        assert nobody.headers["content-type"] == "application/problem+json"
        assert nobody.headers["www-authenticate"] == "Bearer"
        assert reporter.json()["type"].endswith("/forbidden")
        assert reporter.json()["request_id"]
