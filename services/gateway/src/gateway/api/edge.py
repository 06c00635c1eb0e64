"""The front door: what the gateway does not answer itself is passed on before FastAPI sees it."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from gateway.api.admission import Admission, Admitted
from gateway.api.answering import Reply
from gateway.api.audited import noting
from gateway.api.incoming import Incoming
from gateway.api.passing import PassingOn
from gateway.domain import cross_origin
from gateway.domain.access_key import is_plain
from gateway.domain.passing_headers import Raw
from gateway.domain.route_table import is_public, service_of, speaks_protocol
from gateway.use_cases.keep_audit import AuditLog
from shared.problems import Problem, not_found

# What the gateway answers itself is read whole before the token is checked, so it is kept short: a
# week of 100 teams with 14 shifts each has 1.1 MB with all texts at their longest.
MAX_OWN_BODY_BYTES = 2 * 1024 * 1024
_ADDRESS = "/t/"


class Edge(FastAPI):
    """FastAPI for the composed routes, raw ASGI for the rest.

    `origins` are those whose pages may call us from a browser; `reached_at` is where people reach
    us.
    """

    passing_on: PassingOn
    admission: Admission
    audit: AuditLog
    max_body_bytes: int
    origins: frozenset[bytes] = frozenset()
    reached_at: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, as ASGI asks."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        in_address = _taken_from_address(scope)
        service = service_of(scope["path"])
        limit = self.max_body_bytes if service is not None else MAX_OWN_BODY_BYTES
        request = Incoming(scope, receive, limit)
        if in_address is not None:
            request.by_address = True
            request.authorize(f"Bearer {in_address}")
        if speaks_protocol(scope["path"]):
            _drop_last_slash(scope)
            request.base_url = self.reached_at + (f"{_ADDRESS}{in_address}" if in_address else "")
        origin = request.given.get(b"origin")
        extra: list[Raw] = []
        if origin is not None:
            if cross_origin.is_preflight(scope["method"], request.given):
                await _permit(Reply(request, send, cross_origin.of_preflight(origin, self.origins)))
                return
            extra = cross_origin.of_answer(origin, self.origins)
        await self._serve(service, request, send, extra)

    async def _serve(
        self, service: str | None, request: Incoming, send: Send, extra: list[Raw]
    ) -> None:
        reply = Reply(request, send, extra)
        try:
            request.declared_length()
            admitted = await self._admitted(service, request)
            if admitted is not None:
                extra.extend(admitted.headers)
                reply = replace(reply, send=noting(self.audit, request, admitted.claims, send))
        except Problem as problem:
            await request.let_pass()
            await reply.refuse(problem)
            return
        if service is not None:
            await self.passing_on.serve(service, reply)
        else:
            with_extra = _adding(reply.send, extra) if extra else reply.send
            await super().__call__(request.scope, request.receive, with_extra)

    async def _admitted(self, service: str | None, request: Incoming) -> Admitted | None:
        """Let a request pass or not; None when nobody has to say who they are."""
        path, is_signed = request.scope["path"], _is_signed(request)
        if request.by_address and not is_plain(path, request.scope["raw_path"]):
            raise not_found("page at this address")
        if is_signed or (service is not None and not is_public(path)):
            return await self.admission.admit(request, service or "gateway")
        if service is not None:
            self.admission.slow_strangers(request.scope)
        return None


def _is_signed(request: Incoming) -> bool:
    """Tell whether a request of our own routes comes with a token of ours to look at."""
    return b"authorization" in request.given and request.scope["path"].startswith("/v1/")


def _taken_from_address(scope: Scope) -> str | None:
    """Take the token out of `/t/<token>/v1/...`, before anything can write the address down."""
    path: str = scope["path"]
    if not path.startswith(_ADDRESS):
        return None
    _, slash, rest = path[len(_ADDRESS) :].partition("/")
    scope["path"] = slash + rest or "/"
    raw: bytes = scope.get("raw_path") or path.encode()
    token, slash_raw, rest_raw = raw[len(_ADDRESS) :].partition(b"/")
    scope["raw_path"] = slash_raw + rest_raw or b"/"
    return token.decode("latin-1")


def _drop_last_slash(scope: Scope) -> None:
    """Read `/ogc/` as `/ogc`, since clients of protocols put addresses together themselves."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    scope["path"], scope["raw_path"] = scope["path"].removesuffix("/"), raw.removesuffix(b"/")


async def _permit(reply: Reply) -> None:
    await reply.begin(204, [])
    await reply.piece(b"", more=False)


def _adding(send: Send, extra: Sequence[Raw]) -> Send:
    """Add headers to the answer of a route of our own."""

    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            for name, value in extra:
                headers.append(name.decode(), value.decode())
            message["headers"] = headers.raw
        await send(message)

    return add
