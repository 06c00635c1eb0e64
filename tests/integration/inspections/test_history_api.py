"""What was known of places on a day, by visit, category, month and among peers."""

import xml.etree.ElementTree as ET

import pytest

from shared.testing import THEIRS, bearer

SVG = {"svg": "http://www.w3.org/2000/svg"}
FEW, MANY = {"rooms": 25}, {"rooms": 120}


async def read(record, path, **parameters):
    answer = await record.client.get(f"/v1/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def inspect(record, place, day, *answers, known_on=None, **values):
    return await record.inspect(
        place,
        *answers,
        occurred_at=f"{day}T09:00:00Z",
        known_at=f"{known_on or day}T10:00:00Z",
        **values,
    )


def cells_of(matrix):
    return {
        (cell["visit"], matrix["categories"][cell["category"]]): cell for cell in matrix["cells"]
    }


async def test_the_matrix_parts_what_was_found_from_what_was_clean_and_what_was_not_seen(record):
    place = await record.place()
    await inspect(record, place, "2026-03-02", ("leak", 2), ("mould", 0), ("wires", "not_seen"))
    await inspect(
        record, place, "2026-04-02", ("leak", 0), ("wires", 4), ("mould", "not_applicable")
    )

    matrix = await read(record, f"accommodations/{place}/matrix")

    assert [visit["occurred_at"][:10] for visit in matrix["visits"]] == ["2026-03-02", "2026-04-02"]
    told = {
        key: (cell["state"], cell["severity"], cell["critical"], cell["seen"])
        for key, cell in cells_of(matrix).items()
    }
    assert matrix["categories"] == ["damp_mould", "electrical"]
    assert told == {
        (0, "damp_mould"): ("finding", 2, 0, 2),
        (0, "electrical"): ("not_seen", 0, 0, 0),
        (1, "damp_mould"): ("clean", 0, 0, 1),
        (1, "electrical"): ("finding", 4, 1, 1),
    }


async def test_the_matrix_is_drawn_as_it_is_told(record):
    place = await record.place()
    await inspect(record, place, "2026-03-02", ("mould", 3), ("wires", 0))
    root = f"/v1/accommodations/{place}"
    told = (await record.client.get(f"{root}/matrix")).json()

    drawn = await record.client.get(f"{root}/matrix.svg", params={"language": "en"})

    assert drawn.headers["content-type"] == "image/svg+xml"
    svg = ET.fromstring(drawn.text)
    names = {it.text for it in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Damp and mould", "Electricity"} <= names
    marks = svg.findall("{http://www.w3.org/2000/svg}path")
    assert len(marks) == sum(it["state"] == "finding" for it in told["cells"]) == 1
    assert (await record.client.get(f"{root}/matrix.svg?language=de")).status_code == 422


async def test_how_long_anomalies_lasted_is_drawn_as_it_was_known(record):
    place = await record.place(name="<b>=1+1 & Cie")
    await inspect(record, place, "2026-01-05", ("pest_bedbugs", 4), ("leak", 2))
    await inspect(record, place, "2026-03-02", ("pest_bedbugs", 4), ("leak", 0), ("mould", 1))
    path = f"/v1/accommodations/{place}/timeline.svg"

    async def bars(**asked):
        answer = await record.client.get(path, params={"language": "en"} | asked)
        assert answer.headers["content-type"] == "image/svg+xml", answer.text
        titles = ET.fromstring(answer.text).findall("svg:g/svg:title", SVG)
        return sorted(it.text for it in titles)

    now = await bars(as_of="2026-03-31")
    before = await bars(as_of="2026-02-28")

    events = await record.items("/v1/anomalies", accommodation_id=place)
    assert len(now) == len(events) == 3
    assert [it.rsplit(": ", 1)[1] for it in now if "bugs" in it] == [
        "severity 4 – danger, 2026-01-05 – still there, 85 d"
    ]
    assert [it for it in now if "2026-01-05 – 2026-03-02, 56 d" in it], "seen to be right"
    assert len(before) == 2
    assert all("still there" in it for it in before)
    assert len(await bars(as_of="2026-03-31", months=1)) == 3
    assert len(await bars(as_of="2026-04-30", months=1)) == 2, "what was right before is left out"


async def test_a_picture_is_sent_once_while_nothing_changes(record):
    place = await record.place()
    await inspect(record, place, "2026-01-05", ("leak", 2))

    for name, item in (("matrix.svg", "wires"), ("timeline.svg", "mould")):
        path = f"/v1/accommodations/{place}/{name}"
        first = await record.client.get(path)
        tag = {"If-None-Match": first.headers["etag"]}
        assert (await record.client.get(path, headers=tag)).status_code == 304
        await inspect(record, place, "2026-01-06", (item, 3))
        assert (await record.client.get(path, headers=tag)).status_code == 200
        stranger = bearer("reader", organisation=THEIRS)
        assert (await record.client.get(path, headers=stranger)).status_code == 404


async def test_the_matrix_of_a_day_knows_what_was_known_then(record):
    place = await record.place()
    await inspect(record, place, "2026-03-02", ("leak", 2))
    await inspect(record, place, "2026-03-05", ("leak", 0), known_on="2026-03-20")

    before = await read(record, f"accommodations/{place}/matrix", as_of="2026-03-01")
    between = await read(record, f"accommodations/{place}/matrix", as_of="2026-03-19")
    after = await read(record, f"accommodations/{place}/matrix", as_of="2026-03-20")

    assert (before["visits"], before["categories"], before["cells"]) == ([], [], [])
    assert [cell["state"] for cell in between["cells"]] == ["finding"]
    assert [cell["state"] for cell in after["cells"]] == ["finding", "clean"]


async def test_a_visit_that_saw_nothing_is_a_column_without_cells(record):
    place = await record.place()
    await record.inspect(place, outcome="nobody_there", rooms_seen=0)

    matrix = await read(record, f"accommodations/{place}/matrix")

    assert [visit["outcome"] for visit in matrix["visits"]] == ["nobody_there"]
    assert matrix["cells"] == []


async def test_findings_are_counted_by_local_month_beside_the_inspections_of_it(record):
    one, other = await record.place("H1"), await record.place("H2", postcode="92000")
    # Half past midnight of April in Paris.
    await record.inspect(
        one,
        ("leak", 2),
        ("wires", 4),
        occurred_at="2026-03-31T22:30:00Z",
        known_at="2026-04-01T09:00:00Z",
    )
    await inspect(record, other, "2026-04-09", ("leak", 1))
    await inspect(record, one, "2026-03-09", ("leak", 0))

    by_territory = await read(record, "history/months", by="territory", as_of="2026-04-30")
    by_severity = await read(record, "history/months", by="severity", as_of="2026-04-30")

    assert by_territory["months"] == [
        {"month": "2026-03-01", "inspections": 1, "places": 1},
        {"month": "2026-04-01", "inspections": 2, "places": 2},
    ]
    counted = [
        (it["month"], it["group"], it["findings"], it["critical"], it["places"])
        for it in by_territory["counts"]
    ]
    assert counted == [("2026-04-01", "75", 2, 1, 1), ("2026-04-01", "92", 1, 0, 1)]
    assert [it["group"] for it in by_severity["counts"]] == ["1", "2", "4"]


async def test_months_before_those_asked_for_and_what_was_known_later_are_not_counted(record):
    place = await record.place()
    await inspect(record, place, "2026-02-27", ("leak", 2))
    await inspect(record, place, "2026-03-02", ("leak", 2))
    await inspect(record, place, "2026-03-03", ("wires", 2), known_on="2026-05-03")

    told = await read(record, "history/months", months=2, as_of="2026-04-30")

    assert [(it["month"], it["findings"]) for it in told["counts"]] == [("2026-03-01", 1)]


async def test_who_is_of_a_territory_counts_its_places_only(record):
    for code, postcode in (("H1", "75011"), ("H2", "92000")):
        await inspect(
            record, await record.place(code, postcode=postcode), "2026-03-02", ("leak", 2)
        )

    answer = await record.client.get(
        "/v1/history/months",
        params={"by": "territory", "as_of": "2026-03-31"},
        headers=record.headers("reader", territories=["92"]),
    )

    assert [it["group"] for it in answer.json()["counts"]] == ["92"]
    assert [it["inspections"] for it in answer.json()["months"]] == [1]


async def test_a_place_is_compared_with_those_of_its_territory_and_size(record):
    place = await record.place("H0", **FEW)
    await inspect(record, place, "2026-03-02", ("leak", 2), ("wires", 2), ("mould", 1))
    for number, findings in enumerate([0, 1, 2, 4]):
        peer = await record.place(f"P{number}", **FEW)
        answers = [(item, 1) for item in ("leak", "wires", "mould", "noise")[:findings]]
        await inspect(record, peer, "2026-03-02", *answers, ("heating", 0))
    await inspect(record, await record.place("large", **MANY), "2026-03-02", ("leak", 1))
    await inspect(
        record, await record.place("far", postcode="92000", **FEW), "2026-03-02", ("leak", 1)
    )

    told = await read(record, f"accommodations/{place}/peers", as_of="2026-03-31")

    assert (told["size_band"], told["peers"], told["inspections"]) == ("20-49 rooms", 4, 1)
    assert (told["findings_per_inspection"], told["median"], told["share_below"]) == (3, 1.5, 0.75)
    assert told["p10"] < told["median"] < told["p90"]


async def test_a_place_that_was_never_inspected_and_has_no_peers_is_compared_with_nothing(record):
    told = await read(record, f"accommodations/{await record.place()}/peers")

    nothing = ("findings_per_inspection", "p10", "median", "p90", "share_below")
    assert [told[name] for name in nothing] == [None] * len(nothing)
    assert (told["inspections"], told["peers"]) == (0, 0)


async def test_the_history_of_a_merged_place_is_that_of_the_one_that_was_kept(record):
    kept, double = await record.place("H1"), await record.place("H2")
    await inspect(record, double, "2026-03-02", ("leak", 2))
    merged = await record.client.post(
        f"/v1/accommodations/{kept}/merges", json={"duplicate_id": double, "reason": "twice"}
    )
    assert merged.status_code < 300, merged.text

    matrix = await read(record, f"accommodations/{double}/matrix")

    assert (matrix["accommodation_id"], len(matrix["visits"])) == (kept, 1)


async def test_histories_of_others_and_of_days_to_come_are_refused(record):
    place = await record.place()

    for path in ("matrix", "peers"):
        theirs = await record.client.get(
            f"/v1/accommodations/{place}/{path}", headers=bearer("reader", organisation=THEIRS)
        )
        later = await record.client.get(
            f"/v1/accommodations/{place}/{path}", params={"as_of": "2200-01-01"}
        )
        assert theirs.status_code == 404
        assert (later.status_code, later.json()["errors"][0]["pointer"]) == (422, "query: as_of")


async def test_places_around_a_place_come_nearest_first_with_what_stood_at_both(record):
    here = await record.place("H", position={"lon": 2.38, "lat": 48.86})
    next_door = await record.place("N", position={"lon": 2.381, "lat": 48.86})
    beyond = await record.place("B", position={"lon": 2.38, "lat": 48.864})
    await record.place("far", position={"lon": 2.38, "lat": 48.87})
    await record.place("hid", position={"lon": 2.38, "lat": 48.86}, confidential_address=True)
    at = {"occurred_at": "2026-03-02T09:00:00Z", "known_at": "2026-03-02T10:00:00Z"}
    await record.inspect(here, ("pest_bedbugs", 2), ("leak", 1), **at)
    await record.inspect(next_door, ("pest_bedbugs", 4), ("wires", 1), **at)

    async def around(day, **headers):
        answer = await record.client.get(
            f"/v1/accommodations/{here}/nearby", params={"as_of": day}, **headers
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    one, other = await around("2026-03-31")

    assert (one["accommodation_id"], other["accommodation_id"]) == (next_door, beyond)
    # A thousandth of a degree, shortened by the cosine of the latitude; four of a meridian.
    assert one["distance_m"] == pytest.approx(73.2, abs=0.2)
    assert other["distance_m"] == pytest.approx(444.8, abs=0.2)
    assert (one["standing"], one["critical"], one["shared_items"]) == (2, 1, ["pest_bedbugs"])
    assert (other["standing"], other["last_seen_at"]) == (0, None)
    assert [it["standing"] for it in await around("2026-03-01")] == [0, 0]
    keepers = record.headers("reader", "keeper")
    assert len(await around("2026-03-31", headers=keepers)) == 3
    elsewhere = record.headers("reader", territories=["92"])
    path = f"/v1/accommodations/{here}/nearby"
    assert (await record.client.get(path, headers=elsewhere)).status_code == 404


async def test_nothing_is_near_a_place_whose_address_is_hidden(record):
    hidden = await record.place("hid", confidential_address=True)
    await record.place("N")
    path = f"/v1/accommodations/{hidden}/nearby"

    told = await record.client.get(path, headers=record.headers("reader"))

    assert (told.status_code, told.json()["items"]) == (200, [])
