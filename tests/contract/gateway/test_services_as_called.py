"""The services answer the gateway's calls as it reads them: real apps, in this process."""

from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from record import accommodation, inspection

import inspections.main
import inspections.settings
import routing.main
import routing.settings
import scoring.main
import scoring.settings
from gateway.clients import inspections as inspections_client
from gateway.clients import routing as routing_client
from gateway.clients import scoring as scoring_client
from gateway.clients.services import Services
from gateway.use_cases.ask_weekly_plan import ask_weekly_plan
from shared.contracts.gateway import WeeklyPlanRequest
from shared.contracts.inspections import VisitBatch, VisitInput
from shared.contracts.message import Position
from shared.contracts.routing import Shift, Team
from shared.http import CallerAuth
from shared.problems import Problem
from shared.testing import bearer, in_process

MONDAY = date(2026, 11, 23)
AUTH = CallerAuth(bearer()["Authorization"], None)


@pytest.fixture
async def services(database, tmp_path):
    parts = {"inspections": inspections, "scoring": scoring, "routing": routing}
    async with AsyncExitStack() as stack:
        clients = {}
        for name, part in parts.items():
            settings = part.settings.Settings(
                **database(name).settings(), blobs_url=f"file://{tmp_path}/{name}"
            )
            app = part.main.create_app(settings)
            clients[name] = await stack.enter_async_context(in_process(app))
        yield Services(**clients)


async def place(client: httpx.AsyncClient, number: int = 1) -> UUID:
    answer = await client.post("/v1/accommodations", json=accommodation(number), headers=bearer())
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


def week() -> WeeklyPlanRequest:
    at_work = datetime(2026, 11, 23, 8, tzinfo=UTC)
    shift = Shift(starts_at=at_work, ends_at=at_work + timedelta(hours=8))
    team = Team(id="nord", name="Nord", start=Position(lon=2.35, lat=48.85), shifts=[shift])
    return WeeklyPlanRequest(starts_on=MONDAY, days=1, teams=[team], time_limit_s=1)


async def test_a_declared_place_is_a_candidate(services: Services):
    id = await place(services.inspections)
    page = await inspections_client.list_candidates(
        services.inspections, AUTH, starts_on=MONDAY, days=5
    )
    assert [it.accommodation_id for it in page.items] == [id]
    assert len(page.items[0].windows) == 5


async def test_priorities_can_be_asked_for_a_day_to_come(services: Services):
    page = await scoring_client.list_priorities(
        services.scoring, AUTH, as_of=datetime(2026, 11, 23, tzinfo=UTC)
    )
    assert page.items == []


async def test_a_week_is_asked_for_once_with_one_key(services: Services):
    await place(services.inspections)
    first = await ask_weekly_plan(services, AUTH, week(), key="monday")
    again = await ask_weekly_plan(services, AUTH, week(), key="monday")
    assert (first.candidates, first.unplaced) == (1, [])
    assert again.id == first.id
    stored = await routing_client.get_plan(services.routing, AUTH, first.id)
    assert str(first.id) in stored.decode()


async def test_a_repeat_is_the_same_plan_although_the_record_has_changed_since(services: Services):
    visited = await place(services.inspections)
    first = await ask_weekly_plan(services, AUTH, week(), key="monday")
    await place(services.inspections, 2)
    form = inspection(str(visited))
    said = await services.inspections.post("/v1/inspections", json=form, headers=bearer())
    assert said.status_code == 201, said.text
    again = await ask_weekly_plan(services, AUTH, week(), key="monday")
    assert again.id == first.id
    other = week().model_copy(update={"seed": 2})
    with pytest.raises(Problem) as refused:
        await ask_weekly_plan(services, AUTH, other, key="monday")
    assert (refused.value.status, refused.value.slug) == (422, "idempotency-key-reused")


async def test_a_plan_that_is_not_solved_is_neither_accepted_nor_drawn(services: Services):
    created = await ask_weekly_plan(services, AUTH, week(), key=None)
    for ask in (routing_client.accept_plan, routing_client.get_shapes):
        with pytest.raises(Problem) as refused:
            await ask(services.routing, AUTH, created.id)
        assert (refused.value.status, refused.value.slug) == (409, "conflict")


async def test_visits_of_a_plan_are_created_once(services: Services):
    visit = VisitInput(
        accommodation_id=await place(services.inspections),
        scheduled_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        plan_id=uuid4(),
        stop_id=uuid4(),
    )
    batch = VisitBatch(items=[visit])
    first = await inspections_client.create_visits(services.inspections, AUTH, batch)
    again = await inspections_client.create_visits(services.inspections, AUTH, batch)
    assert (first.created, again.created, again.unchanged) == (1, 0, 1)
    assert first.ids == again.ids


async def test_a_refusal_keeps_its_errors_and_where_they_are(services: Services):
    visit = VisitInput(accommodation_id=uuid4(), scheduled_at=datetime(2026, 11, 23, 9, tzinfo=UTC))
    with pytest.raises(Problem) as refused:
        await inspections_client.create_visits(
            services.inspections, AUTH, VisitBatch(items=[visit])
        )
    assert refused.value.status == 422
    assert refused.value.errors[0].pointer == "/items/0/accommodation_id"
