"""S1: from a file of 562 places to a week of six teams, every place in it or left out with why."""

import csv
import io
import time
from datetime import date, timedelta
from random import Random
from uuid import uuid4

import httpx
import pytest
from organisation import Organisation, items, told, until
from weeks import ago, await_scores, next_monday, solved, stops, team

# Places by sector as a planning data set of 2019 had them; their names and addresses are made up.
SECTORS = {"75": 173, "93": 129, "92": 127, "77": 133}
MIDDLE = {"75": (2.35, 48.86), "93": (2.45, 48.92), "92": (2.23, 48.86), "77": (2.60, 48.75)}
TITLES = (
    "identifiant;nom;adresse;code_postal;ville;secteur;chambres;latitude;longitude;gestionnaire"
)
BASE = "id;numero;rep;nom_voie;code_postal;code_insee;nom_commune;lon;lat"
# Of those without a position: whose number is not in the base, and whose street is not.
TO_CHECK, UNKNOWN = {("92", 0), ("92", 10)}, {("77", 0), ("77", 10)}
DAYS, TEAMS = 4, 6


@pytest.fixture(scope="module")
def coordinator(organisation: Organisation) -> httpx.Client:
    return organisation.person("coordination")


def the_files() -> tuple[bytes, bytes]:
    """Write the register as Excel saves it, and the addresses of those it gives no position."""
    random = Random(562)
    rows, addresses = [TITLES], [BASE]
    for sector, count in SECTORS.items():
        for number in range(count):
            lon, lat = (random.gauss(it, 0.02) for it in MIDDLE[sector])
            town = f"{sector}0{random.randint(10, 19)};Ville {sector}"
            street, position = "rue des Essais", f"{lat:.5f};{lon:.5f}".replace(".", ",")
            if number % 10 == 0:
                postcode, city = town.split(";")
                at = 900 + number if (sector, number) in TO_CHECK else number + 1
                addresses.append(f"{sector}{number};{at};;{street};{postcode};;{city};{lon};{lat}")
                street = "rue Nulle" if (sector, number) in UNKNOWN else street
                position = ";"
            rows.append(
                f"{sector}-{number:03d};Hôtel d'essai {sector} {number};{number + 1} {street};"
                f"{town};{sector};{random.randint(8, 80)};{position};Société {number % 20}"
            )
    return "\n".join(rows).encode("utf-8-sig"), "\n".join(addresses).encode()


def test_s01_a_week_is_planned_from_a_file_of_562_places(coordinator: httpx.Client):
    register, addresses = the_files()
    imported_and_located(coordinator, register, addresses)
    places = {it["external_id"]: it["id"] for it in items(coordinator, "/v1/accommodations")}
    overdue = past_visits(coordinator, places)
    await_scores(coordinator, places.values())

    monday = next_monday()
    days = [monday + timedelta(days=it) for it in range(DAYS)]
    teams = [team(f"T{it}", days) for it in range(TEAMS)]
    candidates = told(coordinator.get("/v1/candidates", params={"starts_on": monday, "days": DAYS}))
    began = time.perf_counter()
    plan = solved(coordinator, teams, days=DAYS, time_limit_s=3)
    print(f"S1: {len(stops(plan))} visits planned in {time.perf_counter() - began:.1f} s")

    every_stop_says_why(plan)
    whoever_is_due_is_in_or_left_out_with_why(plan, candidates["items"], overdue, days[-1])
    assert sorted(plan["unplaced"]) == sorted(candidates["unplaced"])
    assert len(plan["unplaced"]) == len(TO_CHECK | UNKNOWN)
    the_week_goes_out_as_files(coordinator, plan)


