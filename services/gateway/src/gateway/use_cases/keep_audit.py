"""Write the audit: lines are gathered in memory and kept in batches, at least once a second."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.audit_chain import place_of
from gateway.store import audit
from shared.cancellation import pause
from shared.db import Database

logger = logging.getLogger(__name__)

# What the death of a process may lose; an orderly end loses nothing.
WITHIN_S: Final = 0.5
# While the database is away lines wait; beyond these the oldest are lost, and it is said aloud.
MOST_WAITING: Final = 50_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the edge saw it; read only when it is written down."""

    at: float
    claims: Mapping[str, object]
    organisation: bytes | None
    behalf: bytes | None
    method: str
    path: str
    status: int
    request_id: str


@dataclass(slots=True)
class AuditLog:
    """The lines that wait to be kept: as they were noted, then by whose chain they belong in."""

    database: Database
    _noted: list[Call] = field(default_factory=list)
    _waiting: dict[UUID, list[Call]] = field(default_factory=dict)
    # Two at once would write the same lines twice.
    _keeping: asyncio.Lock = field(default_factory=asyncio.Lock)
    lost: int = 0

    def note(self, call: Call) -> None:
        """Remember a call; it is kept within half a second."""
        self._noted.append(call)

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Keep lines for the length of the block, and what is left at its end."""
        task = asyncio.create_task(self._keep_forever())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self.keep()

    async def _keep_forever(self) -> None:
        while True:
            await pause(WITHIN_S)
            # A batch that is being written when we are told to stop is written to its end.
            await asyncio.shield(self.keep())

    async def keep(self) -> None:
        """Write down what waits, one batch for each organisation; on failure it waits on."""
        async with self._keeping:
            await self._keep()

    async def _keep(self) -> None:
        self._sort_out()
        for organisation, calls in list(self._waiting.items()):
            try:
                async with self.database.session(organisation) as session:
                    await audit.append(
                        session,
                        organisation,
                        [_line(call) for call in calls],
                        datetime.fromtimestamp(calls[-1].at, UTC),
                    )
            except (SQLAlchemyError, OSError) as error:
                logger.warning("audit waits", extra={"error": type(error).__name__})
            else:
                del self._waiting[organisation]
        self._let_go_of_too_many()

    def _sort_out(self) -> None:
        """Find once for each call in whose chain it belongs, however long it waits there."""
        noted, self._noted = self._noted, []
        for call in noted:
            organisation = _organisation_of(call)
            if organisation is not None:
                self._waiting.setdefault(organisation, []).append(call)

    def _let_go_of_too_many(self) -> None:
        too_many = sum(len(it) for it in self._waiting.values()) - MOST_WAITING
        if too_many > 0:
            longest = max(self._waiting.values(), key=len)
            too_many = min(too_many, len(longest))
            del longest[:too_many]
            self.lost += too_many
            logger.error("audit lines lost", extra={"lines": too_many})


def _organisation_of(call: Call) -> UUID | None:
    """Tell in whose chain a call belongs: the one that was chosen, or the token's only one."""
    claimed = call.claims.get("orgs")
    named = tuple(str(it) for it in claimed) if isinstance(claimed, list) else ()
    return _chosen(call.organisation, named, is_service=_is_service(call))


@lru_cache(4096)
def _chosen(header: bytes | None, named: tuple[str, ...], *, is_service: bool) -> UUID | None:
    """Choose as the services do; remembered, as callers come again."""
    wanted = header.decode("latin-1") if header else None
    if wanted is None and len(named) == 1:
        wanted = named[0]
    try:
        found = None if wanted is None else UUID(wanted)
    except ValueError:
        return None
    return found if is_service or str(found) in {it.lower() for it in named} else None


def _is_service(call: Call) -> bool:
    roles = call.claims.get("roles")
    return isinstance(roles, list) and "service" in roles


def _line(call: Call) -> dict[str, object]:
    what, ids = place_of(call.path)
    line: dict[str, object] = {
        "at": datetime.fromtimestamp(call.at, UTC).isoformat(timespec="milliseconds"),
        "by": str(call.claims["sub"]),
        "did": call.method,
        "what": what,
        "ids": ids,
        "status": call.status,
        "request": call.request_id,
    }
    if call.behalf is not None and _is_service(call):
        line["for"] = unquote(call.behalf.decode("latin-1"))
    return line
