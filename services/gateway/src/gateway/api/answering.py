"""Gives a service's answer back to the caller, or says why there is none."""

import asyncio
import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
from starlette.types import Send

from gateway.api.incoming import Incoming
from gateway.clients.upstreams import SMALL_BYTES, ServicePausedError
from gateway.domain import compression
from gateway.domain.passing_headers import Raw, sent_back
from shared import problems
from shared.problems import Problem

logger = logging.getLogger(__name__)

_NOT_MODIFIED = 304
# zlib's way to say: a gzip header, and the largest window.
_GZIP = 31
_QUICK = 1


@dataclass(frozen=True, slots=True)
class Reply:
    """Where an answer goes, and the headers it gets from us."""

    request: Incoming
    send: Send
    extra: Sequence[Raw]

    async def begin(self, status: int, headers: list[Raw]) -> None:
        """Send the head of an answer."""
        if not any(name == b"x-request-id" for name, _ in headers):
            headers.append((b"x-request-id", self.request.id.encode()))
        headers.extend(self.extra)
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def piece(self, content: bytes, *, more: bool) -> None:
        """Send a piece of its body."""
        await self.send({"type": "http.response.body", "body": content, "more_body": more})

    async def refuse(self, problem: Problem) -> None:
        """Answer with a problem."""
        content = problems.render(problem, self.request.scope["path"], self.request.id)
        headers = [
            (b"content-type", problems.MEDIA_TYPE.encode()),
            (b"content-length", b"%d" % len(content)),
            *((name.lower().encode(), it.encode()) for name, it in problem.headers.items()),
        ]
        await self.begin(problem.status, headers)
        await self.piece(content, more=False)


async def give_back(answer: aiohttp.ClientResponse, reply: Reply) -> int:
    """Send an answer on: a short one whole, a long one as it comes."""
    headers = sent_back(answer.raw_headers)
    length = answer.content_length
    accepts = reply.request.given.get(b"accept-encoding")
    is_gzip = (
        compression.is_asked(accepts)
        and reply.request.scope["method"] != "HEAD"
        and compression.is_worth_it(answer.status, headers, length)
    )
    if answer.status == _NOT_MODIFIED:
        headers = compression.still_marked(headers, reply.request.given.get(b"if-none-match"))
    if length is None or length > SMALL_BYTES:
        await _stream_back(answer, reply, headers, is_gzip=is_gzip)
        return answer.status
    content = await answer.read()
    if is_gzip:
        content = zlib.compress(content, _QUICK, _GZIP)
        headers = compression.compressed(headers, len(content))
    await reply.begin(answer.status, headers)
    await reply.piece(content, more=False)
    return answer.status


def why(service: str, request: Incoming, error: Exception) -> Problem:
    """Say what went wrong with a service, and whether to try again."""
    if request.too_long:
        return request.refusal_of_length()
    if isinstance(error, ServicePausedError):
        return Problem(
            503,
            "service-unavailable",
            f"The {service} service did not answer of late; try again in a moment.",
            headers={"Retry-After": str(error.seconds)},
        )
    logger.warning(
        "a service did not answer",
        extra={"service": service, "error": type(error).__name__, "request_id": request.id},
    )
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Problem(
            503,
            "service-unavailable",
            f"The {service} service cannot be reached; try again in a moment.",
            headers={"Retry-After": "2"},
        )
    if isinstance(error, TimeoutError):
        return Problem(
            504, "service-too-slow", f"The {service} service did not answer in time; try again."
        )
    return Problem(502, "service-failed", f"The {service} service broke off its answer; try again.")


async def _stream_back(
    answer: aiohttp.ClientResponse, reply: Reply, headers: list[Raw], *, is_gzip: bool
) -> None:
    """Send an answer on as it comes; a broken one is broken off, so that the caller can tell."""
    packer = zlib.compressobj(_QUICK, zlib.DEFLATED, _GZIP) if is_gzip else None
    await reply.begin(answer.status, compression.compressed(headers, None) if packer else headers)
    watch = asyncio.create_task(_close_when_left(reply, answer))
    # What a service sends without saying how long it will be, somebody may be waiting for.
    waited_for = answer.content_length is None
    try:
        async for piece in answer.content.iter_any():
            await _send_piece(reply, piece, packer, waited_for=waited_for)
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        logger.warning(
            "an answer broke off",
            extra={"error": type(error).__name__, "request_id": reply.request.id},
        )
        return
    finally:
        watch.cancel()
    await reply.piece(packer.flush() if packer else b"", more=False)


async def _send_piece(
    reply: Reply, piece: bytes, packer: "zlib._Compress | None", *, waited_for: bool
) -> None:
    if packer is not None:
        piece = packer.compress(piece)
        if waited_for:
            piece += packer.flush(zlib.Z_SYNC_FLUSH)
    if piece:
        await reply.piece(piece, more=True)


async def _close_when_left(reply: Reply, answer: aiohttp.ClientResponse) -> None:
    """Stop a stream nobody reads any more."""
    while (await reply.request.receive())["type"] != "http.disconnect":
        pass
    answer.close()
