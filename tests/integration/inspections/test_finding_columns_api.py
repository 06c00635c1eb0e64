"""All findings at once, by columns, and not again while nothing changed."""

from datetime import date

PATH = "/v1/history/findings"


async def inspect(record, place, day, *answers, **values):
    await record.inspect(
        place, *answers, occurred_at=f"{day}T23:30:00Z", known_at=f"{day}T23:40:00Z", **values
    )


def rows(told):
    columns = told["columns"]
    return sorted(
        (
            told["accommodations"][columns["accommodation"][n]],
            told["items"][columns["item"][n]],
            told["categories"][columns["item"][n]],
            columns["day"][n],
            columns["severity"][n],
            (columns["critical"][n], columns["repeat"][n]),
        )
        for n in range(told["count"])
    )


async def test_each_finding_is_a_value_in_every_column(record):
    one, other = await record.place("H1"), await record.place("H2")
    await inspect(record, one, "2026-03-12", ("leak", 2))
    await inspect(record, one, "2026-03-02", ("leak", 1), ("mould", 0))
    await inspect(record, other, "2026-03-20", ("wires", 4))

    answer = await record.client.get(PATH)

    # Half past eleven at night is the next day in Paris.
    days = [(date(2026, 3, day) - date(2000, 1, 1)).days for day in (3, 13, 21)]
    assert rows(answer.json()) == sorted(
        [
            (one, "leak", "damp_mould", days[0], 1, (0, 0)),
            (one, "leak", "damp_mould", days[1], 2, (0, 0)),
            (other, "wires", "electrical", days[2], 4, (1, 0)),
        ]
    )


async def test_findings_of_a_span_as_they_were_known_on_a_day(record):
    place = await record.place()
    for day, severity in (("2026-02-27", 1), ("2026-03-02", 2), ("2026-03-31", 3)):
        await inspect(record, place, day, ("leak", severity))

    told = await record.client.get(PATH, params={"since": "2026-03-01", "as_of": "2026-03-31"})
    nothing = await record.client.get(PATH, params={"as_of": "2026-01-01"})

    assert told.json()["columns"]["severity"] == [2]
    assert (nothing.json()["count"], nothing.json()["accommodations"]) == (0, [])


async def test_what_the_caller_has_already_is_not_sent_again_until_something_changes(record):
    place = await record.place()
    await inspect(record, place, "2026-03-02", ("leak", 1))
    first = await record.client.get(PATH)
    known = {"If-None-Match": first.headers["etag"]}

    same = await record.client.get(PATH, headers=known)
    elsewhere = await record.client.get(
        PATH, headers=known | record.headers("reader", territories=["92"])
    )
    await inspect(record, place, "2026-03-03", ("leak", 1))
    changed = await record.client.get(PATH, headers=known)

    assert (same.status_code, same.content) == (304, b"")
    assert (elsewhere.status_code, elsewhere.json()["count"]) == (200, 0)
    assert (changed.status_code, changed.json()["count"]) == (200, 2)
