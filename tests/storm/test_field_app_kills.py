"""A field app whose sendings break off in every way: each form and each photo arrives once."""

import io
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
import record
from field_device import filled_in
from PIL import Image
from production import Production, running

from shared.testing import DatabaseMaker

pytestmark = pytest.mark.storm

CUT, BETWEEN, COMMITTED = "cut off", "killed between photos", "killed after the form was kept"
WAYS = [CUT] * 4 + [BETWEEN] * 3 + [COMMITTED] * 3
ITEMS = ("alarm", "gas_co", "collapse")
NOW = datetime.now(UTC)
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def production(
    databases: DatabaseMaker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Production]:
    with running(databases, tmp_path_factory.mktemp("production")) as production:
        yield production


@pytest.fixture
def ours(production: Production) -> Iterator[httpx.Client]:
    with production.client() as client:
        yield client


def noise(seed: int) -> bytes:
    """Take a photo that is long to send and to decode."""
    file = io.BytesIO()
    size = (1800 + seed, 1400)
    Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3)).save(file, format="JPEG")
    return file.getvalue()


def sending(server: str, visit: str, number: int) -> httpx.Request:
    answers = {f"a_{item}": 3 for item in ITEMS} | {f"p_{item}": f"{item}.jpg" for item in ITEMS}
    files = {"xml_submission_file": ("form.xml", filled_in(visit, building=answers).encode())}
    files |= {
        f"{item}.jpg": (f"{item}.jpg", noise(10 * number + n)) for n, item in enumerate(ITEMS)
    }
    request = httpx.Request("POST", f"{server}/submission", files=files)
    request.read()
    return request


def cut_off(request: httpx.Request, share: float) -> None:
    """Send a part of a request, then leave."""
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    whole = f"POST {request.url.raw_path.decode()} HTTP/1.1\r\n{head}\r\n".encode()
    whole += request.content
    address = (request.url.host, request.url.port)
    with socket.create_connection(address, timeout=PATIENCE_S) as opened:
        opened.sendall(whole[: int(len(whole) * share)])


def count(production: Production, statement: str, *values: object) -> int:
    with production.databases["inspections"].administer() as connection:
        return connection.execute(statement, values).fetchone()[0]


def killed_when(production: Production, request: httpx.Request, seen: Callable[[], bool]) -> bool:
    """Send a request, and kill who answers it once something is seen; tell whether it answered."""
    answers: list[int] = []

    def send() -> None:
        try:
            with httpx.Client(trust_env=False, timeout=PATIENCE_S) as device:
                answers.append(device.send(request).status_code)
        except httpx.HTTPError:
            answers.append(0)

    sender = threading.Thread(target=send)
    sender.start()
    until = time.monotonic() + PATIENCE_S
    while not seen() and not answers:
        assert time.monotonic() < until, "what was waited for never came"
    production.kill("inspections")
    sender.join()
    production.await_ready()
    return answers == [201]


def interrupted(production: Production, request: httpx.Request, visit: str, way: str) -> bool:
    """Interrupt a sending in one of the ways; tell whether it was answered all the same."""
    kept = (
        "select count(*) from field_attachment join field_submission on id = submission_id "
        "where visit_id = %s and state = 'kept'"
    )
    if way == BETWEEN:
        return killed_when(production, request, lambda: count(production, kept, visit) > 0)
    sent = "select count(*) from field_submission where visit_id = %s"
    return killed_when(production, request, lambda: count(production, sent, visit) == 1)


def delivered(request: httpx.Request) -> None:
    """Send until it is taken, as a device does."""
    until = time.monotonic() + PATIENCE_S
    with httpx.Client(trust_env=False, timeout=PATIENCE_S) as device:
        while True:
            answer = device.send(request)
            if answer.status_code == 201:
                return
            assert answer.status_code >= 500, answer.text
            assert time.monotonic() < until, answer.text
            time.sleep(0.5)


def test_ten_sendings_that_broke_off_arrive_once_each(production: Production, ours: httpx.Client):
    inspector = str(uuid4())
    facts = {"working_days": [], "office": {"lon": 2.35, "lat": 48.85}}
    ours.put(f"/v1/inspectors/{inspector}", json=facts).raise_for_status()
    key = {
        "name": "phone",
        "inspector_id": inspector,
        "expires_at": (NOW + timedelta(days=1)).isoformat(),
    }
    server = ours.post("/v1/field-keys", json=key).raise_for_status().json()["server_url"]
    answered = dict.fromkeys(WAYS, 0)
    for number, way in enumerate(WAYS):
        place = ours.post("/v1/accommodations", json=record.accommodation(number))
        visit = ours.post(
            "/v1/visits",
            json={
                "accommodation_id": place.raise_for_status().json()["id"],
                "scheduled_at": NOW.isoformat(),
                "inspector_ids": [inspector],
            },
        )
        visit_id = visit.raise_for_status().json()["id"]
        request = sending(server, visit_id, number)
        if way == CUT:
            cut_off(request, (0.02, 0.3, 0.6, 0.99)[number])
        else:
            answered[way] += interrupted(production, request, visit_id, way)
        delivered(request)

    print(f"\n{len(production.kills)} kills; answered all the same: {answered}")
    assert production.kills == ["inspections"] * 6
    assert answered[BETWEEN] < 3
    assert answered[COMMITTED] < 3
    assert count(production, "select count(*) from inspection") == 10
    assert count(production, "select count(*) from field_submission") == 10
    of_each = "select count(distinct (inspection_id, item)) from photo"
    assert count(production, of_each) == count(production, "select count(*) from photo") == 30
