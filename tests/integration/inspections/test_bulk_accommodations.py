"""Another system pushes its places, thousands at once: the good are taken, the bad are told."""

import asyncio
import json
from uuid import uuid4

import pytest

from shared.testing import THEIRS, bearer

PLACE = {"name": "Hôtel", "postcode": "75011", "city": "Paris", "rooms": 20}
PATH = "/v1/accommodations/bulk"


def lines(*rows):
    return "".join((it if isinstance(it, str) else json.dumps(it)) + "\n" for it in rows)


async def push(record, *rows, **options):
    headers = {"Content-Type": "application/x-ndjson"} | options.pop("headers", {})
    return await record.client.post(PATH, content=lines(*rows), headers=headers, **options)


async def test_the_same_lines_again_change_nothing_and_have_the_same_ids(record):
    rows = [PLACE | {"external_id": it} for it in "ABC"]

    first = (await push(record, *rows)).json()
    events = await record.events()
    again = (await push(record, *rows)).json()

    assert (first["created"], first["unchanged"]) == (3, 0)
    assert (again["created"], again["unchanged"]) == (0, 3)
    assert [it["id"] for it in first["rows"]] == [it["id"] for it in again["rows"]]
    assert [it["line"] for it in first["rows"]] == [1, 2, 3]
    assert record.count("accommodation") == 3
    assert await record.events() == events
    assert [it["kind"] for it in events] == ["accommodation.changed"] * 3


async def test_a_field_that_a_line_leaves_out_keeps_its_value(record):
    place = await record.place("A", sector="Nord", access_notes="Ring twice.", capacity=40)

    rows = [
        PLACE | {"external_id": "A", "name": "New", "capacity": None},
        PLACE | {"external_id": "B", "sector": "Sud"},
    ]
    answer = (await push(record, *rows)).json()
    found = (await record.client.get(f"/v1/accommodations/{place}")).json()

    assert [it["result"] for it in answer["rows"]] == ["updated", "created"]
    assert answer["rows"][0]["id"] == place
    assert (found["name"], found["sector"], found["access_notes"]) == ("New", "Nord", "Ring twice.")
    assert found["capacity"] is None
    assert found["position"] == {"lon": 2.38, "lat": 48.86}


BAD = (
    ("{", "line 1: /"),
    ("[]", "line 1: /"),
    ("\udcff", "line 1: /"),
    ('"' + "[" * 5000, "line 1: /"),
    ({"external_id": "A"}, "line 1: /name"),
    (PLACE | {"external_id": "A", "rooms": 0}, "line 1: /rooms"),
    (PLACE | {"external_id": "A", "stars": 3}, "line 1: /stars"),
    (PLACE | {"external_id": "A", "postcode": "99000"}, "line 1: /postcode"),
    (PLACE | {"external_id": "A", "siret": "1" * 14}, "line 1: /siret"),
    (PLACE | {"external_id": "A", "position": {"lon": 0, "lat": 0}}, "line 1: /position"),
    (PLACE | {"external_id": "A", "address": "a\0b"}, "line 1: /address"),
    (PLACE | {"external_id": "A", "insee_commune": "93066"}, "line 1: /insee_commune"),
    (PLACE | {"external_id": "A", "operator_id": str(uuid4())}, "line 1: /operator_id"),
    (
        PLACE
        | {
            "external_id": "A",
            "visit_hours": [{"weekday": 1, "opens": "10:00", "closes": "09:00"}],
        },
        "line 1: /visit_hours",
    ),
    (
        PLACE
        | {
            "external_id": "A",
            "visit_hours": [{"weekday": 1, "opens": "08:00Z", "closes": "09:00Z"}],
        },
        "line 1: /visit_hours",
    ),
)


@pytest.mark.parametrize(("bad", "pointer"), BAD, ids=[it[1] for it in BAD])
async def test_a_bad_line_is_told_and_the_others_are_taken(record, bad, pointer):
    text = lines(bad, PLACE | {"external_id": "good"}).encode("utf-8", "surrogateescape")

    answer = await record.client.post(PATH, content=text)
    refused = await record.client.post(PATH, content=text, params={"atomic": True})

    assert answer.status_code == 200, answer.text
    first, second = answer.json()["rows"]
    assert (first["result"], first["id"], second["result"]) == ("refused", None, "created")
    assert first["errors"][0]["pointer"].startswith(pointer)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"].startswith(pointer)
    assert record.count("accommodation") == 1


