"""Keep the words by which the record is searched, some changes at once."""

from collections.abc import Sequence
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

TAKE = text(
    "delete from search_queue where (kind, subject_id) in "
    "(select kind, subject_id from search_queue order by kind, subject_id limit :limit "
    "for update skip locked) returning kind, subject_id"
)
# An item is told by what its newest version calls it.
LABELS = (
    "(select distinct on (one->>'code') one->>'code' as code, "
    "concat_ws(' ', one->>'label_fr', one->>'label_en') as told "
    "from checklist cross join jsonb_array_elements(items) as one "
    "order by one->>'code', version desc)"
)
# What is told of each subject, how much it weighs, and whether it tells where a place is.
TOLD = MappingProxyType(
    {
        "accommodation": (
            "accommodation",
            "select id as subject_id, id as accommodation_id, weight, located, told "  # noqa: ISC004 - names of ours
            "from accommodation cross join lateral (values "
            "(8.0, false, name), (8.0, false, external_id), (4.0, false, operator), "
            "(2.0, true, concat_ws(' ', address, postcode, city))) as it (weight, located, told) "
            "where id = any(:ids) and merged_into is null",
        ),
        "inspection": (
            "finding",
            "select finding.id, accommodation_id, weight, false, it.told from finding "  # noqa: ISC004, S608 - names of ours
            f"left join {LABELS} as label on label.code = finding.item "
            "cross join lateral (values (2.0, label.told), (1.5, finding.note), "
            "(1.0, concat_ws(' ', finding.item, finding.category, finding.room))) "
            "as it (weight, told) where inspection_id = any(:ids)",
        ),
        "complaint": (
            "complaint",
            "select complaint.id, accommodation_id, weight, located, it.told from complaint "  # noqa: ISC004, S608 - names of ours
            f"left join {LABELS} as label on label.code = complaint.item "
            "cross join lateral (values (1.5, false, text), (2.0, false, label.told), "
            "(1.0, true, place)) as it (weight, located, told) where complaint.id = any(:ids)",
        ),
    }
)
FORGET = MappingProxyType(
    {
        "accommodation": "subject_id = any(:ids)",
        # Its findings were at one place until it was merged: they are forgotten by themselves.
        "inspection": "subject_id in (select id from finding where inspection_id = any(:ids))",
        "complaint": "subject_id = any(:ids)",
    }
)


UNTOLD = (
    "word = any(:words) and not exists "
    "(select from search_posting as posting where posting.word = {table}.word)"
)
ORPHANS = tuple(
    text(f"delete from {table} where {UNTOLD.format(table=table)}")  # noqa: S608 - names of ours
    for table in ("search_variant", "search_word")
)


async def take_changed(session: AsyncSession, limit: int) -> dict[str, list[UUID]]:
    """Take some of what changed out of the queue, by kind, leaving what others are at."""
    found: dict[str, list[UUID]] = {}
    for row in await session.execute(TAKE, {"limit": limit}):
        found.setdefault(row.kind, []).append(row.subject_id)
    return found


async def index(session: AsyncSession, organisation: UUID, kind: str, ids: Sequence[UUID]) -> None:
    """Write the words that subjects tell, in place of those they told before."""
    posted, told = TOLD[kind]
    values = {"organisation": organisation, "kind": posted, "ids": list(ids)}
    # What was voided must be seen, to be forgotten.
    await session.execute(text("select set_config('app.voided', 'seen', true)"))
    gone = await session.execute(
        text(f"delete from search_posting where kind = :kind and {FORGET[kind]} returning word"),  # noqa: S608 - ours
        values,
    )
    words = sorted(set(gone.scalars()))
    await session.execute(text("select set_config('app.voided', '', true)"))
    await session.execute(
        text(
            "with told (subject_id, accommodation_id, weight, located, told) as "  # noqa: S608 - ours
            f"({told}), words as materialized (select subject_id, accommodation_id, located, word, "
            "sum(weight) as weight from told cross join unnest(search_words(told.told)) as word "
            "group by subject_id, accommodation_id, located, word), "
            "known as (insert into search_word (organisation, word) "
            "select distinct cast(:organisation as uuid), word from words order by 2 "
            "on conflict do nothing returning word), "
            "near as (insert into search_variant (organisation, variant, word) "
            "select cast(:organisation as uuid), variant, word from known "
            "cross join search_variants(word) order by 2, 3 on conflict do nothing) "
            "insert into search_posting "
            "(organisation, word, kind, subject_id, accommodation_id, weight, located) "
            "select :organisation, word, :kind, subject_id, accommodation_id, weight, located "
            "from words order by word, subject_id on conflict do nothing"
        ),
        values,
    )
    # A word that nothing tells any more may have been a name.
    for statement in ORPHANS if words else ():
        await session.execute(statement, {"words": words})
