"""S5: five anomalies past their deadline lead to a re-visit, a notice and a proposal to leave."""

from datetime import UTC, date, datetime, timedelta

import httpx
import record
from organisation import Organisation, items, told, until
from weeks import ago, await_scores, local, next_monday

FIVE = (
    ("mould", 2, "12"),
    ("bedding", 2, "7"),
    ("pest_cockroaches", 2, "12"),
    ("drains", 2, None),
    ("waste", 1, None),
)
BACK = ["bedding", "mould"]


def test_s05_five_anomalies_lead_to_a_proposal_to_leave(organisation: Organisation):
    claire = organisation.person("claire")
    omar = organisation.person("omar")
    place = declared(claire, 1, operator="Société d'essai")
    peer = declared(claire, 2)
    inspected(claire, peer, 20)
    two_put_right_and_back_among_five(claire, place)

    re_visit_is_proposed_by_itself(claire, place)
    ranked_before_its_peer(claire, place, peer)
    notice = notified(claire, place)
    exit_proposed_by_one_for_another_to_decide(claire, omar, place, notice)
    one_timeline_tells_all(claire, place)
    any_day_is_told_as_it_was_known(claire, place)


def declared(client: httpx.Client, number: int, **values: object) -> str:
    sent = record.accommodation(number, **values)
    return told(client.post("/v1/accommodations", json=sent), 201)["id"]


def inspected(client: httpx.Client, place: str, days: float, *seen: tuple) -> None:
    answers = [{"item": it, "value": value, "room": room} for it, value, room in seen]
    form = {"occurred_at": ago(days), "known_at": ago(days)}
    sent = record.inspection(place, **form, **({"answers": answers} if answers else {}))
    told(client.post("/v1/inspections", json=sent), 201)


def two_put_right_and_back_among_five(client: httpx.Client, place: str) -> None:
    """Find two, see them put right, find them again among five, sixteen days and more ago."""
    first = [it for it in FIVE if it[0] in BACK]
    inspected(client, place, 70, *first)
    inspected(client, place, 60, *((item, 0, room) for item, _, room in first))
    inspected(client, place, 20, *FIVE)
    found = items(client, "/v1/anomalies", accommodation_id=place, state="open")
    assert sorted(it["item"] for it in found) == sorted(item for item, _, _ in FIVE)
    assert sorted(it["item"] for it in found if it["repeats"]) == BACK
    for it in found:
        seen, due = (datetime.fromisoformat(it[name]) for name in ("first_seen_at", "due_at"))
        assert timedelta(days=14) <= due - seen < timedelta(days=15, hours=2)
        assert it["overdue"]


def re_visit_is_proposed_by_itself(client: httpx.Client, place: str) -> None:
    def proposed() -> list[dict]:
        return [it for it in items(client, "/v1/reinspections") if it["accommodation_id"] == place]

    (again,) = until(proposed, "a re-visit is proposed")
    assert {it["cause"] for it in again["reasons"]} == {"overdue"}
    assert len(again["reasons"]) == len(FIVE)
    first = max(date.fromisoformat(again["see_by"]), next_monday())
    days = {"starts_on": str(first), "days": 5}
    candidates = {
        it["accommodation_id"]: it
        for it in told(client.get("/v1/candidates", params=days))["items"]
    }
    candidate = candidates[place]
    assert (candidate["visit_kind"], candidate["must_visit"]) == ("reinspection", True)
    assert candidate["must_reason"]["fr"].startswith("Contre-visite à faire")


def ranked_before_its_peer(client: httpx.Client, place: str, peer: str) -> None:
    await_scores(client, [place, peer])
    ranked = [it["accommodation_id"] for it in told(client.get("/v1/priorities"))["items"]]
    assert ranked.index(place) < ranked.index(peer)


