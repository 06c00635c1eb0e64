import json
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from shared import api_document

sys.path.insert(0, str(Path(__file__).parent))
import openapi


@pytest.fixture(scope="module", params=openapi.SERVICES)
def app(request):
    return openapi.app_of(request.param)


def test_the_openapi_page_is_what_the_service_says(app):
    page = openapi.ROOT / "services" / app.state.name / "openapi.json"
    assert page.read_text("utf-8") == openapi.text_of(app.openapi()), "run `make openapi`"


def test_what_requests_give_as_an_example_is_taken(app):
    """Beyond schemas there are rules: of two fields only one, an end after its beginning."""
    routes = [route for it in app.routes for route in getattr(it, "original_router", app).routes]
    taking = {it.operation_id: it for it in routes if getattr(it, "body_field", None)}
    told = {it["operationId"]: it for it in api_document.operations(app.openapi())}
    assert len(taking) > 5
    for name, route in taking.items():
        body = TypeAdapter(route.body_field.field_info.annotation)
        for content in told[name]["requestBody"]["content"].values():
            for example in content["schema"].get("examples", [content.get("example")]):
                body.validate_json(json.dumps(example))


def test_the_messages_are_what_the_snapshot_says():
    page = openapi.ROOT / "shared" / "contracts.json"
    assert page.read_text("utf-8") == openapi.contracts_page(), "run `make openapi`"


def test_check_names_a_stale_page(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(openapi, "ROOT", tmp_path)
    stale = tmp_path / "page.json"
    monkeypatch.setattr(openapi, "pages", lambda _services: iter([(stale, "{}\n")]))
    assert openapi.main(["--check"]) == 1
    assert "page.json is stale" in capsys.readouterr().err
    assert openapi.main([]) == 0
    assert openapi.main(["--check"]) == 0
