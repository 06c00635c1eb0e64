import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from scoring.domain import ensemble
from scoring.domain.features import schema_hash
from scoring.domain.history import RONDE
from scoring.domain.rule import DEFAULT_WEIGHTS, RULE_GROUPS, RuleScore
from scoring.store import models
from scoring.use_cases.propose_models import propose_models
from shared.paging import encode
from shared.testing import OURS, THEIRS, bearer

READER, MANAGER = bearer("reader"), bearer("manager")


@asynccontextmanager
async def working(service):
    """Run the worker's jobs."""
    await service.jobs.open()
    task = asyncio.create_task(service.jobs.work())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await service.jobs.close()


async def post(client, path, body=None, headers=MANAGER, **more):
    return await client.post(path, json=body, headers=headers | more)


async def ended(service, answer):
    """Wait for a job and give its last state."""
    assert answer.status_code == 202, answer.text
    for _ in range(1800):
        state = (await service.client.get(answer.headers["Location"], headers=READER)).json()
        if state["state"] not in {"queued", "running"}:
            return state
        await asyncio.sleep(0.1)
    raise AssertionError(state)


async def keep_model(service, id, state, schema, **changes):
    """Store a model as if it had been trained."""
    async with service.database.session(OURS) as session:
        values = {
            "organisation": OURS,
            "id": id,
            "state": state,
            "data_cutoff": date(2026, 1, 1),
            "visits": 400,
            "positives": 90,
            "seed": 1,
            "features": ["visits"],
            "feature_schema": schema,
            "windows": [],
            "auc": {},
            "verdict": {"fr": "Oui.", "en": "Yes."},
        } | changes
        await models.keep(session, values)


def hide_pests_from_the_rule(feed):
    """Invent a town where a light finding about pests foretells danger for a year."""
    random = np.random.default_rng(3)
    infested = random.random((120, 6)) < 0.4
    events = [feed.place(number) for number in range(120)]
    days = -np.sort(-random.uniform(1, 1500, 2400))
    for visit, days_ago in enumerate(days.tolist()):
        number = int(random.integers(120))
        now = infested[number, int(days_ago / 400)]
        danger = random.random() < (0.75 if now else 0.03)
        severities = [4] * danger + ([1] if now else [3] * int(random.integers(0, 2)))
        event = feed.visit(number, visit, days_ago=days_ago, severities=severities)
        for finding in event.data["findings"]:
            if finding["severity"] == 1:
                finding["category"] = "pests"
        events.append(event)
    return events


async def test_a_model_that_wins_is_promoted_scores_and_can_be_taken_back(scoring, feed, id_of):
    async with scoring() as service, working(service):
        await service.follow(hide_pests_from_the_rule(feed))
        state = await ended(service, await post(service.client, "/v1/models", {"rounds": 30}))
        assert state["state"] == "done", state
        assert state["result"]["promoted"], state["result"]["verdict"]
        id = state["result"]["model_id"]
        card = (await service.client.get(f"/v1/models/{id}/card", headers=READER)).json()
        assert card["figures"]["model"]["auc"]["low"] < card["figures"]["model"]["auc"]["high"]
        assert set(card["gain"]) >= {"rule", "adjusted_ratio", "last_points"}
        page = await service.client.get(f"/v1/models/{id}/card.html", headers=READER)
        assert id[:12] in page.text
        missing = await service.client.get(f"/v1/models/{'b' * 64}/card", headers=READER)
        assert missing.status_code == 404
        model = (await service.client.get(f"/v1/models/{id}", headers=READER)).json()
        assert model["state"] == "active"
        assert len(model["windows"]) >= 3
        assert model["auc"]["model"]["value"] > model["auc"]["rule"]["value"]
        assert "model_within_inspector" in model["auc"]
        assert (service.workshop.blobs.folder / id[:2] / id).exists()
        page = (await service.client.get("/v1/priorities", headers=READER)).json()
        assert page["method"] == "model"
        assert {it["score_snapshot"]["model_id"] for it in page["items"]} == {id}
        score = (await service.client.get(f"/v1/scores/{id_of(1)}", headers=READER)).json()
        assert score["method"] == "model"
        assert len(score["reasons"]) == 3
        taken_back = await service.client.delete(f"/v1/models/{id}/activation", headers=MANAGER)
        assert taken_back.json()["state"] == "retired"
        assert (await ended(service, await post(service.client, "/v1/score-runs")))[
            "state"
        ] == "done"
        page = (await service.client.get("/v1/priorities", headers=READER)).json()
        assert page["method"] == "rule"
        again = await post(service.client, f"/v1/models/{id}/activation")
        assert again.json()["state"] == "active"
        events = await service.client.get(
            "/v1/scoring/events", headers=bearer("service"), params={"limit": 2000}
        )
        told = [it["kind"] for it in events.json()["items"]]
        assert told.count("model.activated") == 2