def notified(client: httpx.Client, place: str) -> str:
    sent = {"accommodation_id": place, "sender": "Association d'essai", "signatory": "Claire"}
    notice = told(client.post("/v1/notices", json=sent), 201)
    paragraphs = notice["content"]["paragraphs"]
    assert sorted(it["item"] for it in paragraphs if it["repeat"]) == BACK
    assert all(it["overdue"] for it in paragraphs)
    path = f"/v1/notices/{notice['id']}"
    document = client.get(f"{path}/document", params={"format": "pdf", "language": "fr"})
    assert document.status_code == 200, document.text
    assert document.content.startswith(b"%PDF-")
    received = {"received_at": datetime.now(UTC).isoformat(), "means": "hand"}
    told(client.post(f"{path}/receipt", json=received))
    notified = items(client, "/v1/anomalies", accommodation_id=place, state="notified")
    assert len(notified) == len(FIVE)
    return notice["id"]


def exit_proposed_by_one_for_another_to_decide(
    claire: httpx.Client, omar: httpx.Client, place: str, notice: str
) -> None:
    """Climb the ladder: every step but the first has the operator's reply and a second person."""
    asked = {
        "accommodation_id": place,
        "grounds": "Five anomalies, two came back.",
        "notice_id": notice,
    }
    early = claire.post("/v1/sanctions", json=asked | {"step": "withdrawal"})
    assert early.status_code == 409, "nobody is in danger: rung by rung"
    told(claire.post("/v1/sanctions", json=asked | {"step": "reminder"}), 201)
    for step in ("formal_notice", "suspension", "relocation"):
        sanction = told(claire.post("/v1/sanctions", json=asked | {"step": step}), 201)
        path = f"/v1/sanctions/{sanction['id']}"
        decided = {"state": "decided", "reason": "Promised before."}
        assert omar.post(f"{path}/decision", json=decided).status_code == 409, "not heard yet"
        reply = {"replied_at": datetime.now(UTC).isoformat(), "text": "Works begin on Monday."}
        told(claire.post(f"{path}/reply", json=reply))
        assert claire.post(f"{path}/decision", json=decided).status_code == 409, (
            "not the same person"
        )
        told(omar.post(f"{path}/decision", json=decided))
    leave = told(claire.post("/v1/sanctions", json=asked | {"step": "withdrawal"}), 201)
    assert leave["state"] == "proposed"
    assert told(claire.get(f"/v1/accommodations/{place}"))["contract_state"] == "suspended"


def one_timeline_tells_all(client: httpx.Client, place: str) -> None:
    events = items(client, f"/v1/accommodations/{place}/timeline")
    kinds = [it["kind"] for it in events]
    assert kinds.count("inspection") == 3
    assert kinds.count("notice") == 1
    assert kinds.count("sanction_proposed") >= 4
    assert kinds.count("sanction_decided") >= 3
    assert {it["item"] for it in events if it["kind"] == "anomaly"} == {item for item, _, _ in FIVE}
    moments = [it["occurred_at"] for it in events]
    assert moments == sorted(moments, reverse=True)
    drawn = client.get(f"/v1/accommodations/{place}/timeline.svg")
    assert drawn.status_code == 200
    assert drawn.headers["content-type"].startswith("image/svg+xml")


def any_day_is_told_as_it_was_known(client: httpx.Client, place: str) -> None:
    today = local(date.today(), 0).date()  # noqa: DTZ011 - days of the place's own calendar
    for days, standing, visits in ((75, [], 0), (65, BACK, 1), (50, [], 2), (18, "all", 3)):
        as_of = {"as_of": str(today - timedelta(days=days))}
        path = f"/v1/accommodations/{place}"
        stood = told(client.get(f"{path}/standing-anomalies", params=as_of))["items"]
        matrix = told(client.get(f"{path}/matrix", params=as_of))
        wanted = sorted(item for item, _, _ in FIVE) if standing == "all" else standing
        assert sorted(it["item"] for it in stood) == wanted, days
        assert len(matrix["visits"]) == visits, days
        then = items(client, f"{path}/timeline", **as_of)
        assert [it["kind"] for it in then].count("inspection") == visits
        assert not [it for it in then if it["kind"].startswith("sanction")]
