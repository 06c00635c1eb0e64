"""The HTTP side every service has: one way to wire an app, from settings to health."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared import api_document, feed, problems, telemetry, tracing
from shared.auth import Verifier, current_caller, depends_on
from shared.db import Database
from shared.examples import REFERENCE
from shared.jobs import Handler, Jobs
from shared.metrics import Metrics
from shared.migrate import is_behind, newest
from shared.settings import ServiceSettings

MAX_BODY_BYTES = 64 * 1024 * 1024


def create_api(
    name: str,
    settings: ServiceSettings,
    routers: Sequence[APIRouter],
    *,
    summary: str,
    handlers: Mapping[str, Handler] | None = None,
) -> FastAPI:
    """Wire the app of a service that has a database, a feed and jobs.

    What routes need is in `app.state`: `settings`, `database`, `verifier`, `waiters`, `jobs`; what
    is counted, in `metrics`.
    """
    app = FastAPI(
        title=f"Ronde {name}",
        summary=summary,
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=with_database,
        telemetry=tracing.of_app(name),
        max_body_size=MAX_BODY_BYTES,
    )
    ready = give_state(app, name, settings, handlers=handlers)
    install(app, name, [feed.router(name), *routers], ready)
    return app


def give_state(
    app: FastAPI,
    name: str,
    settings: ServiceSettings,
    *,
    handlers: Mapping[str, Handler] | None = None,
) -> telemetry.Ready:
    """Put what routes need into `app.state`; return what tells whether the database is ready."""
    database = Database(settings.database_url, settings.system_url)
    app.state.name = name
    app.state.settings = settings
    app.state.about = telemetry.nothing_more
    app.state.database = database
    app.state.verifier = Verifier(settings.issuers, settings.audience)
    app.state.metrics = Metrics(name)
    app.state.metrics.watch_database(database, handlers or {})
    app.state.waiters = feed.Waiters(database.conninfo)
    app.state.jobs = Jobs(database, handlers or {})
    return lambda: _ready(name, database)


def install(
    app: FastAPI,
    name: str,
    routers: Sequence[APIRouter],
    ready: telemetry.Ready,
    *,
    composing: Callable[..., object] | None = None,
) -> None:
    """Give an app its routes, problems, health, and what counts its requests.

    `composing`, at the edge, is what routes depend on that ask the services behind it.
    """
    # A redirect would name the service's own address, where those behind the gateway are not.
    app.router.redirect_slashes = False
    problems.install(app)
    registry = app.state.metrics.registry
    app.add_middleware(telemetry.Telemetry, service=name, registry=registry)
    app.include_router(telemetry.router(ready))
    for router in routers:
        app.include_router(router)
    _complete_document(app, routers, composing)


def _complete_document(
    app: FastAPI, routers: Sequence[APIRouter], composing: Callable[..., object] | None
) -> None:
    """Tell in the OpenAPI document what FastAPI does not know of."""
    original = app.openapi
    problem = problems.ProblemDetail.model_json_schema(ref_template=REFERENCE + "{model}")
    problem_schemas = problem.pop("$defs", {}) | {"ProblemDetail": problem}

    def openapi() -> dict[str, object]:
        is_made = app.openapi_schema is not None
        document = original()
        if not is_made:
            signed = _depending(routers, current_caller)
            api_document.complete(document, signed=signed, problem=problem_schemas)
            if composing is not None:
                asking = _depending(routers, composing)
                api_document.answer_at_edge(document, asking=asking)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to extend it


def _depending(routers: Sequence[APIRouter], call: Callable[..., object]) -> set[str]:
    """Name the operations whose routes depend on something."""
    routes = [it for router in routers for it in router.routes if isinstance(it, APIRoute)]
    return {str(it.operation_id) for it in routes if depends_on(it.dependant, call)}


@contextlib.asynccontextmanager
async def with_database(app: FastAPI) -> AsyncIterator[None]:
    """Listen for news of the feed for the length of the block; then close the database."""
    listening = asyncio.create_task(app.state.waiters.listen())
    try:
        yield
    finally:
        app.state.waiters.close()
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        await app.state.database.dispose()


async def _ready(name: str, database: Database) -> dict[str, str]:
    try:
        async with database.system_session() as session:
            await session.execute(text("select 1"))
        async with database.plain_session() as session:
            row = await session.execute(text("select version_num from alembic_version"))
            revision = row.scalar_one_or_none()
    except (SQLAlchemyError, OSError) as error:
        return {"database": f"does not answer: {type(error).__name__}"}
    if is_behind(name, revision or ""):
        return {"migrations": f"at {revision}, wants {newest(name)}: run `ronde migrate {name}`"}
    return {}
