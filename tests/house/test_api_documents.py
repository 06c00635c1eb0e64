"""Every operation says what it is for, with examples that are as its schemas say."""

import ast
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gateway.api.pages import one_document
from shared.api_document import operations as operations_of
from shared.examples import ANY, LEFT_OPEN, _values
from shared.problem_types import TYPE_PREFIX, problem_types

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("inspections", "scoring", "routing", "gateway")
PROBLEM = "application/problem+json"
# Each of their answers is JSON, whole; the others are read by their own kind of program.
READ_AS_JSON = re.compile(r"application/(\w+\+)?json$")


@cache
def document(service):
    return json.loads((ROOT / f"services/{service}/openapi.json").read_text("utf-8"))


def operations():
    for service in SERVICES:
        for path, verbs in document(service)["paths"].items():
            for verb, operation in verbs.items():
                yield service, f"{verb.upper()} {path}", operation


def resolved(service, answer):
    name = answer.get("$ref", "").removeprefix("#/components/responses/")
    return document(service)["components"]["responses"][name] if name else answer


def contents(service, operation):
    """Yield what an operation takes and answers: where, its media type, and its description."""
    bearers = {"request": operation.get("requestBody", {}), **operation["responses"]}
    for where, bearer in bearers.items():
        for media, content in resolved(service, bearer).get("content", {}).items():
            yield where, media, content


def examples_of(content):
    named = content.get("examples", {}).values()
    inside = content["schema"].get("examples", [])
    alone = [content["example"]] if "example" in content else []
    return [*alone, *(it["value"] for it in named), *inside]


def test_every_operation_has_a_name_a_summary_a_description_and_a_tag():
    lacking = [
        f"{where}: {part}"
        for _, where, operation in operations()
        for part in ("operationId", "summary", "description", "tags")
        if not operation.get(part)
    ]
    assert lacking == []
    ids = Counter(operation["operationId"] for _, _, operation in operations())
    assert [it for it in ids if not re.fullmatch(r"[a-z]+([A-Z]+[a-z]*)*", it)] == []
    assert [it for it, times in ids.items() if times > 1] == [], "one document holds all"


@pytest.mark.parametrize("service", SERVICES)
def test_every_request_and_answer_has_an_example_that_is_as_its_schema_says(service):
    components = {"components": document(service)["components"]}
    wrong = []
    for owner, where, operation in operations():
        for part, media, content in contents(service, operation) if owner == service else ():
            schema = content["schema"]
            if schema.get("format") == "binary":
                continue
            found = examples_of(content)
            if not found:
                wrong.append(f"{where}: {part} {media} has none")
            checked = found if READ_AS_JSON.match(media) and schema.get("type") != "string" else []
            validator = Draft202012Validator(
                schema | components, format_checker=Draft202012Validator.FORMAT_CHECKER
            )
            wrong += [
                f"{where}: {part} {error.json_path} {error.message}"
                for example in checked
                for error in validator.iter_errors(example)
            ]
    assert wrong == []


def test_every_refusal_tells_the_types_of_problems_it_may_be_of():
    wrong = []
    for service, where, operation in operations():
        refusals = {it: told for it, told in operation["responses"].items() if int(it) >= 400}
        if operation["operationId"] == "getHealth":
            # It says in its own words what is not well.
            del refusals["503"]
        expected = {"500"} | ({"400", "401", "403"} if operation["security"] else set())
        wrong += [f"{where}: {it} is not told" for it in expected - refusals.keys()]
        for status, told in refusals.items():
            content = resolved(service, told)["content"]
            problems = examples_of(content[PROBLEM]) if set(content) == {PROBLEM} else []
            slugs = [it["type"].removeprefix(TYPE_PREFIX) for it in problems]
            known = [it for it in slugs if int(status) in problem_types()[it].statuses]
            if not slugs or known != slugs:
                wrong.append(f"{where}: {status} is of {slugs or 'no problem'}")
    assert wrong == []


def test_the_document_of_all_names_only_what_it_holds_and_what_the_gateway_answers():
    services = {it: document(it) for it in SERVICES if it != "gateway"}
    merged = one_document(document("gateway"), services)
    for name in re.findall(r'"\$ref": "#/components/([^"]+)"', json.dumps(merged)):
        section, _, part = name.partition("/")
        assert part in merged["components"][section]
    passed_on = merged["paths"]["/v1/visits"]["get"]["responses"]
    assert {"429", "502", "503", "504"} <= passed_on.keys()
    composed = merged["paths"]["/v1/weekly-plans/{plan_id}"]["get"]["responses"]
    assert {"429", "502", "503", "504"} <= composed.keys()
    assert "502" not in document("inspections")["paths"]["/v1/visits"]["get"]["responses"]
    ids = Counter(it["operationId"] for it in operations_of(merged))
    assert len(ids) == sum(ids.values()) > 270


def fields():
    """Return the names of fields by message, and the media types and parts by operation."""
    found = {}
    for service in SERVICES:
        for name, schema in document(service)["components"]["schemas"].items():
            found.setdefault(name, set()).update(schema.get("properties", {}))
    for service, _, operation in operations():
        parts = {"request", "answer"}
        for _, media, _ in contents(service, operation):
            parts.add(media.partition(";")[0])
        found.setdefault(operation["operationId"], set()).update(parts)
    return found


def test_no_value_of_an_example_is_of_a_field_that_is_not():
    known = fields()
    anywhere = set().union(*known.values())
    told = _values()
    dead = [it for it in told[ANY] if it not in anywhere]
    dead += [it for it in told[LEFT_OPEN] if it.rpartition(".")[2] not in anywhere]
    dead += [
        f"{owner}.{name}"
        for owner, values in told.items()
        if owner not in {ANY, LEFT_OPEN}
        for name in values
        if name not in known.get(owner, ())
    ]
    assert dead == []


SETS_STATUS = "response.status_code ="


def statuses_set():
    """Yield the names of operations with the statuses that their routes choose between."""
    for path in ROOT.glob("services/*/src/*/api/*.py"):
        for route in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(route, ast.AsyncFunctionDef):
                continue
            named = [
                keyword.value.value
                for decorator in route.decorator_list
                for keyword in getattr(decorator, "keywords", ())
                if keyword.arg == "operation_id"
            ]
            chosen = [
                node.value
                for node in ast.walk(route)
                if getattr(node, "arg", "") == "status_code"
                or (isinstance(node, ast.Assign) and ast.unparse(node).startswith(SETS_STATUS))
            ]
            for it in ast.walk(ast.Tuple([*chosen])) if named else ():
                if isinstance(it, ast.Constant):
                    yield named[0], str(it.value)


def test_every_status_that_a_route_chooses_is_told():
    answers = {it["operationId"]: it["responses"] for _, _, it in operations()}
    found = list(statuses_set())
    assert len(found) > 20
    assert [it for it in found if it[1] not in answers[it[0]]] == []
