"""What an OpenAPI document tells beyond what FastAPI knows: examples, problems, who may ask.

Each message of a request or an answer gets an example, each problem the types it may be of; what
needs no token says so.
"""

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import cast

from pydantic import BaseModel

from shared.examples import Examples, Schema, UntoldError
from shared.problem_types import ProblemType, problem_types

Document = dict[str, object]
PROBLEM_MEDIA = "application/problem+json"
PROBLEM = {"$ref": "#/components/schemas/ProblemDetail"}
RESPONSES = "#/components/responses/"
JSON_MEDIA = frozenset({"application/json", "application/x-www-form-urlencoded"})
TOKEN = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
# For `openapi_extra`, where a route reads the token by itself.
SIGNED: dict[str, object] = {"security": [{"token": []}]}
# Of FastAPI's own, which is never answered here.
NEVER_SENT = ("HTTPValidationError", "ValidationError")
FIRST_REFUSAL = 400
# What may come of any operation, and of those that need a token.
OF_ANY, OF_SIGNED = (500,), (400, 401, 403, 503)


def sent_before(message: type[BaseModel]) -> dict[int | str, dict[str, object]]:
    """Declare, for OpenAPI, that the same request again is answered with what is kept of it."""
    return {200: {"model": message, "description": "It was sent before: what is kept of it."}}


def complete(document: Document, *, signed: Collection[str], problem: Mapping[str, Schema]) -> None:
    """Complete a document as FastAPI made it; `signed` names the operations that need a token.

    `problem` is the schema of a problem, with those it refers to, by name.
    """
    components = _part(document, "components")
    schemas = cast("dict[str, Schema]", _part(components, "schemas"))
    schemas.update(problem)
    for name in NEVER_SENT:
        schemas.pop(name, None)
    _part(components, "securitySchemes")["token"] = TOKEN
    examples = Examples(schemas)
    for operation in operations(document):
        needs_token = operation["operationId"] in signed
        operation.setdefault("security", SIGNED["security"] if needs_token else [])
        _describe_refusals(document, operation)
        _exemplify(operation, examples)


def answer_at_edge(document: Document, *, asking: Collection[str] | None = None) -> None:
    """Tell of each operation what the gateway itself answers.

    `asking` names those of its own that ask services; None where all are passed on to one.
    """
    edge = [it for it in problem_types().values() if it.at_edge]
    for operation in operations(document):
        statuses = {400, 429} | ({403} if operation.get("security") else set())
        if asking is None:
            statuses |= {413}
        else:
            statuses |= _refusals(operation) - {403}
        if asking is None or operation["operationId"] in asking:
            statuses |= {502, 503, 504}
        for status in sorted(statuses):
            _add(document, operation, status, [it for it in edge if status in it.statuses])


def operations(document: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """Yield the operations of a document."""
    for path in cast("Mapping[str, Mapping[str, object]]", document["paths"]).values():
        for verb, operation in path.items():
            if verb != "parameters":
                yield cast("dict[str, object]", operation)


def slugs_of(document: Mapping[str, object], answer: Mapping[str, object]) -> list[str]:
    """Return the types of problems that an answer may be of."""
    named = str(answer["$ref"]).removeprefix(RESPONSES)
    components = cast("Mapping[str, Mapping[str, object]]", document["components"])
    described = cast("Mapping[str, Mapping[str, object]]", components["responses"][named])
    content = cast("Mapping[str, Mapping[str, object]]", described["content"][PROBLEM_MEDIA])
    return list(content["examples"])


def _describe_refusals(document: Document, operation: dict[str, object]) -> None:
    """Say of which types the problems are that an operation may answer."""
    answers = cast("dict[str, object]", operation["responses"])
    declared = _refusals(operation)
    parameters = cast("list[Mapping[str, object]]", operation.get("parameters", []))
    taken = frozenset(str(it["name"]).lower() for it in parameters)
    for status in sorted({*declared, *OF_ANY, *(OF_SIGNED if operation["security"] else ())}):
        answers.pop(str(status), None)
        kinds = [
            it
            for it in problem_types().values()
            if status in it.statuses[: None if status in declared else 1]
            and not it.at_edge
            and it.may_come_of(str(operation["operationId"]), taken)
        ]
        _add(document, operation, status, kinds)


def _refusals(operation: Mapping[str, object]) -> set[int]:
    """Return the statuses of an operation's problems; 422 is FastAPI's, whatever it says of it."""
    answers = cast("Mapping[str, Mapping[str, object]]", operation["responses"])
    return {
        int(it)
        for it, answer in answers.items()
        if int(it) >= FIRST_REFUSAL and ("content" not in answer or it == "422")
    }


def _add(
    document: Document, operation: dict[str, object], status: int, kinds: Iterable[ProblemType]
) -> None:
    """Let an operation answer these types too."""
    answers = cast("dict[str, dict[str, object]]", operation["responses"])
    known = answers.get(str(status))
    if known is not None and "$ref" not in known:
        # It says so in words of its own.
        return
    slugs = {*(slugs_of(document, known) if known else ()), *(it.slug for it in kinds)}
    ordered = [it for it in problem_types().values() if it.slug in slugs]
    if not ordered:
        return
    unusual = str(status) if any(it.statuses[0] != status for it in ordered) else ""
    name = "Or".join(it.slug.title().replace("-", "") for it in ordered) + unusual
    named = _part(_part(document, "components"), "responses")
    named.setdefault(name, _answer(status, ordered))
    answers[str(status)] = {"$ref": RESPONSES + name}


def _answer(status: int, kinds: list[ProblemType]) -> dict[str, object]:
    examples = {
        it.slug: {
            "summary": it.words["en"].title,
            "value": {
                "type": it.url,
                "title": it.words["en"].title,
                "status": status,
                "detail": it.detail,
            },
        }
        for it in kinds
    }
    told = " ".join(f"`{it.slug}`: {it.words['en'].happened}" for it in kinds)
    return {
        "description": told,
        "content": {PROBLEM_MEDIA: {"schema": PROBLEM, "examples": examples}},
    }


def _exemplify(operation: Mapping[str, object], examples: Examples) -> None:
    """Give an example of what a request holds as JSON, and of what each answer does."""
    answers = cast("Mapping[str, Mapping[str, object]]", operation["responses"])
    named = str(operation["operationId"])
    asked = cast("Mapping[str, object]", operation.get("requestBody", {}))
    for name, bearer in (("request", asked), *(("answer", it) for it in answers.values())):
        content = cast("Mapping[str, dict[str, object]]", bearer.get("content", {}))
        for media, described in content.items():
            schema = cast("Schema", described.get("schema", {}))
            field = name if media in JSON_MEDIA else media.partition(";")[0]
            if not {"example", "examples"} & {*described, *schema}:
                # What nothing is known of stays without, which a test of the house tells.
                with contextlib.suppress(UntoldError):
                    described["example"] = examples.of(schema, named, field)


def _part(document: dict[str, object], name: str) -> dict[str, object]:
    return cast("dict[str, object]", document.setdefault(name, {}))
