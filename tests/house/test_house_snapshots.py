import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import openapi


@pytest.mark.parametrize("service", openapi.SERVICES)
def test_the_openapi_page_is_what_the_service_says(service):
    page = openapi.ROOT / "services" / service / "openapi.json"
    assert page.read_text("utf-8") == openapi.service_page(service), "run `make openapi`"


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