def imported_and_located(client: httpx.Client, register: bytes, addresses: bytes) -> None:
    sent = client.post(
        "/v1/address-imports", content=addresses, headers={"Content-Type": "text/csv"}
    )
    assert sent.status_code == 202, sent.text
    job = until(lambda: over(client, sent.headers["location"]), "the addresses are imported")
    assert job["state"] == "done", job

    tried = imported(client, register, dry_run=True)
    assert items(client, "/v1/accommodations") == []
    taken, again = imported(client, register), imported(client, register)
    assert (tried["created"], tried["rejected"], tried["errors"]) == (562, 0, [])
    assert (taken["created"], again["unchanged"]) == (562, 562)

    found = {
        source: len(items(client, "/v1/accommodations", position_source=source))
        for source in ("declared", "geocoded", "to_check", "unknown")
    }
    print(f"S1: positions {found}")
    assert (found["to_check"], found["unknown"]) == (len(TO_CHECK), len(UNKNOWN))
    assert found["declared"] > found["geocoded"] > 50
    assert sum(found.values()) == 562
    for place in items(client, "/v1/accommodations", position_source="geocoded"):
        assert place["position_confidence"] >= 0.5
    for place in items(client, "/v1/accommodations", position_source="to_check"):
        assert place["position"] is None
        assert place["position_guess"]["label"]


def over(client: httpx.Client, path: str) -> dict | None:
    job = told(client.get(path))
    return job if job["state"] in {"done", "failed"} else None


def imported(client: httpx.Client, register: bytes, **query: object) -> dict:
    answer = client.post(
        "/v1/accommodation-imports",
        params=query,
        content=register,
        headers={"Content-Type": "text/csv"},
    )
    return told(answer)


def past_visits(client: httpx.Client, places: dict[str, str]) -> set[str]:
    """Record the last visit of most places; give those whose longest interval has passed."""
    forms, overdue = [], set()
    for number, (_, place) in enumerate(sorted(places.items())):
        if number % 8 == 0:
            continue  # never visited
        days, severity = 20 + number % 200, (0, 1, 2, 0, 3)[number % 5]
        forms.append(
            {
                "instance_id": str(uuid4()),
                "accommodation_id": place,
                "occurred_at": ago(days),
                "rooms_seen": 5,
                "answers": [
                    {"item": "mould", "room": "12", "value": severity},
                    {"item": "alarm", "value": 0},
                ],
            }
        )
        if days > 180:
            overdue.add(place)
    report = told(client.post("/v1/inspections/bulk", json={"items": forms}))
    assert report["created"] == len(forms)
    assert overdue
    return overdue


def every_stop_says_why(plan: dict) -> None:
    for stop in stops(plan):
        assert stop["why"], stop
        assert all(it["fr"] and it["en"] for it in stop["why"])
        assert stop["score_snapshot"], stop
    assert len(plan["certificate"]["rules"]) > 10


def whoever_is_due_is_in_or_left_out_with_why(
    plan: dict, candidates: list[dict], overdue: set[str], last: date
) -> None:
    due = {it["accommodation_id"] for it in candidates if it["due_on"] <= str(last)}
    unplaced = set(plan["unplaced"])
    assert overdue - unplaced <= due
    planned = {it["accommodation_id"] for it in stops(plan)}
    left_out = {it["accommodation_id"]: it for it in plan["unvisited"]}
    print(f"S1: {len(due)} due, {len(due & planned)} of them visited, {len(left_out)} left out")
    assert due & planned
    assert due <= planned | left_out.keys()
    assert not planned & left_out.keys()
    for it in left_out.values():
        assert it["code"], it
        assert it["text"]["fr"], it
        assert it["text"]["en"], it


def the_week_goes_out_as_files(client: httpx.Client, plan: dict) -> None:
    path, tour = f"/v1/weekly-plans/{plan['id']}", plan["rounds"][0]
    sheet = client.get(f"{path}/rounds/{tour['round_id']}/sheet.pdf", params={"language": "fr"})
    assert sheet.status_code == 200, sheet.text
    assert sheet.headers["content-type"] == "application/pdf"
    assert sheet.content.startswith(b"%PDF-")

    table = client.get(f"/v1/plans/{plan['id']}/csv")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert len(rows) == len(stops(plan))
    assert {it["round_id"] for it in rows} == {it["round_id"] for it in plan["rounds"]}

    shapes = told(client.get(f"{path}/geojson"))
    assert shapes["type"] == "FeatureCollection"
    assert len(shapes["features"]) == len(rows) + len(plan["rounds"])
