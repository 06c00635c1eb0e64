"""What breaks callers of the last release is found and named; what does not is let through."""

import copy
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import api_release
from api_release import changes, compact, faults

VISIT, PATH = "inspections POST /visits", "/visits"
TEXT = {"type": "string", "maxLength": 60}
DOCUMENT = {
    "paths": {
        PATH: {
            "post": {
                "operationId": "createVisit",
                "security": [{"token": []}],
                "parameters": [
                    {
                        "in": "query",
                        "name": "dry_run",
                        "required": False,
                        "schema": {"type": "boolean"},
                    }
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/VisitInput"}},
                        "text/csv": {"schema": {"type": "string"}},
                    }
                },
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"type": "boolean"}}}},
                    "201": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Visit"}}
                        }
                    },
                },
            }
        },
        "/health": {"get": {"operationId": "getHealth", "security": [], "responses": {"200": {}}}},
    },
    "components": {
        "schemas": {
            "Kind": {"type": "string", "enum": ["routine", "opening"]},
            "ProblemDetail": {"type": "object", "properties": {"type": {"type": "string"}}},
            "VisitInput": {
                "type": "object",
                "required": ["day"],
                "properties": {
                    "day": {"type": "string", "format": "date"},
                    "kind": {"$ref": "#/components/schemas/Kind"},
                    "note": {"anyOf": [TEXT, {"type": "null"}]},
                    "rooms": {"type": "array", "items": TEXT, "minItems": 1},
                    "people": {"type": "integer", "minimum": 0, "maximum": 900},
                },
            },
            "Visit": {
                "type": "object",
                "required": ["id", "kind"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "kind": {"$ref": "#/components/schemas/Kind"},
                    "rooms": {"type": "array", "items": TEXT},
                    "before": {"anyOf": [{"$ref": "#/components/schemas/Visit"}, {"type": "null"}]},
                    "people": {"type": "integer"},
                },
            },
        }
    },
}


def of(change):
    """Return what is found after `change(paths, schemas)` was made to the document."""
    other = copy.deepcopy(DOCUMENT)
    change(other["paths"], other["components"]["schemas"])
    nothing = {"operations": {}, "schemas": {}}
    apis = [
        dict.fromkeys(api_release.SERVICES, nothing) | {"inspections": compact(it)}
        for it in (DOCUMENT, other)
    ]
    return changes(*apis)


def set_to(name, key, **values):
    """Make a change of one field of a message."""
    return lambda _, schemas: schemas[name]["properties"][key].update(values)


def renewed(name, key, schema):
    return lambda _, schemas: schemas[name]["properties"].update({key: schema})


def without(name, key):
    return lambda _, schemas: schemas[name]["properties"].pop(key)


def needing(name, *keys):
    return lambda _, schemas: schemas[name].update(required=list(keys))


def of_operation(**values):
    return lambda paths, _: paths[PATH]["post"].update(values)


def with_parameter(name, required):
    added = {"in": "query", "name": name, "required": required, "schema": {"type": "string"}}
    return lambda paths, _: paths[PATH]["post"]["parameters"].append(added)


