"""Requests made up from the document of a service, and what is wrong with their answers.

Schemathesis makes them up: some at the boundaries of each schema, the others as the document says,
or as it does not say. Some of these are spoilt on their way.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol
from urllib.parse import urlsplit

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import AcceptedNegativeData, Failure, FailureGroup
from schemathesis.core.mutations import OperatorKind
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.coverage import GenerationSession
from schemathesis.generation.meta import CoveragePhaseData, CoverageScenario
from schemathesis.openapi.checks import UnsupportedMethodResponse
from schemathesis.specs.openapi import checks
from spoilt_requests import spoil

Case, Operation = schemathesis.Case, schemathesis.APIOperation
PATIENCE_S = 60
# What holds for an answer to anything at all.
OF_ANY = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
# What holds besides for an answer to what was sent as it was made up. Not looked at: whether all
# that matches a schema is accepted, since rules of the house are not in schemas; who may ask, and
# what became of what was removed, which other tests are about.
OF_WHOLE = [
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.unsupported_method,
]
# It tells of others; where the machine is busy one of them may not answer within its second.
TELLS_OF_OTHERS = {
    "include-path": "/health",
    "checks": {"not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "503"]}},
}
# What is edited on an old version is refused for that, whatever else is wrong with it.
REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "412", "415", "422", "428"]
# A file is what is in it, whatever it is called: two odd bytes are a table of one title.
LOOKS_INTO_FILES = {
    "include-path": "/v1/import-files",
    "checks": {"negative_data_rejection": {"expected-statuses": [*REFUSALS, "201"]}},
}
RULES = {
    "checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}},
    "operations": [TELLS_OF_OTHERS, LOOKS_INTO_FILES],
}
# How often: what exists is named, an example of the document is changed, a request is spoilt.
NAMES, CHANGES, SPOILS = 0.75, 0.4, 0.25
# Files, as far as they are short.
FILES = {
    "application/gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00",
    "application/vnd.openstreetmap.data": b"\x00\x00\x00\x0d\x0a\x09OSMHeader",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": b"PK\x05\x06" + bytes(18),
    "application/zip": b"PK\x05\x06" + bytes(18),
    "application/x-ndjson": b'{"external_id": "H-1"}\n\n[]\n{"name": "\\ud800"}\n',
    "image/heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    "text/csv": b"code;name;postcode\nH-1;\xe9toile;75011\n;;\n",
}


class Known(Protocol):
    """Tells what a parameter of a path, or a field, may be so that there is such a thing."""

    def existing(self, path: str, name: str) -> Sequence[str]: ...


@dataclass
class Tried:
    """What came of an operation: how many requests, their answers, and what was wrong with any."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)


