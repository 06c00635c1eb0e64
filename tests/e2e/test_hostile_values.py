"""Values that nobody sends who means well, to every operation: refused, and never a fault."""

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from bystander import bystander
from hostile_values import Hostile, requests_of
from system import System, new_system

pytestmark = pytest.mark.slow

OTHERS_WAIT_S = 2.0
# What an installation may lack, and what waits for news until somebody's patience is over.
LACKING = {"pdf-not-installed"}
PATIENCE_S = 40.0


@pytest.fixture(scope="module")
def besieged() -> Iterator[System]:
    """Give a Ronde of its own: what is sent may be taken, and others' tests would find it."""
    with new_system() as system:
        yield system


def is_fault(answer: httpx.Response) -> bool:
    if answer.status_code < 500:
        return False
    return answer.json()["type"].rsplit("/", 1)[-1] not in LACKING


@pytest.mark.timeout(900)
def test_no_value_makes_an_operation_fail(besieged: System) -> None:
    said: Counter[int] = Counter()
    faults: list[str] = []
    with besieged.client("admin") as client, bystander(besieged) as other:
        client.timeout = PATIENCE_S
        page = client.get("/openapi.json").raise_for_status().json()
        for it in requests_of(page):
            answer = sent(client, it)
            said[answer.status_code] += 1
            if is_fault(answer):
                faults.append(f"{it.method} {it.target[:100]} {it.why}: {answer.text[:200]}")
    print(f"{said.total()} requests: {dict(said)}; others waited {other.usual_s:.2f} s")
    assert said.total() > 5000
    assert faults == []
    assert other.refused == []
    assert other.usual_s < OTHERS_WAIT_S


def sent(client: httpx.Client, it: Hostile) -> httpx.Response:
    """Send a request; of an answer without end, read the beginning."""
    request = client.build_request(it.method, "/", content=it.content, headers=it.headers)
    # As it is written: the library would put it in order.
    request.url = httpx.URL(f"{client.base_url}".rstrip("/") + "/").copy_with(
        raw_path=it.target.encode()
    )
    answer = client.send(request, stream=True)
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        answer.close()
    else:
        answer.read()
    return answer
