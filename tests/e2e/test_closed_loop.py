"""The loop closes: what is recorded changes the score, seen through the gateway, at once."""

import statistics
import time

import httpx
import record
from system import System


def create_place(client: httpx.Client, number: int) -> str:
    answer = client.post("/v1/accommodations", json=record.accommodation(number))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def score(client: httpx.Client, place: str) -> dict[str, object] | None:
    answer = client.get(f"/v1/scores/{place}")
    return answer.json() if answer.status_code == 200 else None


def wait_for_change(
    client: httpx.Client, place: str, before: dict[str, object] | None
) -> tuple[float, dict[str, object]]:
    """Return the seconds until the score's id was another, and that score."""
    started = time.perf_counter()
    while time.perf_counter() - started < 15:
        found = score(client, place)
        if found is not None and (before is None or found["id"] != before["id"]):
            return time.perf_counter() - started, found
        time.sleep(0.01)
    raise AssertionError("the score did not change in 15 s")


def test_a_recorded_inspection_changes_the_score_within_a_second(ronde: System) -> None:
    client = ronde.client()
    place = create_place(client, 1)
    _, latest = wait_for_change(client, place, None)
    seconds = []
    for _ in range(20):
        answer = client.post(
            "/v1/inspections",
            json=record.inspection(place, answers=[{"item": "mould", "value": 4}]),
        )
        assert answer.status_code == 201, answer.text
        took, latest = wait_for_change(client, place, latest)
        seconds.append(took)
    assert statistics.median(seconds) <= 1.0, seconds


def test_a_danger_found_raises_the_score_above_a_clean_place_and_says_why(ronde: System) -> None:
    client = ronde.client()
    scores = {}
    for number, severity in ((2, 4), (3, 0)):
        place = create_place(client, number)
        _, before = wait_for_change(client, place, None)
        answer = client.post(
            "/v1/inspections",
            json=record.inspection(place, answers=[{"item": "mould", "value": severity}]),
        ).raise_for_status()
        _, scores[severity] = wait_for_change(client, place, before)
        scores[severity]["inspection"] = answer.json()["id"]
    assert float(str(scores[4]["probability"])) > float(str(scores[0]["probability"]))
    assert str(scores[4]["inspection"]) in str(scores[4]["reasons"])
