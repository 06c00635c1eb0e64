"""How the gateway calls the services on behalf of who asks it."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
from pydantic import BaseModel

from shared import http
from shared.field_errors import FieldError
from shared.problems import Problem

_AWAY = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Services:
    """An open client of each service."""

    inspections: httpx.AsyncClient
    scoring: httpx.AsyncClient
    routing: httpx.AsyncClient


async def open_services(urls: Mapping[str, str], stack: AsyncExitStack) -> Services:
    """Open the clients; `stack` closes them."""
    opened = {
        name: await stack.enter_async_context(http.client(urls[name]))
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
    Problem : the service's own, 503 when it cannot be reached, 504 when it is too slow, 502 when it
        breaks off
    """
    try:
        answer = await client.send(request, auth=auth)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise Problem(
            503,
            "service-unavailable",
            f"The service of {request.url.path} cannot be reached; try again in a moment.",
            headers={"Retry-After": "2"},
        ) from error
    except httpx.TimeoutException as error:
        raise Problem(
            504, "service-too-slow", f"{request.url.path} did not answer in time; try again."
        ) from error
    except httpx.TransportError as error:
        raise Problem(
            502, "service-failed", f"{request.url.path} broke off its answer; try again."
        ) from error
    if answer.is_error:
        raise _as_problem(answer)
    return answer


def _as_problem(answer: httpx.Response) -> Problem:
    try:
        said = answer.json()
    except ValueError:
        said = {}
    known = said if isinstance(said, dict) else {}
    slug = str(known.get("type", "service-failed")).rsplit("/", 1)[-1]
    detail = str(known.get("detail", "A service failed; try again, or report the request's id."))
    errors = [FieldError.model_validate(it) for it in known.get("errors", [])]
    return Problem(answer.status_code, slug, detail, errors=errors)
