"""OGC API - Features 1.0 as the standard has it: links, pages, parameters, documents."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from shared import paging

ROOT = "http://service.test/ogc"
ITEMS = "/ogc/collections/accommodations/items"
ALL = ("accommodations", "findings", "visits", "rounds")


def links(page):
    return {it["rel"]: it["href"] for it in page["links"]}


async def ids(record, **parameters):
    answer = await record.client.get(ITEMS, params=parameters)
    assert answer.status_code == 200, answer.text
    return [it["properties"]["external_id"] for it in answer.json()["features"]]


async def dated(record):
    place = await record.place()
    for day in ("2026-01-10", "2026-02-10", "2026-03-10"):
        await record.inspect(place, ("leak", 1), occurred_at=f"{day}T10:00:00Z")


async def days(record, time):
    answer = await record.client.get("/ogc/collections/findings/items", params={"datetime": time})
    assert answer.status_code == 200, answer.text
    return sorted(it["properties"]["occurred_at"][:10] for it in answer.json()["features"])


async def test_the_landing_page_leads_to_everything(record):
    for path in ("/ogc", "/ogc/"):
        page = (await record.client.get(path)).json()
        assert links(page) == {
            "self": f"{ROOT}/",
            "service-desc": f"{ROOT}/api",
            "conformance": f"{ROOT}/conformance",
            "data": f"{ROOT}/collections",
        }
    for href in links(page).values():
        assert (await record.client.get(href)).status_code == 200
    classes = (await record.client.get("/ogc/conformance")).json()["conformsTo"]
    assert [it.rsplit("/", 1)[1] for it in classes] == ["core", "geojson", "oas30"]


async def test_links_begin_with_where_the_gateway_is_asked(record):
    told = {"Ronde-Base-Url": "https://ronde.example/t/ronde_key"}
    await record.place("H1")
    await record.place("H2")

    for path in ("/ogc", "/ogc/collections", f"{ITEMS}?limit=1", "/ogc/conformance"):
        page = (await record.client.get(path, headers=told)).json()
        found = [page, *page.get("collections", [])]
        hrefs = [it["href"] for one in found for it in one["links"]]
        assert hrefs
        assert all(it.startswith("https://ronde.example/t/ronde_key/ogc/") for it in hrefs)
    document = (await record.client.get("/ogc/api", headers=told)).json()
    assert document["servers"] == [{"url": "https://ronde.example/t/ronde_key/ogc"}]


async def test_every_collection_says_what_its_features_tell_and_are_asked_by(record):
    page = (await record.client.get("/ogc/collections")).json()

    assert [it["id"] for it in page["collections"]] == list(ALL)
    for it in page["collections"]:
        alone = (await record.client.get(links(it)["self"])).json()
        assert alone == it
        schema = await record.client.get(links(it)["describedby"])
        told = schema.json()["properties"]["properties"]["properties"]
        queryables = await record.client.get(
            links(it)["http://www.opengis.net/def/rel/ogc/1.0/queryables"]
        )
        assert schema.headers["content-type"] == "application/schema+json"
        # GDAL takes any comparison with a time for one with the time of the feature.
        assert sum("format" in one for one in told.values()) == (it["id"] != "accommodations")
        assert set(queryables.json()["properties"]) < set(told)
    assert "extent" not in page["collections"][0]
    assert (await record.client.get("/ogc/collections/homes")).status_code == 404
    assert (await record.client.get("/ogc/collections/homes/items")).status_code == 404
    lost = await record.client.get("/ogc/collections/")
    assert lost.status_code == 404, "no redirect, which would name an address that callers lack"
    assert "location" not in lost.headers


async def test_the_document_has_each_collection_by_its_path_and_keeps_its_word(record):
    answer = await record.client.get("/ogc/api")
    document = answer.json()

    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert document["openapi"] == "3.0.3"
    operations = [it["get"] for it in document["paths"].values()]
    assert len({it["operationId"] for it in operations}) == len(operations) == 4 + 5 * len(ALL)
    for path, it in document["paths"].items():
        status = 404 if "{featureId}" in path else 200
        answer = await record.client.get(f"/ogc{path}".replace("{featureId}", str(uuid4())))
        media = next(iter(it["get"]["responses"][str(status)]["content"]))
        assert answer.status_code == status, path
        assert answer.headers["content-type"] == media
    for collection in ALL:
        asked = document["paths"][f"/collections/{collection}/items"]["get"]["parameters"]
        for parameter in asked:
            answer = await record.client.get(
                f"/ogc/collections/{collection}/items",
                params={parameter["name"]: example(parameter, collection)},
            )
            assert answer.status_code == 200, answer.text


CURSORS = {
    "findings": paging.encode("2026-01-01T00:00:00+00:00", str(uuid4())),
    "": paging.encode("", str(uuid4())),
}


def example(parameter, collection):
    named = {
        "bbox": "1,2,3,4",
        "datetime": "../..",
        "cursor": CURSORS.get(collection, CURSORS[""]),
    }
    schema = parameter["schema"]
    of_type = {"integer": "1", "boolean": "true"}.get(schema["type"], "x")
    return named.get(parameter["name"]) or schema.get("enum", [of_type])[0]


async def test_pages_follow_each_other_whatever_happens_in_between(record):
    for number in range(5):
        await record.place(f"H{number}", name=f"Hôtel {number}")
    params = {"limit": 2, "city": "Paris", "bbox": "2,48,3,49"}

    first = (await record.client.get(ITEMS, params=params)).json()
    at_once = await ids(record)
    # A name that changes, or the end of the page that goes, moves nothing.
    with record.database.administer() as connection:
        connection.execute(
            "update accommodation set name = 'A', merged_into = %s where id = %s",
            [first["features"][0]["id"], first["features"][1]["id"]],
        )
    pages = [first]
    while "next" in links(pages[-1]):
        pages.append((await record.client.get(links(pages[-1])["next"])).json())

    assert [it["numberReturned"] for it in pages] == [2, 2, 1]
    assert [it.get("numberMatched") for it in pages] == [5, None, None]
    found = [it["properties"]["external_id"] for page in pages for it in page["features"]]
    assert found == at_once
    query = parse_qs(urlsplit(links(pages[1])["self"]).query)
    assert {**query, "cursor": None} == {
        "limit": ["2"],
        "city": ["Paris"],
        "bbox": ["2,48,3,49"],
        "cursor": None,
    }
    assert (await record.client.get(links(pages[1])["self"])).json()["features"] == pages[1][
        "features"
    ]


async def test_a_page_is_not_sent_again_to_who_has_it(record):
    await record.place()
    answer = await record.client.get(ITEMS)
    known = {"If-None-Match": answer.headers["etag"]}

    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.json()["timeStamp"].endswith("Z")
    assert (await record.client.get(ITEMS, headers=known)).status_code == 304
    await record.place("H2")
    assert (await record.client.get(ITEMS, headers=known)).status_code == 200


async def test_a_limit_beyond_the_most_is_cut_and_no_error(record):
    await record.place()
    for limit in ("1001", "9" * 5000):
        answer = await record.client.get(ITEMS, params={"limit": limit})
        assert answer.status_code == 200
        assert answer.json()["numberReturned"] == 1


async def test_a_box_keeps_what_lies_in_it_also_across_the_antimeridian(record):
    await record.place("paris", position={"lon": 2.35, "lat": 48.85})
    await record.place("fiji", position={"lon": 179.5, "lat": -17.0})
    await record.place("samoa", position={"lon": -172.0, "lat": -14.0})
    await record.place("lost", position=None, postcode="01000", city="Nulle-Part")

    assert await ids(record, bbox="2,48,3,49") == ["paris"]
    assert await ids(record, bbox="2.35,48.85,2.35,48.85") == ["paris"]
    assert await ids(record, bbox="2,48,-10,3,49,500") == ["paris"]
    assert set(await ids(record, bbox="179,-20,-170,-10")) == {"fiji", "samoa"}
    assert await ids(record, bbox="-180,-20,-170,-10") == ["samoa"]
    assert len(await ids(record, bbox="-180,-90,180,90")) == 3
    assert len(await ids(record)) == 4


async def test_time_is_an_instant_or_an_interval_with_open_ends(record):
    await dated(record)

    for time, expected in {
        "2026-02-10T10:00:00Z": ["2026-02-10"],
        "2026-02-10T11:00:00+01:00": ["2026-02-10"],
        "2026-02-10": ["2026-02-10"],
        "2026-02-10T10:00:01Z": [],
        "2026-01-10T10:00:00Z/2026-02-10T10:00:00Z": ["2026-01-10", "2026-02-10"],
        "2026-02-01T00:00:00Z/..": ["2026-02-10", "2026-03-10"],
        "2026-02-01T00:00:00Z/": ["2026-02-10", "2026-03-10"],
        "../2026-02-10": ["2026-01-10", "2026-02-10"],
        "/2026-02-01T00:00:00Z": ["2026-01-10"],
        "../..": ["2026-01-10", "2026-02-10", "2026-03-10"],
    }.items():
        assert await days(record, time) == expected, time
    # What has no time is of every time.
    assert await ids(record, datetime="1999-01-01T00:00:00Z") == ["H1"]


async def test_features_are_asked_for_by_value(record):
    place = await record.place("H1", sector="Nord", rooms=7)
    await record.place("H2", city="Saint-Denis", postcode="93200", kind="residence")
    await record.inspect(place, ("leak", 1), ("wires", 4))

    assert await ids(record, city="Saint-Denis") == ["H2"]
    assert await ids(record, kind="residence", city="Paris") == []
    assert await ids(record, rooms="7", sector="Nord") == ["H1"]
    assert await ids(record, city="' or true --") == []
    for filters, item in (({"critical": "1"}, "wires"), ({"critical": "false"}, "leak")):
        answer = await record.client.get("/ogc/collections/findings/items", params=filters)
        assert [it["properties"]["item"] for it in answer.json()["features"]] == [item]
    by_severity = await record.client.get("/ogc/collections/findings/items?severity=4")
    assert by_severity.json()["numberMatched"] == 1


BAD = (
    ("limit=0", "limit"),
    ("limit=-1", "limit"),
    ("limit=ten", "limit"),
    ("limit=", "limit"),
    ("limit=%C2%B2", "limit"),
    ("limit=1&limit=2", "limit"),
    ("bbox=1,2,3", "bbox"),
    ("bbox=1,2,3,4,5", "bbox"),
    ("bbox=1,2,3,north", "bbox"),
    ("bbox=1,2,3,nan", "bbox"),
    ("bbox=1,50,3,40", "bbox"),
    ("bbox=1,2,300,4", "bbox"),
    ("bbox=1,2,3,inf", "bbox"),
    ("bbox=", "bbox"),
    ("datetime=yesterday", "datetime"),
    ("datetime=", "datetime"),
    ("datetime=2026-01-01T00:00:00", "datetime"),
    ("datetime=2026-13-01", "datetime"),
    ("datetime=2026-02-01/2026-01-01", "datetime"),
    ("datetime=../../..", "datetime"),
    ("cursor=abc", "cursor"),
    ("cursor=WyJ4Il0", "cursor"),
    ("cursor=WyJ4IiwieSJd", "cursor"),
    (f"cursor={paging.encode('2026-01-01T00:00:00+00:00', str(uuid4()))}", "cursor"),
    ("rooms=many", "rooms"),
    ("rooms=99999999999", "rooms"),
    ("contract_state=lost", "contract_state"),
    ("city=%00", "city"),
    (f"city={'x' * 300}", "city"),
    ("grade=A", "grade"),
    ("severity=4", "severity"),
    ("foo=1", "foo"),
    ("f=gml", "f"),
)


async def test_a_parameter_that_is_wrong_or_unknown_is_a_bad_request(record):
    for query, name in BAD:
        answer = await record.client.get(f"{ITEMS}?{query}")

        assert answer.status_code == 400, query
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"].endswith("/invalid-request")
        assert answer.json()["errors"][0]["pointer"] == f"query: {name}"
        assert answer.json()["instance"] == ITEMS


async def test_a_flag_is_true_or_false(record):
    findings = "/ogc/collections/findings/items"
    answer = await record.client.get(f"{findings}?critical=perhaps")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["detail"] == "send true or false"
    for flag in ("true", "false"):
        assert (await record.client.get(f"{findings}?critical={flag}")).status_code == 200


async def test_pages_take_no_parameter_but_the_format(record):
    for path in ("", "/api", "/conformance", "/collections", "/collections/visits"):
        assert (await record.client.get(f"/ogc{path}", params={"f": "json"})).status_code == 200
        assert (await record.client.get(f"/ogc{path}", params={"limit": "1"})).status_code == 400


async def test_a_feature_that_is_none_is_not_found(record):
    for id in ("1", "x" * 500, "%00", uuid4()):
        answer = await record.client.get(f"{ITEMS}/{id}")

        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_feature_alone_says_where_it_belongs(record):
    place = await record.place()

    answer = await record.client.get(f"{ITEMS}/{place}")

    assert answer.headers["content-type"] == "application/geo+json"
    assert links(answer.json()) == {
        "self": f"{ROOT}/collections/accommodations/items/{place}",
        "collection": f"{ROOT}/collections/accommodations",
    }
    assert answer.json()["properties"]["external_id"] == "H1"
