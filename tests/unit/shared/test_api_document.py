"""API documents: what is told beyond what FastAPI knows."""

from shared.api_document import answer_at_edge

INLINE = {"description": "Too fast.", "content": {"application/problem+json": {"schema": {}}}}


def test_a_page_that_a_service_of_before_wrote_gets_what_it_can():
    page = {"paths": {"/v1/visits": {"get": {"responses": {"200": {}, "429": dict(INLINE)}}}}}
    answer_at_edge(page)
    told = page["paths"]["/v1/visits"]["get"]["responses"]
    assert told["429"] == INLINE
    assert told["503"] == {"$ref": "#/components/responses/ServiceUnavailable"}