async def test_too_little_history_is_told_and_the_rule_keeps_scoring(scoring, feed):
    async with scoring() as service, working(service):
        await service.follow(feed.town(10, 40))
        state = await ended(service, await post(service.client, "/v1/models", {}))
        assert state["state"] == "done"
        assert not state["result"]["promoted"]
        assert "Not enough history" in state["result"]["verdict"]["en"]
        listed = await service.client.get("/v1/models", headers=READER)
        assert listed.json()["items"] == []


async def test_a_model_of_a_past_day_that_wins_also_against_the_active_one_waits(
    scoring, feed, model_text
):
    today = datetime.now(UTC).date()
    async with scoring() as service, working(service):
        await service.follow(hide_pests_from_the_rule(feed))
        older = service.workshop.blobs.put(model_text)
        await keep_model(service, older, "active", schema_hash(RONDE), data_cutoff=today)
        body = {"rounds": 10, "as_of": (today - timedelta(days=10)).isoformat()}
        state = await ended(service, await post(service.client, "/v1/models", body))
        assert state["state"] == "done", state
        assert not state["result"]["promoted"]
        path = f"/v1/models/{state['result']['model_id']}"
        model = (await service.client.get(path, headers=READER)).json()
        serving = (await service.client.get(f"/v1/models/{older}", headers=READER)).json()
        card = (await service.client.get(f"{path}/card", headers=READER)).json()
        # The active one was made by the same recipe, seed and rounds: neither is ahead.
        assert card["gain"]["active"] == {"value": 0, "low": 0, "high": 0}
        assert (model["state"], serving["state"]) == ("candidate", "active")
        assert "does better than the rule" in model["verdict"]["en"]
        assert "newer visits are known" in model["verdict"]["en"]
        assert (await post(service.client, f"{path}/activation")).json()["state"] == "active"


async def test_training_the_active_model_again_never_takes_it_from_service(scoring):
    async with scoring() as service:
        await keep_model(service, "a" * 64, "active", "older")
        for state in ("refused", "candidate"):
            await keep_model(service, "a" * 64, state, "older", verdict={"fr": "Non.", "en": "No."})
            answer = await service.client.get(f"/v1/models/{'a' * 64}", headers=READER)
            assert answer.json()["state"] == "active"
            assert answer.json()["verdict"]["en"] == "Yes."


async def test_training_a_model_again_that_does_not_score_renews_its_verdict(scoring):
    async with scoring() as service:
        await keep_model(service, "a" * 64, "candidate", "older")
        await keep_model(service, "a" * 64, "refused", "older", verdict={"fr": "Non.", "en": "No."})
        model = (await service.client.get(f"/v1/models/{'a' * 64}", headers=READER)).json()
    assert (model["state"], model["verdict"]["en"]) == ("refused", "No.")


async def test_a_model_that_does_not_win_is_refused_and_cannot_be_activated(scoring, feed):
    async with scoring() as service, working(service):
        await service.follow(feed.town(60, 900))
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        body = {"rounds": 10, "as_of": yesterday.isoformat()}
        state = await ended(service, await post(service.client, "/v1/models", body))
        assert state["state"] == "done", state
        assert not state["result"]["promoted"], state["result"]["verdict"]
        id = state["result"]["model_id"]
        model = (await service.client.get(f"/v1/models/{id}", headers=READER)).json()
        assert model["state"] == "refused"
        assert model["data_cutoff"] == yesterday.isoformat()
        answer = await post(service.client, f"/v1/models/{id}/activation")
        assert answer.status_code == 409


