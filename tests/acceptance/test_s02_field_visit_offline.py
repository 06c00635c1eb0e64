"""S2: ten rooms seen without a network, sent twice, are one visit with the grade it had offline."""

from datetime import UTC, datetime
from uuid import uuid4

import httpx
import record
from field_device import picture
from mail_box import Mailbox
from organisation import Organisation, changed, items, told, until
from weeks import accepted, ago, next_monday, solved, team

CHECKLIST = "/v1/checklists/default/versions"
# Forty rooms: the draw asks for ten of them.
ROOMS = 40
IN_ROOMS = (("mould", 3), ("pest_bedbugs", 2), ("window_guard", 2), ("bedding", 1), ("heating", 2))
DANGER = ("gas_co", 2)


def test_s02_ten_rooms_seen_offline_and_sent_twice_are_one_visit(
    organisation: Organisation, mailbox: Mailbox
):
    coordinator = organisation.person("coordination")
    inspector = organisation.person("visiteuse", "inspector")
    on_call(coordinator)
    place = told(
        coordinator.post("/v1/accommodations", json=record.accommodation(2, rooms=ROOMS)), 201
    )["id"]
    earlier = record.inspection(
        place, occurred_at=ago(60), answers=[{"item": "mould", "room": "12", "value": 2}]
    )
    told(coordinator.post("/v1/inspections", json=earlier), 201)
    publish_third_checklist(coordinator)
    plan, visit = visit_of_today(coordinator)

    pack = fetched(inspector, plan, visit)
    form = filled_in(pack, place, visit)
    grade, index = graded(form, pack["checklist"])

    sent = [inspector.post("/v1/inspections", json=form) for _ in range(2)]
    inspection = told(sent[0], 201)
    assert told(sent[1])["id"] == inspection["id"]
    photos_sent_twice_are_three(inspector, inspection)

    seen = items(coordinator, "/v1/inspections", visit_id=visit["id"])
    assert [it["id"] for it in seen] == [inspection["id"]]
    of_plan = items(coordinator, "/v1/visits", plan_id=plan["id"])
    assert [(it["id"], it["state"], it["rooms_seen"]) for it in of_plan] == [
        (visit["id"], "done", 10)
    ]
    assert (inspection["grade"], round(inspection["insalubrity_index"], 1)) == (grade, index)
    assert inspection["checklist_version"] == 3
    assert len(inspection["findings"]) == 6
    assert [it["item"] for it in inspection["findings"] if it["critical"]] == [DANGER[0]]
    the_danger_is_told_once(coordinator, inspection, mailbox)


def on_call(client: httpx.Client) -> None:
    shift = {
        "starts_at": ago(1),
        "ends_at": ago(-1),
        "name": "Astreinte",
        "email": "astreinte@s02.example",
    }
    told(client.post("/v1/on-call-shifts", json=shift), 201)


def publish_third_checklist(client: httpx.Client) -> None:
    """Publish two more versions, each with a weight of its own."""
    first = told(client.get(f"{CHECKLIST}/1"))
    for version, weight in ((2, 4), (3, 3)):
        changed_items = [
            it | {"weight": weight} if it["code"] == "mould" else it for it in first["items"]
        ]
        drafted = client.post(CHECKLIST, json={"title": first["title"], "items": changed_items})
        assert told(drafted, 201)["version"] == version
        etag = {"If-Match": drafted.headers["etag"]}
        told(client.post(f"{CHECKLIST}/{version}/publication", headers=etag))


def visit_of_today(client: httpx.Client) -> tuple[dict, dict]:
    """Plan the visit with next week's, then bring it forward to now."""
    plan = solved(client, [team("Nord", [next_monday()])])
    (visit,) = accepted(client, plan["id"])
    now = datetime.now(UTC).isoformat()
    moved = {"scheduled_at": now, "reason": "The team is near today."}
    return plan, changed(client, f"/v1/visits/{visit['id']}", moved)


