"""Forms for field apps: what there is to fill in, and the lists that come with a form."""

import asyncio
import csv
import hashlib
import io
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import LOCAL, day_begins_at, local_day
from inspections.domain.field_form import (
    FINDINGS,
    FORM_PREFIX,
    VISITS,
    Words,
    form_of,
    form_version,
)
from inspections.store import checklists, field_forms
from inspections.store.field_forms import OpenFinding, Tour, TourVisit
from inspections.store.tables import ChecklistRow, FieldFormRow
from inspections.use_cases.draw_rooms import Drawer, draw_rooms
from shared.auth import Caller
from shared.problems import Problem, not_found

# What a device holds: yesterday's visits, for who sends late, and those of two days to come.
DAYS_BACK, DAYS_AHEAD = 1, 2
VISIT_COLUMNS = ("name", "label", "place", "rooms_to_see")
FINDING_COLUMNS = ("name", "visit", "anomaly", "item", "room", "fr", "en")


@dataclass(frozen=True, slots=True)
class FieldForm:
    """A form as a field app lists it."""

    code: str
    version: str
    title: str
    md5: str

    @property
    def form_id(self) -> str:
        """How field apps call it."""
        return f"{FORM_PREFIX}{self.code}"


async def list_forms(session: AsyncSession, organisation: UUID) -> list[FieldForm]:
    """List the forms of the newest versions of the checklists."""
    await checklists.copy_default(session, organisation)
    return [
        FieldForm(row.code, made.version, f"Ronde – {row.title_fr}", made.md5)
        for row in await field_forms.fillable(session)
        for made in [await _made(session, row)]
    ]


async def show_form(session: AsyncSession, organisation: UUID, code: str, version: str) -> bytes:
    """Give a form as XForm; one that a device may hold stays as it was made.

    Raises
    ------
    Problem : 404 when there is no such form
    """
    row = await _checklist(session, organisation, code, version)
    known = await field_forms.find(session, code, version)
    made = known if known is not None else await _made(session, row)
    if made.version != version:
        raise not_found("form")
    return made.xform


async def _checklist(
    session: AsyncSession, organisation: UUID, code: str, version: str
) -> ChecklistRow:
    number = version.partition("-")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 10):  # noqa: PLR2004 - an int of PostgreSQL
        raise not_found("form")
    row = await checklists.find(session, organisation, code, int(number))
    if row is None:
        raise not_found("form")
    return row


async def _made(session: AsyncSession, row: ChecklistRow) -> FieldFormRow:
    """Find the form of a checklist, or make it: once for all devices."""
    checklist = checklists.checklist_of(row)
    version = form_version(checklist)
    known = await field_forms.find(session, row.code, version)
    if known is not None:
        return known
    form = form_of(checklist, Words(row.title_fr or row.code, row.title_en or row.code))
    xform = await asyncio.to_thread(_converted, dict(form))
    made = {"organisation": row.organisation, "code": row.code, "version": version}
    return await field_forms.keep(session, {**made, "xform": xform, "md5": md5_of(xform)})


def _converted(form: dict[str, object]) -> bytes:
    # Some tenths of a second to load, which only who makes a form needs.
    from pyxform.xls2xform import convert

    return str(convert(form, form_name="data").xform).encode()


def md5_of(content: bytes) -> str:
    """Digest a file as field apps compare it; it keeps nothing secret."""
    return f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"


def tour_of(caller: Caller, now: datetime) -> Tour:
    """Tell whose visits a device may hold.

    Raises
    ------
    Problem : 403 for a key that is nobody's
    """
    if caller.inspector is None:
        raise Problem(
            403,
            "forbidden",
            "Field apps work with a key of an inspector: POST /v1/field-keys makes one.",
        )
    today = local_day(now)
    return Tour(
        inspector=caller.inspector,
        territories=caller.territories,
        since=day_begins_at(today - timedelta(days=DAYS_BACK)),
        until=day_begins_at(today + timedelta(days=DAYS_AHEAD + 1)),
    )


async def list_files(
    session: AsyncSession, caller: Caller, now: datetime, *, code: str, version: str
) -> dict[str, bytes]:
    """Write the lists that a device holds beside a form: its visits, and what is open there.

    Rooms are drawn for visits whose day has come: who fetches the lists is on the way.
    """
    row = await _checklist(session, caller.organisation, code, version)
    checklist = checklists.checklist_of(row)
    tour = tour_of(caller, now)
    visits = await field_forms.visits_of(session, tour)
    if await _drawn(session, caller, now, visits):
        visits = await field_forms.visits_of(session, tour)
    ids = [it.id for it in visits]
    findings = await field_forms.open_findings(session, ids, list(checklist.items))
    labels = {it.code: Words(it.label_fr, it.label_en) for it in checklist.items.values()}
    return {
        VISITS: _csv(VISIT_COLUMNS, map(_visit_cells, visits)),
        FINDINGS: _csv(FINDING_COLUMNS, _numbered(findings, labels)),
    }


async def _drawn(
    session: AsyncSession, caller: Caller, now: datetime, visits: Sequence[TourVisit]
) -> bool:
    """Draw the rooms of today's visits that have none drawn; tell whether there were any."""
    today = local_day(now)
    undrawn = [it for it in visits if not it.rooms_to_see and local_day(it.scheduled_at) == today]
    for it in undrawn:
        drawer = Drawer(
            caller.organisation, caller.subject, caller.territories, now, secrets.token_hex(16)
        )
        await draw_rooms(session, drawer, it.id)
    return bool(undrawn)


def _visit_cells(it: TourVisit) -> Mapping[str, str]:
    place = f"{it.name}, {it.city}" if it.city else it.name
    at = it.scheduled_at.astimezone(LOCAL)
    return {
        "name": str(it.id),
        "label": f"{at:%d/%m %H:%M} {place}",
        "place": place,
        "rooms_to_see": ", ".join(it.rooms_to_see),
    }


def _numbered(
    findings: Iterable[OpenFinding], labels: Mapping[str, Words]
) -> Iterable[Mapping[str, str]]:
    """Give what is open with its number at each visit: a form asks for the first, the next."""
    number: dict[UUID, int] = {}
    for it in findings:
        number[it.visit] = number.get(it.visit, 0) + 1
        words, day = labels[it.item], local_day(it.last_seen_at)
        room = it.room or ""
        yield {
            "name": f"{it.visit}-{number[it.visit]}",
            "visit": str(it.visit),
            "anomaly": str(it.anomaly),
            "item": it.item,
            "room": room,
            "fr": f"{words.fr}{room and f', chambre {room}'} : {it.severity} le {day:%d/%m/%Y}",
            "en": f"{words.en}{room and f', room {room}'}: {it.severity} on {day.isoformat()}",
        }


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    page = io.StringIO()
    writer = csv.DictWriter(page, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return page.getvalue().encode()
