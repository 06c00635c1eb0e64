"""Another organisation's system keeps a copy of ours with a client made from our description."""

import asyncio
import importlib
import json
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.testing import token

ROOT = Path(__file__).resolve().parents[3]
PLACES, PAGE, PUSHES, AT_ONCE = 5_000, 1_000, 100, 10
BULK = "/v1/accommodations/bulk"
# Who must be told to nobody: an author of a complaint, who is on call, who told the record.
AUTHOR = {"name": "Zoé Ferracci", "phone": "06 98 76 54 32", "email": "zoe.f@example.org"}
ON_CALL = {"name": "Anatole Quignard", "phone": "+33 6 11 22 33 44", "email": "aq@example.org"}
PLANTED = {*AUTHOR.values(), *ON_CALL.values()}
COPIED = (
    *("accommodations", "anomalies", "complaints", "findings", "inspections", "notices"),
    *("operators", "rooms", "sanctions", "visits"),
)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """Make a client from the description that is published."""
    pytest.importorskip("openapi_python_client", reason="makes the client; `make setup` has it")
    folder = tmp_path_factory.mktemp("client")
    (folder / "config.yaml").write_text("post_hooks: []\n")
    description = ROOT / "services/inspections/openapi.json"
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    command += ["--path", str(description), "--config", str(folder / "config.yaml")]
    made = subprocess.run(
        [*command, "--output-path", str(folder / "partner_client")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield importlib.import_module("partner_client")
    sys.path.remove(str(folder))


@dataclass
class Copy:
    """A copy of the register, brought up to date each night."""

    client: object
    since: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    etag: str | None = None
    places: dict[str, object] = field(default_factory=dict)

    async def night(self) -> list[object] | None:
        """Take what changed; None when the server said at once that nothing did."""
        listing = importlib.import_module("partner_client.api.accommodations.list_accommodations")
        told, more = [], {"if_none_match": self.etag} if self.etag else {}
        while True:
            answer = await listing.asyncio_detailed(
                client=self.client, limit=PAGE, updated_since=self.since, **more
            )
            if answer.status_code == 304:
                return None
            assert answer.status_code == 200, answer.content
            told += answer.parsed.items
            if answer.parsed.next_cursor is None:
                break
            more = {"cursor": answer.parsed.next_cursor}
        self.since, self.etag = answer.parsed.next_updated_since, answer.headers["etag"]
        self.places |= {it.external_id: it for it in told}
        return told


def made_up(number: int, **values: object) -> dict[str, object]:
    return {
        "external_id": f"P{number:05}",
        "name": f"Hôtel {number}",
        "postcode": "75011" if number % 2 else "93200",
        "city": "Paris",
        "rooms": 10 + number % 40,
        "operator": f"Société {number % 20}",
        "position": {"lon": 2.3 + number / 1e5, "lat": 48.85},
    } | values


async def push(record, *rows):
    content = "".join(json.dumps(it) + "\n" for it in rows)
    answer = await record.client.post(
        BULK, content=content, headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_nightly_copy_gets_everything_once_then_nothing_then_what_changed(
    record, generated
):
    client = generated.AuthenticatedClient(
        base_url="http://test", token=token("reader", organisation=record.organisation)
    )
    reader = type(record.client)(
        transport=record.client._transport,
        base_url=record.client.base_url,
        headers=record.headers("reader"),
    )
    copy = Copy(client.set_async_httpx_client(reader))
    pushed = await push(record, *(made_up(it) for it in range(PLACES)))
    assert pushed["created"] == PLACES

    first = await copy.night()
    second = await copy.night()
    changed = [made_up(it, name=f"Renamed {it}") for it in range(100, 107)]
    await push(record, *(made_up(it) for it in range(50)), *changed)
    for kept, gone in (("P00200", "P00201"), ("P00300", "P00301")):
        answer = await record.client.post(
            f"/v1/accommodations/{copy.places[kept].id}/merges",
            json={"duplicate_id": str(copy.places[gone].id), "reason": "Entered twice."},
        )
        assert answer.status_code == 200, answer.text
    third = await copy.night()
    fourth = await copy.night()

    assert (len(first), len({it.id for it in first}), second) == (PLACES, PLACES, None)
    merged = [it.external_id for it in third if it.merged_into]
    assert sorted(merged) == ["P00201", "P00301"]
    assert sorted(it.external_id for it in third if not it.merged_into) == [
        it["external_id"] for it in changed
    ]
    assert copy.places["P00201"].merged_into == copy.places["P00200"].id
    assert fourth is None
    assert len(copy.places) == PLACES


async def test_a_hundred_equal_pushes_are_answered_alike_and_make_one_row_each(record):
    rows = [made_up(it) for it in range(20)]
    first = await push(record, *rows)

    answers = []
    # As many at once as the service has connections; the others would only wait for these.
    for _ in range(PUSHES // AT_ONCE):
        answers += await asyncio.gather(*(push(record, *rows) for _ in range(AT_ONCE)))

    assert first["created"] == len(rows)
    assert len({json.dumps(it, sort_keys=True) for it in answers}) == 1
    assert answers[0]["unchanged"] == len(rows)
    assert [it["id"] for it in answers[0]["rows"]] == [it["id"] for it in first["rows"]]
    assert record.count("accommodation") == len(rows)
    assert len(await record.events()) == len(rows)


async def told_of_people(record):
    """Have people named in the record, and something in each list."""
    now = datetime.now(UTC).isoformat()
    place = await record.place(operator="Société des Lilas")
    await record.inspect(place, ("leak", 3), occurred_at=now)
    await record.client.put(f"/v1/accommodations/{place}/rooms", json={"items": [{"label": "1"}]})
    complaint = {
        "accommodation_external_id": "H1",
        "source": "social_worker",
        "category": "pests",
        "severity": 4,
        "text": "Bed bugs.",
        "occurred_at": now,
        "contact": AUTHOR,
    }
    shift = ON_CALL | {"level": 1, "starts_at": now, "ends_at": "2100-01-01T00:00:00Z"}
    bodies = {
        "on-call-shifts": shift,
        "complaints": complaint,
        "notices": {"accommodation_id": place, "sender": "A", "signatory": "B"},
        "sanctions": {"accommodation_id": place, "step": "reminder", "grounds": "Late."},
    }
    for path, body in bodies.items():
        answer = await record.client.post(f"/v1/{path}", json=body)
        assert answer.status_code == 201, (path, answer.text)
        if path == "complaints":
            contact = await record.client.get(f"{answer.headers['location']}/contact")
            assert contact.json() == AUTHOR, "or there is nothing to find"


async def test_no_list_that_a_partner_reads_tells_of_people(record):
    await told_of_people(record)
    description = json.loads((ROOT / "services/inspections/openapi.json").read_text())
    lists = [it for it, ways in description["paths"].items() if "get" in ways and "{" not in it]
    partner = record.headers("reader")
    team = record.headers("reader", "inspector")
    read = {}

    for path in lists:
        answer = await record.client.get(path, headers=partner)
        if answer.status_code == 200:
            read[path] = answer.text
    for path in COPIED:
        answer = await record.client.get(f"/v1/{path}", headers=team)
        assert answer.json()["items"], path
        read[f"{path} as a team sees it"] = answer.text

    assert len(read) > 25
    assert [(path, it) for path, text in read.items() for it in PLANTED if it in text] == []