BREAKS = {
    "operation was removed": lambda paths, _: paths.pop(PATH),
    "operation has another name: createVisit is now addVisit": of_operation(operationId="addVisit"),
    "answer 201 was removed": lambda paths, _: paths[PATH]["post"]["responses"].pop("201"),
    "answer 200 is no longer application/json": lambda paths, _: paths[PATH]["post"]["responses"][
        "200"
    ].pop("content"),
    "request is no longer text/csv": lambda paths, _: paths[PATH]["post"]["requestBody"][
        "content"
    ].pop("text/csv"),
    "request is now required": lambda paths, _: paths[PATH]["post"]["requestBody"].update(
        required=True
    ),
    "parameter query dry_run was removed": of_operation(parameters=[]),
    "parameter query dry_run is now required": lambda paths, _: paths[PATH]["post"]["parameters"][
        0
    ].update(required=True),
    "parameter query why was added and is required": with_parameter("why", required=True),
    "request/note is now required": needing("VisitInput", "day", "note"),
    "request/why was added and is required": lambda _, schemas: schemas["VisitInput"].update(
        required=["day", "why"], properties=schemas["VisitInput"]["properties"] | {"why": TEXT}
    ),
    "request/people was removed": without("VisitInput", "people"),
    "request/people is no longer taken as integer": renewed("VisitInput", "people", TEXT),
    "request/people has minimum 1": set_to("VisitInput", "people", minimum=1),
    "request/people has maximum 800": set_to("VisitInput", "people", maximum=800),
    "request/rooms has minItems 2": set_to("VisitInput", "rooms", minItems=2),
    "request/rooms/* has maxLength 30": set_to(
        "VisitInput", "rooms", items=TEXT | {"maxLength": 30}
    ),
    "request/day has pattern ^2": set_to("VisitInput", "day", pattern="^2"),
    "request/day has format date-time": set_to("VisitInput", "day", format="date-time"),
    "request/day takes only some values": set_to("VisitInput", "day", enum=["2026-03-02"]),
    "request/note is no longer taken as null": renewed("VisitInput", "note", TEXT),
    "request/kind is never opening": lambda _, schemas: schemas["Kind"].update(enum=["routine"]),
    "request takes no other fields any more": lambda _, schemas: schemas["VisitInput"].update(
        additionalProperties=False
    ),
    "answer 201/people was removed": without("Visit", "people"),
    "answer 201/kind may now be absent": needing("Visit", "id"),
    "answer 201/people may now be string": renewed("Visit", "people", TEXT),
    "answer 201/people may now be null": renewed(
        "Visit", "people", {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    ),
    "answer 201/id has another format: None": renewed("Visit", "id", {"type": "string"}),
    "answer 201/kind may be complaint": lambda _, schemas: schemas["Kind"].update(
        enum=["routine", "opening", "complaint"]
    ),
}
HARMLESS = {
    "prose": set_to("Visit", "people", description="All of them.", title="People", examples=[3]),
    "parameter query why was added": with_parameter("why", required=False),
    "request/why was added": renewed("VisitInput", "why", TEXT),
    "request/people has minimum -1": set_to("VisitInput", "people", minimum=-1),
    "request/day has no format any more": renewed("VisitInput", "day", {"type": "string"}),
    "request/people as any number": set_to("VisitInput", "people", type="number"),
    "request/day no more needed": needing("VisitInput"),
    "answer 201/why was added": renewed("Visit", "why", TEXT),
    "answer 201/rooms of another length": set_to("Visit", "rooms", maxItems=9),
    "answer 201/before never null": renewed(
        "Visit", "before", {"$ref": "#/components/schemas/Visit"}
    ),
    "answer 202 was added": lambda paths, _: paths[PATH]["post"]["responses"].update({"202": {}}),
}


@pytest.mark.parametrize("told", BREAKS)
def test_what_breaks_callers_is_found_and_named(told):
    assert [str(it) for it in of(BREAKS[told]) if it.breaks] == [f"{VISIT}: {told}"]


@pytest.mark.parametrize("told", HARMLESS)
def test_what_breaks_nobody_is_let_through(told):
    found = of(HARMLESS[told])
    assert [it for it in found if it.breaks] == []
    if "was added" in told or "any more" in told:
        assert f"{VISIT}: {told}" in map(str, found), "and is told in the list of changes"


def test_nothing_is_found_where_nothing_changed():
    assert of(lambda paths, schemas: None) == []


def test_what_needs_a_token_that_needed_none_breaks_callers():
    def signed(paths, _):
        paths["/health"]["get"]["security"] = [{"token": []}]

    assert list(map(str, of(signed))) == ["inspections GET /health: operation needs a token now"]


def test_a_break_that_is_agreed_passes_and_one_that_is_not_made_is_named():
    found = of(BREAKS["request/people was removed"])
    broken = f"{VISIT}: request/people was removed"
    assert [it for it in faults(found, {}) if it.startswith(broken)]
    assert list(faults(found, {broken: "Nobody knew it."})) == []
    assert [it for it in faults([], {broken: "Nobody knew it."}) if it.startswith(broken)]


def test_the_api_breaks_no_caller_of_the_last_release(capsys):
    assert api_release.main([]) == 0, capsys.readouterr().err


def test_the_list_of_changes_is_what_the_documents_say():
    told = api_release.changelog(api_release.now())
    assert api_release.CHANGELOG.read_text("utf-8") == told, "run `make openapi`"


def test_a_release_is_read_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.setattr(api_release, "RELEASES", tmp_path)
    assert api_release.main(["--release", "0.2.0"]) == 0
    (tmp_path / "0.10.0.json").write_text("{}")
    (tmp_path / "agreed-breaks.toml").write_text('["0.1.0"]\n')
    assert list(api_release.releases()) == ["0.2.0", "0.10.0"]
    assert api_release.releases()["0.2.0"] == api_release.now()
