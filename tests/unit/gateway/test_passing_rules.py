"""What the gateway decides before a byte is sent: the service, the headers, the merged page."""

import json
from pathlib import Path

import pytest

from gateway.domain.openapi_merge import merge
from gateway.domain.passing_headers import sent_back, sent_on, traced
from gateway.domain.route_table import service_of

SERVICES = Path(__file__).parents[3] / "services"


@pytest.mark.parametrize("service", ["inspections", "scoring", "routing"])
def test_every_path_that_a_service_describes_is_passed_on_to_it(service):
    described = json.loads((SERVICES / service / "openapi.json").read_text("utf-8"))["paths"]

    paths = [path for path in described if path.startswith("/v1/")]

    assert [path for path in paths if service_of(path) != service] == []
    assert len(paths) > 10


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/v1/accommodations", "inspections"),
        ("/v1/accommodation-imports/7", "inspections"),
        ("/v1/checklists/default/versions/1", "inspections"),
        ("/v1/inspections/events", "inspections"),
        ("/v1/findings", "inspections"),
        ("/v1/candidates", "inspections"),
        ("/v1/scores", "scoring"),
        ("/v1/priorities", "scoring"),
        ("/v1/score-runs", "scoring"),
        ("/v1/evaluations", "scoring"),
        ("/v1/signals", "scoring"),
        ("/v1/scoring-policies/current", "scoring"),
        ("/v1/scoring/events", "scoring"),
        ("/v1/graphs/1/lodgings", "routing"),
        ("/v1/plans/1", "routing"),
        ("/v1/routing/events", "routing"),
        ("/ogc", "inspections"),
        ("/ogc/collections/accommodations/items", "inspections"),
        ("/openrosa/formList", "inspections"),
        ("/ogcx", None),
        ("/v1/weekly-plans", None),
        ("/v1/me", None),
        ("/v1/plansx", None),
        ("/v2/plans", None),
        ("/metrics", None),
        ("/", None),
    ],
)
def test_the_first_word_of_a_path_says_whose_it_is(path: str, service: str | None):
    assert service_of(path) == service


def test_headers_of_the_connection_and_claims_of_the_caller_end_here():
    given = [
        (b"host", b"ronde.example"),
        (b"connection", b"close, X-Hop"),
        (b"x-hop", b"1"),
        (b"keep-alive", b"timeout=5"),
        (b"te", b"trailers"),
        (b"x-user", b"admin"),
        (b"x-org-id", b"other"),
        (b"x-roles", b"admin"),
        (b"x-forwarded-for", b"10.0.0.1"),
        (b"forwarded", b"for=10.0.0.1"),
        (b"expect", b"100-continue"),
        (b"authorization", b"Bearer t"),
        (b"if-none-match", b'"e"'),
        (b"ronde-organisation", b"o"),
    ]
    assert sent_on(given) == [
        ("authorization", "Bearer t"),
        ("if-none-match", '"e"'),
        ("ronde-organisation", "o"),
    ]


def test_an_answer_keeps_what_is_for_the_caller():
    given = [
        (b"Content-Length", b"2"),
        (b"ETag", b'"e"'),
        (b"Transfer-Encoding", b"chunked"),
        (b"Connection", b"X-Trail"),
        (b"X-Trail", b"1"),
        (b"Server", b"uvicorn"),
        (b"Date", b"today"),
    ]
    assert sent_back(given) == [(b"content-length", b"2"), (b"etag", b'"e"')]


def test_a_trace_is_continued_and_a_false_one_begun_anew():
    good = b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"
    assert traced(good, "c" * 32, "d" * 16) == good.decode()
    begun = f"00-{'c' * 32}-{'d' * 16}-00"
    assert traced(b"00-" + b"0" * 32 + b"-" + b"b" * 16 + b"-01", "c" * 32, "d" * 16) == begun
    assert traced(None, "c" * 32, "d" * 16) == begun


def _page(paths: dict[str, object], **schemas: object) -> dict[str, object]:
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}


def test_one_page_holds_all_paths_and_shares_what_is_alike():
    own = _page({"/v1/me": {"get": {"operationId": "getMe"}}}, Label={"type": "object"})
    theirs = _page({"/v1/visits": {}, "/internal": {}}, Label={"type": "object"}, Visit={})
    merged = merge(own, {"inspections": theirs})
    assert set(merged["paths"]) == {"/v1/me", "/v1/visits"}
    assert set(merged["components"]["schemas"]) == {"Label", "Visit"}


def test_a_name_two_services_use_for_two_things_is_prefixed_wherever_it_stands():
    own = _page({}, Report={"title": "Report", "type": "object"})
    theirs = _page(
        {"/v1/models": {"schema": {"$ref": "#/components/schemas/Report"}}},
        Report={"title": "Report"},
        Model={"items": {"$ref": "#/components/schemas/Report"}},
    )
    merged = merge(own, {"scoring": theirs})
    schemas = merged["components"]["schemas"]
    assert schemas["Report"] == {"title": "Report", "type": "object"}
    assert schemas["ScoringReport"] == {"title": "ScoringReport"}
    assert schemas["Model"]["items"]["$ref"] == "#/components/schemas/ScoringReport"
    assert merged["paths"]["/v1/models"]["schema"]["$ref"].endswith("/ScoringReport")


def test_merging_changes_neither_page():
    own, theirs = _page({}, A={"a": 1}), _page({"/v1/b": {}}, A={"a": 2})
    merge(own, {"routing": theirs})
    assert own == _page({}, A={"a": 1})
    assert theirs == _page({"/v1/b": {}}, A={"a": 2})


def test_a_page_that_is_not_openapi_is_refused():
    with pytest.raises(TypeError, match="paths"):
        merge(_page({}), {"routing": {"paths": []}})
