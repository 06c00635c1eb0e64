"""Notify operators of anomalies, and keep that they received the notice and what they answered."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.anomaly import (
    UNDONE,
    AnomalyState,
    Asked,
    Move,
    Responsibility,
    make_move,
)
from inspections.domain.calendar import local_day
from inspections.domain.checklist import Scope
from inspections.domain.notice import Noted, Paragraph, Rule, paragraphs
from inspections.store import accommodations, anomalies, charters, notices
from inspections.store.anomalies import AnomalyFilter
from inspections.store.listed import one
from inspections.store.tables import AccommodationRow, AnomalyRow, CharterRow, NoticeRow
from inspections.use_cases.anomaly_messages import change, changed_event
from inspections.use_cases.move_anomalies import Mover, move_anomaly
from inspections.use_cases.write_notices import Document, write_documents
from shared import feed
from shared.blobs import Blobs
from shared.contracts.inspections.anomalies import AnomalyMove, MoveInput
from shared.contracts.inspections.notices import (
    AnswerInput,
    NoticeContent,
    NoticeInput,
    NoticeIssued,
    NoticeStepKind,
    ReceiptInput,
)
from shared.feed import NewEvent
from shared.problems import Problem, conflict, invalid, not_found

MOST = 500
CAUSE = "notice"


@dataclass(frozen=True, slots=True)
class Cited:
    """What a notice to an operator may cite; `charter` is the version that binds him."""

    charter: CharterRow | None
    rules: tuple[Rule, ...]


async def issue_notice(
    session: AsyncSession, mover: Mover, asked: NoticeInput, blobs: Blobs, *, key: str | None
) -> tuple[NoticeRow, bool]:
    """Issue a notice and move its anomalies to notified; return whether it is new.

    Raises
    ------
    Problem : 404 no such place; 409 nothing to notify, or an anomaly that may not be notified;
        422 a key that came with another notice
    """
    known = None if key is None else await _came_before(session, key, asked)
    if known is not None:
        return known, False
    place = await accommodations.by_id(session, asked.accommodation_id, mover.territories)
    if place is None:
        raise not_found("accommodation")
    rows = await _anomalies(session, asked)
    written_on = local_day(mover.now)
    cited = await _cited(session, place, max(local_day(it.last_seen_at) for it in rows))
    said = paragraphs([_noted(it) for it in rows], cited.rules, written_on)
    number = await notices.next_number(session, mover.organisation, written_on.year)
    content = await _content(
        session, asked, place, _Saying(said, cited, number, mover.now, written_on)
    )
    documents = await asyncio.to_thread(_stored, blobs, content)
    id = uuid4()
    await notices.insert_new(
        session,
        {
            "organisation": str(mover.organisation),
            "id": str(id),
            "accommodation_id": str(place.id),
            "number": number,
            "anomaly_ids": [str(it.id) for it in rows],
            "content": content.model_dump(mode="json"),
            "documents": documents,
            "issued_at": mover.now.isoformat(),
            "issued_by": mover.subject,
            "sent_as": key,
            "request_digest": _digest(asked),
        },
    )
    events = await _notify(session, mover, rows, id)
    row = await one(session, NoticeRow, id, ())
    assert row is not None  # noqa: S101 - it was just written
    await feed.append(session, mover.organisation, [*events, _event("issued", row, mover.now)])
    return row, True


async def receive(
    session: AsyncSession, mover: Mover, id: UUID, receipt: ReceiptInput
) -> NoticeRow:
    """Keep that the operator received a notice; once, the same again changes nothing."""
    row = await _notice(session, mover, id)
    _check_time(row, receipt.received_at, mover.now, "/received_at")
    values = (receipt.received_at, receipt.means.value, receipt.note)
    if await _keep_step(session, mover, row, kind=NoticeStepKind.received, values=values):
        event = _event("received", row, receipt.received_at)
        await feed.append(session, mover.organisation, [event])
    return row


async def answer(session: AsyncSession, mover: Mover, id: UUID, said: AnswerInput) -> NoticeRow:
    """Keep what the operator answered, and what he says is put right."""
    row = await _notice(session, mover, id)
    _check_time(row, said.answered_at, mover.now, "/answered_at")
    strange = [it.anomaly_id for it in said.claims if it.anomaly_id not in row.anomaly_ids]
    if strange:
        raise invalid("/claims", f"{strange[0]} is no anomaly of this notice; claim those it names")
    values = (said.answered_at, said.means.value, said.text)
    if not await _keep_step(session, mover, row, kind=NoticeStepKind.answered, values=values):
        return row
    for claim in said.claims:
        move = MoveInput(
            move=AnomalyMove.claim_fixed,
            occurred_at=said.answered_at,
            reason=said.text,
            proofs=claim.proofs,
        )
        await move_anomaly(session, mover, claim.anomaly_id, move)
    await feed.append(session, mover.organisation, [_event("answered", row, said.answered_at)])
    return row


@dataclass(frozen=True, slots=True)
class _Saying:
    """What a notice is about to say."""

    paragraphs: tuple[Paragraph, ...]
    cited: Cited
    number: str
    now: datetime
    written_on: date


async def _came_before(session: AsyncSession, key: str, asked: NoticeInput) -> NoticeRow | None:
    row = await notices.by_sent_as(session, key)
    if row is not None and row.request_digest != _digest(asked):
        raise Problem(
            422,
            "idempotency-key-reused",
            "This Idempotency-Key came before with another notice; send the same again, or a new "
            "key.",
        )
    return row


async def _anomalies(session: AsyncSession, asked: NoticeInput) -> list[AnomalyRow]:
    """Find what to notify: what is named, all of it, or all that may be."""
    if not asked.anomaly_ids:
        wanted = AnomalyFilter(
            accommodation_id=asked.accommodation_id,
            states=sorted(UNDONE),
            responsibility=Responsibility.operator,
        )
        found = await anomalies.page(session, wanted, ["id"], after=None, limit=MOST)
        rows = await anomalies.by_ids(session, [it["id"] for it in found])
        rows = [it for it in rows if _noted(it).printable]
        if not rows:
            raise conflict("There is no open anomaly of the operator's to notify him of.")
        return rows
    rows = await anomalies.by_ids(session, asked.anomaly_ids)
    here = {it.id: it for it in rows if it.accommodation_id == asked.accommodation_id}
    for number, id in enumerate(asked.anomaly_ids):
        pointer = f"/anomaly_ids/{number}"
        if id not in here:
            raise invalid(pointer, "there is no such anomaly of this accommodation")
        if not _noted(here[id]).printable:
            raise conflict(
                f"{pointer}: only what is the operator's to put right, is not between people and "
                "not said to be done may be notified"
            )
    return rows


async def _cited(session: AsyncSession, place: AccommodationRow, seen_on: date) -> Cited:
    operator, id = place.operator, place.operator_id
    accepted = await charters.accepted_by(session, operator, id) if operator else []
    bound = [(row, since) for row, since in accepted if since <= seen_on]
    if not bound:
        return Cited(None, charters.law())
    charter, since = bound[0]
    promised = tuple(_article(charter, it, since) for it in charter.articles)
    return Cited(charter, (*promised, *charters.law()))


def _article(charter: CharterRow, article: dict[str, object], since: date) -> Rule:
    label = article["text"]
    items = article["items"]
    assert isinstance(label, dict)  # noqa: S101 - written from its message
    assert isinstance(items, list)  # noqa: S101 - likewise
    return Rule(
        name=f"{charter.title} ({charter.version}), {article['number']}",
        text_fr=label["fr"],
        text_en=label["en"],
        items=frozenset(items),
        in_force_from=since,
    )


async def _content(
    session: AsyncSession, asked: NoticeInput, place: AccommodationRow, saying: _Saying
) -> NoticeContent:
    labels = await notices.labels_of(session, [it.item for it in saying.paragraphs])
    charter = saying.cited.charter
    return NoticeContent.model_validate(
        {
            "number": saying.number,
            "issued_on": saying.written_on,
            "sender": asked.sender,
            "signatory": asked.signatory,
            "operator": place.operator or place.name,
            "place": place.name,
            "address": f"{place.address}, {place.postcode} {place.city}".removeprefix(", "),
            "charter": None if charter is None else f"{charter.title} ({charter.version})",
            "paragraphs": [
                _said(it, labels.get(it.item, {"fr": it.item, "en": it.item}), saying.now)
                for it in saying.paragraphs
            ],
        }
    )


def _said(it: Paragraph, label: dict[str, str], now: datetime) -> dict[str, object]:
    return {
        "item": it.item,
        "label": label,
        "rooms": it.rooms,
        "other_rooms": it.other_rooms,
        "severity": it.severity,
        "critical": it.critical,
        "repeat": it.is_repeat,
        "first_seen_on": it.first_seen_on,
        "last_seen_on": it.last_seen_on,
        "due_at": it.due_at,
        "overdue": it.due_at < now,
        "rules": [
            {"name": rule.name, "text": {"fr": rule.text_fr, "en": rule.text_en}}
            for rule in it.rules
        ],
    }


def _stored(blobs: Blobs, content: NoticeContent) -> dict[str, str]:
    """Write the documents and keep them; a notice that comes to nothing leaves files unnamed."""
    found: Sequence[Document] = write_documents(content)
    return {it.name: blobs.put(it.content) for it in found}


async def _notify(
    session: AsyncSession, mover: Mover, rows: Sequence[AnomalyRow], notice_id: UUID
) -> list[NewEvent]:
    steps = []
    for row in rows:
        at = max(mover.now, row.state_since)
        anomalies.keep_past(session, row, mover.now)
        anomalies.set_course(row, make_move(anomalies.course_of(row), Asked(Move.notify, at)))
        row.revision += 1
        row.updated_at = mover.now
        steps.append(
            {
                "organisation": str(mover.organisation),
                "id": str(uuid4()),
                "anomaly_id": str(row.id),
                "kind": AnomalyState.notified,
                "occurred_at": at.isoformat(),
                "known_at": row.known_from.isoformat(),
                "severity": row.severity,
                "done_by": mover.subject,
                "notice_id": str(notice_id),
                "proofs": [],
            }
        )
    await session.flush()
    await anomalies.insert_steps(session, steps)
    place = rows[0].accommodation_id
    return [changed_event(place, CAUSE, [change(row) for row in rows], mover.now)]


async def _notice(session: AsyncSession, mover: Mover, id: UUID) -> NoticeRow:
    row = await one(session, NoticeRow, id, mover.territories)
    if row is None:
        raise not_found("notice")
    return row


def _check_time(row: NoticeRow, at: datetime, now: datetime, pointer: str) -> None:
    if not row.issued_at <= at <= now:
        raise invalid(pointer, f"must lie between {row.issued_at.isoformat()}, its issue, and now")


async def _keep_step(
    session: AsyncSession,
    mover: Mover,
    row: NoticeRow,
    *,
    kind: NoticeStepKind,
    values: tuple[datetime, str, str],
) -> bool:
    """Keep what happened to a notice; False when it was kept before, the same."""
    at, means, text = values
    await notices.lock(session, row.id)
    names = ("kind", "occurred_at", "means", "text")
    for step in (await notices.steps_of(session, [row.id], names))[row.id]:
        if step.pop("kind") == kind:
            if tuple(step.values()) != (at, means, text):
                raise conflict(f"The notice is {kind} already, otherwise; that account stands.")
            return False
    await notices.insert_step(
        session,
        {
            "organisation": str(mover.organisation),
            "id": str(uuid4()),
            "notice_id": str(row.id),
            "kind": kind,
            "occurred_at": at.isoformat(),
            "means": means,
            "text": text,
            "done_by": mover.subject,
        },
    )
    return True


def _digest(asked: NoticeInput) -> str:
    return hashlib.sha256(asked.model_dump_json().encode()).hexdigest()


def _event(what: str, row: NoticeRow, at: datetime) -> NewEvent:
    data = NoticeIssued(
        accommodation_id=row.accommodation_id, number=row.number, anomaly_ids=row.anomaly_ids
    )
    return NewEvent(f"notice.{what}", row.id, at, data)


def _noted(row: AnomalyRow) -> Noted:
    return Noted(
        anomaly_id=row.id,
        item=row.item,
        category=row.category,
        scope=Scope(row.scope),
        room=row.room,
        severity=row.severity,
        critical=row.critical,
        responsibility=Responsibility(row.responsibility),
        state=AnomalyState(row.state),
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        due_at=row.due_at,
        is_repeat=row.repeat_of is not None,
    )
