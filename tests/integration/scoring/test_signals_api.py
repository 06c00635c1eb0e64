from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from scoring.domain.facts import facts_of
from scoring.domain.features import features, vocabulary_of
from scoring.domain.history import milliseconds
from scoring.domain.source import prepare
from scoring.store import record
from shared.testing import OURS, THEIRS, bearer, token

MANAGER = bearer("manager")
READER = bearer("reader")
AT = "2026-03-01T06:00:00Z"
KNOWN = "2026-03-01T06:05:00Z"


def value(**changes):
    return {"series": "humidity", "occurred_at": AT, "known_at": KNOWN, "value": 70.0} | changes


async def send(service, *values, headers=MANAGER):
    body = {"values": list(values)}
    return await service.client.post("/v1/signals", headers=headers, json=body)


async def listed(service, headers=READER, **params):
    answer = await service.client.get("/v1/signals", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def heard(service, moment, *, newest=False):
    """Read what features see of the series as of a moment, by place."""
    async with service.database.session(OURS) as session:
        files = await record.read_history(session, ["humidity"], newest=newest)
    facts = facts_of(record.history_of(files), vocabulary_of(["signal_humidity"]))
    source = prepare(facts)
    rows = np.arange(facts.places.ids.size)
    table = features(source, rows, np.full(rows.size, milliseconds(moment)))
    return dict(
        zip(facts.places.ids.tolist(), table.column("signal_humidity").tolist(), strict=True)
    )


async def test_a_value_is_kept_once_and_listed_with_what_it_is_about(scoring, feed, id_of):
    async with scoring() as service:
        await service.follow([feed.place(1)])
        sent = (
            value(accommodation_id=str(id_of(1))),
            value(territory="75", value=60),
            value(value=50),
        )
        for _ in range(2):
            answer = await send(service, *sent)
            assert answer.status_code == 200, answer.text
            assert answer.json() == {"values": 3, "places_to_score": 0}
        items = (await listed(service))["items"]
    about = {(it["accommodation_id"], it["territory"], it["value"]) for it in items}
    assert about == {(str(id_of(1)), None, 70.0), (None, "75", 60.0), (None, None, 50.0)}


async def test_values_are_listed_in_pages_newest_first(scoring):
    async with scoring() as service:
        values = [
            value(occurred_at=f"2026-03-{day:02}T00:00:00Z", known_at=f"2026-03-{day:02}T01:00:00Z")
            for day in range(1, 8)
        ]
        assert (await send(service, *values)).status_code == 200
        first = await listed(service, limit=4, series="humidity")
        rest = await listed(service, limit=4, cursor=first["next_cursor"])
        none = await listed(service, series="noise")
    days = [it["occurred_at"][8:10] for it in first["items"] + rest["items"]]
    assert days == ["07", "06", "05", "04", "03", "02", "01"]
    assert rest["next_cursor"] is None
    assert none["items"] == []


async def test_another_value_known_at_the_same_moment_is_refused_and_a_later_one_corrects(
    scoring, feed, id_of
):
    async with scoring() as service:
        await service.follow([feed.place(1)])
        place = str(id_of(1))
        await send(service, value(accommodation_id=place))
        other = await send(service, value(accommodation_id=place, value=71), value(series="noise"))
        assert other.status_code == 409
        assert (await listed(service, series="noise"))["items"] == []
        later = value(accommodation_id=place, value=71, known_at="2026-03-09T00:00:00Z")
        assert (await send(service, later)).status_code == 200
        before = await heard(service, datetime(2026, 3, 8, tzinfo=UTC))
        after = await heard(service, datetime(2026, 3, 10, tzinfo=UTC))
        at_once = await heard(service, datetime(2026, 3, 10, tzinfo=UTC), newest=True)
    assert before[place] == 70.0
    assert after[place] == at_once[place] == 71.0


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"accommodation_id": "00000000-0000-0000-0000-000000000001"}, "accommodation_id"),
        ({"known_at": "2099-01-01T00:00:00Z"}, "known_at"),
        ({"series": "Humidity!"}, "series"),
        ({"value": "much"}, "value"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_bad_value_is_refused_by_its_place_and_nothing_is_kept(scoring, change, pointer):
    async with scoring() as service:
        answer = await send(service, value(), value(**change))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"].endswith(f"/values/1/{pointer}")
        assert (await listed(service))["items"] == []


async def test_a_value_is_about_a_place_or_a_territory(scoring, feed, id_of):
    async with scoring() as service:
        await service.follow([feed.place(1)])
        answer = await send(service, value(accommodation_id=str(id_of(1)), territory="75"))
    assert answer.status_code == 422


async def test_a_caller_of_some_territories_sends_and_sees_theirs_alone(scoring, feed, id_of):
    limited = token("manager", territories=["75"])
    headers = {"Authorization": f"Bearer {limited}"}
    async with scoring() as service:
        # Odd places lie in 75, even ones in 93.
        await service.follow([feed.place(1), feed.place(2)])
        own = value(accommodation_id=str(id_of(1)))
        other = value(accommodation_id=str(id_of(2)))
        assert (await send(service, own, headers=headers)).status_code == 200
        assert (await send(service, other, headers=headers)).status_code == 422
        assert (await send(service, value(territory="93"), headers=headers)).status_code == 422
        assert (await send(service, value(), headers=headers)).status_code == 403
        await send(service, other, value(territory="93"), value(territory="75"), value())
        seen = (await listed(service, headers=headers))["items"]
    about = {(it["accommodation_id"], it["territory"]) for it in seen}
    assert about == {(str(id_of(1)), None), (None, "75"), (None, None)}


async def test_another_organisation_sees_no_value_and_readers_send_none(scoring):
    async with scoring() as service:
        assert (await send(service, value())).status_code == 200
        theirs = bearer("reader", organisation=THEIRS)
        assert (await listed(service, headers=theirs))["items"] == []
        assert (await send(service, value(), headers=READER)).status_code == 403


async def test_signals_of_a_merged_place_are_heard_by_its_heir(scoring, feed, id_of):
    async with scoring() as service:
        await service.follow([feed.place(1), feed.place(3)])
        await send(service, value(accommodation_id=str(id_of(1))))
        await service.follow([feed.merged(1, 3)])
        now = datetime.now(UTC) + timedelta(seconds=1)
        assert await heard(service, now) == {str(id_of(3)): 70.0}
        later = value(accommodation_id=str(id_of(1)), value=80, occurred_at=KNOWN)
        assert (await send(service, later)).status_code == 200
        assert await heard(service, now) == {str(id_of(3)): 80.0}