async def test_all_or_none_takes_none(record):
    rows = [PLACE | {"external_id": "A"}, PLACE | {"external_id": "B", "rooms": 0}]

    answer = await push(record, *rows, params={"atomic": True})

    assert answer.status_code == 422
    assert "nothing was taken" in answer.json()["detail"]
    assert (record.count("accommodation"), await record.events()) == (0, [])


async def test_of_two_lines_of_a_place_the_first_counts(record):
    rows = [PLACE | {"external_id": "A"}, PLACE | {"external_id": "A", "name": "Other"}]

    first, second = (await push(record, *rows)).json()["rows"]

    assert (first["result"], second["result"]) == ("created", "refused")
    assert "line 1" in second["errors"][0]["detail"]


async def test_what_is_not_the_senders_to_change_is_refused_and_stays(record):
    await record.place("elsewhere", postcode="93200", position=None)
    await record.place("hidden", confidential_address=True)
    kept, gone = await record.place("kept"), await record.place("gone")
    await record.client.post(
        f"/v1/accommodations/{kept}/merges", json={"duplicate_id": gone, "reason": "Twice."}
    )
    names = ["elsewhere", "hidden", "gone", "new"]
    rows = [PLACE | {"external_id": it, "name": "Mine"} for it in names]
    rows.append(PLACE | {"external_id": "far", "postcode": "93200"})

    answer = await push(record, *rows, headers=record.headers("manager", territories=["75"]))

    told = {it["external_id"]: it for it in answer.json()["rows"]}
    assert {name for name, it in told.items() if it["result"] == "refused"} == {
        *("elsewhere", "hidden", "gone", "far")
    }
    assert kept in told["gone"]["errors"][0]["detail"]
    assert told["far"]["errors"][0]["pointer"] == "line 5: /postcode"
    assert [it["name"] for it in await record.items("/v1/accommodations", q="Mine")] == ["Mine"]


async def test_a_contract_is_left_to_the_ladder_of_sanctions(record):
    await record.place("A")

    answer = await push(record, PLACE | {"external_id": "A", "contract_state": "suspended"})

    assert answer.json()["rows"][0]["errors"][0]["pointer"] == "line 1: /contract_state"


async def test_an_operator_is_told_by_name_or_by_id(record):
    operator = await record.client.post("/v1/operators", json={"name": "Lilas"})
    its_id = operator.json()["id"]
    rows = [
        PLACE | {"external_id": "A", "operator": "Lilas"},
        PLACE | {"external_id": "B", "operator_id": its_id},
        PLACE | {"external_id": "C", "operator_id": its_id, "operator": "Other"},
    ]

    answer = (await push(record, *rows)).json()

    assert [it["result"] for it in answer["rows"]] == ["created", "created", "refused"]
    found = await record.items("/v1/accommodations", operator_id=its_id)
    assert {it["operator"] for it in found} == {"Lilas"}
    assert len(found) == 2


async def test_pushes_at_once_make_one_row_of_each(record):
    sectors = ({}, {"sector": "Nord"})
    rows = [PLACE | {"external_id": f"P{n}"} | sectors[n % 2] for n in range(20)]

    answers = await asyncio.gather(*(push(record, *rows[:: (-1) ** n]) for n in range(6)))

    assert {it.status_code for it in answers} == {200}
    assert sum(it.json()["created"] for it in answers) == 20
    assert record.count("accommodation") == 20


async def test_too_many_lines_are_refused_and_none_is_no_error(record):
    many = await record.client.post(PATH, content="{}\n" * 10_001)
    none = await record.client.post(PATH, content="\n\n")

    assert many.status_code == 422
    assert "10,000" in many.json()["detail"]
    assert none.json()["rows"] == []


async def test_a_reader_may_not_push_and_others_see_nothing_of_it(record):
    refused = await push(record, PLACE, headers=record.headers("reader"))
    await push(record, PLACE | {"external_id": "A"})
    theirs = await record.client.get(
        "/v1/accommodations", headers=bearer("reader", organisation=THEIRS)
    )

    assert refused.status_code == 403
    assert theirs.json()["items"] == []
