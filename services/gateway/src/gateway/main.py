"""Wires the gateway: the only place that knows all its parts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

from joserfc.jwk import KeySet

from gateway.api import (
    access_keys,
    accounts,
    audit,
    console,
    field_keys,
    health,
    me,
    overview,
    own_issuer,
    plan_acceptances,
    plan_progress,
    problem_pages,
    round_sheets,
    schemas,
    sessions,
    webhook_deliveries,
    webhooks,
    weekly_plans,
)
from gateway.api.admission import Admission
from gateway.api.edge import MAX_OWN_BODY_BYTES, Edge
from gateway.api.on_behalf import on_behalf
from gateway.api.pages import ServicePages, documentation
from gateway.api.passing import PassingOn
from gateway.clients.receivers import Receivers
from gateway.clients.services import open_services
from gateway.clients.upstreams import Upstreams
from gateway.jobs.accept_week import accept_week
from gateway.jobs.alert_silence import KIND as ALERT_SILENCE
from gateway.jobs.alert_silence import alert_silence
from gateway.jobs.deliver_webhooks import Deliveries, drop_deliveries_forever
from gateway.jobs.drop_audit import drop_forever
from gateway.jobs.follow_feeds import open_followers
from gateway.jobs.plan_week import plan_week
from gateway.jobs.send_link import handler as send_link
from gateway.jobs.services import WorkerServices
from gateway.settings import Settings
from gateway.use_cases.deliver_message import Sending
from gateway.use_cases.exchange_key import KeyExchange, Usage
from gateway.use_cases.keep_audit import AuditLog
from gateway.use_cases.keyring import Keyring, Sealer
from gateway.use_cases.post import KIND as SEND_LINK
from gateway.use_cases.post import Post
from gateway.use_cases.sign_in import SignIn
from shared import feed, issuer, metrics
from shared.api import give_state, install, with_database
from shared.auth import KeySource, Verifier, discover_keys
from shared.db import Database
from shared.http import ServiceAuth
from shared.jobs import Handler, Jobs
from shared.mail import MailServer
from shared.service import Service
from shared.tracing import of_app, tracer_of

HANDLERS: dict[str, Handler] = {
    "plan_week": plan_week,
    "accept_week": accept_week,
    ALERT_SILENCE: alert_silence,
}

ROUTERS = (
    health.router,
    me.router,
    weekly_plans.router,
    plan_acceptances.router,
    plan_progress.router,
    round_sheets.router,
    audit.router,
    overview.router,
    sessions.router,
    accounts.router,
    access_keys.router,
    field_keys.router,
    webhooks.router,
    webhook_deliveries.router,
    own_issuer.router,
    schemas.router,
    problem_pages.router,
    console.router,
)


def create_app(settings: Settings) -> Edge:
    """Build the edge."""
    app = Edge(
        title="Ronde",
        summary="Evaluate, score and visit the hotels where homeless families live.",
        version="1",
        openapi_url=None,
        lifespan=_lifespan,
        telemetry=of_app("gateway"),
        max_body_size=MAX_OWN_BODY_BYTES,
    )
    upstreams = Upstreams(
        settings.upstreams,
        connect_timeout_s=settings.connect_timeout_s,
        read_timeout_s=settings.read_timeout_s,
    )
    ready = give_state(app, "gateway", settings, handlers=HANDLERS)
    app.state.upstreams = upstreams
    app.state.pages = ServicePages(upstreams, app.state.database)
    app.passing_on = PassingOn(upstreams, app.state.metrics.registry, tracer_of("gateway"))
    app.audit = AuditLog(app.state.database)
    _give_access(app, settings)
    app.max_body_bytes = settings.max_body_bytes
    app.reached_at = settings.reached_at
    app.origins = frozenset(origin.encode() for origin in settings.cors_origins)
    routers = [feed.router("gateway"), *ROUTERS]
    if settings.demo:
        demo_issuer = issuer.Issuer(settings.gateway_url, settings.audience)
        routers.append(issuer.router(demo_issuer, settings.service_secrets))
    install(app, "gateway", routers, ready, composing=on_behalf)
    app.mount(console.PATH, console.files(settings.sign_in_clients))
    # Mounted at `/`, they would answer 404 to a verb that another address does not know.
    app.router.routes.extend(documentation(app.openapi, app.state.pages).routes)
    return app


def _give_access(app: Edge, settings: Settings) -> None:
    """Put what signs in, exchanges and counts into `app.state`, and trust our own tokens."""
    state = app.state
    state.sealer = Sealer(settings.key_secret)
    state.keyring = Keyring(
        state.database,
        state.sealer,
        issuer=settings.own_issuer,
        audience=settings.audience,
        rotate_after=timedelta(days=settings.key_days),
    )
    state.verifier = Verifier(
        sorted({*settings.issuers, settings.own_issuer}),
        settings.audience,
        key_source=_keys_of(state.keyring),
    )
    state.key_exchange = KeyExchange(state.database, state.keyring)
    state.usage = Usage(state.database)
    state.post = _post(state.jobs, state.sealer, settings)
    state.sign_in = SignIn(
        state.database,
        state.keyring,
        state.sealer,
        lasting=timedelta(hours=settings.session_hours),
    )
    app.admission = Admission(lambda: state.verifier, state.key_exchange, state.usage, settings)
    state.admission = app.admission


def _keys_of(keyring: Keyring) -> KeySource:
    """Find an issuer's keys: our own where they are, others' by discovery."""

    async def find(issuer: str) -> KeySet:
        return await (keyring.public() if issuer == keyring.issuer else discover_keys(issuer))

    return find


def _post(jobs: Jobs, sealer: Sealer, settings: Settings) -> Post:
    has_server = bool(settings.smtp_url.get_secret_value())
    return Post(jobs, sealer, settings.reached_at, has_server=has_server)


@contextlib.asynccontextmanager
async def _lifespan(app: Edge) -> AsyncIterator[None]:
    upstreams: Upstreams = app.state.upstreams
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(with_database(app))
        await stack.enter_async_context(app.state.keyring.kept_fresh())
        await stack.enter_async_context(app.state.usage.kept())
        await stack.enter_async_context(app.audit.kept())
        await upstreams.open()
        stack.push_async_callback(upstreams.close)
        timeout_s = app.state.settings.read_timeout_s
        app.state.services = await open_services(upstreams.urls, stack, read_timeout_s=timeout_s)
        await stack.enter_async_context(app.state.pages.kept_fresh())
        yield


async def run_worker(settings: Settings) -> None:
    """Plan and accept weeks, follow all feeds and tell webhooks of them, until cancelled."""
    database = Database(settings.database_url, settings.system_url)
    identity = ServiceAuth(settings.token_url, settings.client_id, settings.client_secret)
    sealer = Sealer(settings.key_secret)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.dispose)
        services = await open_services(settings.upstreams, stack)
        server = MailServer(settings.smtp_url.get_secret_value(), settings.mail_from)
        handlers = HANDLERS | {SEND_LINK: send_link(sealer, settings.reached_at, server)}
        jobs = Jobs(
            database,
            handlers,
            services=WorkerServices(services, identity),
            tracer=tracer_of("gateway"),
        )
        stack.push_async_callback(jobs.close)
        await jobs.open()
        receivers = Receivers(settings.receiver_networks)
        await stack.enter_async_context(receivers.open())
        outgoing = Deliveries(Sending(database, sealer, receivers))
        followers = await stack.enter_async_context(
            open_followers(settings, database, identity, jobs, after_page=outgoing.wake)
        )
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(drop_forever(database))
        tasks.create_task(drop_deliveries_forever(database))
        tasks.create_task(outgoing.run())
        for follower in followers:
            tasks.create_task(follower.run())
        tasks.create_task(
            metrics.tell_of_worker(
                settings, database, service="gateway", kinds=handlers, followers=followers
            )
        )
        await jobs.work()


service = Service(name="gateway", settings=Settings, create_app=create_app, run_worker=run_worker)