class Document:
    """The operations an OpenAPI document describes."""

    def __init__(self, page: dict[str, object]) -> None:
        for name, sample in FILES.items():
            either = st.one_of(st.just(sample), st.binary(max_size=300))
            schemathesis.openapi.media_type(name, either)
        # Who may ask is not looked at: all is asked with a token.
        self._page = without_security(page)
        config = schemathesis.Config.from_dict(RULES)
        self._schema = schemathesis.openapi.from_dict(self._page, config=config)

    def operation(self, path: str, method: str) -> Operation:
        return self._schema[path][method]

    def example(self, operation: Operation) -> object:
        """Return the body that the document shows, if any."""
        body = operation.definition.raw.get("requestBody", {})
        media = body.get("content", {}).get("application/json", {})
        schema = media.get("schema", {})
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            schema = self._page["components"]["schemas"][name]
        shown = [it["value"] for it in media.get("examples", {}).values()]
        shown += [media["example"]] if "example" in media else schema.get("examples", [])
        return shown[0] if shown else None

    def has(self, request: requests.PreparedRequest) -> bool:
        """Tell whether an operation goes by this verb and address, as `/visits/{id}` for bulk."""
        path = urlsplit(request.url).path
        return any(
            request.method.lower() in verbs
            and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
            for template, verbs in self._page["paths"].items()
        )

    def made_up(self, operation: Operation, count: int, number: int) -> Iterator[Case]:
        """Make `count` requests up, up to half of them at boundaries; the same for a number."""
        boundaries = list(
            self._schema.iter_coverage_cases(
                operation,
                generation_modes=list(GenerationMode),
                generation_config=self._schema.config.generation_for(operation=operation),
                # Its own, so that what is made up hangs on nothing that was made up before.
                session=GenerationSession(),
            )
        )
        chosen = Random(number).sample(boundaries, min(count // 2, len(boundaries)))
        yield from chosen
        takes_any = bool([*operation.iter_parameters(), *operation.body])
        modes = list(GenerationMode) if takes_any else [GenerationMode.POSITIVE]
        kinds = [operation.as_strategy(generation_mode=it) for it in modes]
        cases: list[Case] = []

        @seed(number)
        @settings(
            max_examples=count - len(chosen),
            phases=[Phase.generate],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        # An operation that takes nothing is asked as often: the number makes each example another.
        @given(st.one_of(kinds), st.integers(0, 2**64))
        def collect(case: Case, _number: int) -> None:
            cases.append(case)

        collect()
        yield from cases


@dataclass
class Caller:
    """Somebody who sends what is made up to a service, and looks at the answers."""

    url: str
    headers: Mapping[str, str]
    document: Document
    known: Known

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(self.headers)

    def try_out(self, operation: Operation, count: int, number: int) -> Tried:
        """Send `count` requests, and say what came of them."""
        tried = Tried()
        for place, case in enumerate(self.document.made_up(operation, count, number)):
            chance = Random(f"{number} {place}")
            self._fill_in(case, chance)
            request = self._session.prepare_request(
                requests.Request(**case.as_transport_kwargs(base_url=self.url))
            )
            promised = [*OF_ANY, *OF_WHOLE]
            if case.meta.phase.name == "fuzzing" and chance.random() < SPOILS:
                spoil(request, case.path, chance)
                promised = OF_ANY
            if case.path.endswith("/progress"):
                # Told as text to readers of OpenAPI 3.1; the check takes it apart into events.
                promised = [it for it in promised if it is not checks.response_schema_conformance]
            answer = self._send(request)
            tried.requests += 1
            tried.statuses[answer.status_code] += 1
            for fault in broken(case, answer, promised):
                if isinstance(fault, UnsupportedMethodResponse) and self.document.has(request):
                    continue
                name = f"{answer.status_code} {fault.title}: {str(fault.message)[:400]}"
                tried.faults.setdefault(name, written(request, answer))
        return tried

    def _send(self, request: requests.PreparedRequest) -> requests.Response:
        try:
            return self._session.send(request, timeout=PATIENCE_S, allow_redirects=False)
        except requests.ConnectionError:
            # A server may close the connection of an answer before, as ours does after a fault.
            return self._session.send(request, timeout=PATIENCE_S, allow_redirects=False)

    def _fill_in(self, case: Case, chance: Random) -> None:
        """Put what exists where a request names something, more often than not."""
        names = case.path_parameters
        if is_right(case, ParameterLocation.PATH) and chance.random() < NAMES:
            known = {it: self.known.existing(case.path, it) for it in names}
            there = {it: chance.choice(found) for it, found in known.items() if found}
            case.path_parameters = {**names, **there}
        if is_right(case, ParameterLocation.QUERY) and case.query:
            no_wait = {"wait": 0} if "wait" in case.query else {}
            case.query = {**self._about(case.query, chance), **no_wait}
        if is_right(case, ParameterLocation.BODY) and isinstance(case.body, dict):
            example = self.document.example(case.operation)
            if isinstance(example, dict) and chance.random() < CHANGES:
                changed = {
                    it: value for it, value in case.body.items() if chance.random() < CHANGES
                }
                case.body = {**example, **changed}
            case.body = self._about(case.body, chance)
        if is_right(case, ParameterLocation.HEADER) and chance.random() < NAMES:
            self._know_version(case)

    def _about(self, value: object, chance: Random, name: str = "") -> object:
        """Let a body or query name what there is, where it names anything."""
        if isinstance(value, dict):
            return {key: self._about(it, chance, key) for key, it in value.items()}
        if isinstance(value, list):
            return [self._about(it, chance, name) for it in value]
        is_id = isinstance(value, str) and name.endswith(("_id", "_ids"))
        known = self.known.existing("", name.removesuffix("s")) if is_id else []
        return chance.choice(known) if known and chance.random() < NAMES else value

    def _know_version(self, case: Case) -> None:
        """Read first what is to be changed, as a careful caller does."""
        if "if-match" in {it.name.lower() for it in case.operation.headers}:
            path = case.formatted_path.removesuffix("/publication")
            etag = self._session.get(f"{self.url}{path}", timeout=PATIENCE_S).headers.get("ETag")
            if etag:
                case.headers = CaseInsensitiveDict({**case.headers, "if-match": etag})


def without_security(page: dict[str, object]) -> dict[str, object]:
    """Leave out of a document that a token is asked for."""
    paths = {
        path: {
            verb: {key: it for key, it in told.items() if key != "security"}
            for verb, told in verbs.items()
        }
        for path, verbs in page["paths"].items()
    }
    return {**{key: it for key, it in page.items() if key != "security"}, "paths": paths}


def is_right(case: Case, where: ParameterLocation) -> bool:
    """Tell whether a part of a request was made as the document has it."""
    return not case.meta.is_negative_at(where)


def broken(case: Case, answer: requests.Response, promised: Sequence[object]) -> list[Failure]:
    """Give what an answer breaks of what was promised."""
    try:
        case.validate_response(answer, checks=list(promised))
    except FailureGroup as group:
        return [it for it in group.exceptions if not is_reading_of_types(case, it)]
    return []


def is_reading_of_types(case: Case, fault: Failure) -> bool:
    """Tell whether all that is wrong is that `"12"` was taken for 12, as Pydantic takes it."""
    data = case.meta.phase.data
    if not isinstance(fault, AcceptedNegativeData):
        return False
    if isinstance(data, CoveragePhaseData):
        return data.scenario is CoverageScenario.INCORRECT_TYPE
    # What may be left out is null or something else.
    return bool(data.mutations) and all(
        it.operator is OperatorKind.CHANGE_TYPE or it.keywords == ("anyOf",)
        for it in data.mutations
    )


def written(request: requests.PreparedRequest, answer: requests.Response) -> str:
    """Write a request and its answer down, so that it can be sent again."""
    headers = {name: it for name, it in request.headers.items() if name != "Authorization"}
    asked = f"{request.method} {request.url} {headers} {str(request.body)[:1000]}"
    return f"{asked}\n    {answer.text[:500]}"
