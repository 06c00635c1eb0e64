async def test_a_list_says_of_each_thing_what_is_said_of_it_alone(record):
    bare = await record.place("A", position=None)
    place = await record.place(
        "B", operator="SARL", visit_hours=[{"weekday": 1, "opens": "09:00", "closes": "17:30"}]
    )
    counted = {"accommodation_id": place, "day": "2026-03-01", "rooms_booked": 3, "people": 7}
    await record.client.post("/v1/occupancy-snapshots", json={"items": [counted]})
    planned = {"accommodation_id": place, "scheduled_at": "2026-03-09T09:00:00Z", "origin": "due"}
    await record.client.post("/v1/visits", json=planned)
    await record.inspect(place, ("leak", 3), ("mould", 1), ("noise", 0))
    await record.inspect(bare, outcome="closed")

    async def alone(path, id):
        answer = await record.client.get(f"/v1/{path}/{id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    listed = {it: await record.items(f"/v1/{it}") for it in ("accommodations", "visits")}
    inspections = await record.items("/v1/inspections")
    anomalies = await record.items("/v1/anomalies")
    found = await record.items("/v1/findings")

    assert [len(it) for it in (*listed.values(), inspections, anomalies, found)] == [2, 3, 2, 2, 2]
    for path, items in (*listed.items(), ("inspections", inspections)):
        for item in items:
            assert item == await alone(path, item["id"])
    for item in anomalies:
        account = await alone("anomalies", item["id"])
        assert (item, account["findings"][0] in found) == (account["anomaly"], True)
    assert sorted(it["id"] for it in found) == sorted(
        it["id"] for inspection in inspections for it in inspection["findings"]
    )
    history = await record.items(f"/v1/accommodations/{place}/history")
    visits = [it for it in listed["visits"] if it["accommodation_id"] == place]
    assert [it["visit"] for it in history] == visits
    by_visit = {it["visit_id"]: it for it in inspections}
    assert [it["inspection"] for it in history] == [by_visit.get(it["id"]) for it in visits]


async def test_an_inspector_sees_in_lists_no_score_of_a_visit_to_come(record):
    place = await record.place()
    snapshot = {
        "score_id": "00000000-0000-0000-0000-000000000001",
        "model_id": None,
        "method": "rule",
        "as_of": "2026-03-01T00:00:00Z",
        "probability": 0.5,
        "priority_points": 10.0,
        "propensity": None,
    }
    planned = {"accommodation_id": place, "scheduled_at": "2026-03-09T09:00:00Z", "origin": "due"}
    made = await record.client.post("/v1/visits", json=planned | {"score_snapshot": snapshot})
    assert made.status_code == 201, made.text
    inspector = record.headers("inspector")

    for path, part in (("/v1/visits", None), (f"/v1/accommodations/{place}/history", "visit")):
        answers = [await record.client.get(path, headers=headers) for headers in (inspector, None)]
        told = [it.json()["items"][0] for it in answers]
        hidden, shown = (it if part is None else it[part] for it in told)
        assert (hidden["origin"], hidden["score_snapshot"]) == (None, None)
        assert shown["score_snapshot"]["probability"] == 0.5
