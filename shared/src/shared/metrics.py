"""What Prometheus asks: counted as it happens or looked up when it asks, on a port of its own.

Labels come from our own code (services, routes as they are written, kinds of jobs), never from what
a caller sends, so that nobody can make them grow.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.db import Database
from shared.feed import Follower
from shared.serve import listen, serving
from shared.settings import ServiceSettings

logger = logging.getLogger(__name__)

# Prometheus waits ten seconds; a database that is away must not take them all.
PATIENCE_S = 2.0
# How a job's row says it, and how we do.
STATES = {"queued": "waiting", "running": "running", "failed": "failed"}
OPEN_JOBS = text(
    "select kind, state, count(*) from job where state in ('queued', 'running', 'failed') "
    "group by kind, state"
)
NEWEST_EVENT = text("select coalesce(max(position), 0) from event")


class Metrics:
    """The figures of one process of a service; `app` answers whoever asks for them."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.registry = CollectorRegistry()
        self.app = Starlette(routes=[Route("/metrics", self._tell)])
        self._looks: list[Callable[[], Awaitable[None]]] = []

    def watch_database(self, database: Database, kinds: Collection[str]) -> None:
        """Tell of a database: whether it answers, its pools, its feed, and jobs of these kinds."""
        watched = _DatabaseFigures(self.service, database, kinds)
        self.registry.register(watched)
        self._looks.append(watched.look)

    def watch_followers(self, followers: Sequence[Follower]) -> None:
        """Tell how far behind followers are."""
        self.registry.register(_FollowerFigures(self.service, followers))

    async def _tell(self, _request: Request) -> Response:
        for look in self._looks:
            await look()
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


class _DatabaseFigures(Collector):
    def __init__(self, service: str, database: Database, kinds: Collection[str]) -> None:
        self._service = service
        self._database = database
        self._kinds = kinds
        self._answers = False
        self._newest_event = 0
        self._jobs: dict[tuple[str, str], int] = {}

    async def look(self) -> None:
        """Ask the database; what it does not answer in time is not told."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._database.system_session() as session:
                jobs = (await session.execute(OPEN_JOBS)).all()
                self._newest_event = (await session.execute(NEWEST_EVENT)).scalar_one()
        except (SQLAlchemyError, OSError) as error:
            logger.warning("no figures of the database", extra={"error": type(error).__name__})
            self._answers = False
            return
        self._answers = True
        self._jobs = {(kind, state): 0 for kind in self._kinds for state in STATES.values()}
        self._jobs |= {(kind, STATES[state]): number for kind, state, number in jobs}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give what is known."""
        named = [self._service]
        yield _gauge("database_up", "Whether the database answers.", [], [(named, self._answers)])
        pools = [([self._service, name], it) for name, it in self._database.pools.items()]
        in_use = [(labels, it.checkedout()) for labels, it in pools]
        yield _gauge("database_connections_in_use", "Connections lent out.", ["pool"], in_use)
        if self._answers:
            jobs = [([self._service, *it], number) for it, number in self._jobs.items()]
            yield _gauge("jobs", "Jobs that wait, run or failed.", ["kind", "state"], jobs)
            newest = [(named, self._newest_event)]
            yield _gauge("feed_newest_position", "Position of our newest event.", [], newest)


class _FollowerFigures(Collector):
    def __init__(self, service: str, followers: Sequence[Follower]) -> None:
        self._service = service
        self._followers = followers

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give what those know that follow; who stands by for another process knows nothing."""
        known = [(it, it.caught_up_at) for it in self._followers]
        following = [(it, since) for it, since in known if since is not None]
        yield _gauge(
            "feed_lag_seconds",
            "Since the follower began or last had all there was; up to 20 while nothing happens.",
            ["provider"],
            [([self._service, it.provider], time.monotonic() - at) for it, at in following],
        )
        yield _gauge(
            "feed_position",
            "Position of the last event applied.",
            ["provider"],
            [([self._service, it.provider], it.position) for it, _ in following],
        )


def _gauge(
    name: str, what: str, labels: Sequence[str], samples: Iterable[tuple[list[str], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"ronde_{name}", what, labels=["service", *labels])
    for values, value in samples:
        family.add_metric(values, float(value))
    return family


async def tell_of_worker(
    settings: ServiceSettings,
    database: Database,
    *,
    service: str,
    kinds: Collection[str],
    followers: Sequence[Follower] = (),
) -> None:
    """Answer for a worker at its port until cancelled; at once over without a port."""
    if not settings.worker_metrics_port:
        return
    metrics = Metrics(service)
    metrics.watch_database(database, kinds)
    metrics.watch_followers(followers)
    opened = listen(settings.host, settings.worker_metrics_port)
    async with serving([metrics.app], [opened]) as servers:
        await asyncio.wait(servers)
