"""What people write is in no log, trace or figure of any process, whatever they write it into."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import record
from aiosmtpd.controller import Controller
from collector import Collector, collecting
from marked import CALLER, MAIL, MARKS, NAME, PASSWORD, PHONE, TODAY, TOMORROW, WORD, Filler
from production import BEHIND, Production, running
from prometheus_client.parser import text_string_to_metric_families

from gateway.use_cases.invite import Person, first_administrator
from shared.db import Database
from shared.serve import listen
from shared.testing import DatabaseMaker

pytestmark = pytest.mark.slow

NAMES = (*BEHIND, "gateway")
ASKED = {
    "User-Agent": f"{WORD} 1.0",
    "X-Forwarded-For": CALLER,
    "Change-Reason": NAME.replace("é", "e"),
    "Idempotency-Key": f"{WORD}-{uuid4()}",
    "Tracestate": f"who={WORD}",
    "Referer": f"https://{WORD}.example/",
}
PATIENCE_S = 120.0


class Refusing:
    """A mail server that knows nobody, and says whom it does not know."""

    async def handle_RCPT(self, _server, _session, _envelope, address, _options) -> str:  # noqa: N802 - the library's name
        return f"550 {address} is unknown here"


def free_port() -> int:
    with listen("127.0.0.1", 0) as opened:
        return opened.getsockname()[1]


def metrics_ports() -> dict[str, int]:
    return {
        f"{name}{part}_METRICS_PORT".upper(): free_port()
        for name in NAMES
        for part in ("", "_worker")
    }


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as it:
        yield it


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return metrics_ports()


@pytest.fixture(scope="module")
def ronde(
    databases: DatabaseMaker,
    tmp_path_factory: pytest.TempPathFactory,
    collector: Collector,
    ports: dict[str, int],
) -> Iterator[Production]:
    """Run every process that production has, watched as production would be."""
    mails = Controller(Refusing(), hostname="127.0.0.1", port=free_port())
    mails.start()
    url = f"smtp://127.0.0.1:{mails.port}"
    watched = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "GATEWAY_SMTP_URL": url,
        "INSPECTIONS_SMTP_URL": url,
        **{name: str(port) for name, port in ports.items()},
    }
    folder = tmp_path_factory.mktemp("production")
    try:
        with running(databases, folder, workers=NAMES, variables=watched) as production:
            yield production
    finally:
        mails.stop()


def test_what_people_write_is_told_nowhere(
    ronde: Production, collector: Collector, ports: dict[str, int]
):
    with ronde.client("admin") as client:
        client.headers.update(ASKED)
        known = live_a_day(client)
        secrets = [*use_secrets(client, ronde), client.headers["authorization"].rpartition(".")[2]]
        taken = [ask_everything(client, known, whole=whole) for whole in (False, True)]
    assert sum(taken) >= 80, "too much is refused to be of worth: fill it better"
    for job in ("send_link", "plan_week", "import_table"):
        collector.await_span(lambda it, job=job: it.name == f"job {job}")
    told = everything_told(ronde, collector, ports)
    assert "SMTPRecipientsRefused" in told["gateway worker"], "a failure that quotes is among them"
    marks = [*MARKS, *secrets]
    leaks = [
        f"{where}: {line[:600]}"
        for where, text in told.items()
        for line in text.lower().splitlines()
        if any(mark.lower() in line for mark in marks)
    ]
    assert leaks == []


def live_a_day(client: httpx.Client) -> dict[str, str]:
    """Enter what an organisation enters, in words that are found again; give the ids of it."""
    known: dict[str, str] = {}

    def post(path: str, **body: object) -> dict[str, object]:
        key = {"Idempotency-Key": f"{WORD}-{uuid4()}"}
        answer = client.post(path, json=body, headers=key)
        assert answer.is_success, (path, answer.text)
        remember(known, path, answer)
        return answer.json()

    contact = {"name": NAME, "email": MAIL, "phone": PHONE}
    place = post(
        "/v1/accommodations",
        **record.accommodation(
            1,
            name=NAME,
            address=f"12 rue {WORD}",
            access_notes=f"Ask for {NAME}",
            reception_phone=PHONE,
            operator=NAME,
        ),
    )["id"]
    post("/v1/on-call-shifts", starts_at=TODAY + "T00:00:00Z", ends_at=until(), **contact)
    post("/v1/authority-contacts", kind="health_agency", territory="75", note=NAME, **contact)
    answers = [{"item": "mould", "value": 4, "note": f"{NAME} lives here", "room": WORD}]
    post("/v1/inspections", **record.inspection(str(place), answers=answers))
    post("/v1/complaints", source="family", text=NAME, accommodation_id=place, contact=contact)
    post("/v1/notices", accommodation_id=place, sender=NAME, signatory=NAME)
    invited = {"email": MAIL, "name": NAME, "roles": ["reader"]}
    post("/v1/invitations", **invited)
    shift = {"starts_at": f"{TOMORROW:%F}T08:00:00Z", "ends_at": f"{TOMORROW:%F}T16:00:00Z"}
    start = {"lon": 2.35, "lat": 48.85}
    team = {"id": NAME, "name": NAME, "start": start, "shifts": [shift], "skills": [NAME]}
    post("/v1/weekly-plans", starts_on=f"{TOMORROW:%F}", days=1, teams=[team], time_limit_s=0.5)
    search(client, str(place))
    return known


def until() -> str:
    return TOMORROW.isoformat()


def search(client: httpx.Client, place: str) -> None:
    """Put what people look for into addresses, those that exist and those that do not."""
    for path in (
        "/v1/accommodations",
        "/v1/record-search",
        "/v1/search",
        "/ogc/collections/accommodations/items",
        f"/v1/accommodations/{place}/{WORD}",
        f"/v1/visits/{WORD}",
        f"/{WORD}",
    ):
        client.get(path, params={"q": NAME, "filter": f"name='{NAME}'"})
    broken = f"external_id;name;postcode;city;rooms\n{WORD};{NAME};75011;Paris;{WORD}\n"
    for kind in ("text/csv", "application/json"):
        for path in ("/v1/accommodation-imports", "/v1/accommodations", "/v1/weekly-plans"):
            client.post(path, content=broken, headers={"Content-Type": kind})
    kept = client.post("/v1/import-files", content=broken, headers={"Content-Type": "text/csv"})
    columns = {it: it for it in ("external_id", "name", "postcode", "city", "rooms")}
    mapping = {"kind": "accommodations", "columns": columns}
    read = {"file_id": kept.json()["id"], "mapping": mapping, "source": WORD}
    asked = client.post("/v1/imports", json=read)
    assert asked.status_code == 202, asked.text


def use_secrets(client: httpx.Client, ronde: Production) -> list[str]:
    """Sign in, rightly and wrongly, and use keys; give what must be told to nobody."""
    asyncio.run(administer(ronde))
    person = {"email": MAIL, "password": PASSWORD}
    client.post("/v1/sessions", json=person | {"password": f"wrong {PASSWORD}"})
    signed_in = client.post("/v1/sessions", json=person).raise_for_status().json()
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    limits = {"name": NAME, "expires_at": until()}
    wanted = limits | {"roles": ["reader"], "scopes": ["inspections:read"]}
    key = client.post("/v1/keys", json=wanted, headers=headers).raise_for_status().json()["key"]
    wanted = limits | {"paths": ["/v1/exports"]}
    made = client.post("/v1/url-tokens", json=wanted, headers=headers).raise_for_status().json()
    base = httpx.URL(made["base_url"]).path
    for path in (f"{base}/v1/exports/accommodations.csv", f"{base}/v1/plans", f"{base}x/nowhere"):
        client.get(path, headers={"Authorization": ""})
    for given in (key, key[:-1] + "_", f"{WORD}-{key}"):
        client.get("/v1/accommodations", headers={"Authorization": f"Bearer {given}"})
    tokens = [signed_in[it] for it in ("access_token", "refresh_token", "device_token")]
    return [key[-43:], made["base_url"][-43:], *(it.rpartition(".")[2] for it in tokens)]


async def administer(ronde: Production) -> None:
    database = Database(ronde.databases["gateway"].url, ronde.databases["gateway"].system_url)
    await first_administrator(database, NAME, Person(MAIL, NAME, ["admin"], []), PASSWORD)
    await database.dispose()


def ask_everything(client: httpx.Client, known: dict[str, str], *, whole: bool) -> int:
    """Ask every operation, what it takes filled with marks; give how many bodies were taken."""
    document = client.get("/openapi.json").json()
    filler = Filler(document, known, whole=whole)
    taken = 0
    order = ("post", "put", "patch", "get", "delete")
    operations = [
        (verb, path, verbs[verb])
        for verb in order
        for path, verbs in sorted(document["paths"].items())
        if verb in verbs and not is_stream(verbs[verb])
    ]
    assert len(operations) > 250
    for verb, path, operation in operations:
        with contextlib.suppress(httpx.TimeoutException):
            request = asked(filler, known, path, operation)
            if verb in {"put", "patch"} and "get" in document["paths"][path]:
                etag = client.get(request["url"]).headers.get("etag", "")
                request["headers"]["If-Match"] = etag
            answer = client.request(verb, **request)
            assert answer.status_code < 500, (verb, path, answer.text)
            remember(known, path, answer)
            taken += answer.is_success and verb in {"post", "put", "patch"}
    return taken


def is_stream(operation: dict[str, object]) -> bool:
    return "text/event-stream" in operation["responses"].get("200", {}).get("content", {})


def asked(
    filler: Filler, known: dict[str, str], path: str, operation: dict[str, object]
) -> dict[str, object]:
    """Make a request of an operation."""
    parameters = {it["name"]: it for it in operation.get("parameters", []) if "schema" in it}
    values = {name: filler.fill(it["schema"], name) for name, it in parameters.items()}
    before = ""
    for part in path.split("/"):
        if part.startswith("{"):
            name = part[1:-1]
            value = known.get(singular(before)) if "id" in name else None
            path = path.replace(part, str(value or values.get(name, WORD)), 1)
        before = part
    query = {name: values[name] for name, it in parameters.items() if it["in"] == "query"}
    key = {"Idempotency-Key": f"{WORD}-{uuid4()}"}
    content = operation.get("requestBody", {}).get("content", {})
    made: dict[str, object] = {"url": path, "params": query, "headers": key, "timeout": 20.0}
    if "application/json" in content:
        made["json"] = filler.fill(content["application/json"].get("schema", {}))
    elif content:
        key["Content-Type"] = next(iter(content))
        made["content"] = NAME.encode()
    return made


def singular(resource: str) -> str:
    return resource.removesuffix("ies") + "y" if resource.endswith("ies") else resource[:-1]


def remember(known: dict[str, str], path: str, answer: httpx.Response) -> None:
    """Keep the id of what was made, to be asked for later."""
    if answer.is_success and answer.content.startswith(b"{"):
        said = answer.json()
        if isinstance(said, dict) and isinstance(said.get("id"), str) and path.count("/") == 2:
            known.setdefault(singular(path.rpartition("/")[2]), said["id"])


def everything_told(
    ronde: Production, collector: Collector, ports: dict[str, int]
) -> dict[str, str]:
    """Read what each process told, by where."""
    deadline = time.monotonic() + PATIENCE_S
    told = {}
    while time.monotonic() < deadline and "mail not handed over" not in told.get(
        "inspections worker", ""
    ):
        told = {path.stem: path.read_text("utf-8") for path in Path(ronde.folder).glob("*.log")}
        time.sleep(0.1)
    assert len(told) == 2 * len(NAMES)
    assert {it.service for it in collector.spans} == set(NAMES)
    told["spans"] = b"\n".join(collector.received).decode("latin-1")
    for name, port in ports.items():
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        assert list(text_string_to_metric_families(text))
        told[name] = text
    return told


def test_one_trace_leads_through_all_processes_that_plan_a_week(
    ronde: Production, collector: Collector
):
    with ronde.client("admin") as client:
        week = client.get("/v1/weekly-plans").json()["items"]
    assert week
    job = collector.await_span(lambda it: it.name == "job solve_plan")
    collector.await_span(lambda it: it.span_id == job.parent_id)
    assert [(it.service, it.name) for it in collector.lineage(job)] == [
        ("routing", "job solve_plan"),
        ("routing", "POST /v1/plans"),
        ("gateway", "job plan_week"),
        ("gateway", "POST /v1/weekly-plans"),
    ]
    services = {it.service for it in collector.spans if it.trace_id == job.trace_id}
    assert services == set(NAMES)
