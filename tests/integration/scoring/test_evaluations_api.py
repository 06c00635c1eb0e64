import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from shared.testing import bearer

READER = bearer("reader")


def predicted(visits=400, seed=1):
    """Invent predictions that know something, and what was found."""
    random = np.random.default_rng(seed)
    chance = random.uniform(0, 1, visits)
    return [
        {
            "place": f"place {number % 150}",
            "probability": float(it),
            "positive": bool(random.random() < it),
            "inspector": f"team {number % 3}",
        }
        for number, it in enumerate(chance)
    ]


async def evaluate(service, body, headers=READER):
    return await service.client.post("/v1/evaluations", json=body, headers=headers)


async def test_predictions_are_measured_by_the_figures_everybody_computes(scoring):
    visits = predicted()
    async with scoring() as service:
        told = (await evaluate(service, {"visits": visits})).json()
    chance = [it["probability"] for it in visits]
    positive = [it["positive"] for it in visits]
    figures = told["figures"]
    assert (told["visits"], told["positives"], told["places"]) == (400, sum(positive), 150)
    assert figures["auc"]["value"] == pytest.approx(roc_auc_score(positive, chance))
    assert figures["brier"]["value"] == pytest.approx(brier_score_loss(positive, chance))
    assert figures["auc"]["low"] < figures["auc"]["value"] < figures["auc"]["high"]
    assert figures["calibration_error"]["value"] < 0.1
    first = np.argsort(chance)[-40:]
    found = np.array(positive)[first].mean()
    assert figures["precision_at_10"]["value"] == pytest.approx(found)


async def test_within_an_inspector_s_visits_knowing_who_came_is_worth_nothing(scoring):
    visits = [
        {
            "place": str(number),
            "probability": 0.8 if number % 2 else 0.2,
            "positive": number % 10 < (8 if number % 2 else 2),
            "inspector": str(number % 2),
        }
        for number in range(200)
    ]
    async with scoring() as service:
        figures = (await evaluate(service, {"visits": visits})).json()["figures"]
    assert figures["auc"]["value"] > 0.6
    assert figures["auc_within_inspector"]["value"] == pytest.approx(0.5)


async def test_what_cannot_be_measured_is_left_out(scoring):
    visit = {"place": "A", "probability": 1, "positive": True}
    async with scoring() as service:
        answer = await evaluate(service, {"visits": [visit]})
    assert answer.status_code == 200
    assert not {"auc", "auc_within_inspector"} & set(answer.json()["figures"])
    assert answer.json()["figures"]["brier"]["value"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"probability": 1.2}, "/visits/0/probability"),
        ({"probability": "NaN"}, "/visits/0/probability"),
        ({"positive": None}, "/visits/0/positive"),
        ({"place": ""}, "/visits/0/place"),
        ({"name": "x"}, "/visits/0/name"),
    ],
)
async def test_a_bad_prediction_is_refused_by_its_place_in_the_body(scoring, change, pointer):
    visit = {"place": "A", "probability": 0.5, "positive": True} | change
    async with scoring() as service:
        answer = await evaluate(service, {"visits": [visit]})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("number", [0, 10_001])
async def test_no_predictions_or_too_many_are_refused(scoring, number):
    visit = {"place": "A", "probability": 0.5, "positive": True}
    async with scoring() as service:
        answer = await evaluate(service, {"visits": [visit] * number})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/visits"


async def test_predictions_are_measured_only_for_who_has_a_token(scoring):
    async with scoring() as service:
        answer = await evaluate(service, {"visits": []}, headers={})
    assert answer.status_code == 401


async def test_anybody_may_read_how_scores_come_about(scoring):
    async with scoring() as service:
        answer = await service.client.get("/v1/scoring/transparency")
    told = answer.json()
    assert answer.status_code == 200
    assert set(told["methods"]) == {"heuristic", "rule", "model"}
    for name in ("purpose", "label", "never_used", "gate", "explained", "who_decides", "not_for"):
        assert told[name]["fr"]
        assert told[name]["en"]
    assert "300 visits" in told["methods"]["heuristic"]["en"]
