"""Search names, addresses, notes and findings: accents, endings and small typos do not matter."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.search_fit import fit
from inspections.store import search, search_index
from inspections.store.search import Sought
from shared.contracts.inspections.search import Found, FoundKind, SearchResult

# Words beyond these say nothing more.
MOST_TERMS = 8
INDEX_AT_ONCE = 200


async def search_record(
    session: AsyncSession,
    asked: str,
    kinds: Sequence[FoundKind],
    territories: Sequence[str],
    *,
    keeper: bool,
    limit: int,
) -> SearchResult:
    """Find what tells the words asked for, the best first."""
    terms = (await search.terms_of(session, asked))[:MOST_TERMS]
    fits = await _fits(session, terms)
    if not fits:
        return SearchResult(terms=terms, items=[])
    sought = Sought(fits, [it.value for it in kinds], territories, keeper, limit)
    hits = await search.ranked(session, sought)
    by_kind: dict[str, list[UUID]] = {}
    for hit in hits:
        by_kind.setdefault(hit["kind"], []).append(hit["subject_id"])
    shown = {kind: await search.shown(session, kind, ids) for kind, ids in by_kind.items()}
    items = [
        Found.model_validate(
            {
                **hit,
                **shown[hit["kind"]][hit["subject_id"]],
                "id": hit["subject_id"],
            }
        )
        for hit in hits
        # Indexed, but taken out a moment ago.
        if hit["subject_id"] in shown[hit["kind"]]
    ]
    return SearchResult(terms=terms, items=items)


async def _fits(session: AsyncSession, terms: Sequence[str]) -> list[tuple[int, str, float]]:
    """Find the words of the record that fit terms; near ones where none is the term itself."""
    number = {term: n for n, term in enumerate(terms)}
    found = {(term, word): fit(term, word) for term, word in await search.begun(session, terms)}
    exact = {term for term, word in found if term == word}
    for term, word in await search.near(session, [it for it in terms if it not in exact]):
        found.setdefault((term, word), fit(term, word))
    return [(number[term], word, how) for (term, word), how in found.items() if how > 0]


async def index_changed(session: AsyncSession, organisation: UUID) -> int:
    """Index some of what changed; return how much."""
    changed = await search_index.take_changed(session, INDEX_AT_ONCE)
    for kind, ids in changed.items():
        await search_index.index(session, organisation, kind, ids)
    return sum(map(len, changed.values()))
