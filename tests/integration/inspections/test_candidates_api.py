from datetime import date, timedelta
from uuid import uuid4

import pytest

PATH = "/v1/candidates"
MONDAY = "2026-03-09"
PLAN = str(uuid4())


async def candidates(record, starts_on: str = MONDAY, days: int = 5) -> dict:
    answer = await record.client.get(PATH, params={"starts_on": starts_on, "days": days})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_candidate_says_what_its_visit_needs(record):
    hours = [{"weekday": 2, "opens": "10:00", "closes": "12:00"}]
    place = await record.place(visit_hours=hours, skills=["arabic"], sector="Nord")

    page = await candidates(record)

    assert page == {
        "items": [
            {
                "accommodation_id": place,
                "name": "Hôtel de l'Étoile",
                "territory": "75",
                "sector": "Nord",
                "position": {"lon": 2.38, "lat": 48.86},
                "rooms_to_see": 7,
                "fixed_min": 30.0,
                "person_min": 35.0,
                "windows": [
                    {"opens_at": "2026-03-10T09:00:00Z", "closes_at": "2026-03-10T11:00:00Z"}
                ],
                "visit_kind": "routine",
                "due_on": MONDAY,
                "due_reason": {"fr": "Jamais visité", "en": "Never visited"},
                "interval_days": 180,
                "must_visit": False,
                "must_reason": None,
                "skills": ["arabic"],
                "announced": False,
                "last_visit_on": None,
                "people": None,
                "children_under_three": None,
            }
        ],
        "unplaced": [],
    }


async def test_places_not_located_are_told_apart_and_those_not_booked_left_out(record):
    unplaced = await record.place("A", position=None)
    await record.place("B", contract_state="suspended")
    await record.place("C", contract_state="withdrawn", position=None)

    assert await candidates(record) == {"items": [], "unplaced": [unplaced]}


async def test_the_last_visit_carried_out_decides_when_a_place_is_due(record):
    place = await record.place()
    await record.inspect(place, ("leak", 3), occurred_at="2026-02-25T09:00:00Z")
    await record.inspect(place, ("leak", 0), occurred_at="2025-12-01T09:00:00Z")
    await record.inspect(place, occurred_at="2026-03-01T09:00:00Z", outcome="nobody_there")

    (item,) = (await candidates(record))["items"]

    assert item["last_visit_on"] == "2026-02-25"
    assert date.fromisoformat(item["due_on"]) == date(2026, 2, 25) + timedelta(days=90)
    assert item["must_visit"] is False


async def test_what_was_not_put_right_brings_the_next_visit_of_a_place_nearer(record):
    place = await record.place()
    await record.inspect(place, ("leak", 3), ("mould", 0), occurred_at="2026-02-02T09:00:00Z")
    clean = await record.inspect(place, ("mould", 0), occurred_at="2026-02-20T09:00:00Z")
    (late,) = (await candidates(record))["items"]
    await record.inspect(place, ("leak", 0), occurred_at="2026-02-21T09:00:00Z")
    (righted,) = (await candidates(record))["items"]

    assert clean["grade"] == "A"
    assert late["due_on"] == "2026-03-22"
    assert (late["interval_days"], righted["interval_days"]) == (30, 180)
    assert late["due_reason"]["en"] == "Grade D: a visit every 30 days at the most"
    assert righted["due_on"] == "2026-08-20"


async def test_a_critical_finding_makes_a_must_until_the_place_is_seen_again(record):
    place = await record.place()
    await record.inspect(place, ("gas_co", 2), occurred_at="2026-03-06T09:00:00Z")

    (found,) = (await candidates(record))["items"]
    await record.inspect(place, ("gas_co", 0), occurred_at="2026-03-07T09:00:00Z")
    (seen,) = (await candidates(record))["items"]

    assert (found["must_visit"], found["due_on"]) == (True, "2026-03-07")
    assert (found["visit_kind"], seen["visit_kind"]) == ("reinspection", "routine")
    assert found["must_reason"]["fr"] == "Anomalie critique à revoir au plus tard le 2026-03-07"
    assert (seen["must_visit"], seen["must_reason"]) == (False, None)


@pytest.mark.parametrize(
    ("outcome", "answers"),
    [("done", []), ("done", [("gas_co", "not_seen")]), ("refused", [("leak", 1)]), ("closed", [])],
)
async def test_a_visit_that_saw_nothing_ends_no_duty_to_see_a_place_again(record, outcome, answers):
    place = await record.place()
    await record.inspect(place, ("gas_co", 2), occurred_at="2026-03-04T09:00:00Z")
    await record.inspect(place, *answers, occurred_at="2026-03-05T09:00:00Z", outcome=outcome)

    (item,) = (await candidates(record))["items"]

    assert (item["must_visit"], item["due_on"]) == (True, "2026-03-05")
    assert item["must_reason"]["en"] == "Critical finding to be seen again by 2026-03-05"
    assert item["visit_kind"] == "reinspection"


