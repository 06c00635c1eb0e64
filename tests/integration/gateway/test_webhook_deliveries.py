"""What webhooks get: every event once in effect, in order, signed, whatever the receiver does."""

import asyncio
import datetime as dt
import uuid
from collections import defaultdict

import pytest
import standardwebhooks.webhooks
from gateway_edge import Edge
from pydantic import SecretStr
from webhook_receiver import OK, receiving
from webhook_worker import HOME, Clock, Hooks

from gateway.clients import receivers
from gateway.clients.receivers import Receivers
from gateway.jobs.deliver_webhooks import Deliveries, drop_old_deliveries
from gateway.store import deliveries
from gateway.use_cases.deliver_message import Sending
from gateway.use_cases.keyring import Sealer
from shared.db import Database
from shared.testing import OURS, TestDatabase

SECRET = "a secret of the tests"
REFUSAL = b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def gateway_settings(gateway_database: TestDatabase) -> dict[str, object]:
    own = {"key_secret": SECRET, "webhook_networks": ("127.0.0.0/8",)}
    return gateway_database.settings() | own


@pytest.fixture
async def hooks(door: Edge, gateway_database: TestDatabase, monkeypatch):
    with gateway_database.administer() as connection:
        connection.execute("truncate webhook cascade")
    database = Database(gateway_database.url, gateway_database.system_url)
    clock = Clock()

    class Now(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return clock.now

    # A receiver's clock goes as ours does.
    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Now)
    async with Receivers(door.app.state.settings.receiver_networks).open() as opened:
        sending = Sending(database, Sealer(SecretStr(SECRET)), opened, clock)
        yield Hooks(door, database, sending, clock)
    await database.dispose()


async def test_an_event_arrives_as_a_signed_cloud_event(hooks: Hooks):
    async with receiving() as receiver:
        webhook = await hooks.to(receiver)
        event = await hooks.happen(position={"lon": 2.3, "lat": 48.8}, grade="B")
        assert await hooks.look() == 1
        told = receiver.effects[receiver.came[0]]
        assert told.get_id() == str(event.position)
        assert told.get_source() == f"{HOME}/v1/inspections/events"
        assert told.get_type() == "inspection.recorded"
        assert told.get_subject() == str(event.subject_id)
        assert told.get_time() == event.occurred_at
        assert told.get_dataschema() == f"{HOME}/v1/schemas/inspections.InspectionRecorded"
        assert told.get_extension("sequence") == f"{event.position:020d}"
        assert told.get_extension("organisation") == str(OURS)
        assert told.get_data() == {"grade": "B"}, "where a place is, is not told"
        assert receiver.heads[0]["content-type"] == "application/cloudevents+json"
        (delivery,) = await hooks.deliveries(webhook)
        assert (delivery["state"], delivery["attempts"]) == ("delivered", 1)
        assert delivery["id"] == receiver.came[0]
        read = await hooks.door.client.get(f"/v1/webhooks/{webhook}/deliveries/{delivery['id']}")
        assert read.json()["told"][0]["status"] == 200
        assert read.json()["due_at"] is None
        standing = (await hooks.door.client.get(f"/v1/webhooks/{webhook}")).json()
        assert (standing["waiting"], standing["dead"]) == (0, 0)
        assert standing["delivered_at"] is not None


async def test_a_webhook_is_told_what_it_asked_for_since_it_was_made(hooks: Hooks):
    async with receiving() as some, receiving() as every:
        await hooks.happen(kind="complaint.recorded")
        await hooks.to(some, kinds=["complaint.recorded"])
        await hooks.to(every)
        await hooks.happen(kind="complaint.recorded")
        await hooks.happen(kind="inspection.recorded")
        await hooks.look()
        assert sorted(it.get_id() for it in every.effects.values()) == ["2", "3"]
        assert [it.get_id() for it in some.effects.values()] == ["2"]


async def test_the_same_page_of_a_feed_taken_twice_tells_nothing_twice(hooks: Hooks):
    async with receiving() as receiver:
        webhook = await hooks.to(receiver)
        await hooks.happen()
        hooks.position -= 1
        await hooks.happen()
        await hooks.look()
        assert len(receiver.came) == 1
        assert len(await hooks.deliveries(webhook)) == 1


