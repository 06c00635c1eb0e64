"""Figures of territories and operators, as they were known on a day."""

import pytest


async def told(record, **parameters):
    answer = await record.client.get("/v1/history/areas", params=parameters)
    assert answer.status_code == 200, answer.text
    return {it["area"]: it for it in answer.json()["items"]}


async def inspect(record, place, day, *answers, **values):
    await record.inspect(
        place,
        *answers,
        occurred_at=f"{day}T09:00:00Z",
        known_at=f"{day}T10:00:00Z",
        **values,
    )


async def test_an_area_is_told_by_coverage_delays_repairs_and_what_came_back(record):
    one, other = await record.place("H1"), await record.place("H2")
    await record.place("H3", postcode="92000")
    await inspect(record, one, "2026-03-02", ("leak", 2), ("wires", 3))
    await inspect(record, one, "2026-03-12", ("leak", 0))
    await inspect(record, one, "2026-04-20", ("leak", 2), ("wires", 0))
    await inspect(record, other, "2025-02-02", ("mould", 2))

    areas = await told(record, as_of="2026-04-30")

    assert set(areas) == {"75", "92"}
    paris = areas["75"]
    assert (paris["places"], paris["places_visited"], paris["coverage"]) == (2, 1, 0.5)
    assert (paris["inspections"], paris["anomalies"], paris["fixed"]) == (3, 3, 2)
    # The leak that came back stands within its delay; the mould of last year is long overdue.
    assert (paris["standing"], paris["overdue"]) == (2, 1)
    assert (paris["repeats"], paris["recurrence"]) == (1, pytest.approx(1 / 3))
    # Ten days for the leak, forty-nine for the wires.
    assert paris["median_days_to_fix"] == pytest.approx(29.5)
    silent = areas["92"]
    assert (silent["places"], silent["coverage"], silent["recurrence"]) == (1, 0, None)
    assert (silent["standing"], silent["median_days_to_fix"]) == (0, None)


async def test_figures_of_a_day_know_nothing_of_what_came_later(record):
    place = await record.place()
    await inspect(record, place, "2026-03-02", ("leak", 2))
    await inspect(record, place, "2026-04-12", ("leak", 0))

    async def figures(day):
        it = (await told(record, as_of=day))["75"]
        return it["inspections"], it["standing"], it["overdue"], it["fixed"]

    assert await figures("2026-03-01") == (0, 0, 0, 0)
    assert await figures("2026-03-02") == (1, 1, 0, 0)
    assert await figures("2026-04-11") == (1, 1, 1, 0)
    assert await figures("2026-04-12") == (2, 0, 0, 1)


async def test_operators_are_told_apart_by_name(record):
    await record.place("H1", operator="Hôtels réunis")
    await record.place("H2", operator="Hôtels réunis")
    await record.place("H3")

    areas = await told(record, by="operator")

    assert {name: it["places"] for name, it in areas.items()} == {"Hôtels réunis": 2, "": 1}


async def test_small_counts_are_withheld_from_figures_that_are_shared(record):
    for number in range(6):
        await record.place(f"P{number}")
    await record.place("far", postcode="92000")
    await inspect(record, await record.place("H"), "2026-03-02", ("leak", 2))

    areas = await told(record, as_of="2026-03-31", shared=True)

    assert (areas["75"]["places"], areas["75"]["places_visited"]) == (7, None)
    assert (areas["75"]["coverage"], areas["75"]["fixed"]) == (None, 0)
    assert {areas["92"][name] for name in ("places", "standing", "fixed", "coverage")} == {None}
    assert (await told(record, as_of="2026-03-31"))["75"]["places_visited"] == 1


async def test_a_withdrawn_place_and_places_of_other_territories_are_not_counted(record):
    await record.place("H1", contract_state="withdrawn")
    await record.place("H2", postcode="92000")

    answer = await record.client.get(
        "/v1/history/areas", headers=record.headers("reader", territories=["75"])
    )

    assert answer.json()["items"] == []
