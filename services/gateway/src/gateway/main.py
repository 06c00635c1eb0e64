"""Wires the gateway: the only place that knows all its parts."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from gateway.api import health, me, weekly_plans
from gateway.api.edge import MAX_OWN_BODY_BYTES, Edge
from gateway.api.pages import ServicePages, documentation
from gateway.api.passing import PassingOn
from gateway.clients.services import open_services
from gateway.clients.upstreams import Upstreams
from gateway.settings import Settings
from shared import issuer, problems
from shared.api import install
from shared.auth import Verifier
from shared.service import Service


def create_app(settings: Settings) -> Edge:
    """Build the edge."""
    app = Edge(
        title="Ronde",
        summary="Evaluate, score and visit the hotels where homeless families live.",
        version="1",
        openapi_url=None,
        lifespan=_lifespan,
        max_body_size=MAX_OWN_BODY_BYTES,
        responses=problems.responses(),
    )
    registry = CollectorRegistry()
    upstreams = Upstreams(
        settings.upstreams,
        connect_timeout_s=settings.connect_timeout_s,
        read_timeout_s=settings.read_timeout_s,
    )
    app.state.settings = settings
    app.state.upstreams = upstreams
    app.state.pages = ServicePages(upstreams)
    app.state.verifier = Verifier(settings.issuers, settings.audience)
    app.passing_on = PassingOn(
        upstreams,
        lambda: app.state.verifier,
        max_body_bytes=settings.max_body_bytes,
        registry=registry,
    )
    routers = [health.router, me.router, weekly_plans.router]
    if settings.demo:
        demo_issuer = issuer.Issuer(settings.gateway_url, settings.audience)
        routers.append(issuer.router(demo_issuer, settings.service_secrets))
    install(app, "gateway", routers, _ready, registry=registry)
    app.mount("/", documentation(app.openapi, app.state.pages))
    return app


async def _ready() -> dict[str, str]:
    """Say that the edge itself lacks nothing; `/health` tells of the services behind it."""
    return {}


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    upstreams: Upstreams = app.state.upstreams
    async with contextlib.AsyncExitStack() as stack:
        await upstreams.open()
        stack.push_async_callback(upstreams.close)
        app.state.services = await open_services(upstreams.urls, stack)
        await stack.enter_async_context(app.state.pages.kept_fresh())
        yield


service = Service(name="gateway", settings=Settings, create_app=create_app, has_database=False)
