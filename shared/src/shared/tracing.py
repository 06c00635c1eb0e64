"""Traces by OpenTelemetry: none is made, and nothing is sent, unless the environment says where to.

`OTEL_EXPORTER_OTLP_ENDPOINT` turns them on; the other standard variables count as well. One process
may be several services, so each has a provider of its own and none is global. A trace goes from
service to service in `Traceparent`, and through a job in its row.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

logger = logging.getLogger(__name__)

PROBES = frozenset({"/livez", "/readyz"})
FAULT = 500
_W3C = TraceContextTextMapPropagator()
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def are_wanted() -> bool:
    """Tell whether the environment says where traces are to be sent."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    by_otlp = os.environ.get("OTEL_TRACES_EXPORTER", "otlp") == "otlp"
    return by_otlp and any(os.environ.get(name) for name in _ENDPOINTS)


@cache
def provider_of(service: str) -> TracerProvider | None:
    """Make what records the spans of a service, once in a process; None when nobody wants them."""
    if not are_wanted():
        return None
    try:
        from shared.span_export import provider
    except ImportError:
        logger.warning("traces are wanted and cannot be sent: install ronde-shared[telemetry]")
        return None
    return provider(service)


def tracer_of(service: str) -> Tracer | None:
    """Return what begins the spans of a service; None when nobody wants them."""
    provider = provider_of(service)
    return None if provider is None else provider.get_tracer("ronde")


def of_app(service: str) -> TelemetryConfig:
    """Say what FastAPI records of requests: a span each, but for those of probes."""
    provider = provider_of(service)
    return {
        "tracing": provider is not None,
        "tracer_provider": provider,
        "exclude": lambda scope: scope["path"] in PROBES,
        # Prometheus counts, and logs are ours: FastAPI's hold the words of exceptions.
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "auto_configure": False,
    }


@contextmanager
def span(
    tracer: Tracer,
    name: str,
    kind: SpanKind,
    *,
    parent: str | None,
    attributes: Mapping[str, str | int],
) -> Iterator[Span]:
    """Record what happens in the block, under the span that `parent`, a `Traceparent`, names."""
    context = _W3C.extract({} if parent is None else {"traceparent": parent}, Context())
    with tracer.start_as_current_span(
        name,
        context,
        kind,
        attributes,
        # What an exception says may be about people.
        record_exception=False,
        set_status_on_exception=False,
    ) as it:
        try:
            yield it
        except Exception as error:
            it.set_attribute("error.type", type(error).__qualname__)
            it.set_status(StatusCode.ERROR)
            raise


def answered(it: Span, status: int) -> None:
    """Note the status of an answer; 500 and above is a fault."""
    it.set_attribute("http.response.status_code", status)
    if status >= FAULT:
        it.set_status(StatusCode.ERROR)


def traceparent() -> str | None:
    """Name the span we are in, as `Traceparent` does; None outside of one."""
    named: dict[str, str] = {}
    _W3C.inject(named)
    return named.get("traceparent")


def trace_id() -> str:
    """Return the id of the trace we are in; empty outside of one."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""
