"""How long the sheet of a round takes to print, asked for at the gateway, and how long it is."""

import time
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from record import accommodation, inspection
from whole import whole

pytestmark = pytest.mark.bench

MOST_MS, MOST_BYTES, STOPS, ROUNDS = 250, 150_000, 7, 15


async def planned(client):
    """Plan a day of seven places where something stands; give the path of its sheet."""
    long_ago = (datetime.now(UTC) - timedelta(days=300)).isoformat()
    for number in range(STOPS):
        made = await client.post("/v1/accommodations", json=accommodation(number))
        answers = [{"item": it, "value": n} for n, it in enumerate(("leak", "mould", "wires"), 1)]
        known = {"occurred_at": long_ago, "known_at": long_ago, "answers": answers}
        form = inspection(made.raise_for_status().json()["id"], **known)
        (await client.post("/v1/inspections", json=form)).raise_for_status()
    monday = datetime.now(UTC).date() + timedelta(days=7 - datetime.now(UTC).weekday())
    shift = {"starts_at": f"{monday}T05:00:00Z", "ends_at": f"{monday}T16:00:00Z"}
    team = {"id": "nord", "name": "Nord", "size": 6, "start": {"lon": 2.35, "lat": 48.85}}
    body = {"starts_on": str(monday), "days": 1, "teams": [team | {"shifts": [shift]}]}
    made = await client.post("/v1/weekly-plans", json=body | {"time_limit_s": 1})
    path = made.raise_for_status().headers["location"]
    plan = {"state": "queued"}
    while plan["state"] in {"queued", "running"}:
        plan = (await client.get(path)).raise_for_status().json()
    (round_,) = plan["rounds"]
    assert len(round_["stops"]) == STOPS
    return f"{path}/rounds/{round_['round_id']}/sheet"


async def test_a_sheet_of_seven_stops_is_printed_in_a_quarter_of_a_second(database, tmp_path):
    async with whole(database, tmp_path) as ronde:
        client = ronde.client()
        path = await planned(client)
        took: dict[str, list[float]] = {"first": [], ".pdf": [], "": []}
        for n in range(ROUNDS + 1):
            for end in (".pdf", ""):
                started = time.perf_counter()
                answer = (await client.get(path + end)).raise_for_status()
                took[end if n else "first"].append((time.perf_counter() - started) * 1000)
                assert len(answer.content) <= MOST_BYTES

    print(
        f"first {took['first'][0]:.0f} ms, PDF {median(took['.pdf']):.0f} ms, "
        f"data {median(took['']):.0f} ms"
    )
    assert median(took[".pdf"]) <= MOST_MS
