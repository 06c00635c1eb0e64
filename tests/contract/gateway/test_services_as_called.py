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
from gateway.use_cases.ask_weekly_plan import (
    Known,
    ask_weekly_plan,
    draw_week,
    gather_week,
    list_week_priorities,
)
from shared.contracts.gateway import WeeklyPlanRequest
from shared.contracts.inspections.visits import PlanVisits, PlanVisitsReport, VisitInput
from shared.contracts.message import Position
from shared.contracts.routing.plans import Shift, Team, plan_id_of
from shared.http import CallerAuth
from shared.problems import Problem
from shared.testing import OURS, bearer, in_process

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


async def ask(services: Services, wanted: WeeklyPlanRequest, key: str) -> tuple[UUID, int]:
    """Gather and ask, as the job does; return the plan's id and how many places it chose from."""
    scores = await list_week_priorities(services, AUTH, wanted)
    drawn = await draw_week(services, AUTH, wanted)
    assert await draw_week(services, AUTH, wanted) == drawn
    gathered = await gather_week(services, AUTH, wanted, Known(scores, drawn=drawn))
    assert (gathered.unplaced, gathered.notices) == ([], [])
    created = await ask_weekly_plan(services, AUTH, wanted, gathered, key=key)
    return created.id, len(gathered.candidates)


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
    first, candidates = await ask(services, week(), "monday")
    again, _ = await ask(services, week(), "monday")
    assert candidates == 1
    assert again == first == plan_id_of(OURS, "monday")
    stored = await routing_client.get_plan(services.routing, AUTH, first)
    assert str(first) in stored.decode()


async def test_a_repeat_is_the_same_plan_although_the_record_has_changed_since(services: Services):
    visited = await place(services.inspections)
    first, _ = await ask(services, week(), "monday")
    await place(services.inspections, 2)
    form = inspection(str(visited))
    said = await services.inspections.post("/v1/inspections", json=form, headers=bearer())
    assert said.status_code == 201, said.text
    again, _ = await ask(services, week(), "monday")
    assert again == first
    other = week().model_copy(update={"seed": 2})
    with pytest.raises(Problem) as refused:
        await ask(services, other, "monday")
    assert (refused.value.status, refused.value.slug) == (422, "idempotency-key-reused")


async def test_a_plan_that_is_not_solved_is_neither_accepted_nor_drawn(services: Services):
    plan_id, _ = await ask(services, week(), "monday")
    for call in (routing_client.accept_plan, routing_client.get_shapes):
        with pytest.raises(Problem) as refused:
            await call(services.routing, AUTH, plan_id)
        assert (refused.value.status, refused.value.slug) == (409, "conflict")


async def test_visits_of_a_plan_are_created_once(services: Services):
    plan_id = uuid4()
    visit = VisitInput(
        accommodation_id=await place(services.inspections),
        scheduled_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        plan_id=plan_id,
        stop_id=uuid4(),
    )
    first, again = [await put(services, plan_id, visit) for _ in range(2)]
    assert (first.created, again.created, again.moved, again.cancelled) == (1, 0, 0, 0)
    assert first.ids == again.ids


async def put(services: Services, plan_id: UUID, *visits: VisitInput) -> PlanVisitsReport:
    wanted = PlanVisits(items=list(visits))
    return await inspections_client.put_plan_visits(services.inspections, AUTH, plan_id, wanted)


async def test_the_visits_of_a_plan_are_withdrawn_but_for_those_that_took_place(
    services: Services,
):
    plan_id, hour = uuid4(), datetime(2026, 11, 23, 9, tzinfo=UTC)
    places = [await place(services.inspections, number) for number in (1, 2)]
    items = [
        VisitInput(accommodation_id=it, scheduled_at=hour, plan_id=plan_id, stop_id=uuid4())
        for it in places
    ]
    made = await put(services, plan_id, *items)
    form = inspection(str(places[0]), visit_id=str(made.ids[0]))
    said = await services.inspections.post("/v1/inspections", json=form, headers=bearer())
    assert said.status_code == 201, said.text
    for _ in range(2):
        done = await inspections_client.withdraw_visits(services.inspections, AUTH, plan_id)
        assert done.kept == 1
    states = {}
    for id in made.ids:
        got = await services.inspections.get(f"/v1/visits/{id}", headers=bearer())
        states[id] = got.json()["state"]
    assert states == {made.ids[0]: "done", made.ids[1]: "cancelled"}


async def test_the_acceptance_of_a_plan_is_taken_back_once(services: Services):
    plan_id, _ = await ask(services, week(), "monday")
    for _ in range(2):
        await routing_client.withdraw_acceptance(services.routing, AUTH, plan_id)
    with pytest.raises(Problem) as unknown:
        await routing_client.withdraw_acceptance(services.routing, AUTH, uuid4())
    assert unknown.value.status == 404


async def test_a_refusal_keeps_its_errors_and_where_they_are(services: Services):
    plan_id, hour = uuid4(), datetime(2026, 11, 23, 9, tzinfo=UTC)
    visit = VisitInput(
        accommodation_id=uuid4(), scheduled_at=hour, plan_id=plan_id, stop_id=uuid4()
    )
    with pytest.raises(Problem) as refused:
        await put(services, plan_id, visit)
    assert refused.value.status == 422
    assert refused.value.errors[0].pointer == "/items/0/accommodation_id"
