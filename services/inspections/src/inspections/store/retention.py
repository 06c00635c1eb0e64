"""Forget what is old, and what is of a person, in the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.retention import Kept
from inspections.store import personal_values
from inspections.store.tables import (
    ComplaintContactRow,
    ComplaintRow,
    PurgeRow,
    RetentionRuleRow,
    RetentionRunRow,
)

FORGOTTEN = "[effacé]"
# What each rule does to what is older than its cutoff; each gives the ids it touched.
FORGET = MappingProxyType(
    {
        Kept.complaint_contact: """
            delete from complaint_contact where created_at < :before returning complaint_id""",
        Kept.complaint_text: """
            update complaint set text = :instead, place = '', reason = null,
                revision = revision + 1, updated_at = now()
            where state = 'closed' and updated_at < :before and text <> :instead returning id""",
        Kept.mail: """
            delete from mail where created_at < :before and state <> 'waiting' returning id""",
        Kept.import_file: """
            update import_file set blob = null
            where created_at < :before and blob is not null returning id""",
        Kept.inspection_draft: """
            delete from inspection_draft where saved_at < :before returning instance_id""",
    }
)
OLD_BLOBS = text(
    "select distinct blob from import_file as old where created_at < :before and blob is not null "
    "and not exists (select from import_file as other where other.blob = old.blob "
    "and other.created_at >= :before) "
    # What rows of an import were read into is removed when it is over, unless it never was.
    "union select batches from import_run where created_at < :before and batches is not null "
    "and finished_at is null"
)
SILENCE = (
    """update import_problem set value = '' where value <> '' and run_id in
        (select id from import_run where file_id = any(:ids))""",
    "update import_run set examples = '[]' where examples <> '[]' and file_id = any(:ids)",
)
# Everything free text may be in, with what names its row.
TELLING: Mapping[str, tuple[str, Sequence[str]]] = MappingProxyType(
    {
        "complaint_contact": ("complaint_id", ("name", "phone", "email")),
        "complaint": ("id", ("text", "place", "reason")),
        "operator": ("id", ("name", "email", "phone", "address")),
        "on_call_shift": ("id", ("name", "email", "phone")),
        "authority_contact": ("id", ("name", "phone", "email", "note")),
        "mail": ("id", ("recipient", "subject", "body")),
        "finding": ("id", ("note",)),
        "visit": ("id", ("reason",)),
        "inspection": ("id", ("answers::text",)),
        "inspection_draft": ("instance_id", ("form::text",)),
        "form_conflict": ("id", ("form::text", "reason")),
        "field_submission": ("id", ("xml", "reason")),
        "import_problem": ("run_id", ("value",)),
        "accommodation": ("id", ("access_notes", "reception_phone")),
    }
)
# Where a purge puts something else in place of words; the others are never edited.
EDITED = MappingProxyType(
    {
        "complaint": ("text", "place", "reason"),
        "mail": ("subject", "body"),
        "import_problem": ("value",),
        "finding": ("note",),
    }
)


@dataclass(frozen=True, slots=True)
class Purged:
    """That something about a person was forgotten."""

    id: UUID
    kind: str
    subject_id: UUID
    reason: str
    by: str
    at: datetime


async def rules(session: AsyncSession) -> dict[str, int]:
    """Give the days an organisation chose, by kind."""
    found = await session.execute(select(RetentionRuleRow))
    return {row.kind: row.days for row in found.scalars()}


async def choose(
    session: AsyncSession, organisation: UUID, kind: Kept, *, days: int, by: str
) -> None:
    """Choose the days of a kind."""
    values = {"days": days, "changed_by": by, "changed_at": func.now()}
    await session.execute(
        insert(RetentionRuleRow)
        .values(organisation=organisation, kind=kind.value, **values)
        .on_conflict_do_update(index_elements=["organisation", "kind"], set_=values)
    )


async def old_blobs(session: AsyncSession, before: datetime) -> list[str]:
    """Name the stored files of imports that nothing newer needs."""
    return list((await session.execute(OLD_BLOBS, {"before": before})).scalars())


async def forget(session: AsyncSession, kind: Kept, before: datetime) -> list[UUID]:
    """Forget what is older than a moment; give what it was of."""
    values: dict[str, object] = {"before": before}
    if kind == Kept.complaint_text:
        values["instead"] = FORGOTTEN
    ids = list((await session.execute(text(FORGET[kind]), values)).scalars())
    if kind == Kept.import_file and ids:
        for statement in SILENCE:
            await session.execute(text(statement), {"ids": ids})
    return ids


async def ran(
    session: AsyncSession, organisation: UUID, *, dry_run: bool, by: str, counts: Mapping[str, int]
) -> RetentionRunRow:
    """Write what a run forgot, or would have."""
    statement = (
        insert(RetentionRunRow)
        .values(
            organisation=organisation,
            id=uuid4(),
            dry_run=dry_run,
            started_by=by,
            counts=dict(counts),
        )
        .returning(RetentionRunRow)
    )
    return (await session.execute(statement)).scalar_one()


async def runs(session: AsyncSession, limit: int) -> list[RetentionRunRow]:
    """List the last runs, newest first."""
    row = RetentionRunRow
    statement = select(row).order_by(col(row.ran_at).desc(), col(row.id)).limit(limit)
    return list((await session.execute(statement)).scalars())


async def last_run_at(session: AsyncSession) -> datetime | None:
    """Tell when the rules were last run for good."""
    statement = select(func.max(col(RetentionRunRow.ran_at))).where(
        col(RetentionRunRow.dry_run).is_(False)
    )
    return (await session.execute(statement)).scalar_one()


async def told_of(session: AsyncSession, asked: str, limit: int) -> list[RowMapping]:
    """List where words are told, in whatever capitals and accents."""
    await session.execute(text("select set_config('app.voided', 'seen', true)"))
    parts = [
        f"select '{table}' as kind, {id} as id, '{field.partition('::')[0]}' as field, "  # noqa: S608 - names of ours
        f"{field} as value from {table} where search_folded({field}) like :pattern"
        for table, (id, fields) in TELLING.items()
        for field in fields
    ]
    folded = (await session.execute(text("select search_folded(:it)"), {"it": asked})).scalar_one()
    statement = text(f"{' union all '.join(parts)} order by 1, 2, 3 limit :limit")
    values = {"pattern": f"%{str(folded).strip()}%", "limit": limit}
    return list((await session.execute(statement, values)).mappings())


async def contact_words(session: AsyncSession, complaint_id: UUID) -> list[str]:
    """Give what is known of who complained, as words."""
    row = ComplaintContactRow
    statement = select(col(row.name), col(row.phone), col(row.email)).where(
        col(row.complaint_id) == complaint_id
    )
    found = (await session.execute(statement)).first()
    return [] if found is None else [it for it in found if it]


async def complaint_texts(session: AsyncSession, id: UUID) -> ComplaintRow | None:
    """Find a complaint whatever its territory, kept from being changed by others."""
    statement = select(ComplaintRow).where(col(ComplaintRow.id) == id).with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def rows_telling(session: AsyncSession, table: str, words: Iterable[str]) -> list[RowMapping]:
    """Find the rows of a table that tell one of some words, with all its edited fields."""
    fields = EDITED[table]
    key = "run_id, line, number" if table == "import_problem" else "id"
    where = " or ".join(f"{it} ilike any(:patterns)" for it in fields)
    patterns = [f"%{_literal(it)}%" for it in words]
    statement = text(f"select {key}, {', '.join(fields)} from {table} where {where}")  # noqa: S608 - names of ours
    return list((await session.execute(statement, {"patterns": patterns})).mappings())


def _literal(word: str) -> str:
    for special in ("\\", "%", "_"):
        word = word.replace(special, f"\\{special}")
    # However its parts were put apart.
    return "%".join(word.split())


async def rewrite(
    session: AsyncSession, table: str, row: RowMapping, values: Mapping[str, object]
) -> None:
    """Write other values into a row that was found."""
    keys = [it for it in row if it not in EDITED[table]]
    where = " and ".join(f"{it} = :{it}" for it in keys)
    changed = ", ".join(f"{it} = :{it}" for it in values)
    statement = text(f"update {table} set {changed} where {where}")  # noqa: S608 - names of ours
    await session.execute(statement, dict(row) | dict(values))


async def forget_revisions(session: AsyncSession, kind: str, ids: Iterable[object]) -> None:
    """Forget what revisions of records said in free text; their chain stays whole."""
    await personal_values.forget(session, kind, ids)


async def forget_contact(session: AsyncSession, complaint_id: UUID) -> int:
    """Forget who complained."""
    statement = text("delete from complaint_contact where complaint_id = :id returning 1")
    return len((await session.execute(statement, {"id": complaint_id})).all())


async def import_files(session: AsyncSession) -> list[tuple[UUID, str]]:
    """List the stored files of imports."""
    found = await session.execute(
        text("select id, blob from import_file where blob is not null order by created_at")
    )
    return [(row.id, row.blob) for row in found]


async def drop_import_files(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Forget files of imports, and what lines of theirs said."""
    await session.execute(
        text("update import_file set blob = null where id = any(:ids)"), {"ids": list(ids)}
    )
    for statement in SILENCE:
        await session.execute(text(statement), {"ids": list(ids)})


async def purged(
    session: AsyncSession, organisation: UUID, it: Purged, counts: Mapping[str, int]
) -> None:
    """Write that something was forgotten, once."""
    await session.execute(
        insert(PurgeRow)
        .values(
            organisation=organisation,
            id=it.id,
            kind=it.kind,
            subject_id=it.subject_id,
            reason=it.reason,
            purged_by=it.by,
            purged_at=it.at,
            counts=dict(counts),
        )
        .on_conflict_do_nothing()
    )


async def purges_known(session: AsyncSession) -> frozenset[UUID]:
    """Name the purges the database knows of."""
    return frozenset((await session.execute(select(col(PurgeRow.id)))).scalars())