async def test_a_model_made_for_other_features_does_not_score(scoring, feed, id_of):
    async with scoring() as service:
        await keep_model(service, "a" * 64, "active", "older")
        await service.follow([feed.place(1)])
        score = (await service.client.get(f"/v1/scores/{id_of(1)}", headers=READER)).json()
        assert (score["method"], score["model_id"]) == ("heuristic", None)
        await keep_model(service, "b" * 64, "retired", "older")
        answer = await post(service.client, f"/v1/models/{'b' * 64}/activation")
    assert answer.status_code == 409
    assert "other features" in answer.json()["detail"]


async def test_a_scheduled_training_proposes_a_model_and_promotes_none(scoring, feed):
    async with scoring() as service:
        await service.follow(hide_pests_from_the_rule(feed))
        async with working(service):
            every = timedelta(days=30)
            await propose_models(service.database, service.jobs, every, now=datetime.now(UTC))
            for _ in range(1800):
                listed = (await service.client.get("/v1/models", headers=READER)).json()["items"]
                if listed:
                    break
                await asyncio.sleep(0.1)
        (model,) = listed
        assert model["state"] == "candidate"
        assert "proposed it" in model["verdict"]["en"]
        assert model["policy_version"] == 0
        page = (await service.client.get("/v1/priorities", headers=READER)).json()
        assert page["method"] == "rule"
        activated = await post(service.client, f"/v1/models/{model['id']}/activation")
        assert activated.json()["state"] == "active"


async def test_a_model_whose_text_is_lost_does_not_score(scoring, feed, id_of, caplog):
    async with scoring() as service:
        await keep_model(service, "a" * 64, "active", schema_hash(RONDE))
        await service.follow([feed.place(1)])
        score = (await service.client.get(f"/v1/scores/{id_of(1)}", headers=READER)).json()
    assert score["method"] == "heuristic"
    assert "not in the blob store" in caplog.text


async def with_active_text(service, feed, content, damaged):
    """Let a model of some content score, of which the store gives another."""
    id = service.workshop.blobs.put(content)
    (service.workshop.blobs.folder / id[:2] / id).write_bytes(damaged)
    await keep_model(service, id, "active", schema_hash(RONDE))
    await service.follow([feed.place(1)])


@pytest.fixture(scope="module")
def model_text():
    """A model's text, as training writes it."""
    random = np.random.default_rng(1)
    values = random.random((200, 2))
    none = np.zeros(200)
    rule = RuleScore(none, none, none, none, np.zeros((200, len(RULE_GROUPS))))
    examples = ensemble.Examples(
        ("a", "b"),
        ("history",) * 2,
        values,
        values[:, 0] > 0.5,
        team=none,
        rule=rule,
        weights=DEFAULT_WEIGHTS,
    )
    return ensemble.train(examples, seed=1, rounds=10).text.encode()


@pytest.fixture(params=[0, 0.3, 0.7, 0.999])
def left(request, model_text):
    """What is left of the text when it is cut short."""
    return model_text[: int(request.param * len(model_text))]


async def test_a_model_whose_text_is_cut_short_does_not_score(
    scoring, feed, caplog, *, id_of, model_text, left
):
    async with scoring() as service:
        await with_active_text(service, feed, model_text, left)
        score = (await service.client.get(f"/v1/scores/{id_of(1)}", headers=READER)).json()
    assert (score["method"], score["model_id"]) == ("heuristic", None)
    assert "damaged in the blob store" in caplog.text


async def test_a_model_that_cannot_be_read_does_not_score(scoring, feed, id_of, caplog):
    async with scoring() as service:
        await with_active_text(service, feed, b"not a model", b"not a model")
        score = (await service.client.get(f"/v1/scores/{id_of(1)}", headers=READER)).json()
    assert (score["method"], score["model_id"]) == ("heuristic", None)
    assert "cannot be read" in caplog.text


