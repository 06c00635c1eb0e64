"""Nobody in without a token, and nobody sees what is another organisation's."""

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


def test_another_organisation_sees_none_of_our_places(ronde: System) -> None:
    ours = ronde.client("coordinator")
    place = ours.post("/v1/accommodations", json=record.accommodation(100)).json()["id"]
    ours.post("/v1/inspections", json=record.inspection(place)).raise_for_status()
    theirs = ronde.client("neighbour")
    for path in LISTS:
        answer = theirs.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.json()["items"] == [], path
    for path in (f"/v1/accommodations/{place}", f"/v1/scores/{place}"):
        assert theirs.get(path).status_code == 404
    assert theirs.get("/v1/inspections/events").json()["items"] == []


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
