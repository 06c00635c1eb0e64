import json
import re
import time
from pathlib import Path

import pytest
from pages import holds
from system import new_system

ROOT = Path(__file__).resolve().parents[3]
# In this order: what the first one records is what the next one scores.
SERVICES = ("inspections", "scoring", "routing", "gateway")
EXAMPLE = re.compile(
    r"^```http\n(?P<verb>[A-Z]+) (?P<path>\S+)\n(?:\n(?P<body>.+)\n)?```\n\n"
    r"```json\n(?P<answer>.+)\n```",
    re.MULTILINE,
)
PATIENCE_S = 15


def examples(service):
    text = (ROOT / "services" / service / "README.md").read_text("utf-8")
    return [pytest.param(it, id=f"{service}-{it['path']}") for it in EXAMPLE.finditer(text)]


@pytest.fixture(scope="module")
def client():
    with new_system() as system:
        yield system.client()


@pytest.fixture(scope="module")
def known():
    """Ids that an earlier example was answered with."""
    return {}


@pytest.mark.parametrize("example", [it for service in SERVICES for it in examples(service)])
def test_an_example_is_answered_as_the_page_tells(client, known, example):
    def filled(text):
        return re.sub(r"\{(\w+)\}", lambda name: known[name[1]], text)

    body = json.loads(filled(example["body"])) if example["body"] else None
    told = json.loads(example["answer"])
    until = time.monotonic() + PATIENCE_S
    while True:
        answer = client.request(example["verb"], filled(example["path"]), json=body)
        if example["path"] == "/v1/accommodations":
            known["accommodation"] = answer.json()["id"]
        # What is told of a read may follow from a feed that is still being followed.
        good = answer.is_success and holds(answer.json(), told)
        if good or example["verb"] != "GET" or time.monotonic() > until:
            break
        time.sleep(0.1)
    assert good, f"{answer.status_code} {answer.text}"


def test_every_service_shows_an_example():
    assert all(examples(service) for service in SERVICES)
