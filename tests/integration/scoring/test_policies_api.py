from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from scoring.domain.features import schema_hash
from scoring.domain.history import RONDE
from scoring.store import models, record
from scoring.use_cases.propose_models import propose_models
from shared.contracts.inspections.register import AccommodationKind, ContractState
from shared.testing import OURS, THEIRS, bearer

READER, MANAGER = bearer("reader"), bearer("manager")
PATH = "/v1/scoring-policies/current"
LABEL = {
    "kinds": ["routine"],
    "critical": True,
    "items": [],
    "least_severity": None,
    "fr": "Une anomalie critique.",
    "en": "A critical finding.",
}


def change(**changes):
    return {"label": LABEL, "cohort_kinds": [], "weights": {}, "reason": "Tried on 2025"} | changes


async def put(service, body, etag='"0"', headers=MANAGER):
    return await service.client.put(PATH, json=body, headers=headers | {"If-Match": etag})


async def scores_of(service):
    answer = await service.client.get("/v1/scores", headers=READER)
    return {it["accommodation_id"]: it["probability"] for it in answer.json()["items"]}


async def test_the_policy_is_as_it_comes_until_somebody_writes_a_version(scoring):
    async with scoring() as service:
        got = await service.client.get(PATH, headers=READER)
        listed = await service.client.get("/v1/scoring-policies", headers=READER)
    assert got.headers["ETag"] == '"0"'
    policy = got.json()
    assert policy["version"] == 0
    assert policy["author"] is None
    assert policy["label"]["critical"]
    assert policy["weights"]["complaints"] == 0.7
    assert listed.json() == {"items": [], "next_cursor": None}


async def test_other_weights_change_the_scores_and_keep_author_and_reason(scoring, feed, id_of):
    async with scoring() as service:
        await service.follow([feed.place(1), feed.visit(1, 1), feed.complaint(1, 1)])
        before = await scores_of(service)
        assert (await put(service, change(weights={"complaints": 2.0}))).status_code == 200
        await service.score()
        after = await scores_of(service)
        assert (await put(service, change(weights={"complaints": 0.0}), '"1"')).status_code == 200
        await service.score()
        without = await scores_of(service)
        versions = (await service.client.get("/v1/scoring-policies", headers=READER)).json()
    place = str(id_of(1))
    assert without[place] < before[place] < after[place]
    assert [it["version"] for it in versions["items"]] == [2, 1]
    assert {it["author"] for it in versions["items"]} == {"tester"}
    assert versions["items"][0]["reason"] == "Tried on 2025"
    assert versions["items"][1]["weights"]["danger"] == 0.25


async def test_versions_are_listed_in_pages_and_another_organisation_has_its_own(scoring):
    async with scoring() as service:
        for version in range(3):
            assert (await put(service, change(), f'"{version}"')).status_code == 200
        params = {"limit": 2}
        first = await service.client.get("/v1/scoring-policies", headers=READER, params=params)
        cursor = first.json()["next_cursor"]
        rest = await service.client.get(
            "/v1/scoring-policies", headers=READER, params=params | {"cursor": cursor}
        )
        theirs = bearer("reader", organisation=THEIRS)
        assert (await service.client.get(PATH, headers=theirs)).json()["version"] == 0
    assert [it["version"] for it in first.json()["items"]] == [3, 2]
    assert [it["version"] for it in rest.json()["items"]] == [1]


@pytest.mark.parametrize(
    ("body", "etag", "status"),
    [
        (change(), '"7"', 412),
        (change(), '"x"', 412),
        (change(weights={"points": -1}), '"0"', 422),
        (change(weights={"luck": 1}), '"0"', 422),
        (change(label=LABEL | {"critical": False}), '"0"', 422),
        (change(label=LABEL | {"kinds": []}), '"0"', 422),
        (change(cohort_kinds=["castle"]), '"0"', 422),
        (change(reason=""), '"0"', 422),
    ],
)
async def test_a_change_that_cannot_hold_is_refused(scoring, body, etag, status):
    async with scoring() as service:
        assert (await put(service, body, etag)).status_code == status
        assert (await service.client.get(PATH, headers=READER)).json()["version"] == 0


async def test_a_change_names_what_it_was_made_from_and_is_a_manager_s(scoring):
    async with scoring() as service:
        blind = await service.client.put(PATH, json=change(), headers=MANAGER)
        assert blind.status_code == 428
        assert (await put(service, change(), headers=READER)).status_code == 403


async def cohort_of(service, kinds=()):
    async with service.database.session(OURS) as session:
        files = await record.read_history(session, cohort_kinds=kinds)
    visits = record.history_of(files).visits
    return set(visits.filter("in_cohort")["accommodation_id"])


async def test_the_cohort_is_of_places_in_use_and_of_the_kinds_the_policy_names(
    scoring, feed, id_of
):
    flat = AccommodationKind.apartment
    async with scoring() as service:
        places = [
            feed.place(1),
            feed.place(2, kind=flat),
            feed.place(3, contract_state=ContractState.withdrawn),
            feed.place(4, contract_state=ContractState.suspended),
            feed.place(5),
        ]
        visits = [feed.visit(number, number) for number in range(1, 6)]
        await service.follow([*places, *visits, feed.merged(5, 1)])
        everything = await cohort_of(service)
        flats = await cohort_of(service, ["apartment"])
    assert everything == {str(id_of(number)) for number in (1, 2, 4)}
    assert flats == {str(id_of(2))}


async def test_a_scheduled_training_is_asked_for_once_in_its_time(scoring, feed):
    async with scoring() as service:
        await service.keep([feed.place(1)])
        now = datetime(2026, 1, 10, tzinfo=UTC)
        month = timedelta(days=30)

        async def asked():
            async with service.database.session(OURS) as session:
                rows = await session.execute(
                    text("select arguments from job where kind = 'train_model'")
                )
                return [row.arguments for row in rows]

        await propose_models(service.database, service.jobs, timedelta(0), now=now)
        assert await asked() == []
        for later in (0, 1, 2):
            await propose_models(
                service.database, service.jobs, month, now=now + timedelta(minutes=later)
            )
        assert len(await asked()) == 1
        await propose_models(service.database, service.jobs, month, now=now + month)
        assert [it["proposes"] for it in await asked()] == [True, True]


async def keep_model(service, id, state):
    """Store a model as if it had been trained for what the product comes with."""
    async with service.database.session(OURS) as session:
        values = {
            "organisation": OURS,
            "id": id,
            "state": state,
            "data_cutoff": datetime(2026, 1, 1, tzinfo=UTC).date(),
            "visits": 400,
            "positives": 90,
            "seed": 1,
            "features": ["visits"],
            "feature_schema": schema_hash(RONDE),
            "windows": [],
            "auc": {},
            "verdict": {"fr": "Oui.", "en": "Yes."},
        }
        await models.keep(session, values)


async def test_a_model_stops_scoring_when_people_ask_for_another_outcome(scoring, feed, id_of):
    async with scoring() as service:
        id = "a" * 64
        await keep_model(service, id, "retired")
        serious = change(label=LABEL | {"least_severity": 3})
        assert (await put(service, serious)).status_code == 200
        path = f"/v1/models/{id}/activation"
        answer = await service.client.post(path, headers=MANAGER)
        assert answer.status_code == 409
        assert "another outcome" in answer.json()["detail"]
        await keep_model(service, "b" * 64, "active")
        await service.follow([feed.place(1)])
        score = (await service.client.get(f"/v1/scores/{id_of(1)}", headers=READER)).json()
    assert (score["method"], score["model_id"]) == ("heuristic", None)
