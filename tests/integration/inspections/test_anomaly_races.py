import asyncio

import psycopg

CLAIM = (
    "update anomaly set state = 'claimed_fixed', state_since = '2026-03-03T09:00:00Z', "
    "revision = revision + 1"
)


async def test_an_inspection_and_a_claim_at_once_lose_neither(record):
    """The claim is written but not committed when the inspection that belies it comes in."""
    place = await record.place()
    await record.inspect(place, ("leak", 2))
    conninfo = record.database.server.conninfo(record.database.name, "inspections")
    async with await psycopg.AsyncConnection.connect(conninfo) as claimer:
        await claimer.execute(
            "select set_config('app.organisation', %s, true)", [str(record.organisation)]
        )
        await claimer.execute(CLAIM)
        seen = asyncio.create_task(
            record.inspect(place, ("leak", 2), occurred_at="2026-03-05T09:00:00Z")
        )
        await asyncio.sleep(0.5)
        assert not seen.done()
        await claimer.commit()
    await seen

    (anomaly,) = await record.items("/v1/anomalies")
    assert (anomaly["state"], anomaly["false_claims"]) == ("reopened", 1)
