"""How fast webhooks are told, beside the bare sending of the same messages."""

import asyncio
import time
import uuid
from datetime import UTC, datetime

import aiohttp
import pytest
from gateway_edge import edge
from pydantic import SecretStr

from gateway.clients.receivers import Receivers
from gateway.store import deliveries
from gateway.use_cases.deliver_message import AT_ONCE, Sending, deliver_to
from gateway.use_cases.keyring import Sealer
from gateway.use_cases.queue_events import queueing
from shared.contracts.message import Event
from shared.db import Database
from shared.testing import OURS

pytestmark = pytest.mark.bench

SECRET, MESSAGES, SUBJECTS = "a secret of the tests", 2000, 400
DONE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(it for it in head.lower().split(b"\r\n") if it.startswith(b"content-length"))
    await reader.readexactly(int(length.partition(b":")[2]))
    writer.write(DONE)
    await writer.drain()
    writer.close()


def event(number: int) -> Event:
    now = datetime.now(UTC)
    return Event(
        position=number + 1,
        organisation=OURS,
        kind="inspection.recorded",
        subject_id=uuid.UUID(int=number % SUBJECTS),
        occurred_at=now,
        recorded_at=now,
        data={"grade": "B", "answers": 40, "note": "x" * 400},
    )


async def bare(url: str, bodies: list[bytes]) -> float:
    """Send bodies as fast as may be, as many at once as a webhook gets."""
    gate = asyncio.Semaphore(AT_ONCE)
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def post(body: bytes) -> None:
            async with gate, session.post(url, data=body) as told:
                assert told.status == 200

        began = time.perf_counter()
        await asyncio.gather(*map(post, bodies))
        return time.perf_counter() - began


async def test_messages_a_second(databases):
    made = databases.make("gateway")
    database = Database(made.url, made.system_url)
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    settings = made.settings() | {"key_secret": SECRET, "webhook_networks": ("127.0.0.0/8",)}
    async with edge(**settings) as door, server:
        webhook = await door.client.post("/v1/webhooks", json={"url": url, "name": "Essai"})
        events = [event(number) for number in range(MESSAGES)]
        began = time.perf_counter()
        async with database.session(OURS) as session:
            await queueing("inspections", "http://ronde.test")(session, events)
        queued = time.perf_counter() - began
        networks = door.app.state.settings.receiver_networks
        async with Receivers(networks).open() as receivers:
            sending = Sending(database, Sealer(SecretStr(SECRET)), receivers)
            began = time.perf_counter()
            sent = await deliver_to(sending, OURS, uuid.UUID(webhook.json()["id"]))
            took = time.perf_counter() - began
        async with database.system_session() as session:
            assert await deliveries.due(session, datetime.now(UTC)) == []
        plain = await bare(url, [it.model_dump_json().encode() for it in events])
    await database.dispose()
    databases.drop(made)
    assert sent == MESSAGES
    print(
        f"\n{MESSAGES:,} messages to one receiver: queued in {queued:.2f} s, told in {took:.1f} s "
        f"({sent / took:,.0f} a second); bare sending {plain:.1f} s: {took / plain:.1f} times"
    )
