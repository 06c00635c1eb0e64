"""A running Ronde tells a partner's system what happens, in every service, within seconds."""

import asyncio
import time
from uuid import uuid4

from record import accommodation
from system import System
from webhook_receiver import receiving


async def test_what_happens_in_the_services_is_told_in_seconds(ronde: System):
    admin = ronde.client("admin")
    async with receiving() as receiver:
        made = admin.post("/v1/webhooks", json={"url": receiver.url, "name": "Suivi"})
        assert made.status_code == 201, made.text
        receiver.secret = made.json()["secret"]
        began = time.monotonic()
        place = admin.post("/v1/accommodations", json=accommodation(7, external_id=str(uuid4())))
        place.raise_for_status()
        wanted = {"accommodation.changed", "score.changed"}
        while not wanted <= {it.get_type() for it in receiver.effects.values()}:
            assert time.monotonic() < began + 30, receiver.effects
            await asyncio.sleep(0.1)
        told = [it for it in receiver.effects.values() if it.get_subject() == place.json()["id"]]
        assert wanted <= {it.get_type() for it in told}
        assert all("position" not in it.get_data() for it in told)
        assert receiver.refused == []
    admin.delete(f"/v1/webhooks/{made.json()['id']}").raise_for_status()
