"""S9: a model is judged on a year it has not seen, and one that does not win does not serve."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid4, uuid5

import httpx
import pytest
import record
from organisation import Organisation, told, until
from weeks import await_scores

PLACES, VISITS, YEARS = 60, 900, 5
INSPECTORS = [str(uuid5(UUID(int=9), str(number))) for number in range(6)]
TRAINED_S = 240.0


@pytest.fixture(scope="module")
def coordinator(organisation: Organisation) -> httpx.Client:
    return organisation.person("coordination")


def test_s09_a_model_that_foretells_no_better_than_the_rule_is_refused(coordinator: httpx.Client):
    places = five_years_in_which_nothing_foretells_anything(coordinator)
    await_scores(coordinator, places)
    before = told(coordinator.get("/v1/priorities"))["method"]

    model = trained(coordinator)
    card = told(coordinator.get(f"/v1/models/{model['id']}/card"))
    judged_on_the_year_after_what_it_learned(card)
    beside_the_rule_and_simple_orders(card)
    no_inspector_among_features(coordinator, model, card)

    assert model["state"] == "refused", model["verdict"]
    refused = coordinator.post(f"/v1/models/{model['id']}/activation")
    assert refused.status_code == 409, refused.text
    assert told(coordinator.get("/v1/priorities"))["method"] == before == "rule"
    assert "keeps serving" in model["verdict"]["en"]
    page = coordinator.get(f"/v1/models/{model['id']}/card.html")
    assert (page.status_code, model["id"][:12] in page.text) == (200, True)


def five_years_in_which_nothing_foretells_anything(client: httpx.Client) -> list[str]:
    """Record visits of which chance alone decides what they find."""
    random = Random(9)
    places = []
    for number in range(PLACES):
        postcode = ("75011", "93100", "92100")[number % 3]
        sent = record.accommodation(number, postcode=postcode)
        places.append(told(client.post("/v1/accommodations", json=sent), 201)["id"])
    days = sorted((random.uniform(1, 365 * YEARS) for _ in range(VISITS)), reverse=True)
    forms = []
    for ago in days:
        at = datetime.now(UTC) - timedelta(days=ago)
        danger = random.random() < 0.3
        forms.append(
            {
                "instance_id": str(uuid4()),
                "accommodation_id": random.choice(places),
                "occurred_at": at.isoformat(),
                "known_at": (at + timedelta(hours=3)).isoformat(),
                "inspector_ids": [random.choice(INSPECTORS)],
                "rooms_seen": 5,
                "answers": [
                    {"item": "wires", "room": "12", "value": 3 if danger else 0},
                    {"item": "bedding", "room": "12", "value": random.randint(0, 2)},
                ],
            }
        )
    for start in range(0, VISITS, 450):
        batch = {"items": forms[start : start + 450]}
        told(client.post("/v1/inspections/bulk", json=batch))
    return places


def trained(client: httpx.Client) -> dict:
    sent = client.post("/v1/models", json={"rounds": 20, "seed": 1})
    assert sent.status_code == 202, sent.text

    def over() -> dict | None:
        job = told(client.get(sent.headers["location"]))
        return job if job["state"] not in {"queued", "running"} else None

    job = until(over, "the model is trained", TRAINED_S)
    assert job["state"] == "done", job
    return told(client.get(f"/v1/models/{job['result']['model_id']}"))


def judged_on_the_year_after_what_it_learned(card: dict) -> None:
    windows = card["windows"]
    assert len(windows) == 4
    tested = datetime.fromisoformat(windows[-1]["ends_on"]) - datetime.fromisoformat(
        windows[0]["starts_on"]
    )
    assert 350 <= tested.days <= 370, "four quarters: the last of five years"
    assert windows == sorted(windows, key=lambda it: it["starts_on"])
    assert card["gap_days"] == 7
    assert sum(it["visits"] for it in windows) < card["visits"] / 3


def beside_the_rule_and_simple_orders(card: dict) -> None:
    """See every method by every measure with its interval: the model and what it must beat."""
    methods = {"model", "rule", "adjusted_ratio", "last_points", "smoothed_rate", "overdue"}
    assert methods <= card["figures"].keys()
    for method in methods:
        figures = card["figures"][method]
        for measure in ("auc", "precision_at_10", "recall_at_10", "found_in_first_half"):
            it = figures[measure]
            assert it["low"] <= it["value"] <= it["high"], (method, measure)
        auc, half = (figures[it]["value"] for it in ("auc", "found_in_first_half"))
        print(f"S9: {method} AUC {auc:.3f}, found in the first half {half:.2f}")
    assert methods - {"model"} <= card["gain"].keys()
    assert {it["group"] for it in card["fairness"]}
    assert card["limits"]


def no_inspector_among_features(client: httpx.Client, model: dict, card: dict) -> None:
    named = [it for it in (*model["features"], *card["features"]) if "inspector" in it]
    assert named == []
    assert len(model["features"]) > 20
    transparency = told(client.get("/v1/scoring/transparency"))
    assert "who will make the visit" in transparency["never_used"]["en"]
    told_of = str(model) + str(card)
    assert not [it for it in INSPECTORS if it in told_of]
