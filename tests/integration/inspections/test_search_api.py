"""What the record tells is found by its words, accents or not, endings or not, typos or not."""

import pytest

from inspections.use_cases.search_record import index_changed
from shared.db import Database
from shared.testing import bearer


@pytest.fixture
async def told(record):
    """A record with things to find, indexed as the worker would."""
    star = await record.place("H1", name="Hôtel de l'Étoile", address="3 rue des Cœurs-Volants")
    secret = await record.place(
        "H2", name="Résidence Sérénité", address="9 allée Cachée", confidential_address=True
    )
    far = await record.place("H3", name="Hôtel du Nord", postcode="92000", city="Nanterre")
    form = record.form(star, occurred_at="2026-03-02T09:00:00Z")
    form["answers"] = [
        {"item": "pest_bedbugs", "value": 3, "room": "12", "note": "Matelas tachés, à jeter"},
        {"item": "leak", "value": 1},
    ]
    found = (await record.client.post("/v1/inspections", json=form)).json()
    await record.inspect(far, ("pest_bedbugs", 1))
    told = {"accommodation_id": star, "source": "family", "text": "Il fait très froid la nuit"}
    assert (await record.client.post("/v1/complaints", json=told)).status_code == 201
    await indexed(record)
    return {"star": star, "secret": secret, "far": far, "inspection": found["id"]}


async def indexed(record):
    database = Database(record.database.url, record.database.system_url)
    done = 1
    while done:
        async with database.session(record.organisation) as session:
            done = await index_changed(session, record.organisation)
    await database.dispose()


async def found(record, q, headers=None, **params):
    answer = await record.client.get("/v1/record-search", params={"q": q} | params, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


MEANT = {
    "etoile": "Hôtel de l'Étoile",
    "ÉTOILES": "Hôtel de l'Étoile",
    "hotel etiole": "Hôtel de l'Étoile",
    "coeurs volants": "Hôtel de l'Étoile",
    "seren": "Résidence Sérénité",
    "H2": "Résidence Sérénité",
    "matelas jeter": "pest_bedbugs",
    "punaises matelas": "pest_bedbugs",
    "punaizes matelats": "pest_bedbugs",
    "froid nuits": "complaint",
}


async def test_the_best_hit_is_what_was_meant(record, told):
    best = {asked: (await found(record, asked))[0]["title"] for asked in MEANT}

    assert best == MEANT


async def test_more_of_the_words_rank_before_fewer_and_kinds_can_be_chosen(record, told):
    hits = await found(record, "punaises tachés", kind="finding")

    assert [it["terms"] for it in hits] == [2, 1]
    assert {it["kind"] for it in hits} == {"finding"}
    assert hits[0]["told"] == "Matelas tachés, à jeter"
    assert await found(record, "zzzzzz") == []
    assert await found(record, "le la les") == []


async def test_nobody_finds_what_they_may_not_see(record, told):
    reader = record.headers("reader")

    assert await found(record, "allée cachée", reader) == []
    keeper = record.headers("reader", "keeper")
    assert [it["id"] for it in await found(record, "allée cachée", keeper)] == [told["secret"]]
    assert await found(record, "froid nuit", reader) == []
    complaints = await record.client.get(
        "/v1/record-search", params={"q": "froid", "kind": "complaint"}, headers=reader
    )
    assert complaints.status_code == 403
    north = record.headers("planner", territories=["92"])
    assert {it["accommodation_id"] for it in await found(record, "punaises", north)} == {
        told["far"]
    }
    assert await found(record, "etoile", bearer("manager")) == []


async def test_what_changes_is_found_by_its_new_words_and_what_is_voided_no_more(record, told):
    path = f"/v1/accommodations/{told['star']}"
    place = await record.client.get(path)
    sent = {
        "external_id": "H1",
        "name": "Hôtel du Levant",
        "postcode": "75011",
        "city": "Paris",
        "rooms": 20,
    }
    changed = await record.client.put(path, json=sent, headers={"If-Match": place.headers["etag"]})
    assert changed.status_code == 200, changed.text
    decision = {"state": "voided", "reason": "wrong hotel"}
    await record.client.post(f"/v1/inspection-reviews/{told['inspection']}", json=decision)

    # Before it is indexed again, nothing is shown that is not there any more.
    assert await found(record, "matelas") == []
    await indexed(record)

    assert [it["id"] for it in await found(record, "levant")] == [told["star"]]
    assert await found(record, "etoile") == []
    assert await found(record, "matelas") == []
