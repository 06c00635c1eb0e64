"""Check the audit's chains, as an auditor does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from gateway.domain.audit_chain import Batch, Checkpoint, Verdict, check
from gateway.store import audit
from shared.db import Database


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of one chain; `lacks` is a head noted before that it no longer holds."""

    organisation: UUID
    since: Checkpoint
    verdict: Verdict
    lacks: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing was altered, taken out, put in or cut off."""
        return self.verdict.broken_at is None and self.lacks is None

    @property
    def sentence(self) -> str:
        """Say it to people."""
        found, head = self.verdict, self.verdict.head
        if found.broken_at is not None:
            return f"{self.organisation}: BROKEN at batch {found.broken_at}: {found.why}"
        if self.lacks is not None:
            return f"{self.organisation}: CUT: it does not hold {self.lacks}, noted before"
        return (
            f"{self.organisation}: whole, {found.lines} lines in {found.batches} batches after "
            f"batch {self.since.number}; head {head.number}:{head.digest}"
        )

    @property
    def told(self) -> dict[str, object]:
        """Say it to programs."""
        found = self.verdict
        return {
            "organisation": str(self.organisation),
            "whole": self.is_whole,
            "lines": found.lines,
            "batches": found.batches,
            "after_batch": self.since.number,
            "broken_at": found.broken_at,
            "why": found.why,
            "lacks": self.lacks,
            "head": f"{found.head.number}:{found.head.digest}",
        }


async def verify_audit(
    database: Database, wanted: UUID | None = None, *, known: str | None = None
) -> Sequence[Checked]:
    """Check the chain of an organisation, or of all; `known` is a head noted before."""
    async with database.system_session() as session:
        organisations = await audit.organisations(session) if wanted is None else [wanted]
        found = []
        for organisation in sorted(organisations, key=str):
            since = await audit.checkpoint(session, organisation)
            batches = [it async for it in audit.batches(session, organisation, since.number)]
            lacks = known if known is not None and not _holds(batches, since, known) else None
            found.append(Checked(organisation, since, check(batches, since), lacks))
    return found


def _holds(batches: Iterable[Batch], since: Checkpoint, known: str) -> bool:
    """Tell whether a head noted before is in the chain, or was dropped for its age."""
    number, _, digest = known.partition(":")
    if number.isdecimal() and int(number) < since.number:
        return True
    heads = {f"{it.number}:{it.digest}" for it in batches} | {f"{since.number}:{since.digest}"}
    return f"{number}:{digest}" in heads
