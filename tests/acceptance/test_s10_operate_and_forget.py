"""S10: started by one command, restored from a backup, moved to another PostgreSQL; it forgets."""

import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import record
from commands import run
from field_device import picture
from moved import moved
from organisation import PASSWORD, Organisation, items, told, until
from production import Production
from system import System
from weeks import await_scores, next_monday, solved, stops, team

from shared.testing import DatabaseMaker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PLACES, OLD_DAYS = 6, 800
AUTHOR = {"name": "Zoé Quatrepommes", "phone": "06 98 76 54 32"}


@dataclass(frozen=True)
class Kept:
    """What was recorded before anything happened to it."""

    places: list[str]
    inspection: str
    complaint: str
    photo: str
    scores: dict[str, float]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Give a folder that the database's own user can reach, its path short."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ronde-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


def test_s10_a_ronde_is_restored_moved_half_killed_and_forgets(
    ronde: System, organisation: Organisation, databases: DatabaseMaker, folder: Path
):
    kept = something_recorded(organisation.person("coordination"))
    backed_up_and_restored(ronde, organisation, folder, kept)
    with moved(ronde, databases, folder) as production:
        url = production.urls["gateway"]
        with signed_in(url, organisation) as client:
            everything_is_there(client, kept)
            without_scoring_the_rest_answers(production, client, kept)
        with signed_in(url, organisation) as client:
            what_is_old_is_forgotten_by_rule(production, client, kept)


def something_recorded(client: httpx.Client) -> Kept:
    """Record a little of everything, and plan once, so that the gateway was told the scores."""
    places = [
        told(client.post("/v1/accommodations", json=record.accommodation(it)), 201)["id"]
        for it in range(PLACES)
    ]
    form = record.inspection(places[0], answers=[{"item": "mould", "room": "7", "value": 3}])
    inspection = told(client.post("/v1/inspections", json=form), 201)["id"]
    photo = client.post("/v1/photos", params={"inspection_id": inspection}, content=picture())
    sent = {
        "accommodation_id": places[1],
        "source": "family",
        "text": "Cold at night.",
        "contact": AUTHOR,
    }
    complaint = told(client.post("/v1/complaints", json=sent), 201)["id"]
    await_scores(client, places)
    assert stops(solved(client, [team("Nord", [next_monday()])]))
    return Kept(places, inspection, complaint, told(photo, 201)["id"], scores(client))


def scores(client: httpx.Client) -> dict[str, float]:
    page = told(client.get("/v1/priorities"))
    return {it["accommodation_id"]: it["parts"]["probability"] for it in page["items"]}


def backed_up_and_restored(
    ronde: System, organisation: Organisation, folder: Path, kept: Kept
) -> None:
    archive, directory = folder / "kept.ronde", folder / "new"
    made = run("backup", "make", archive, "--directory", ronde.directory)
    assert made.returncode == 0, made.stderr
    back = run("backup", "restore", archive, "--directory", directory, "--no-later-purges")
    assert back.returncode == 0, back.stderr
    other = System(directory, demo=False)
    began = time.perf_counter()
    try:
        other.start()
        print(f"S10: served by one command in {time.perf_counter() - began:.1f} s")
        with signed_in(other.running.gateway_url, organisation) as client:
            everything_is_there(client, kept)
    finally:
        assert other.stop() == 0


def signed_in(url: str, organisation: Organisation) -> httpx.Client:
    person = {"email": f"direction@{organisation.name}.example", "password": PASSWORD}
    answer = httpx.post(f"{url}/v1/sessions", json=person, trust_env=False, timeout=60)
    token = {"Authorization": f"Bearer {told(answer, 201)['access_token']}"}
    return httpx.Client(base_url=url, headers=token, trust_env=False, timeout=60)


def everything_is_there(client: httpx.Client, kept: Kept) -> None:
    assert {it["id"] for it in items(client, "/v1/accommodations")} == set(kept.places)
    assert told(client.get(f"/v1/inspections/{kept.inspection}"))["grade"] == "C"
    assert told(client.get(f"/v1/complaints/{kept.complaint}/contact"))["name"] == AUTHOR["name"]
    assert client.get(f"/v1/photos/{kept.photo}/content").status_code == 200
    assert scores(client).keys() == kept.scores.keys()
    assert told(client.get("/v1/revision-chain"))["whole"]


def without_scoring_the_rest_answers(
    production: Production, client: httpx.Client, kept: Kept
) -> None:
    """Kill scoring: the record and plans go on with the scores last told, and say how old."""
    production.processes["scoring"].kill()
    production.processes["scoring"].wait()
    assert client.get("/v1/scores").status_code in {502, 503}
    form = record.inspection(kept.places[2])
    told(client.post("/v1/inspections", json=form), 201)
    ends = [{"lon": 2.35, "lat": 48.86}]
    told(client.post("/v1/matrices", json={"sources": ends, "targets": ends}))
    overview = told(client.get("/v1/overview"))
    assert overview["missing"] == ["scoring"]
    assert overview["scores_told_at"]
    assert overview["highest_priority"] > 0

    plan = solved(client, [team("Nord", [next_monday()])])
    assert [it["code"] for it in plan["notices"]] == ["stale_scores"]
    believed = {it["accommodation_id"]: it["score_snapshot"]["probability"] for it in stops(plan)}
    assert believed
    assert believed.items() <= kept.scores.items()

    production.start("scoring")
    production.await_ready()

    def fresh() -> bool:
        return told(client.get("/v1/overview"))["missing"] == []

    until(fresh, "scoring is back")


def what_is_old_is_forgotten_by_rule(
    production: Production, client: httpx.Client, kept: Kept
) -> None:
    """Let two years pass for a contact; the rules forget it, and the audits say that they did."""
    contact = f"/v1/complaints/{kept.complaint}/contact"
    with production.databases["inspections"].administer() as connection:
        connection.execute(
            "update complaint_contact set created_at = now() - make_interval(days => %s) "
            "where complaint_id = %s",
            [OLD_DAYS, kept.complaint],
        )
    dry = told(client.post("/v1/retention-runs", json={"dry_run": True}), 201)
    assert dry["counts"]["complaint_contact"] == 1
    assert client.get(contact).status_code == 200, "a dry run forgets nothing"
    done = told(client.post("/v1/retention-runs", json={"dry_run": False}), 201)
    assert done["counts"] == dry["counts"]
    assert client.get(contact).status_code == 404
    assert told(client.get(f"/v1/complaints/{kept.complaint}"))["text"] == "Cold at night."

    ours = [it for it in told(client.get("/v1/retention-runs")) if it["started_by"] != "worker"]
    assert [(it["dry_run"], it["counts"]) for it in ours] == [
        (False, done["counts"]),
        (True, dry["counts"]),
    ]
    assert told(client.get("/v1/revision-chain"))["whole"]

    def audited() -> bool:
        lines = items(client, "/v1/audit", limit=100)
        return [(it["did"], it["what"]) for it in lines].count(("POST", "/v1/retention-runs")) == 2

    until(audited, "the runs are in the audit")
    asked = {"GATEWAY_SYSTEM_URL": production.databases["gateway"].system_url}
    chain = run("verify-audit", "--json", **asked)
    assert (chain.returncode, json.loads(chain.stdout)["whole"]) == (0, True), chain.stderr
