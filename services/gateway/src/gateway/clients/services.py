"""How the gateway calls the services on behalf of who asks it."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from gateway.domain.route_table import service_of
from shared import http
from shared.field_errors import FieldError
from shared.problems import Problem

Message = TypeVar("Message", bound=BaseModel)
_AWAY = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Services:
    """An open client of each service."""

    inspections: httpx.AsyncClient
    scoring: httpx.AsyncClient
    routing: httpx.AsyncClient


async def open_services(
    urls: Mapping[str, str], stack: AsyncExitStack, *, read_timeout_s: float = http.TIMEOUT_S
) -> Services:
    """Open the clients; `stack` closes them."""
    timeout_s = min(read_timeout_s, http.TIMEOUT_S)
    opened = {
        name: await stack.enter_async_context(http.client(urls[name], timeout_s=timeout_s))
        for name in ("inspections", "scoring", "routing")
    }
    return Services(**opened)


def is_away(problem: Problem) -> bool:
    """Tell whether a service could not be asked, so that asking again may help."""
    return problem.status in _AWAY


def written(
    client: httpx.AsyncClient, method: str, path: str, message: BaseModel, **headers: str
) -> httpx.Request:
    """Build a request that carries a message."""
    given = {"Content-Type": "application/json", **headers}
    return client.build_request(method, path, content=message.model_dump_json(), headers=given)


async def answered(
    client: httpx.AsyncClient, auth: httpx.Auth, request: httpx.Request
) -> httpx.Response:
    """Send a request as the caller; what a service refuses, we refuse with its words.

    Raises
    ------
    Problem : the service's own, 503 when it cannot be reached, 504 when its answer is not whole in
        time, 502 when it fails or breaks off
    """
    service = service_of(request.url.path)
    try:
        # The client's own timeout begins anew with each piece of an answer.
        async with asyncio.timeout(client.timeout.read):
            answer = await client.send(request, auth=auth)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise Problem(
            503,
            "service-unavailable",
            f"The {service} service cannot be reached; try again in a moment.",
            headers={"Retry-After": "2"},
        ) from error
    except (TimeoutError, httpx.TimeoutException) as error:
        raise Problem(
            504, "service-too-slow", f"The {service} service did not answer in time; try again."
        ) from error
    except httpx.TransportError as error:
        raise Problem(
            502, "service-failed", f"The {service} service broke off its answer; try again."
        ) from error
    if answer.is_error:
        raise _as_problem(answer)
    return answer


async def told(
    client: httpx.AsyncClient, auth: httpx.Auth, request: httpx.Request, kind: type[Message]
) -> Message:
    """Send a request as the caller, and read the message that answers it.

    Raises
    ------
    Problem : as for `answered`, and 502 for what is no such message
    """
    answer = await answered(client, auth, request)
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise _failed(request, "answered what is not understood") from error


def _as_problem(answer: httpx.Response) -> Problem:
    """Give a service's problem as ours; a fault of its own is none of ours."""
    if answer.is_server_error and answer.status_code not in _AWAY:
        return _failed(answer.request, "failed")
    try:
        said = answer.json()
    except ValueError:
        said = {}
    known = said if isinstance(said, dict) else {}
    slug = str(known.get("type", "service-failed")).rsplit("/", 1)[-1]
    detail = str(known.get("detail", "A service failed; try again, or report the request's id."))
    errors = [FieldError.model_validate(it) for it in known.get("errors", [])]
    return Problem(answer.status_code, slug, detail, errors=errors)


def _failed(request: httpx.Request, how: str) -> Problem:
    service = service_of(request.url.path)
    detail = f"The {service} service {how}; try again, or report the request's id."
    return Problem(502, "service-failed", detail)
