"""S4: what people change of a plan is kept with its reason, and judged by what visits then find."""

import httpx
import record
from organisation import Organisation, told, until
from weeks import accepted, ago, await_scores, next_monday, revised, solved, stops, team, where

PLACES = 24
REASON = "The operator called: works until Friday"


def test_s04_what_people_change_is_kept_and_judged_beside_the_model(organisation: Organisation):
    coordinator = organisation.person("coordination")
    places_with_a_past(coordinator)
    plan = solved(coordinator, [team("Nord", [next_monday()]), team("Sud", [next_monday()])])
    out, put_in = changed_by_hand(coordinator, plan)

    again = [{"kind": "reoptimise", "time_limit_s": 1}]
    revision = revised(coordinator, plan["id"], 1, "Look again", edits=again)
    assert out not in where(revision), "what was taken out stays out"
    assert put_in in where(revision), "what was put in stays in"
    first = told(coordinator.get(f"/v1/plans/{plan['id']}/revisions/1"))
    assert (first["reason"], first["author"].partition(":")[0]) == (REASON, "account")

    visits = accepted(coordinator, plan["id"], revision["number"])
    origins = {it["accommodation_id"]: it["origin"] for it in visits}
    assert origins[put_in] == "override"
    dangers = found_by_visits(coordinator, visits, out)
    the_report_tells_each_apart(coordinator, origins, dangers)


def places_with_a_past(client: httpx.Client) -> None:
    places = []
    for number in range(PLACES):
        declared = client.post("/v1/accommodations", json=record.accommodation(number))
        places.append(told(declared, 201)["id"])
        answers = [{"item": "mould", "room": "12", "value": number % 4}]
        form = record.inspection(places[-1], occurred_at=ago(20), answers=answers)
        told(client.post("/v1/inspections", json=form), 201)
    await_scores(client, places)


def changed_by_hand(client: httpx.Client, plan: dict) -> tuple[str, str]:
    """Take out the targeted place that is worth most and put in one that was left out."""
    targeted = [it for it in stops(plan) if it["origin"] == "targeted"]
    out = max(targeted, key=lambda it: it["priority_points"])["accommodation_id"]
    put_in = plan["unvisited"][0]["accommodation_id"]
    edits = [
        {"kind": "drop", "accommodation_id": out},
        {"kind": "add", "accommodation_id": put_in},
    ]
    unsaid = client.post(f"/v1/plans/{plan['id']}/revisions", json={"based_on": 0, "edits": edits})
    assert unsaid.status_code == 422, "a reason is always asked for"
    revision = revised(client, plan["id"], 0, REASON, edits=edits)
    assert out in {it["accommodation_id"] for it in revision["diff"]["lost"]}
    assert put_in in {it["accommodation_id"] for it in revision["diff"]["gained"]}
    return out, put_in


def found_by_visits(client: httpx.Client, visits: list[dict], out: str) -> set[str]:
    """Make all visits, and one of the place taken out; every third finds a danger."""
    dangers = set()
    for number, visit in enumerate([*visits, {"accommodation_id": out}]):
        place = visit["accommodation_id"]
        value = 4 if number % 3 == 0 else 1
        answers = [{"item": "mould", "room": "12", "value": value}]
        of = {"visit_id": visit["id"]} if "id" in visit else {}
        told(
            client.post("/v1/inspections", json=record.inspection(place, answers=answers, **of)),
            201,
        )
        dangers |= {place} if value == 4 else set()
    return dangers


def the_report_tells_each_apart(
    client: httpx.Client, origins: dict[str, str], dangers: set[str]
) -> None:
    """See that the model's choices, people's and chance's are counted apart, each with its rate."""

    def all_known() -> dict | None:
        report = told(client.get("/v1/field-results"))
        judged = sum(it["visits"] for it in report["origins"])
        taken_out = report["dropped"]
        return report if judged == len(origins) and taken_out and taken_out["seen"] else None

    report = until(all_known, "what was found is known to scoring")
    told_of = {it["origin"]: it for it in report["origins"]}
    assert {"targeted", "override", "audit"} <= told_of.keys() == set(origins.values())
    for origin, it in told_of.items():
        places = {place for place, of in origins.items() if of == origin}
        assert (it["visits"], it["positives"]) == (len(places), len(places & dangers))
        assert it["hit_rate"]["low"] <= it["hit_rate"]["value"] <= it["hit_rate"]["high"]
        assert 0 < it["believed"] < 1
        print(
            f"S4: {origin} found {it['positives']} of {it['visits']}, {it['believed']:.2f} believed"
        )
    assert report["overrides"]["visits"] == 1
    assert (report["dropped"]["drops"], report["dropped"]["seen"]) == (1, 1)