async def test_down_for_two_hours_then_slow_then_answering_twice(hooks: Hooks, monkeypatch):
    """Every event once in effect, in order per subject; secrets are replaced on the way."""
    monkeypatch.setattr(receivers, "TIMEOUT_S", 1.0)
    networks = hooks.door.app.state.settings.receiver_networks
    async with receiving() as receiver, Receivers(networks).open() as impatient:
        hooks.sending = Sending(hooks.database, hooks.sending.sealer, impatient, hooks.clock)
        webhook = await hooks.to(receiver)
        await receiver.down()
        for number in range(40):
            await hooks.happen(subject=number % 5)
            await hooks.look()
            hooks.clock.on(minutes=3)
        assert await hooks.waiting() == 40
        tried = [it for it in await hooks.deliveries(webhook) if it["attempts"]]
        assert len(tried) < 40, "who is away is asked by one message at a time"
        await receiver.up()
        receiver.delay_s = 2.0  # it takes each message, and says so too late
        while len(receiver.effects) < 2:
            hooks.clock.on(minutes=6)
            await hooks.look()
        receiver.delay_s, receiver.answer = 0.0, OK + OK
        fresh = await hooks.door.client.post(f"/v1/webhooks/{webhook}/secrets", json={"kept_h": 24})
        hooks.clock.on(minutes=6)
        await hooks.look()
        receiver.secret = fresh.json()["secret"]  # whoever keeps it needs a while to do so
        for number in range(10):
            await hooks.happen(subject=number % 5)
        await hooks.until_quiet(minutes=6)
    assert receiver.refused == []
    effects = [int(it.get_id()) for it in receiver.effects.values()]
    assert sorted(effects) == list(range(1, 51))
    by_subject = defaultdict(list)
    for event in receiver.effects.values():
        by_subject[event.get_subject()].append(int(event.get_id()))
    assert [it == sorted(it) for it in by_subject.values()] == 5 * [True]
    assert len(receiver.came) > 50, "some came twice, and were known as the same"


async def test_a_secret_that_is_replaced_signs_no_longer_than_it_was_kept(hooks: Hooks):
    async with receiving() as receiver:
        webhook = await hooks.to(receiver)
        old = receiver.secret
        at = f"/v1/webhooks/{webhook}/secrets"
        new = (await hooks.door.client.post(at, json={"kept_h": 24})).json()["secret"]
        for secret in (old, new):
            receiver.secret = secret
            await hooks.happen()
            await hooks.look()
        assert len(receiver.effects) == 2
        hooks.clock.on(hours=25)
        receiver.secret = old
        await hooks.happen()
        await hooks.look()
        assert len(receiver.refused) == 1
        receiver.secret = new
        await hooks.until_quiet(minutes=6)
        assert len(receiver.effects) == 3


async def test_a_message_that_is_refused_holds_up_its_subject_alone(hooks: Hooks):
    async with receiving(answer=REFUSAL % 422) as receiver:
        webhook = await hooks.to(receiver)
        await hooks.happen(subject=1)
        await hooks.happen(subject=1)
        await hooks.look()
        assert len(receiver.came) == 1, "the second waits behind the first"
        receiver.answer = OK
        await hooks.happen(subject=2)
        await hooks.look()
        assert [it.get_id() for it in receiver.effects.values()] == ["3"]
        await hooks.until_quiet(seconds=10)
        assert [it.get_id() for it in receiver.effects.values()] == ["3", "1", "2"]
        assert {it["state"] for it in await hooks.deliveries(webhook)} == {"delivered"}


async def test_after_three_days_a_message_is_given_up_and_can_be_sent_again(hooks: Hooks):
    async with receiving(answer=REFUSAL % 503) as receiver:
        webhook = await hooks.to(receiver)
        for subject in range(4):
            await hooks.happen(subject=subject)
        for _ in range(80):
            await hooks.look()
            hooks.clock.on(hours=1)
        dead = await hooks.deliveries(webhook, state="dead")
        assert len(dead) == 4
        assert len(receiver.came) < 200, "a receiver that is away is not stormed"
        detail = await hooks.door.client.get(f"/v1/webhooks/{webhook}/deliveries/{dead[0]['id']}")
        assert {it["status"] for it in detail.json()["told"]} == {503}
        assert len(detail.json()["told"]) <= 20
        standing = (await hooks.door.client.get(f"/v1/webhooks/{webhook}")).json()
        assert (standing["dead"], standing["waiting"]) == (4, 0)
        assert standing["failing_since"] is not None
        receiver.answer = OK
        again = f"/v1/webhooks/{webhook}/deliveries/{dead[0]['id']}/resendings"
        assert (await hooks.door.client.post(again)).status_code == 202
        assert (await hooks.door.client.post(again)).status_code == 409
        replayed = await hooks.door.client.post(
            f"/v1/webhooks/{webhook}/replays", json={"states": ["dead"]}
        )
        assert replayed.json() == {"messages": 3}
        hooks.clock.on(days=1)
        await hooks.until_quiet(minutes=6)
        assert sorted(int(it.get_id()) for it in receiver.effects.values()) == [1, 2, 3, 4]
        assert await hooks.deliveries(webhook, state="dead") == []
        standing = (await hooks.door.client.get(f"/v1/webhooks/{webhook}")).json()
        assert standing["failing_since"] is None


async def test_all_of_a_time_and_kind_is_sent_again_under_the_same_ids(hooks: Hooks):
    async with receiving() as receiver:
        webhook = await hooks.to(receiver)
        began = dt.datetime.now(dt.UTC)
        await hooks.happen(kind="complaint.recorded")
        await hooks.happen(kind="inspection.recorded")
        await hooks.look()
        first = list(receiver.came)
        for wanted, messages in [
            ({"states": ["dead"]}, 0),
            ({"states": ["delivered"], "until": began.isoformat()}, 0),
            ({"states": ["delivered"], "kinds": ["complaint.recorded"]}, 1),
            ({"states": ["delivered"], "since": began.isoformat()}, 1),
        ]:
            replay = await hooks.door.client.post(f"/v1/webhooks/{webhook}/replays", json=wanted)
            assert (replay.status_code, replay.json()["messages"]) == (202, messages), wanted
        hooks.clock.on(seconds=5)
        await hooks.look()
        assert sorted(receiver.came[2:]) == sorted(first)


