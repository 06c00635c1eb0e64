"""S3: a severe complaint changes a score and today's rounds at once; its author hears the end."""

import time

import httpx
import record
from mail_box import Mailbox
from organisation import Organisation, changed, items, told, until
from weeks import accepted, ago, await_scores, local, next_monday, revised, solved, team, where

AUTHOR = "assistante.sociale@s03.example"
PLACES = 14


def test_s03_a_severe_complaint_turns_into_a_visit_today(
    organisation: Organisation, mailbox: Mailbox
):
    coordinator = organisation.person("coordination")
    partner = organisation.program("115", "reporter", scopes=["inspections:write"])
    places_seen_lately(coordinator)
    plan = solved(coordinator, [team("Nord", [next_monday()], ends=13)])
    kept, place = pinned_and_left_out(coordinator, plan)
    before = told(coordinator.get(f"/v1/scores/{place}"))

    complaint = complained(partner, place)
    now_scored_with_the_complaint(coordinator, before)
    revision = today_planned_again(coordinator, plan, kept, place)

    visits = accepted(coordinator, plan["id"], revision["number"])
    (visit,) = [it for it in visits if it["accommodation_id"] == place]
    finding = visited(coordinator, visit)
    closed = judged_and_closed(coordinator, complaint, finding)
    assert (closed["state"], closed["verdict"]) == ("closed", "verified")
    the_author_hears_of_it(coordinator, complaint, mailbox)


def places_seen_lately(client: httpx.Client) -> None:
    """Declare more places than a morning holds, none of them due."""
    places = []
    for number in range(PLACES):
        declared = client.post("/v1/accommodations", json=record.accommodation(number))
        places.append(told(declared, 201)["id"])
        told(
            client.post("/v1/inspections", json=record.inspection(places[-1], occurred_at=ago(40))),
            201,
        )
    await_scores(client, places)


def pinned_and_left_out(client: httpx.Client, plan: dict) -> tuple[str, str]:
    """Pin the last visit of the day; give its place, and that of the least of those left out."""
    kept = plan["rounds"][0]["stops"][-1]["accommodation_id"]
    pin = [{"kind": "pin", "accommodation_id": kept}]
    revision = revised(client, plan["id"], 0, "The manager waits for us", edits=pin)
    assert revision["pinned"] == [kept]
    left_out = [it for it in plan["unvisited"] if not it["must_visit"]]
    return kept, min(left_out, key=lambda it: it["priority_points"])["accommodation_id"]


def complained(partner: httpx.Client, place: str) -> str:
    sent = {
        "external_id": "115-00421",
        "accommodation_id": place,
        "source": "social_worker",
        "category": "fire_safety",
        "item": "gas_co",
        "severity": 4,
        "text": "A smell of gas on the second floor since this morning.",
        "contact": {"name": "Une assistante sociale", "email": AUTHOR},
    }
    receipt = told(partner.post("/v1/complaints", json=sent), 201)
    assert partner.get("/v1/complaints").status_code == 403, "who reports reads nothing"
    return receipt["id"]


def now_scored_with_the_complaint(client: httpx.Client, before: dict) -> None:
    place, began = before["accommodation_id"], time.perf_counter()

    def scored_again() -> dict | None:
        score = told(client.get(f"/v1/scores/{place}"))
        return score if score["id"] != before["id"] else None

    score = until(scored_again, "the place is scored again")
    print(f"S3: score changed {time.perf_counter() - began:.2f} s after the complaint")
    assert score["probability"] > before["probability"]
    (reason,) = [it for it in score["reasons"] if it["group"] == "complaints"]
    assert reason["direction"] == "up"
    assert "1 not verified" in reason["text"]["en"]
    assert "1 non vérifié" in reason["text"]["fr"]
    (alert,) = items(client, "/v1/alerts")
    assert (alert["source"], alert["accommodation_id"]) == ("complaint", place)


def today_planned_again(client: httpx.Client, plan: dict, kept: str, place: str) -> dict:
    """Plan the rest of the day around the urgent visit, a quarter after the start."""
    assert place not in where(plan)
    now = {"now": local(next_monday(), 9.25).isoformat()}
    urgent = [{"kind": "add", "accommodation_id": place}]
    began = time.perf_counter()
    revision = revised(client, plan["id"], 1, "Smell of gas", edits=urgent, day=now)
    print(f"S3: today planned again in {time.perf_counter() - began:.2f} s")
    planned = where(revision)
    assert place in planned
    assert planned[kept] == where(plan)[kept]
    assert revision["pinned"] == [kept]
    assert all(it["text"]["fr"] and it["text"]["en"] for it in revision["fell_out"])
    return revision


def visited(client: httpx.Client, visit: dict) -> dict:
    form = record.inspection(
        visit["accommodation_id"],
        visit_id=visit["id"],
        visit_kind="complaint",
        answers=[{"item": "gas_co", "value": 3}],
    )
    inspection = told(client.post("/v1/inspections", json=form), 201)
    assert told(client.get(f"/v1/visits/{visit['id']}"))["state"] == "done"
    (finding,) = inspection["findings"]
    return finding


def judged_and_closed(client: httpx.Client, complaint: str, finding: dict) -> dict:
    path = f"/v1/complaints/{complaint}"
    seen = {"verdict": "verified", "finding_id": finding["id"]}
    assert changed(client, path, seen)["finding_id"] == finding["id"]
    return changed(client, path, {"close": True, "reason": "The boiler was sealed."})


def the_author_hears_of_it(client: httpx.Client, complaint: str, mailbox: Mailbox) -> None:
    """See that one mail goes out, which tells no place: who reads it may be anybody."""
    until(lambda: AUTHOR in mailbox.recipients(), "the author is written to")
    (mail,) = [it for it in mailbox.mails if it["To"] == AUTHOR]
    assert complaint in mail.get_content()
    assert "Hôtel d'essai" not in mail.get_content()
    (kept,) = told(client.get("/v1/mails", params={"about": complaint}))
    assert kept["recipient"] == AUTHOR
