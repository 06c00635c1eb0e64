"""What each service last said of itself, kept over restarts; it belongs to no organisation."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.domain.openapi_merge import Document
from gateway.store.tables import ServicePageRow


async def read(session: AsyncSession) -> dict[str, Document]:
    """Give the OpenAPI document of each service that ever told one."""
    rows = (await session.execute(select(ServicePageRow))).scalars()
    return {row.service: row.page for row in rows}


async def keep(session: AsyncSession, service: str, page: Document) -> None:
    """Write the document of a service over the one before."""
    statement = insert(ServicePageRow).values(service=service, page=dict(page))
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[col(ServicePageRow.service)],
            set_={"page": statement.excluded.page, "told_at": func.now()},
        )
    )
