"""Passes requests on to the services as raw ASGI: nothing is parsed, stored or waited for twice."""

import time
from functools import lru_cache, partial

import aiohttp
from opentelemetry.trace import SpanKind, Tracer
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gateway.api.answering import Reply, give_back, why
from gateway.clients.upstreams import Outgoing, Upstreams
from gateway.domain.route_table import deadline_s_of, template_of
from shared import tracing
from shared.problems import Problem
from shared.telemetry import method_of


class PassingOn:
    """Serves a request that may pass by sending it to a service, and its answer back."""

    def __init__(
        self, upstreams: Upstreams, registry: CollectorRegistry, tracer: Tracer | None
    ) -> None:
        self._upstreams = upstreams
        self._tracer = tracer
        self._count = Counter(
            "ronde_passed_on_total",
            "Requests passed on to a service.",
            ["service", "method", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "ronde_passed_on_seconds", "Time to pass one on.", ["service"], registry=registry
        )
        paused = Gauge(
            "ronde_breaker_open",
            "1 while a service that failed is left alone.",
            ["service"],
            registry=registry,
        )
        for name in upstreams.urls:
            paused.labels(name).set_function(partial(upstreams.is_paused, name))
        # To find a counter by its labels costs more than to count.
        self._count_of = lru_cache(1024)(self._count.labels)
        self._seconds_of = lru_cache(64)(self._seconds.labels)

    async def serve(self, service: str, reply: Reply) -> None:
        """Pass the request on to `service`, and refuse it when there is no answer."""
        started = time.perf_counter()
        if self._tracer is None:
            status = await self._answer(service, reply)
        else:
            status = await self._trace(self._tracer, service, reply)
        self._count_of(service, method_of(reply.request.scope), status).inc()
        self._seconds_of(service).observe(time.perf_counter() - started)

    async def _trace(self, tracer: Tracer, service: str, reply: Reply) -> int:
        """Answer within a span, which the service's own spans are under."""
        request = reply.request
        method, route = method_of(request.scope), template_of(request.scope["path"])
        about = {"http.request.method": method, "http.route": route, "ronde.service": service}
        parent = request.header(b"traceparent")
        name = f"{method} {route}"
        with tracing.span(tracer, name, SpanKind.SERVER, parent=parent, attributes=about) as span:
            request.trace(tracing.traceparent() or "")
            status = await self._answer(service, reply)
            tracing.answered(span, status)
        return status

    async def _answer(self, service: str, reply: Reply) -> int:
        try:
            return await self._exchange(service, reply)
        except Problem as problem:
            await reply.request.let_pass()
            await reply.refuse(problem)
            return problem.status

    async def _exchange(self, service: str, reply: Reply) -> int:
        request = reply.request
        try:
            answer = await self._upstreams.send(
                service,
                Outgoing(
                    request.scope["method"],
                    request.target(),
                    request.headers(),
                    body=await request.body(),
                    is_repeatable=request.is_repeatable,
                    deadline_s=deadline_s_of(request.scope["path"]),
                ),
            )
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise why(service, request, error) from error
        try:
            return await give_back(answer, reply)
        finally:
            # Closing what was read to its end gives the connection back to the pool.
            answer.close()
