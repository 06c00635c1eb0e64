import asyncio

import psycopg
import pytest

from shared.testing import THEIRS, bearer

TITLE = {"fr": "Incendie", "en": "Fire"}
ITEM = {
    "code": "exit_blocked",
    "category": "fire_safety",
    "scope": "common_parts",
    "label": {"fr": "Issue encombrée", "en": "Escape route blocked"},
    "weight": 6,
    "danger_at": 2,
    "photo_from": 1,
    "references": "",
}
VERSIONS = "/v1/checklists/fire/versions"
SHEET = (
    "code;category;scope;label_fr;label_en;weight;danger_at;photo_from;refs\n"
    "exit_blocked;fire_safety;common_parts;Issue encombrée;Escape route blocked;6;2;1;\n"
)


def grid(*items, **values):
    return {"title": TITLE, "items": [ITEM | it for it in items or ({},)]} | values


async def draft(record, body=None):
    answer = await record.client.post(VERSIONS, json=body or grid())
    assert answer.status_code == 201, answer.text
    return answer


async def published(record, body=None):
    drafted = await draft(record, body)
    answer = await record.client.post(
        f"{drafted.headers['location']}/publication", headers={"If-Match": drafted.headers["etag"]}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def bring(record, sheet=SHEET, *, headers=None, **query):
    return await record.client.post(
        "/v1/checklist-imports",
        params={"code": "fire", **TITLE} | query,
        content=sheet.encode(),
        headers={"Content-Type": "text/csv"} | (headers or {}),
    )


def pointer(answer):
    assert answer.status_code == 422, answer.text
    return answer.json()["errors"][0]["pointer"]


async def test_a_checklist_is_drafted_edited_published_and_then_never_changes(record):
    drafted = await draft(record)
    path = drafted.headers["location"]
    assert path == f"{VERSIONS}/1"
    assert (drafted.json()["state"], drafted.json()["published_at"]) == ("draft", None)

    edited = await record.client.put(
        path, json=grid({"weight": 5}), headers={"If-Match": drafted.headers["etag"]}
    )
    live = await record.client.post(
        f"{path}/publication", headers={"If-Match": edited.headers["etag"]}
    )
    late = await record.client.put(path, json=grid(), headers={"If-Match": edited.headers["etag"]})
    gone = await record.client.delete(path, headers={"If-Match": edited.headers["etag"]})

    assert (edited.status_code, live.status_code) == (200, 200)
    assert (live.json()["id"], live.json()["state"]) == (drafted.json()["id"], "published")
    assert live.json()["items"][0]["weight"] == 5
    assert (late.status_code, gone.status_code) == (409, 409)
    assert "published and never changes" in late.json()["detail"]
    assert (await record.client.get(path)).json() == live.json()
    event = (await record.events())[-1]
    assert (event["kind"], event["subject_id"]) == ("checklist.published", live.json()["id"])
    assert event["data"] == {"code": "fire", "version": 1, "state": "published"}


async def test_a_draft_is_edited_published_and_deleted_only_as_it_was_read(record):
    drafted = await draft(record)
    path = drafted.headers["location"]
    old = {"If-Match": drafted.headers["etag"]}
    await record.client.put(path, json=grid({"weight": 5}), headers=old)

    stale = [
        await record.client.put(path, json=grid(), headers=old),
        await record.client.post(f"{path}/publication", headers=old),
        await record.client.delete(path, headers=old),
    ]
    blind = [
        await record.client.put(path, json=grid()),
        await record.client.post(f"{path}/publication"),
        await record.client.delete(path),
    ]

    assert [it.status_code for it in stale] == [412] * 3
    assert [it.status_code for it in blind] == [428] * 3
    assert (await record.client.get(path)).json()["items"][0]["weight"] == 5


async def test_a_deleted_draft_is_gone_and_its_number_free(record):
    drafted = await draft(record)
    path = drafted.headers["location"]

    gone = await record.client.delete(path, headers={"If-Match": drafted.headers["etag"]})

    assert gone.status_code == 204
    assert (await record.client.get(path)).status_code == 404
    absent = [
        await record.client.put(path, json=grid(), headers={"If-Match": '"1"'}),
        await record.client.post(f"{path}/publication", headers={"If-Match": '"1"'}),
        await record.client.post(f"{path}/retirement", json={"reason": "old"}),
    ]
    assert [it.status_code for it in absent] == [404] * 3
    assert (await draft(record)).headers["location"] == path


async def test_a_draft_sent_again_is_the_same_and_another_one_is_refused(record):
    first = await draft(record)
    again = await record.client.post(VERSIONS, json=grid())
    other = await record.client.post(VERSIONS, json=grid({"weight": 1}))

    assert (again.status_code, again.json()) == (200, first.json())
    assert other.status_code == 409
    assert f"{VERSIONS}/1" in other.json()["detail"]
    assert record.count("checklist_draft") == 1


async def test_a_draft_sent_and_published_many_times_at_once_is_one(record):
    drafts = await asyncio.gather(*(record.client.post(VERSIONS, json=grid()) for _ in range(8)))
    lives = await asyncio.gather(
        *(
            record.client.post(f"{VERSIONS}/1/publication", headers={"If-Match": '"1"'})
            for _ in range(8)
        )
    )

    assert sorted(it.status_code for it in drafts) == [200] * 7 + [201]
    assert {it.status_code for it in lives} == {200}
    assert len({it.text for it in lives}) == 1
    kinds = [it["kind"] for it in await record.events()]
    assert kinds == ["checklist.published"]
    assert (record.count("checklist_draft"), record.count("checklist")) == (0, 1)


async def test_the_next_version_tells_what_it_changes(record):
    await published(record)
    await published(record, grid({"weight": 5}, {"code": "fire_door"}))

    changes = await record.client.get(f"{VERSIONS}/2/changes", params={"since": 1})
    unknown = await record.client.get(f"{VERSIONS}/2/changes", params={"since": 3})

    assert changes.json() == {
        "since": 1,
        "added": ["fire_door"],
        "removed": [],
        "changed": [{"code": "exit_blocked", "fields": ["weight"]}],
    }
    assert unknown.status_code == 404


async def test_a_retired_version_takes_only_what_was_filled_in_before(record):
    await published(record)
    place = await record.place()

    async def fill_in(**values):
        form = record.form(place, ("exit_blocked", 0), checklist="fire", **values)
        return await record.client.post("/v1/inspections", json=form)

    before = await fill_in()
    retired = await record.client.post(f"{VERSIONS}/1/retirement", json={"reason": "too short"})
    again = await record.client.post(f"{VERSIONS}/1/retirement", json={"reason": "too short"})
    otherwise = await record.client.post(f"{VERSIONS}/1/retirement", json={"reason": "too long"})
    late = await fill_in(occurred_at=retired.json()["retired_at"].replace("Z", "+00:00"))
    too_late = await fill_in(occurred_at=retired.json()["retired_at"].replace("Z", "-00:01"))

    assert before.status_code == 201
    assert (retired.json()["state"], retired.json()["retired_because"]) == ("retired", "too short")
    assert (again.json(), otherwise.status_code) == (retired.json(), 409)
    assert late.status_code == 201
    assert pointer(too_late) == "/checklist_version"
    assert "versions in use: none" in too_late.json()["detail"]
    assert [it["kind"] for it in await record.events()].count("checklist.retired") == 1


async def test_a_draft_is_neither_filled_in_nor_retired(record):
    await draft(record)
    place = await record.place()

    form = record.form(place, ("exit_blocked", 0), checklist="fire")
    filled_in = await record.client.post("/v1/inspections", json=form)
    retired = await record.client.post(f"{VERSIONS}/1/retirement", json={"reason": "bad"})

    assert pointer(filled_in) == "/checklist_version"
    assert "is not published" in filled_in.json()["detail"]
    assert (retired.status_code, record.count("inspection")) == (409, 0)


async def test_versions_are_listed_by_code_and_number_with_their_state(record):
    await published(record)
    await record.client.post(f"{VERSIONS}/1/retirement", json={"reason": "old"})
    await published(record)
    await draft(record, grid({"weight": 1}))

    async def told(**filters):
        rows = await record.items("/v1/checklists", limit=2, **filters)
        return [(it["code"], it["version"], it["state"], it["item_count"]) for it in rows]

    everything = [
        ("default", 1, "published", 44),
        ("fire", 1, "retired", 1),
        ("fire", 2, "published", 1),
        ("fire", 3, "draft", 1),
    ]
    assert await told() == everything
    assert await told(code="fire") == everything[1:]
    assert await told(state="published") == [everything[0], everything[2]]
    forged = await record.client.get("/v1/checklists", params={"cursor": "WyJhIiwgIngiXQ"})
    assert pointer(forged) == "query: cursor"


async def test_a_checklist_goes_out_as_csv_and_comes_back_as_it_was(record):
    exported = await record.client.get("/v1/checklists/default/versions/1/items.csv")
    assert exported.headers["content-type"] == "text/csv; charset=utf-8"

    taken = await record.client.post(
        "/v1/checklist-imports", params={"code": "default", **TITLE}, content=exported.content
    )

    assert taken.json() == {
        "dry_run": False,
        "item_count": 44,
        "version": 2,
        "changes": {"since": 1, "added": [], "removed": [], "changed": []},
    }
    one, two = [
        (await record.client.get(f"/v1/checklists/default/versions/{n}")).json() for n in (1, 2)
    ]
    assert (two["state"], two["items"]) == ("draft", one["items"])


async def test_an_import_makes_a_draft_or_replaces_the_one_it_names(record):
    dry = await bring(record, dry_run=True)
    assert (dry.json()["version"], record.count("checklist_draft")) == (1, 0)

    first = await bring(record)
    again = await bring(record)
    heavier = SHEET.replace(";6;", ";5;")
    blind = await bring(record, heavier)
    replaced = await bring(record, heavier, headers={"If-Match": '"1"'})
    stale = await bring(record, SHEET, headers={"If-Match": '"1"'})

    assert [it.status_code for it in (first, again, replaced)] == [200] * 3
    assert (blind.status_code, stale.status_code) == (409, 412)
    assert first.json()["changes"] is None
    assert (await record.client.get(f"{VERSIONS}/1")).json()["items"][0]["weight"] == 5


async def test_a_sheet_with_wrong_cells_is_refused_whole_with_all_of_them(record):
    wrong = SHEET + "roof;structure;attic;Toit;Roof;9;0;0;\nexit_blocked;a;room;A;B;1;0;0;\n"

    refused = await bring(record, wrong)
    no_sheet = await bring(record, "code;category\n")

    assert [it["pointer"] for it in refused.json()["errors"]] == [
        "line 3: scope",
        "line 3: weight",
        "line 4: category",
    ]
    assert pointer(no_sheet) == "/"
    assert record.count("checklist_draft") == 0


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (grid({}, {}), "/items/1/code"),
        (grid(items=[]), "/items"),
        (grid({"scope": "attic"}), "/items/0/scope"),
        (grid({"weight": 0}), "/items/0/weight"),
        (grid({"weight": True}), "/items/0/weight"),
        (grid({"danger_at": 5}), "/items/0/danger_at"),
        (grid({"code": "Exit!"}), "/items/0/code"),
        (grid({"label": {"fr": "Issue"}}), "/items/0/label/en"),
        (grid({"label": {"fr": "=1+1", "en": "x"}}), "/items/0/label/fr"),
        (grid({"label": {"fr": "x" * 201, "en": "x"}}), "/items/0/label/fr"),
        (grid({"references": "@cmd"}), "/items/0/references"),
        (grid({"colour": "red"}), "/items/0/colour"),
        (grid(title={"fr": ""}), "/title/fr"),
    ],
)
async def test_a_bad_checklist_is_refused_naming_its_field_and_nothing_is_kept(record, body, where):
    answer = await record.client.post(VERSIONS, json=body)

    assert pointer(answer) == where
    assert record.count("checklist_draft") == 0


