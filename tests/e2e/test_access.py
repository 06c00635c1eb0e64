"""Nobody in without a token, and nobody sees what is another organisation's."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
import record
from system import System

PATHS = {
    "inspections": ["/v1/accommodations", "/v1/visits", "/v1/inspections", "/v1/findings"],
    "scoring": ["/v1/scores", "/v1/priorities", "/v1/models"],
    "routing": ["/v1/graphs", "/v1/plans"],
}
LISTS = [path for paths in PATHS.values() for path in paths if path != "/v1/graphs"]


@pytest.mark.parametrize("service", PATHS)
def test_without_a_token_the_gateway_and_each_service_answer_401(
    ronde: System, service: str
) -> None:
    for url in (ronde.running.gateway_url, ronde.running.urls[service]):
        for path in PATHS[service]:
            for headers in ({}, {"Authorization": "Bearer made.up.token"}):
                answer = httpx.get(url + path, headers=headers, trust_env=False)
                assert answer.status_code == 401, (url, path)
                assert answer.headers["content-type"] == "application/problem+json"


def test_identity_headers_from_outside_count_for_nothing(ronde: System) -> None:
    answer = httpx.get(
        f"{ronde.running.gateway_url}/v1/accommodations",
        headers={"X-User": "admin", "X-Roles": "admin", "X-Forwarded-User": "admin"},
        trust_env=False,
    )
    assert answer.status_code == 401


@pytest.fixture(scope="module")
def place(ronde: System) -> str:
    """Give a place of ours with a visit, a finding, a score and a plan."""
    ours = ronde.client("coordinator")
    answer = ours.post("/v1/accommodations", json=record.accommodation(100)).raise_for_status()
    place: str = answer.json()["id"]
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    visit = {"accommodation_id": place, "scheduled_at": tomorrow.isoformat()}
    ours.post("/v1/visits", json=visit).raise_for_status()
    wrong = [{"item": "mould", "value": 1}]
    ours.post("/v1/inspections", json=record.inspection(place, answers=wrong)).raise_for_status()
    team = {
        "id": "nord",
        "name": "Nord",
        "start": {"lon": 2.35, "lat": 48.85},
        "shifts": [
            {
                "starts_at": f"{tomorrow.date()}T08:00:00Z",
                "ends_at": f"{tomorrow.date()}T15:00:00Z",
            }
        ],
    }
    week = {"starts_on": str(tomorrow.date()), "days": 1, "teams": [team], "time_limit_s": 0.5}
    ours.post("/v1/weekly-plans", json=week).raise_for_status()
    return place


def test_another_organisation_sees_none_of_what_is_ours(ronde: System, place: str) -> None:
    ours, theirs = ronde.client("coordinator"), ronde.client("neighbour")
    for path in LISTS:
        # Nobody has trained a model here.
        if path != "/v1/models":
            _await_items(ours, path)
        answer = theirs.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.json()["items"] == [], path
    for path in (f"/v1/accommodations/{place}", f"/v1/scores/{place}"):
        assert ours.get(path).status_code == 200
        assert theirs.get(path).status_code == 404
    assert ours.get("/v1/inspections/events").json()["items"]
    assert theirs.get("/v1/inspections/events").json()["items"] == []


def _await_items(client: httpx.Client, path: str) -> None:
    """Wait until a list has something to hide: scoring follows the record."""
    until = time.monotonic() + 30
    while not client.get(path).raise_for_status().json()["items"]:
        assert time.monotonic() < until, f"{path} stays empty for its own organisation"
        time.sleep(0.1)


def _await_file(client: httpx.Client, path: str) -> None:
    """Wait until a plan is solved, and its files are there."""
    until = time.monotonic() + 60
    while client.get(path).status_code == httpx.codes.CONFLICT:
        assert time.monotonic() < until, f"{path} is never there"
        time.sleep(0.1)


def test_a_person_cannot_ask_for_a_service_token_without_its_secret(ronde: System) -> None:
    answer = httpx.post(
        f"{ronde.running.gateway_url}/demo/token",
        data={"client_id": "scoring", "client_secret": "guess"},
        trust_env=False,
    )
    assert answer.status_code == 401


def test_who_may_only_read_may_not_write(ronde: System) -> None:
    reader = ronde.client("reader")
    assert reader.post("/v1/accommodations", json=record.accommodation(101)).status_code == 403
    assert reader.post("/v1/graphs", json={"path": "x.osm.pbf"}).status_code == 403


def test_an_address_opens_files_calendars_and_ways_to_who_sends_no_header(
    ronde: System, place: str
) -> None:
    ours = ronde.client("coordinator")
    _await_items(ours, "/v1/plans")
    plan = ours.get("/v1/plans").json()["items"][0]["id"]
    _await_file(ours, f"/v1/plans/{plan}/gpx")
    inspector = uuid4()
    wanted = {
        "name": "tableur et agenda",
        "paths": ["/v1/exports", f"/v1/plans/{plan}", f"/v1/inspectors/{inspector}"],
        "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    }
    base = ours.post("/v1/url-tokens", json=wanted).raise_for_status().json()["base_url"]

    def opened(path: str) -> tuple[int, str, str]:
        answer = httpx.get(f"{base}{path}", trust_env=False)
        return answer.status_code, answer.headers["content-type"].split(";")[0], answer.text

    for path, media, begins in (
        ("/v1/exports/accommodations.hxl.csv", "text/csv", "\ufeffid,"),
        ("/v1/exports/territories.hxl.csv?shared=true", "text/csv", "\ufeffterritory,"),
        ("/v1/exports/inspections.geojson", "application/geo+json", '{"type":"FeatureCollection"'),
        (f"/v1/plans/{plan}/csv", "text/csv", "\ufeff"),
        (f"/v1/plans/{plan}/gpx", "application/gpx+xml", "<?xml"),
        (f"/v1/plans/{plan}/map.svg", "image/svg+xml", "<svg"),
        (f"/v1/inspectors/{inspector}/calendar", "text/calendar", "BEGIN:VCALENDAR"),
    ):
        status, told, text = opened(path)
        assert (status, told) == (200, media), (path, text)
        assert text.startswith(begins), path
    assert place in opened("/v1/exports/accommodations.csv")[2]
    for path in ("/v1/exports/complaints.csv", "/v1/accommodations", "/v1/inspectors"):
        assert opened(path)[0] == 403, path
