"""What is seen from outside: JSON logs with the request's id, health, counted requests."""

import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime

import httpx
import psycopg
from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import tracing

logger = logging.getLogger(__name__)

_request_id: ContextVar[str] = ContextVar("request_id", default="")
GOOD_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Keys, wherever they stand: an address may carry one, and addresses are written down.
_KEY = re.compile(r"(ronde_[0-9a-f]{12})_[A-Za-z0-9_-]{43}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def current_request_id() -> str:
    """Return the id of the request being served; empty outside of one."""
    return _request_id.get()


def method_of(scope: Scope) -> str:
    """Name a request's method; one that nothing here answers is like any other such."""
    method: str = scope["method"]
    return method if method in METHODS else "other"


class JSONFormatter(logging.Formatter):
    """One log line, one JSON object: the constant message plus its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line of JSON."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            # asyncio writes the task below, with the words of what made it fail.
            "message": record.getMessage().partition("\n")[0],
        }
        if request_id := current_request_id():
            line["request_id"] = request_id
        if trace_id := tracing.trace_id():
            line["trace_id"] = trace_id
        line |= {name: it for name, it in vars(record).items() if name not in STANDARD_FIELDS}
        if record.exc_info:
            line["exception"] = "".join(_failure(record.exc_info[1]))
        return _KEY.sub(r"\1_…", json.dumps(line, default=str, ensure_ascii=False))


def _failure(error: BaseException | None) -> Iterator[str]:
    """Tell of what kind a failure and its causes are, and where they came up, the last last.

    Its words may be about people: a database quotes the row it refuses, a mail server its reader.
    """
    if error is None:
        return
    hidden = None if error.__suppress_context__ else error.__context__
    yield from _failure(error.__cause__ or hidden)
    for part in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _failure(part)
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}{_told(error)}\n"


def _told(error: BaseException) -> str:
    """Tell what an operator can mend: what the system says, a database, or a service refuses."""
    if isinstance(error, httpx.HTTPStatusError):
        return f": {error.response.status_code}"
    if isinstance(error, OSError):
        return f": {error.strerror}" if error.strerror else ""
    return f": {error}" if isinstance(error, psycopg.OperationalError) else ""


def log_to(stream_or_file: logging.Handler, level: str = "INFO") -> None:
    """Send all logs, as JSON lines, to one handler."""
    stream_or_file.setFormatter(JSONFormatter())
    logging.basicConfig(level=level, handlers=[stream_or_file], force=True)
    logging.getLogger("procrastinate").setLevel("WARNING")
    logging.getLogger("uvicorn").setLevel("WARNING")
    logging.getLogger("httpx").setLevel("WARNING")
    logging.getLogger("alembic").setLevel("WARNING")


class Telemetry:
    """Middleware that names each request, counts it and times it, by route template."""

    def __init__(self, app: ASGIApp, service: str, registry: CollectorRegistry) -> None:
        self._app = app
        self._service = service
        self._count = Counter(
            "ronde_requests_total",
            "Requests answered.",
            ["service", "method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "ronde_request_seconds", "Time to answer.", ["service", "route"], registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, as ASGI asks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _incoming_id(scope)
        token = _request_id.set(request_id)
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 500

        async def name_it(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, name_it)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._count.labels(self._service, method_of(scope), route, status).inc()
            self._seconds.labels(self._service, route).observe(time.perf_counter() - started)
            _request_id.reset(token)


def _incoming_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and GOOD_REQUEST_ID.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return uuid.uuid4().hex


Ready = Callable[[], Awaitable[dict[str, str]]]


About = Callable[[], Awaitable[dict[str, object]]]


async def nothing_more() -> dict[str, object]:
    """Say nothing of a service beyond its readiness."""
    return {}


def router(ready: Ready) -> APIRouter:
    """Make the routes that probes ask; `ready` names what is not, and why.

    A service puts what operators should know of it, ready or not, into `app.state.about`.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/livez")
    async def live() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    @routes.get("/readyz")
    async def readiness(request: Request, response: Response) -> dict[str, object]:
        """Say whether the service can do its work, what is missing, and what it works with."""
        missing = await ready()
        response.status_code = 503 if missing else 200
        about = {} if missing else await request.app.state.about()
        return {"status": "not ready" if missing else "ok", "missing": missing, **about}

    return routes