async def test_what_was_seen_from_a_door_that_stayed_shut_is_a_duty_too(record):
    place = await record.place()
    await record.inspect(place, ("leak", 0), occurred_at="2026-03-04T09:00:00Z")
    refused = await record.inspect(
        place, ("gas_co", 4), occurred_at="2026-03-05T09:00:00Z", outcome="refused"
    )

    (found,) = (await candidates(record))["items"]
    await record.inspect(place, ("leak", 0), occurred_at="2026-03-07T09:00:00Z")
    (seen,) = (await candidates(record))["items"]

    assert (refused["grade"], refused["findings"][0]["critical"]) == ("D", True)
    assert (found["must_visit"], found["due_on"]) == (True, "2026-03-06")
    assert found["last_visit_on"] == "2026-03-04"
    assert (seen["must_visit"], seen["visit_kind"]) == (False, "routine")


async def test_a_place_never_entered_may_have_to_be_seen_again(record):
    place = await record.place()
    await record.inspect(
        place, ("gas_co", 4), occurred_at="2026-03-05T09:00:00Z", outcome="refused"
    )

    (item,) = (await candidates(record))["items"]
    event = (await record.events())[-1]["data"]

    assert (item["must_visit"], item["due_on"]) == (True, "2026-03-06")
    assert item["last_visit_on"] is None
    assert event["next_due_on"] == "2026-03-06"


async def test_a_place_long_overdue_is_a_must(record):
    await record.inspect(await record.place(), ("leak", 0), occurred_at="2025-01-06T09:00:00Z")

    (item,) = (await candidates(record))["items"]

    assert item["must_reason"]["en"] == "Visit overdue by 247 days"


@pytest.mark.parametrize(
    ("scheduled_at", "proposed"),
    [
        ("2026-03-08T22:59:00Z", True),
        ("2026-03-08T23:00:00Z", False),
        ("2026-03-11T09:00:00Z", False),
        ("2026-03-13T22:59:00Z", False),
        ("2026-03-13T23:00:00Z", True),
    ],
)
async def test_a_place_with_a_visit_planned_on_these_days_is_not_proposed(
    record, scheduled_at, proposed
):
    place, other, unplaced = [
        await record.place(name, **values)
        for name, values in (("A", {}), ("B", {}), ("C", {"position": None}))
    ]
    items = [
        {
            "accommodation_id": it,
            "scheduled_at": scheduled_at,
            "plan_id": PLAN,
            "stop_id": str(uuid4()),
        }
        for it in (place, unplaced)
    ]

    accepted = await record.client.post("/v1/visits/bulk", json={"items": items})
    page = await candidates(record)

    assert accepted.status_code == 200
    found = {it["accommodation_id"] for it in page["items"]} | set(page["unplaced"])
    assert found == ({place, other, unplaced} if proposed else {other})


@pytest.mark.parametrize("outcome", ["done", "refused"])
async def test_a_visit_that_is_over_keeps_no_place_from_being_proposed(record, outcome):
    place = await record.place()
    visit = await record.client.post(
        "/v1/visits", json={"accommodation_id": place, "scheduled_at": "2026-03-10T09:00:00Z"}
    )
    await record.inspect(place, visit_id=visit.json()["id"], outcome=outcome)

    (item,) = (await candidates(record))["items"]

    assert item["accommodation_id"] == place


async def test_a_cancelled_visit_keeps_no_place_from_being_proposed(record):
    place = await record.place()
    await record.client.post(
        "/v1/visits", json={"accommodation_id": place, "scheduled_at": "2026-03-10T09:00:00Z"}
    )
    assert (await candidates(record))["items"] == []

    with record.database.administer() as connection:
        connection.execute(
            "update visit set state = 'cancelled' where accommodation_id = %s", [place]
        )

    (item,) = (await candidates(record))["items"]
    assert item["accommodation_id"] == place


@pytest.mark.parametrize(
    "query", ["", "starts_on=tomorrow", "starts_on=1999-12-31", f"starts_on={MONDAY}&days=32"]
)
async def test_days_that_cannot_be_planned_are_refused(record, query):
    assert (await record.client.get(f"{PATH}?{query}")).status_code == 422
