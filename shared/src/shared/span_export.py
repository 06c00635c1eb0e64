"""Sends spans to a collector by OTLP; needs the extra `telemetry`.

What a span may tell is listed here. FastAPI notes paths, queries and the caller's `Host`, others
may note more one day: whatever is not in the list stays behind.
"""

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, Status

TOLD = frozenset(
    {
        "error.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "ronde.job.attempt",
        "ronde.job.kind",
        "ronde.service",
    }
)


def provider(service: str) -> TracerProvider:
    """Make what records the spans of a service and sends them where the environment says."""
    resource = Resource.create({"service.name": service, "service.namespace": "ronde"})
    made = TracerProvider(resource=resource)
    made.add_span_processor(BatchSpanProcessor(Discreet(OTLPSpanExporter())))
    return made


class Discreet(SpanExporter):
    """Sends on what is in the list: no event, no words of an error, no `tracestate`."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send what may be told of spans."""
        return self._exporter.export([_told(span) for span in spans])

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Send what waits."""
        return self._exporter.force_flush(timeout_millis)


def _told(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        span.name,
        _plain(span.context),
        _plain(span.parent),
        span.resource,
        {name: it for name, it in (span.attributes or {}).items() if name in TOLD},
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _plain(context: SpanContext | None) -> SpanContext | None:
    """Leave the state out, in which a caller may write what it likes."""
    if context is None:
        return None
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)