async def test_a_receiver_that_is_gone_is_told_no_more(hooks: Hooks):
    async with receiving(answer=REFUSAL % 410) as receiver:
        webhook = await hooks.to(receiver)
        await hooks.happen(subject=1)
        await hooks.look()
        await hooks.happen(subject=2)
        hooks.clock.on(days=1)
        await hooks.look()
        assert len(receiver.came) == 1
        read = await hooks.door.client.get(f"/v1/webhooks/{webhook}")
        assert read.json()["state"] == "paused"
        assert "410" in read.json()["paused_because"]
        receiver.answer = OK
        tag = {"If-Match": read.headers["etag"]}
        await hooks.door.client.patch(
            f"/v1/webhooks/{webhook}", json={"state": "active"}, headers=tag
        )
        await hooks.look()
        assert [it.get_id() for it in receiver.effects.values()] == ["2"]


async def test_a_receiver_that_asks_for_time_gets_it(hooks: Hooks):
    busy = b"HTTP/1.1 429 Slow\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n"
    async with receiving(answer=busy) as receiver:
        await hooks.to(receiver)
        await hooks.happen()
        await hooks.look()
        receiver.answer = OK
        hooks.clock.on(minutes=9)
        assert await hooks.look() == 0
        hooks.clock.on(minutes=2)
        assert await hooks.look() == 1
        assert len(receiver.effects) == 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"garbage\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\nshort",
    ],
)
async def test_whatever_is_answered_but_success_is_tried_again(hooks: Hooks, answer):
    async with receiving(answer=answer) as receiver:
        webhook = await hooks.to(receiver)
        await hooks.happen()
        await hooks.look()
        (delivery,) = await hooks.deliveries(webhook)
        assert (delivery["state"], delivery["attempts"]) == ("waiting", 1)
        receiver.answer = OK
        await hooks.until_quiet(minutes=1)
        assert len(receiver.effects) == 1


async def test_a_worker_that_dies_or_sleeps_on_a_message_loses_nothing(hooks: Hooks):
    async with receiving() as receiver:
        webhook = uuid.UUID(await hooks.to(receiver))
        await hooks.happen()
        await hooks.happen()
        async with hooks.database.session(OURS) as session:
            (first,) = await deliveries.claim(session, webhook, hooks.clock.now, 8)
        assert await hooks.look() == 0, "the other waits behind what is under way"
        hooks.clock.on(seconds=61)
        await hooks.until_quiet(seconds=1)
        assert [it.get_id() for it in receiver.effects.values()] == ["1", "2"]
        async with hooks.database.session(OURS) as session:
            again = deliveries.Settled(first, "waiting", hooks.clock.now, {})
            late = await deliveries.settle(session, [again], hooks.clock.now)
        assert not late, "whoever wakes up later changes nothing"
        assert await hooks.waiting() == 0


async def test_a_test_message_tells_whether_messages_arrive(hooks: Hooks):
    async with receiving() as receiver:
        webhook = await hooks.to(receiver)
        queued = await hooks.door.client.post(f"/v1/webhooks/{webhook}/tests")
        assert queued.status_code == 202
        hooks.clock.on(seconds=5)
        await hooks.look()
        assert receiver.came == [queued.json()["id"]]
        assert receiver.effects[queued.json()["id"]].get_type() == "webhook.tested"


async def test_a_slow_receiver_holds_up_nobody_else(hooks: Hooks):
    async with receiving(delay_s=3.0) as slow, receiving() as quick:
        await hooks.to(slow)
        await hooks.to(quick)
        await hooks.happen()
        running = Deliveries(hooks.sending)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(2):
                await running.begin(tasks.create_task)
            left = 2
            while left == 2:
                await asyncio.sleep(0.05)
                left = await hooks.waiting()
            assert left == 1, "the slow one has not answered yet"
        assert len(slow.came) == len(quick.came) == 1
        assert await hooks.waiting() == 0


async def test_what_is_old_is_dropped_and_what_waits_stays(hooks: Hooks):
    async with receiving() as receiver:
        webhook = await hooks.to(receiver)
        await hooks.happen(subject=1)
        await hooks.look()
        receiver.answer = REFUSAL % 422
        await hooks.happen(subject=2)
        await hooks.look()
        assert await drop_old_deliveries(hooks.database, hooks.clock.now) == 0
        later = hooks.clock.now + dt.timedelta(days=31)
        assert await drop_old_deliveries(hooks.database, later) == 1
        assert [it["state"] for it in await hooks.deliveries(webhook)] == ["waiting"]
