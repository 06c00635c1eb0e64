"""Read the JSON in which Central (OData) and Kobo (API v2) give submissions.

Groups become titles joined by `/`; what a list repeats becomes a table of its own, whose rows name
the submission by its key. Central's names in JSON are told by those of its CSV, so that one mapping
is good for both.
"""

import json
from collections.abc import Iterator, Mapping

from inspections.domain.sheet import SheetError
from inspections.domain.submissions import Table, table_of

# Where the submissions are, by Central and by Kobo.
PLACES = ("value", "results")
# What Central calls otherwise in its CSV.
SAME = {
    "__id": "KEY",
    "__system/submissionDate": "SubmissionDate",
    "__system/submitterId": "SubmitterID",
    "__system/submitterName": "SubmitterName",
    "__system/deviceId": "DeviceID",
    "__system/reviewState": "ReviewState",
    "__system/formVersion": "FormVersion",
}
IDENTITIES = ("__id", "_uuid", "meta/instanceID")
MAIN = "Submissions"
DEEPEST = 20
Told = dict[str, str]
Repeats = list[tuple[str, list[Mapping[str, object]]]]


def is_json(content: bytes) -> bool:
    """Tell whether a file begins as JSON of submissions does."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


def read_submissions(content: bytes) -> list[Table] | None:
    """Read submissions, the main table first; None for what is no JSON.

    Raises
    ------
    SheetError : when it is JSON, but not of submissions, or too much of it
    """
    try:
        told = json.loads(content.decode("utf-8-sig"))
        # JSON may hold half of a character, escaped; no text does.
        json.dumps(told, ensure_ascii=False).encode()
    except RecursionError as error:
        raise SheetError("its values lie too deep in each other; no form has such") from error
    except UnicodeEncodeError as error:
        raise SheetError("a text in it holds half a character; write it out again") from error
    except ValueError:
        return None
    submissions = _submissions(told)
    reading = _Reading()
    for it in submissions:
        reading.tell(it)
    return [table_of(name, rows) for name, rows in reading.tables.items() if rows]


def _submissions(told: object) -> list[dict[str, object]]:
    if isinstance(told, dict):
        told = next((told[it] for it in PLACES if isinstance(told.get(it), list)), None)
    if not isinstance(told, list) or not all(isinstance(it, dict) for it in told):
        raise SheetError("this JSON holds no submissions; send what has them in value or results")
    if not told:
        raise SheetError("there is no submission in it; ask for more than none")
    return told


class _Reading:
    """The tables of submissions while these are told."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Told]] = {MAIN: []}

    def tell(self, it: Mapping[str, object]) -> None:
        """Add a submission and what it repeats.

        Raises
        ------
        SheetError : when it says nowhere which it is
        """
        row, repeats = _parts(it)
        key = next((row[one] for one in IDENTITIES if row.get(one)), None)
        if key is None:
            names = ", ".join(IDENTITIES)
            raise SheetError(f"a submission has none of {names}; send them as the server does")
        self.tables[MAIN].append(_called(row) | {"KEY": key})
        self._tell_repeats(key, repeats)

    def _tell_repeats(self, parent: str, repeats: Repeats) -> None:
        for name, entries in repeats:
            for number, entry in enumerate(entries, 1):
                row, inner = _parts(entry)
                # As Central's CSV calls it: the same in every export.
                key = f"{parent}/{name}[{number}]"
                links = {"PARENT_KEY": parent, "KEY": key}
                self.tables.setdefault(name, []).append(_called(row) | links)
                self._tell_repeats(key, inner)


def _called(row: Told) -> Told:
    return {SAME.get(title, title): it for title, it in row.items()}


def _parts(it: Mapping[str, object]) -> tuple[Told, Repeats]:
    """Give what is told once, by title, and what is repeated."""
    row: Told = {}
    repeats: Repeats = []
    for title, value in _flat("", it, 0):
        if isinstance(value, list):
            repeats.append((title, value))
        else:
            row[title] = value
    return row, repeats


def _flat(
    before: str, it: Mapping[str, object], depth: int
) -> Iterator[tuple[str, str | list[Mapping[str, object]]]]:
    """Give what groups hold by whole titles: texts, and lists of what is repeated."""
    if depth > DEEPEST:
        raise SheetError("its groups lie too deep in each other; no form has such")
    for name, value in it.items():
        # Kobo writes whole titles also within repeats.
        title = name if not before or name.startswith(f"{before}/") else f"{before}/{name}"
        if "@odata" in name:
            continue
        if isinstance(value, dict):
            yield from _flat(title, _point(value), depth + 1)
        elif isinstance(value, list):
            yield from _listed(title, value)
        else:
            yield title, _text(value)


def _listed(
    title: str, value: list[object]
) -> Iterator[tuple[str, str | list[Mapping[str, object]]]]:
    """Give a repeat; of what Kobo adds to a submission, lists of files and notes are left out."""
    entries: list[Mapping[str, object]] = [it for it in value if isinstance(it, dict)]
    if title.startswith("_"):
        return
    if entries:
        yield title, entries
    else:
        yield title, " ".join(_text(it) for it in value)


def _point(value: dict[str, object]) -> dict[str, object]:
    """Tell a point of GeoJSON by the names it has in Central's CSV."""
    coordinates = value.get("coordinates")
    if value.get("type") != "Point" or not isinstance(coordinates, list):
        return value
    return dict(zip(("Longitude", "Latitude", "Altitude"), coordinates, strict=False))


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "oui" if value else "non"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)
