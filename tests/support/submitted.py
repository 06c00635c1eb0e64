"""Exports of submissions as ODK Central and KoboToolbox write them, made up."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence

import openpyxl

SUBMITTED = [
    {
        "id": "uuid:0aa1",
        "hotel": "H1",
        "start": "2026-03-02T09:30:00.000+01:00",
        "mould": 3,
        "leak": None,
        "findings": [
            {"item": "mould", "gravite": 3, "chambre": "12"},
            {"item": "wires", "gravite": 0, "chambre": "12"},
        ],
    },
    {
        "id": "uuid:0aa2",
        "hotel": "H2",
        "start": "2026-03-03T14:00:00.000+01:00",
        "mould": 0,
        "leak": 2,
        "findings": [{"item": "leak", "gravite": 2, "chambre": None}],
    },
    {
        "id": "uuid:0aa3",
        "hotel": "H9",
        "start": "2026-03-04T10:00:00.000+01:00",
        "mould": 1,
        "leak": 1,
        "findings": [],
    },
    {
        "id": "uuid:0aa4",
        "hotel": "H1",
        "start": "2026-03-05T10:00:00.000+01:00",
        "mould": "beaucoup",
        "leak": None,
        "findings": [],
    },
]
RECEIVED = "2026-03-06T08:00:00.000Z"
SENT_BY = "Jeanne Martin"
Rows = Sequence[Mapping[str, object]]


def written(rows: Rows, delimiter: str = ",") -> bytes:
    """Write rows as CSV, an absent value as an empty cell."""
    page = io.StringIO()
    titles = list(dict.fromkeys(title for it in rows for title in it))
    sheet = csv.DictWriter(page, titles, delimiter=delimiter)
    sheet.writeheader()
    sheet.writerows(rows)
    return page.getvalue().encode()


def packed(files: Mapping[str, bytes]) -> bytes:
    """Write a zip."""
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as into:
        for name, content in files.items():
            into.writestr(name, content)
    return page.getvalue()


def central_zip(submitted: Rows = SUBMITTED, more: Mapping[str, bytes] = {}) -> bytes:
    """Export as Central's `submissions.csv.zip` does."""
    main = [
        {
            "SubmissionDate": RECEIVED,
            "start": it["start"],
            "hotel": it["hotel"],
            "etat-mould": it["mould"],
            "etat-leak": it["leak"],
            "meta-instanceID": it["id"],
            "KEY": it["id"],
            "SubmitterName": SENT_BY,
            "ReviewState": "",
        }
        for it in submitted
    ]
    parts = [
        one | {"PARENT_KEY": it["id"], "KEY": f"{it['id']}/constats[{number}]"}
        for it in submitted
        for number, one in enumerate(it["findings"], 1)
    ]
    tables = {"salubrite.csv": written(main), "salubrite-constats.csv": written(parts)}
    return packed({**tables, "media/1.jpg": b"\xff\xd8\xff", **more})


def central_json(submitted: Rows = SUBMITTED) -> bytes:
    """Answer as Central's OData does with `$expand=*`."""
    value = [
        {
            "__id": it["id"],
            "__system": {"submissionDate": RECEIVED, "submitterName": SENT_BY, "reviewState": None},
            "start": it["start"],
            "hotel": it["hotel"],
            "etat": {"mould": it["mould"], "leak": it["leak"]},
            "meta": {"instanceID": it["id"]},
            "constats": [one | {"__id": f"hash{n}"} for n, one in enumerate(it["findings"])],
            "constats@odata.navigationLink": "Submissions('…')/constats",
        }
        for it in submitted
    ]
    return json.dumps({"@odata.context": "…", "value": value}, ensure_ascii=False).encode()


def kobo_rows(submitted: Rows = SUBMITTED) -> list[dict[str, object]]:
    """Write submissions with the columns of Kobo's CSV and XLSX."""
    return [
        {
            "start": it["start"],
            "hotel": it["hotel"],
            "etat/mould": it["mould"],
            "etat/leak": it["leak"],
            "_id": 100 + number,
            "_uuid": str(it["id"]).removeprefix("uuid:"),
            "_submission_time": "2026-03-06T08:00:00",
            "_submitted_by": SENT_BY,
            "_index": number,
        }
        for number, it in enumerate(submitted, 1)
    ]


def kobo_csv(submitted: Rows = SUBMITTED) -> bytes:
    """Export as Kobo does to CSV."""
    return b"\xef\xbb\xbf" + written(kobo_rows(submitted), ";")


def kobo_xlsx(submitted: Rows = SUBMITTED) -> bytes:
    """Export as Kobo does to XLSX: a sheet for what the form repeats, rows numbered."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    parts = [
        {
            **one,
            "_index": 0,
            "_parent_table_name": "Salubrité",
            "_parent_index": number,
            "_submission__uuid": str(it["id"]).removeprefix("uuid:"),
        }
        for number, it in enumerate(submitted, 1)
        for one in it["findings"]
    ]
    for index, it in enumerate(parts, 1):
        it["_index"] = index
    for name, rows in (("Salubrité", kobo_rows(submitted)), ("constats", parts)):
        sheet = book.create_sheet(name)
        sheet.append(list(rows[0]))
        for it in rows:
            sheet.append(list(it.values()))
    page = io.BytesIO()
    book.save(page)
    return page.getvalue()


def kobo_json(submitted: Rows = SUBMITTED) -> bytes:
    """Answer as Kobo's `/api/v2/assets/{uid}/data.json`: what was not answered is not there."""
    results = [
        {title: it for title, it in row.items() if it is not None and title != "_index"}
        | {
            "meta/instanceID": sent["id"],
            "constats": [
                {f"constats/{name}": it for name, it in one.items() if it is not None}
                for one in sent["findings"]
            ],
            "_attachments": [{"download_url": "https://kobo.example/1.jpg"}],
            "_geolocation": [48.86, 2.38],
            "_tags": [],
            "_validation_status": {},
        }
        for row, sent in zip(kobo_rows(submitted), submitted, strict=True)
    ]
    told = {"count": len(results), "next": None, "previous": None, "results": results}
    return json.dumps(told).encode()
