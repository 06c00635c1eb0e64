"""All that happened at a place, newest first, as it was known on a day."""

from datetime import UTC, datetime, timedelta


async def timeline(record, place, **parameters):
    return await record.items(f"/v1/accommodations/{place}/timeline", **parameters)


def told(events):
    return [(it["kind"], it["state"], it["item"], it["severity"]) for it in events]


async def inspect(record, place, day, *answers, **values):
    await record.inspect(
        place, *answers, occurred_at=f"{day}T09:00:00Z", known_at=f"{day}T10:00:00Z", **values
    )


async def complain(record, place, day):
    complaint = {
        "accommodation_id": place,
        "source": "association",
        "severity": 3,
        "category": "pests",
        "text": "Rats in the yard.",
        "occurred_at": f"{day}T08:00:00Z",
    }
    answer = await record.client.post("/v1/complaints", json=complaint)
    assert answer.status_code == 201, answer.text
    # As if it had come on its day.
    with record.database.administer() as connection:
        connection.execute(
            "update complaint set known_at = occurred_at where id = %s", [answer.json()["id"]]
        )
    return answer.json()


async def test_inspections_complaints_and_what_became_of_anomalies_are_told_in_order(record):
    place = await record.place()
    await inspect(record, place, "2026-03-02", ("leak", 2))
    await complain(record, place, "2026-03-05")
    await inspect(record, place, "2026-03-12", ("leak", 0))

    events = await timeline(record, place)

    # What happened at one moment has no order of its own.
    visit = ("inspection", "done", None, None)
    assert set(told(events[:2])) == {visit, ("anomaly", "verified", "leak", 2)}
    assert told(events[2:3]) == [("complaint", None, None, 3)]
    assert set(told(events[3:])) == {visit, ("anomaly", "open", "leak", 2)}
    assert [it["grade"] for it in events if it["kind"] == "inspection"] == ["A", "C"]


async def test_what_was_not_known_by_a_day_is_not_told_of_it(record):
    place = await record.place()
    await inspect(record, place, "2026-03-02", ("leak", 2))
    await inspect(record, place, "2026-03-12", ("leak", 0))

    before = told(await timeline(record, place, as_of="2026-03-11"))
    assert set(before) == {("inspection", "done", None, None), ("anomaly", "open", "leak", 2)}
    assert await timeline(record, place, as_of="2026-03-01") == []


async def test_the_verdict_on_a_complaint_is_told_from_the_day_it_was_given(record):
    place = await record.place()
    complaint = await complain(record, place, "2026-03-05")
    read = await record.client.get(f"/v1/complaints/{complaint['id']}")
    judged = await record.client.patch(
        f"/v1/complaints/{complaint['id']}",
        json={"verdict": "verified"},
        headers={"If-Match": read.headers["etag"]},
    )
    assert judged.status_code == 200, judged.text

    day_before = datetime.now(UTC).date() - timedelta(days=2)
    (then,) = await timeline(record, place, as_of=day_before.isoformat())
    assert then["state"] is None
    assert told(await timeline(record, place))[0][1] == "verified"


async def test_pages_go_through_all_of_it_once(record):
    place = await record.place()
    for day in range(1, 10):
        await inspect(
            record, place, f"2026-03-0{day}", ("leak", 2 - day % 2 * 2), ("wires", day % 2)
        )

    whole = await timeline(record, place)
    paged = await timeline(record, place, limit=2)

    assert paged == whole
    assert len(whole) > 9


async def test_a_cursor_of_another_list_is_refused(record):
    place = await record.place()
    path = f"/v1/accommodations/{place}/timeline"

    answer = await record.client.get(path, params={"cursor": "WyJhIiwgImIiXQ"})

    assert answer.status_code == 422