async def test_models_are_listed_newest_first_in_pages(scoring):
    async with scoring() as service:
        for name in "abc":
            await keep_model(service, name * 64, "retired", "older")
        first = await service.client.get("/v1/models", headers=READER, params={"limit": 2})
        cursor = first.json()["next_cursor"]
        rest = await service.client.get("/v1/models", headers=READER, params={"cursor": cursor})
        found = [it["id"][0] for it in first.json()["items"] + rest.json()["items"]]
        theirs = await service.client.get(
            "/v1/models", headers=bearer("reader", organisation=THEIRS)
        )
    assert found == ["c", "b", "a"]
    assert theirs.json()["items"] == []


async def test_the_same_key_starts_one_training(scoring):
    async with scoring() as service:
        key = {"Idempotency-Key": "monday"}
        one = await post(service.client, "/v1/models", {"seed": 3}, **key)
        two = await post(service.client, "/v1/models", {"seed": 3}, **key)
        other = await post(service.client, "/v1/models", {"seed": 4}, **key)
    assert one.json()["id"] == two.json()["id"]
    assert other.status_code == 422


async def test_a_queued_job_can_be_cancelled(scoring):
    async with scoring() as service:
        answer = await post(service.client, "/v1/models", {})
        path = answer.headers["Location"]
        cancelled = await service.client.delete(path, headers=MANAGER)
        assert cancelled.json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/v1/models/none", 404),
        ("post", "/v1/models/none/activation", 404),
        ("delete", "/v1/models/none/activation", 404),
        ("get", "/v1/scoring/jobs/00000000-0000-4000-8000-000000000001", 404),
        ("delete", "/v1/scoring/jobs/00000000-0000-4000-8000-000000000001", 404),
        ("get", "/v1/scores/00000000-0000-4000-8000-000000000001", 404),
        ("get", "/v1/scores?cursor=nonsense", 422),
        ("get", f"/v1/scores?cursor={encode('first', 'second')}", 422),
        ("get", f"/v1/models?cursor={encode('yesterday', 'second')}", 422),
        ("get", "/v1/priorities?limit=0", 422),
        ("get", "/v1/scores?territory=nowhere", 422),
        ("get", "/v1/priorities?as_of=0001-01-01T00:00:00%2B14:00", 422),
    ],
)
async def test_what_is_not_there_or_not_right_is_said(scoring, method, path, status):
    async with scoring() as service:
        answer = await service.client.request(method, path, headers=MANAGER)
    assert answer.status_code == status
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    ["/v1/scores", "/v1/priorities", "/v1/models", f"/v1/scores/{UUID(int=1)}/history"],
)
async def test_a_list_refuses_a_parameter_it_does_not_know(scoring, path):
    async with scoring() as service:
        answer = await service.client.get(path, headers=READER, params={"territoryy": "75"})
    assert answer.status_code == 422
    assert "territoryy" in answer.text


@pytest.mark.parametrize(("seed", "status"), [(2**28, 202), (2**28 + 1, 422), (2**40, 422)])
async def test_a_seed_that_cannot_be_used_is_refused_before_training(scoring, seed, status):
    async with scoring() as service:
        answer = await post(service.client, "/v1/models", {"seed": seed})
    assert answer.status_code == status


async def test_a_model_taken_back_is_told_in_the_feed(scoring):
    async with scoring() as service:
        await keep_model(service, "a" * 64, "active", schema_hash(RONDE))
        path = f"/v1/models/{'a' * 64}/activation"
        taken_back = await service.client.delete(path, headers=MANAGER)
        again = await service.client.delete(path, headers=MANAGER)
        answer = await service.client.get("/v1/scoring/events", headers=bearer("service"))
    assert again.status_code == 409
    (event,) = answer.json()["items"]
    assert event["kind"] == "model.retired"
    assert event["data"] == taken_back.json()


async def test_only_the_active_model_can_be_taken_back(scoring):
    async with scoring() as service:
        await keep_model(service, "a" * 64, "retired", "older")
        answer = await service.client.delete(f"/v1/models/{'a' * 64}/activation", headers=MANAGER)
    assert answer.status_code == 409


async def test_only_managers_train(scoring):
    async with scoring() as service:
        assert (await post(service.client, "/v1/models", {}, READER)).status_code == 403
