"""Revisions over HTTP: what every record became, by whom and why; going back; the chain."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.api.lists import ListQuery, page_of
from inspections.domain.revision_changes import changes
from inspections.store import accommodations, revision_checks, revisions
from inspections.store.revisions import Place, Subject
from inspections.use_cases.messages import HIDDEN_ADDRESS
from inspections.use_cases.restore_revisions import Restorer, restore
from shared import paging
from shared.auth import Caller, Manager, requires
from shared.contracts.inspections.revisions import (
    FieldChange,
    Restoration,
    Restored,
    Revision,
    RevisionChain,
    RevisionChanges,
    RevisionContent,
)
from shared.db import Session
from shared.paging import Page
from shared.problems import Problem, invalid, not_found, responses

router = APIRouter(prefix="/v1/revisions", tags=["revisions"])
chain = APIRouter(prefix="/v1/revision-chain", tags=["revisions"])

HIDDEN = frozenset({*HIDDEN_ADDRESS, "lon", "lat", "position_source"} - {"position"})


def sees_everything(
    caller: Annotated[Caller, Depends(requires("manager", "auditor", "service"))],
) -> Caller:
    """Let pass who may know of all records.

    Raises
    ------
    Problem : 403 for a token of some territories
    """
    if caller.territories:
        raise Problem(
            403,
            "forbidden",
            "Revisions are of all territories and your token names only some; read the lists.",
        )
    return caller


Overseer = Annotated[Caller, Depends(sees_everything)]


class RevisionQuery(ListQuery):
    """Which revisions to list."""

    subject: Annotated[
        str | None,
        Query(
            max_length=500,
            description="Kind and id of a record.",
            examples=["accommodation:0b7c7b1e-5d3f-4a44-a2f1-c3f0a5d7e9aa"],
        ),
    ] = None


@router.get("", operation_id="listRevisions", responses=responses(403, 422))
async def list_revisions(
    session: Session, caller: Overseer, query: Annotated[RevisionQuery, Query()]
) -> Page[Revision]:
    """List what changed, of a record or of all, newest first, by whom and why.

    What other systems call a confidential place is for who has the role keeper.
    """
    rows = await revisions.page(
        session,
        _subject(query.subject),
        keeper=caller.keeps_addresses,
        after=_place(query.cursor),
        limit=query.limit + 1,
    )
    return page_of([_revision(row) for row in rows], query.limit, _cursor)


@router.get("/{id}", operation_id="getRevision", responses=responses(403, 404))
async def get_revision(session: Session, caller: Overseer, id: str) -> RevisionContent:
    """Get what a record was after a change.

    Personal values and confidential addresses are for who has the role keeper.
    """
    subject, number = _named(id)
    row = await revisions.one(session, subject, number, keeper=caller.keeps_addresses)
    if row is None:
        raise not_found("revision")
    content, withheld = await _content(session, caller, row)
    return RevisionContent.model_validate(
        {"revision": _revision(row), "content": content, "withheld": sorted(withheld)}
    )


@router.get("/{id}/changes", operation_id="compareRevisions", responses=responses(403, 404, 422))
async def compare(
    session: Session,
    caller: Overseer,
    *,
    id: str,
    since: Annotated[
        int | None,
        Query(ge=0, le=2**31 - 1, description="Number of the earlier one; else the one before."),
    ] = None,
) -> RevisionChanges:
    """Tell by field what a revision changed, or all that changed since an earlier one."""
    subject, number = _named(id)
    base = number - 1 if since is None else since
    before = await _known(session, caller, subject, base)
    after = await _known(session, caller, subject, number)
    withheld = before[1] | after[1]
    return RevisionChanges(
        subject_kind=subject.kind,
        subject_id=subject.id,
        before=base,
        after=number,
        changes=[
            FieldChange.model_validate(it, from_attributes=True)
            for it in changes(before[0], after[0])
            if it.field not in withheld
        ],
        withheld=sorted(withheld),
    )


@router.post(
    "/{id}/restorations",
    operation_id="restoreRevision",
    status_code=201,
    responses=responses(403, 404, 409, 422),
)
async def restore_revision(
    session: Session,
    caller: Manager,
    *,
    id: str,
    wanted: Annotated[Restoration, Body(examples=[{"reason": "It was changed by mistake."}])],
) -> Restored:
    """Make a place, operator, room or zone again what it was, as a new revision."""
    sees_everything(caller)
    subject, number = _named(id)
    restorer = Restorer(caller.organisation, keeper=caller.keeps_addresses, reason=wanted.reason)
    kept = await restore(session, restorer, subject, number)
    return Restored(
        subject_kind=subject.kind,
        subject_id=subject.id,
        number=await revisions.last_number(session, subject),
        kept=sorted(kept),
    )


@chain.get("", operation_id="verifyRevisions", responses=responses(403))
async def verify(session: Session, _caller: Overseer) -> RevisionChain:
    """Check all digests, and every record against its newest revision; it takes a while."""
    head = await revision_checks.head(session)
    faults = await revision_checks.faults(session)
    return RevisionChain.model_validate(
        {**head, "digest": head["digest"] or "", "whole": not faults, "faults": faults},
        from_attributes=True,
    )


async def _known(
    session: AsyncSession, caller: Caller, subject: Subject, number: int
) -> tuple[dict[str, object], set[str]]:
    """Give what a record was, nothing before its first revision."""
    if number == 0:
        return {}, set()
    row = await revisions.one(session, subject, number, keeper=caller.keeps_addresses)
    if row is None:
        raise not_found("revision")
    return await _content(session, caller, row)


async def _content(
    session: AsyncSession, caller: Caller, row: Mapping[str, object]
) -> tuple[dict[str, object], set[str]]:
    """Give what a record was, and the names of what is not told of it."""
    content = revisions.content_of(row)
    apart = revisions.apart(content)
    known: dict[str, object] = {}
    if apart and caller.keeps_addresses:
        subject = Subject(str(row["subject_kind"]), str(row["subject_id"]))
        known = await revisions.values_of(session, subject, int(str(row["number"])))
    withheld = apart - known.keys()
    if not caller.keeps_addresses and await _is_confidential(session, row, content):
        withheld |= HIDDEN & content.keys()
    told = {name: it for name, it in {**content, **known}.items() if name not in withheld}
    return told, withheld


async def _is_confidential(
    session: AsyncSession, row: Mapping[str, object], content: Mapping[str, object]
) -> bool:
    """Tell whether a revision is of a place whose address is, or then was, confidential."""
    if row.get("subject_kind") != "accommodation":
        return False
    place = await accommodations.by_id(session, UUID(str(row["subject_id"])), ())
    return bool(content.get("confidential_address")) or place is None or place.confidential_address


def _subject(told: str | None) -> Subject | None:
    if told is None:
        return None
    kind, colon, id = told.partition(":")
    if not colon or "\0" in told:
        raise invalid("query: subject", "is a kind and an id, as accommodation:…")
    return Subject(kind, id)


def _revision(row: Mapping[str, object]) -> Revision:
    id = paging.encode(*(str(row[name]) for name in ("subject_kind", "subject_id", "number")))
    return Revision.model_validate({**row, "id": id})


def _named(id: str) -> tuple[Subject, int]:
    """Read the id of a revision; one that is none names nothing."""
    try:
        kind, key, number = paging.decode(id, 3)
    except Problem as error:
        raise not_found("revision") from error
    if "\0" in kind + key or not _is_number(number):
        raise not_found("revision")
    return Subject(kind, key), int(number)


def _cursor(it: Revision) -> str:
    return paging.encode(str(it.change), it.subject_kind, it.subject_id, str(it.number))


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    change, kind, id, number = paging.decode(cursor, 4)
    if not (_is_number(change) and _is_number(number)) or "\0" in kind + id:
        raise invalid("query: cursor", "This cursor belongs to another list.")
    return Place(int(change), Subject(kind, id), int(number))


def _is_number(told: str) -> bool:
    return told.isascii() and told.isdecimal() and len(told) < 10  # noqa: PLR2004 - an int of PostgreSQL
