"""A collector of traces on loopback, which reads what OTLP sends it."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

PATIENCE_S = 120.0


@dataclass(frozen=True)
class Told:
    """A span as it arrived."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, object]


@dataclass
class Collector:
    """What was sent to it: spans as they were told, and the bytes they came in."""

    url: str = ""
    spans: list[Told] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def take(self, path: str, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        self.paths.append(path)
        self.received.append(body)
        for resource in request.resource_spans:
            about = {it.key: it.value.string_value for it in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [_told(about["service.name"], span) for span in scope.spans]

    def await_span(self, wanted: Callable[[Told], bool]) -> Told:
        """Wait until a span has come that is wanted."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            for span in list(self.spans):
                if wanted(span):
                    return span
            time.sleep(0.02)
        raise AssertionError(f"not among {[(it.service, it.name) for it in self.spans]}")

    def lineage(self, span: Told) -> list[Told]:
        """Name a span's ancestors, itself first."""
        known = {it.span_id: it for it in self.spans}
        found = [span]
        while found[-1].parent_id in known:
            found.append(known[found[-1].parent_id])
        return found


def _told(service: str, span: object) -> Told:
    values = {it.key: it.value for it in span.attributes}
    return Told(
        service,
        span.name,
        span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        {key: getattr(value, value.WhichOneof("value")) for key, value in values.items()},
    )


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector for the length of the block."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.take(self.path, body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