async def test_only_who_runs_the_organisation_writes_its_checklists(record):
    path = (await draft(record)).headers["location"]
    inspector = record.headers("inspector") | {"If-Match": '"1"'}

    refused = [
        await record.client.post(VERSIONS, json=grid(), headers=inspector),
        await record.client.put(path, json=grid(), headers=inspector),
        await record.client.post(f"{path}/publication", headers=inspector),
        await record.client.post(f"{path}/retirement", json={"reason": "x"}, headers=inspector),
        await record.client.delete(path, headers=inspector),
        await bring(record, headers=inspector),
    ]
    read = await record.client.get(path, headers=inspector)
    theirs = await record.client.get(path, headers=bearer(organisation=THEIRS))

    assert [it.status_code for it in refused] == [403] * 6
    assert (read.status_code, theirs.status_code) == (200, 404)


async def test_a_draft_begun_while_the_one_before_is_published_has_the_next_number(record):
    """The publication is written but not committed when the next draft comes in."""
    await draft(record)
    conninfo = record.database.server.conninfo(record.database.name, "inspections")
    columns = "organisation, id, code, version, title_fr, title_en, items"
    async with await psycopg.AsyncConnection.connect(conninfo) as publisher:
        await publisher.execute(
            "select set_config('app.organisation', %s, true)", [str(record.organisation)]
        )
        await publisher.execute(
            f"insert into checklist ({columns}) select {columns} from checklist_draft"
        )
        await publisher.execute("delete from checklist_draft")
        next_one = asyncio.create_task(record.client.post(VERSIONS, json=grid({"weight": 1})))
        await asyncio.sleep(0.5)
        assert not next_one.done()
        await publisher.commit()
    drafted = await next_one

    assert (drafted.status_code, drafted.json()["version"]) == (201, 2)
    live = await record.client.post(
        f"{drafted.headers['location']}/publication", headers={"If-Match": drafted.headers["etag"]}
    )
    assert (live.status_code, live.json()["version"]) == (200, 2)


async def test_a_version_is_read_as_linked_data_too(record):
    path = "/v1/checklists/default/versions/1/vocabulary.jsonld"

    answer = await record.client.get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ld+json")
    told = {it["id"]: it for it in answer.json()["@graph"]}
    assert told["#item-mould"]["closeMatch"] == ["#signal_logement-logement_humidite"]
    assert told["#item-mould"]["label"]["en"] == "Visible mould (area)"
    missing = await record.client.get(path.replace("/1/", "/9/"))
    assert missing.status_code == 404
