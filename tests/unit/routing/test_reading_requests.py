"""A request read in parts is the request read at once, and its errors are where they were."""

import asyncio
import threading
import time

import pytest
from plan_requests import candidate, plan_request, scattered
from pydantic import ValidationError

from routing.use_cases.read_plan_request import RequestUnreadableError, read_plan_request
from shared.contracts.routing.plans import PlanRequest


async def test_reading_in_parts_gives_the_same_request() -> None:
    values = plan_request(candidates=scattered(45))
    assert await read_plan_request(values) == PlanRequest.model_validate(values)


@pytest.mark.parametrize(
    "values",
    [
        [],
        "plan",
        plan_request(candidates=[candidate(n, 2, 48) for n in range(30)] + [{"name": 3}]),
        plan_request(candidates=[candidate(n, 200 + n, 48) for n in range(25)], days=0, extra=1),
        plan_request() | {"candidates": None},
        {name: value for name, value in plan_request().items() if name != "candidates"},
        plan_request() | {"candidates": [None] * 5001},
    ],
)
async def test_errors_are_where_reading_at_once_finds_them(values: object) -> None:
    with pytest.raises(ValidationError) as whole:
        PlanRequest.model_validate(values)
    with pytest.raises(RequestUnreadableError) as parts:
        await read_plan_request(values)
    expected = {(item["loc"], item["msg"]) for item in whole.value.errors()}
    assert {(item["loc"], item["msg"]) for item in parts.value.errors} == expected


async def test_hundreds_of_errors_are_not_all_looked_for() -> None:
    with pytest.raises(RequestUnreadableError) as refusal:
        await read_plan_request(plan_request(candidates=[{}] * 2000))
    assert 100 <= len(refusal.value.errors) < 2000


async def test_others_are_served_while_thousands_of_candidates_are_read() -> None:
    values = plan_request(candidates=scattered(3000))
    reading = asyncio.create_task(read_plan_request(values))
    turns, longest, last = 0, 0.0, time.thread_time()
    while not reading.done():
        await asyncio.sleep(0.001)
        turns += 1
        longest, last = max(longest, time.thread_time() - last), time.thread_time()
    assert len((await reading).candidates) == 3000
    # Read on the loop it would have had one turn.
    assert turns >= 5
    assert longest < 0.1
    assert threading.current_thread() is threading.main_thread()
