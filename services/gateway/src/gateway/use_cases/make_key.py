"""Make keys: never stronger than who makes them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.domain.access_key import ID_BYTES, SECRET_BYTES, digest, written
from gateway.store.access_tables import AccessKeyRow
from gateway.use_cases.passing_rights import (
    check_roles,
    check_scopes_given,
    check_territories,
)
from shared.auth import Caller
from shared.problems import invalid

_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a key is to open; `kind` is api, url or field, which is of an inspector."""

    kind: str
    name: str
    roles: Sequence[str]
    territories: Sequence[str]
    scopes: Sequence[str]
    expires_at: datetime
    paths: Sequence[str] = ()
    rate_per_s: float | None = None
    daily_quota: int | None = None
    inspector_id: UUID | None = None


async def make_key(
    session: AsyncSession, caller: Caller, wanted: Wanted
) -> tuple[AccessKeyRow, str]:
    """Make a key; return it, and it as written, which is kept nowhere.

    Who plans may hand an inspector a key, without being one.

    Raises
    ------
    Problem : 403 when it would allow more than its maker may, 422 for a date past or too far
    """
    territories = list(wanted.territories or caller.territories)
    if wanted.inspector_id is None:
        check_roles(caller, wanted.roles)
    check_scopes_given(caller, wanted.scopes)
    check_territories(caller, territories)
    now = datetime.now(UTC)
    if not now < wanted.expires_at <= now + _LONGEST:
        raise invalid("/expires_at", "Choose a date to come, within a year.")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = AccessKeyRow(
        id=secrets.token_hex(ID_BYTES),
        organisation=caller.organisation,
        kind=wanted.kind,
        name=wanted.name,
        digest=digest(secret),
        roles=list(wanted.roles),
        territories=territories,
        scopes=list(wanted.scopes),
        paths=list(wanted.paths),
        rate_per_s=wanted.rate_per_s,
        daily_quota=wanted.daily_quota,
        inspector_id=wanted.inspector_id,
        created_by=caller.subject,
        created_at=now,
        expires_at=wanted.expires_at,
    )
    session.add(row)
    await session.flush()
    return row, written(row.id, secret)