def fetched(inspector: httpx.Client, plan: dict, visit: dict) -> dict:
    """Fetch what the day needs, before there is no network: what stands, rooms, checklist."""
    tour = plan["rounds"][0]["round_id"]
    sheet = told(inspector.get(f"/v1/weekly-plans/{plan['id']}/rounds/{tour}/sheet"))
    (stop,) = sheet["stops"]
    assert [(it["item"], it["room"]) for it in stop["standing"]] == [("mould", "12")]
    assert visit["id"] in stop["form_url"]
    draw = told(inspector.post(f"/v1/visits/{visit['id']}/room-draw"), 201)
    rooms = [it for it in draw["rooms"] if it["to_see"]]
    assert len(rooms) == draw["size"] == 10
    assert rooms[0]["room"] == "12", "what was wrong last time comes first"
    return {"rooms": rooms, "checklist": told(inspector.get(f"{CHECKLIST}/3"))}


def filled_in(pack: dict, place: str, visit: dict) -> dict:
    """Fill in the form without asking anybody."""
    labels = [it["room"] or f"2{it['ordinal']:02d}" for it in pack["rooms"]]
    wrong = [
        {"item": item, "room": room, "value": value}
        for (item, value), room in zip(IN_ROOMS, labels, strict=False)
    ]
    right = [{"item": "ventilation", "room": room, "value": 0} for room in labels]
    building = [
        {"item": DANGER[0], "value": DANGER[1]},
        {"item": "alarm", "value": 0},
        {"item": "drains", "value": "not_seen"},
    ]
    return {
        "instance_id": str(uuid4()),
        "accommodation_id": place,
        "visit_id": visit["id"],
        "checklist_version": 3,
        "occurred_at": datetime.now(UTC).isoformat(),
        "rooms": [
            {"room": room, "drawn": it["number"]}
            for room, it in zip(labels, pack["rooms"], strict=True)
        ],
        "answers": [*wrong, *right, *building],
    }


def graded(form: dict, checklist: dict) -> tuple[str, float]:
    """Grade the form as the device does, by the published formula: the worst of each item."""
    known = {it["code"]: it for it in checklist["items"]}
    worst: dict[str, int] = {}
    for answer in form["answers"]:
        if isinstance(answer["value"], int):
            worst[answer["item"]] = max(worst.get(answer["item"], 0), answer["value"])
    weighed = sum(known[it]["weight"] * value for it, value in worst.items())
    index = 100 * weighed / sum(4 * known[it]["weight"] for it in worst)
    dangers = [it for it, value in worst.items() if 0 < known[it]["danger_at"] <= value]
    return ("D" if dangers else "C"), round(index, 1)


def photos_sent_twice_are_three(inspector: httpx.Client, inspection: dict) -> None:
    for number, colour in enumerate(("red", "green", "blue")):
        of = {"inspection_id": inspection["id"], "item": IN_ROOMS[number][0]}
        answers = [
            inspector.post("/v1/photos", params=of, content=picture(colour)) for _ in range(2)
        ]
        assert [it.status_code for it in answers] == [201, 200], answers[0].text
    kept = items(inspector, "/v1/photos", inspection_id=inspection["id"])
    assert len(kept) == 3


def the_danger_is_told_once(client: httpx.Client, inspection: dict, mailbox: Mailbox) -> None:
    (alert,) = items(client, "/v1/alerts")
    assert (alert["source"], alert["source_id"]) == ("inspection", inspection["id"])
    assert [it["item"] for it in alert["dangers"]] == [DANGER[0]]
    events = items(client, "/v1/inspections/events", limit=2000)
    raised = [it for it in events if it["kind"] == "alert.raised"]
    assert [it["subject_id"] for it in raised] == [alert["id"]]
    until(lambda: "astreinte@s02.example" in mailbox.recipients(), "who is on call is paged")
    assert mailbox.recipients().count("astreinte@s02.example") == 1
