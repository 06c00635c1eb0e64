"""The documentation: one OpenAPI page of all services, shown without any other site's help."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping

import aiohttp
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from sqlalchemy.exc import SQLAlchemyError

from gateway.clients.upstreams import Upstreams
from gateway.domain.openapi_merge import Document, merge
from gateway.store import service_pages
from shared import api_document
from shared.cancellation import pause
from shared.db import Database

logger = logging.getLogger(__name__)

_TOKEN: Document = {
    "components": {
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        }
    }
}
_SOON_S, _MEANWHILE_S, _LATER_S, _PATIENCE_S = 1.0, 60.0, 3600.0, 10.0


class ServicePages:
    """What each service last said of itself; one that is away does not empty the page.

    It is kept in the database too, for a gateway that starts while a service is away.
    """

    def __init__(self, upstreams: Upstreams, database: Database) -> None:
        self._upstreams = upstreams
        self._database = database
        self._unwritten: set[str] = set()
        self._is_read = False
        self._known: dict[str, Document] = {}
        self._heard: set[str] = set()
        self._merged: dict[str, object] | None = None

    def merged_with(self, own: Document) -> dict[str, object]:
        """Return our own page with those of the services we have heard of.

        It takes time to make, so it is kept until a service describes itself otherwise.
        """
        if self._merged is None:
            self._merged = one_document(own, self._known)
        return self._merged

    async def refresh(self) -> None:
        """Ask all services."""
        await asyncio.gather(*(self._ask(name) for name in self._upstreams.urls))

    async def _ask(self, name: str) -> None:
        try:
            status, page = await self._upstreams.ask(name, "/openapi.json", patience_s=_PATIENCE_S)
        except (TimeoutError, OSError, aiohttp.ClientError, ValueError) as error:
            logger.info(
                "a service did not describe itself",
                extra={"service": name, "error": type(error).__name__},
            )
            return
        if status != 200 or not isinstance(page, dict):  # noqa: PLR2004 - HTTP's OK
            return
        self._heard.add(name)
        if page != self._known.get(name):
            self._known[name] = page
            self._unwritten.add(name)
            self._merged = None

    async def remember(self) -> bool:
        """Read once what was said before our start; write what was said since; tell if it worked.

        What a service says now stands over what it said before.
        """
        try:
            async with self._database.plain_session() as session:
                if not self._is_read:
                    before = await service_pages.read(session)
                    self._recall(before)
                written = sorted(self._unwritten)
                for name in written:
                    await service_pages.keep(session, name, self._known[name])
        except (SQLAlchemyError, OSError) as error:
            logger.info("pages of services not kept", extra={"cause": type(error).__name__})
            return False
        self._unwritten -= set(written)
        return True

    def _recall(self, before: Mapping[str, Document]) -> None:
        self._is_read = True
        for name in self._upstreams.urls.keys() & before.keys() - self._known.keys():
            self._known[name] = before[name]
            self._merged = None

    @contextlib.asynccontextmanager
    async def kept_fresh(self) -> AsyncIterator[None]:
        """Keep asking for the length of the block: soon until all are known, then hourly."""
        task = asyncio.create_task(self._keep_fresh())
        try:
            yield
        finally:
            task.cancel()

    async def _keep_fresh(self) -> None:
        while True:
            await self.remember()
            await self.refresh()
            while self._upstreams.urls.keys() - self._heard:
                await self.remember()
                await pause(_SOON_S)
                await self._ask_the_silent()
            await pause(_LATER_S if await self.remember() else _MEANWHILE_S)

    async def _ask_the_silent(self) -> None:
        silent = self._upstreams.urls.keys() - self._heard
        await asyncio.gather(*(self._ask(name) for name in silent))


def one_document(own: Document, services: Mapping[str, Document]) -> dict[str, object]:
    """Make one document of our own and those of services, with what we answer in their place.

    It says that a token is wanted, so that its page has a field for it.
    """
    known = {}
    for name in sorted(services):
        known[name] = json.loads(json.dumps(services[name]))
        api_document.answer_at_edge(known[name])
    return merge({**own, "security": [{"token": []}]}, {"": _TOKEN, **known})


def documentation(own: Callable[[], Document], services: ServicePages) -> FastAPI:
    """Make the app whose routes serve `/docs` and `/openapi.json`."""
    pages = FastAPIOffline(
        title="Ronde",
        docs_url="/docs",
        redoc_url=None,
        openapi_url="/openapi.json",
        static_url="/docs/assets",
        swagger_ui_parameters={"tryItOutEnabled": True, "docExpansion": "none"},
    )
    pages.openapi = lambda: services.merged_with(own())  # type: ignore[method-assign] # FastAPI's own way to extend it

    return pages
