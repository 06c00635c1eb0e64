"""Search the record by words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store.scope import PLACES_SEEN

# Words that begin as one that is asked for, at the most: of more, it says too little.
MOST_ALIKE = 60
# Where a word is told so often, the rest of it ranks below anyway.
MOST_POSTINGS = 8_000
TERMS = text("select unnest(search_words(:asked)) as term")
EXACT_AND_BEGUN = text(
    "select term, word from unnest(cast(:terms as varchar[])) as term cross join lateral "
    '(select word from search_word where word >= term collate "C" '
    'and word < (term || chr(65535)) collate "C" order by word limit :most) as begun'
)
NEAR = text(
    "select term, near.word from unnest(cast(:terms as varchar[])) as term "
    "cross join lateral search_variants(term) as it "
    "join search_variant as near on near.variant = it.variant"
)
# Word by word through the index, and no further than ranking gains by it.
RANK = (
    "with asked as (select * from unnest(cast(:terms as integer[]), cast(:words as varchar[]), "  # noqa: S608 - names of ours
    "cast(:fits as real[])) as it (term, word, fit)), "
    # Rare words tell more; the logarithm keeps the rarest from telling all.
    "posted as (select asked.term, posting.*, asked.fit * posting.weight "
    "/ ln(2.7 + count(*) over (partition by asked.term, asked.word)) as score "
    "from asked cross join lateral (select kind, subject_id, accommodation_id, weight, located "
    "from search_posting where search_posting.word = asked.word "
    "and search_posting.kind = any(:kinds) limit :most) as posting), "
    "hits as (select posted.kind, subject_id, accommodation_id, term, max(score) as score "
    "from posted left join accommodation on accommodation.id = posted.accommodation_id "
    f"where {PLACES_SEEN} "
    "and (not located or :keeper or accommodation.confidential_address is not true) "
    "group by 1, 2, 3, 4) "
    "select kind, subject_id, accommodation_id, count(*) as terms, sum(score) as score "
    "from hits group by 1, 2, 3 order by terms desc, score desc, subject_id limit :limit"
)
SHOWN = MappingProxyType(
    {
        "accommodation": "select id, name as title, territory, null as told, "
        "created_at as at from accommodation where id = any(:ids)",
        "finding": "select id, item as title, null as territory, note as told, occurred_at as at "
        "from finding where id = any(:ids)",
        "complaint": "select id, coalesce(category, 'complaint') as title, territory, "
        "text as told, occurred_at as at from complaint where id = any(:ids)",
    }
)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is sought and by whom: terms with the words that fit them, and how well."""

    fits: Sequence[tuple[int, str, float]]
    kinds: Sequence[str]
    territories: Sequence[str]
    keeper: bool
    limit: int


async def terms_of(session: AsyncSession, asked: str) -> list[str]:
    """Give the words that are asked for as the record keeps them."""
    return list((await session.execute(TERMS, {"asked": asked})).scalars())


async def begun(session: AsyncSession, terms: Sequence[str]) -> list[tuple[str, str]]:
    """Find, by term, the words that are it or begin as it."""
    values = {"terms": list(terms), "most": MOST_ALIKE}
    return [(row.term, row.word) for row in await session.execute(EXACT_AND_BEGUN, values)]


async def near(session: AsyncSession, terms: Sequence[str]) -> list[tuple[str, str]]:
    """Find, by term, the words that are nearly it."""
    found = await session.execute(NEAR, {"terms": list(terms)})
    return [(row.term, row.word) for row in found]


async def ranked(session: AsyncSession, sought: Sought) -> Sequence[RowMapping]:
    """List what tells the words, the best first."""
    values = {
        "terms": [term for term, _, _ in sought.fits],
        "words": [word for _, word, _ in sought.fits],
        "fits": [fit for _, _, fit in sought.fits],
        "kinds": list(sought.kinds),
        "territories": list(sought.territories),
        "keeper": sought.keeper,
        "limit": sought.limit,
        "most": MOST_POSTINGS,
    }
    return (await session.execute(text(RANK), values)).mappings().all()


async def shown(session: AsyncSession, kind: str, ids: Sequence[UUID]) -> Mapping[UUID, RowMapping]:
    """Give what is shown of hits of a kind."""
    found = await session.execute(text(SHOWN[kind]), {"ids": list(ids)})
    return {row["id"]: row for row in found.mappings()}
