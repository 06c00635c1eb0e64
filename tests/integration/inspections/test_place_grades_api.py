from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.testing import THEIRS, bearer

GOOD = [("mould", 0), ("noise", 0), ("wires", 0)]


async def grade(record, place, as_of=None):
    answer = await record.client.get(
        f"/v1/accommodations/{place}/grade", params={"as_of": as_of} if as_of else {}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def inspect(record, place, day, *answers):
    return await record.inspect(
        place,
        *answers,
        occurred_at=f"{day}T09:00:00Z",
        known_at=f"{day}T10:00:00Z",
    )


async def test_a_finding_that_was_not_seen_again_still_stands_in_the_grade_of_the_place(record):
    place = await record.place()
    await inspect(record, place, "2026-03-02", ("leak", 3), *GOOD)

    later = await inspect(record, place, "2026-03-05", ("leak", "not_seen"), *GOOD)

    assert later["grade"] == "A"
    it = await grade(record, place, "2026-03-06")
    assert (it["grade"], it["reason"], it["standing"]) == ("C", "serious", 1)
    assert it["reason_label"] == {"fr": "Anomalie grave", "en": "Serious finding"}
    assert it["last_inspection"]["inspection_id"] == later["id"]
    assert (it["last_inspection"]["grade"], it["grading"]) == ("A", "place-1")


async def test_the_grade_of_a_day_knows_what_was_known_then_and_nothing_later(record):
    place = await record.place()
    first = await inspect(record, place, "2026-03-02", ("leak", 3), *GOOD)
    await inspect(record, place, "2026-04-20", ("leak", 0), *GOOD)

    async def told(day):
        it = await grade(record, place, day)
        return it["grade"], it["reason"], it["overdue"]

    assert await told("2026-03-01") == (None, None, 0)
    assert await told("2026-03-02") == ("C", "serious", 0)
    assert await told("2026-03-16") == ("C", "serious", 0)
    assert await told("2026-03-18") == ("D", "serious_overdue", 1)
    assert await told("2026-04-19") == ("D", "serious_overdue", 1)
    assert await told("2026-04-20") == ("A", "nothing_wrong", 0)
    frozen = (await record.client.get(f"/v1/inspections/{first['id']}")).json()
    assert frozen["grade"] == "C"


async def test_what_comes_back_weighs_more(record):
    place = await record.place()
    await inspect(record, place, "2026-03-02", ("leak", 1), ("mould", 0))
    await inspect(record, place, "2026-03-10", ("leak", 0), ("mould", 0))
    back = await inspect(record, place, "2026-03-20", ("leak", 1), ("mould", 0))

    it = await grade(record, place, "2026-03-20")

    assert it["repeats"] == 1
    assert it["insalubrity_index"] == pytest.approx(1.25 * back["insalubrity_index"])
    assert it["coverage"] == pytest.approx(2 / 44)


async def test_a_deadline_that_a_later_visit_brought_forward_is_not_that_of_before(record):
    place = await record.place()
    await inspect(record, place, "2026-03-02", ("leak", 3), *GOOD)
    await inspect(record, place, "2026-03-04", ("leak", 4), *GOOD)

    assert (await grade(record, place, "2026-03-03"))["overdue"] == 0
    it = await grade(record, place, "2026-03-06")
    assert (it["reason"], it["critical"], it["overdue"]) == ("danger", 1, 1)


async def test_what_is_said_to_be_fixed_is_not_late_and_stands_until_it_is_seen(record):
    place = await record.place()
    await inspect(record, place, "2026-03-02", ("leak", 3), *GOOD)
    (anomaly,) = await record.items("/v1/anomalies", accommodation_id=place)
    before = await grade(record, place)

    moved = await record.client.post(
        f"/v1/anomalies/{anomaly['id']}/moves",
        json={"move": "claim_fixed", "reason": "Plumber came"},
    )

    assert moved.status_code == 200, moved.text
    it = await grade(record, place)
    assert (before["grade"], before["overdue"]) == ("D", 1)
    assert (it["grade"], it["reason"], it["overdue"]) == ("C", "serious", 0)


async def test_what_somebody_else_answers_for_grades_no_place(record):
    place = await record.place()
    await record.inspect(
        place,
        answers=[
            {"item": "wires", "value": 4, "responsibility": "household"},
            {"item": "mould", "value": 0},
        ],
    )

    it = await grade(record, place)

    assert (it["grade"], it["standing"], it["coverage"]) == ("A", 0, pytest.approx(1 / 44))


async def test_the_grade_of_a_past_day_is_by_who_answered_then(record):
    place = await record.place()
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    await inspect(record, place, day, ("leak", 3), *GOOD)
    (anomaly,) = await record.items("/v1/anomalies", accommodation_id=place)
    assigned = {"move": "assign", "responsibility": "household", "reason": "Taps left open"}
    answer = await record.client.post(f"/v1/anomalies/{anomaly['id']}/moves", json=assigned)
    assert answer.status_code == 200, answer.text

    assert (await grade(record, place))["grade"] == "A"
    assert (await grade(record, place, day))["grade"] == "C"


async def test_a_place_nobody_could_see_has_no_grade(record):
    place = await record.place()
    assert (await grade(record, place))["last_inspection"] is None

    await record.inspect(place, outcome="nobody_there")

    it = await grade(record, place)
    assert (it["grade"], it["reason"], it["coverage"]) == (None, None, 0)
    assert it["last_inspection"]["grade"] is None


async def test_the_grade_of_a_place_is_seen_within_the_territories(record):
    place = await record.place()
    path = f"/v1/accommodations/{place}/grade"

    elsewhere = await record.client.get(path, headers=record.headers("reader", territories=["93"]))
    theirs = await record.client.get(path, headers=bearer(organisation=THEIRS))
    unknown = await record.client.get(f"/v1/accommodations/{uuid4()}/grade")

    assert [it.status_code for it in (elsewhere, theirs, unknown)] == [404] * 3


async def test_a_day_that_is_none_or_has_not_come_is_refused(record):
    place = await record.place()
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()

    for day in (tomorrow, "1999-12-31", "2026-02-30", "soon"):
        answer = await record.client.get(f"/v1/accommodations/{place}/grade", params={"as_of": day})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "query: as_of"
