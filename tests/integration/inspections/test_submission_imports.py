"""Submissions of an older project come in from exports of Central and Kobo, each once."""

import pytest
from importing import problems, run_file, run_import, sent
from submitted import (
    SENT_BY,
    SUBMITTED,
    central_json,
    central_zip,
    kobo_csv,
    kobo_json,
    kobo_xlsx,
    packed,
)

INSPECTIONS = {
    "kind": "inspections",
    "columns": {
        "place": ["hotel"],
        "occurred_at": ["start"],
        "known_at": ["SubmissionDate"],
        "key": ["KEY"],
    },
    "answers": {"mould": "etat-mould", "leak": "etat-leak"},
}
KOBO = {
    **INSPECTIONS,
    "columns": {
        "place": ["hotel"],
        "occurred_at": ["start"],
        "known_at": ["_submission_time"],
        "key": ["_uuid"],
    },
    "answers": {"mould": "etat/mould", "leak": "etat/leak"},
}
FINDINGS = {
    "kind": "findings",
    "columns": {
        "place": ["hotel"],
        "occurred_at": ["start"],
        "inspection": ["PARENT_KEY"],
        "key": ["KEY"],
        "item": ["item"],
        "severity": ["gravite"],
        "room": ["chambre"],
    },
}


def counts(run):
    assert run["job"]["state"] == "done", run["job"]
    return [run[it] for it in ("created", "unchanged", "rejected")]


async def places(record):
    for code in ("H1", "H2"):
        await record.place(code)


async def test_an_export_of_central_is_tried_taken_and_known_again_as_json(record, working):
    await places(record)
    file = await sent(working, central_zip(), "salubrite.zip")

    assert (file["form"], file["sheets"]) == ("submissions", ["salubrite", "salubrite-constats"])
    assert (file["sheet"], file["header_line"], file["rows"]) == ("salubrite", 1, 4)
    assert SENT_BY not in str(file)
    (best,) = [it for it in file["suggestions"] if it["kind"] == "inspections"]
    suggested = {name: it[0] for name, it in best["mapping"]["columns"].items()}
    assert suggested.items() >= {"occurred_at": "start", "known_at": "SubmissionDate"}.items()
    assert suggested.items() >= {"place": "hotel", "key": "KEY"}.items()
    tried = await run_file(working, file["id"], INSPECTIONS, source="central", dry_run=True)
    assert record.count("inspection") == 0
    done = await run_file(working, file["id"], INSPECTIONS, source="central")

    assert counts(tried) == counts(done) == [2, 0, 2]
    # Lines are those of the table of the form, its titles being line 1.
    told = {(it["line"], it["column"], it["code"]) for it in await problems(working, done)}
    assert told == {(4, "place", "no_such_place"), (5, "mould", "unreadable")}
    inspections = await record.items("/v1/inspections")
    by_place = {it["occurred_at"][:10]: it for it in inspections}
    first = by_place["2026-03-02"]
    form = (await working.get(f"/v1/inspections/{first['id']}/form")).json()
    # What was not answered is not said to be good.
    assert [(it["item"], it["value"]) for it in form["answers"]] == [("mould", 3)]
    assert first["known_at"].startswith("2026-03-06T08:00:00")

    again = await run_import(working, central_json(), INSPECTIONS, source="central")
    assert counts(again) == [0, 2, 2]
    assert record.count("inspection") == 2


async def test_what_central_repeats_becomes_findings_of_one_inspection(record, working):
    await places(record)
    mapping = FINDINGS | {"sheet": "salubrite-constats"}

    done = await run_import(working, central_zip(), mapping, source="central")

    assert counts(done) == [3, 0, 0]
    assert record.count("inspection") == 2
    found = {(it["item"], it["severity"]) for it in await record.items("/v1/findings")}
    assert found == {("mould", 3), ("leak", 2)}
    again = await run_import(
        working, central_json(), FINDINGS | {"sheet": "constats"}, source="central"
    )
    assert counts(again) == [0, 3, 0]


async def test_an_export_of_kobo_is_the_same_in_each_of_its_forms(record, working):
    await places(record)

    runs = [
        counts(await run_import(working, make(), KOBO, source="kobo"))
        for make in (kobo_csv, kobo_xlsx, kobo_json)
    ]

    assert runs == [[2, 0, 2], [0, 2, 2], [0, 2, 2]]
    known = {it["known_at"][:19] for it in await record.items("/v1/inspections")}
    assert known == {"2026-03-06T08:00:00"}


async def test_a_submission_that_is_there_twice_is_taken_once_or_told(record, working):
    await places(record)
    first, second = SUBMITTED[:2]
    same = [first, second, first]
    other = [first, second, first | {"mould": 1}]

    twice = await run_import(working, central_json(same), INSPECTIONS, source="same")
    changed = await run_import(working, central_json(other), INSPECTIONS, source="other")

    assert counts(twice) == [2, 1, 0]
    assert counts(changed) == [2, 0, 1]
    assert [(it["line"], it["code"]) for it in await problems(working, changed)] == [
        (4, "key_twice")
    ]


async def test_a_column_that_is_not_in_the_export_is_named_with_those_that_are(record, working):
    await places(record)
    mapping = INSPECTIONS | {"answers": {"mould": "etat-moisissure"}}

    run = await run_import(working, central_zip(), mapping, source="central")

    assert run["job"]["state"] == "failed"
    assert "no column 'etat-moisissure'" in run["job"]["message"]
    assert "etat-mould" in run["job"]["message"]


@pytest.mark.parametrize(
    "content",
    [
        central_zip(more={"../../etc/cron.d/x.csv": b"a\n1\n"}),
        packed({"a.csv": b"0" * 1234}).replace(
            (1234).to_bytes(4, "little"), (600_000_000).to_bytes(4, "little")
        ),
        b'{"detail": "Invalid token."}',
    ],
    ids=["zip slip", "zip bomb", "no submissions"],
)
async def test_what_is_no_export_is_refused_and_not_kept(record, working, content):
    answer = await working.post("/v1/import-files", content=content)

    assert answer.status_code == 422, answer.text
    assert record.count("import_file") == 0
