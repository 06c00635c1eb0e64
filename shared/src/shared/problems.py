"""Answers to what went wrong, as RFC 9457 problems with a stable type.

The types are those of `problem_types.toml`; the detail tells the caller what to do next.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from shared.etags import NotModified
from shared.field_errors import FieldError
from shared.problem_types import TYPE_PREFIX

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# What the web framework refuses by itself; its other refusals are of a malformed request.
BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "body-too-long"}
UNREADABLE = 422


class ProblemDetail(BaseModel):
    """The body of every answer that is an error."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    request_id: str | None = None
    errors: list[FieldError] = []


class Problem(Exception):  # noqa: N818 - the field's own word for it
    """Something the caller must know; raised anywhere above `domain`, answered in one place."""

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug
        self.detail = detail
        self.errors = list(errors)
        # The page of the type is at the path of its identifier, where the caller reached us.
        self.headers = {"Link": f'</problems/{slug}>; rel="help"', **(headers or {})}


def not_found(what: str) -> Problem:
    """Say that there is no such thing, or none the caller may know of."""
    return Problem(404, "not-found", f"There is no such {what}, or it is not yours to see.")


def conflict(detail: str) -> Problem:
    """Say that a rule of the house forbids it."""
    return Problem(409, "conflict", detail)


def invalid(pointer: str, detail: str) -> Problem:
    """Say which part of the request is wrong and what would be right."""
    return Problem(
        422, "invalid-request", detail, errors=[FieldError(pointer=pointer, detail=detail)]
    )


def render(problem: Problem, instance: str, request_id: str | None) -> bytes:
    """Write a problem as the bytes of its answer."""
    return _detail(problem, instance, request_id).model_dump_json(exclude_none=True).encode()


def install(app: FastAPI) -> None:
    """Answer every failure of `app` with a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(ClientDisconnect, _on_left)
    app.add_exception_handler(DataError, _on_unstorable)
    for away in (OperationalError, InterfaceError, PoolTimeout):
        app.add_exception_handler(away, _on_database_away)
    app.add_exception_handler(NotModified, _on_not_modified)
    app.add_exception_handler(Exception, _on_failure)


def responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Declare, for OpenAPI, the problems an operation may answer beyond those of all."""
    return {status: {"description": HTTPStatus(status).phrase} for status in statuses}


def _detail(problem: Problem, instance: str, request_id: str | None) -> ProblemDetail:
    return ProblemDetail(
        type=TYPE_PREFIX + problem.slug,
        title=problem.slug.replace("-", " ").capitalize(),
        status=problem.status,
        detail=problem.detail,
        instance=instance,
        request_id=request_id,
        errors=problem.errors,
    )


def _answer(request: Request, problem: Problem) -> JSONResponse:
    detail = _detail(problem, request.url.path, getattr(request.state, "request_id", None))
    return JSONResponse(
        detail.model_dump(exclude_none=True),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


async def _on_problem(request: Request, error: Exception) -> JSONResponse:
    return _answer(request, cast("Problem", error))


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    invalid_request = cast("RequestValidationError", error)
    errors = [
        FieldError(pointer=_pointer(item["loc"]), detail=str(item["msg"]))
        for item in invalid_request.errors()[:100]
    ]
    first = errors[0]
    detail = f"{first.pointer}: {first.detail}"
    return _answer(request, Problem(422, "invalid-request", detail, errors=errors))


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    """Answer for what the framework refuses before a route is asked."""
    refusal = cast("HTTPException", error)
    slug = BY_STATUS.get(refusal.status_code, "invalid-request")
    # A body that cannot be read at all is as invalid as one that is not what it should be.
    status = UNREADABLE if refusal.status_code == HTTPStatus.BAD_REQUEST else refusal.status_code
    return _answer(request, Problem(status, slug, str(refusal.detail), headers=refusal.headers))


async def _on_left(request: Request, _error: Exception) -> JSONResponse:
    """Count who leaves in the middle of a body as FastAPI does: nobody reads the answer."""
    return _answer(request, Problem(400, "invalid-request", "The body broke off; send it whole."))


async def _on_unstorable(request: Request, _error: Exception) -> JSONResponse:
    """Answer for what a message allows and PostgreSQL does not."""
    detail = "A text holds the character NUL, or a number is too large; send what can be kept."
    return _answer(request, Problem(422, "invalid-request", detail))


async def _on_database_away(request: Request, error: Exception) -> JSONResponse:
    cause = getattr(error, "orig", None) or error
    logger.warning(
        "the database did not answer",
        extra={"path": request.url.path, "error": type(cause).__name__},
    )
    detail = "The database does not answer. Nothing was half-written; try again in a moment."
    away = Problem(503, "service-unavailable", detail, headers={"Retry-After": "2"})
    return _answer(request, away)


async def _on_not_modified(_request: Request, known: Exception) -> Response:
    return Response(status_code=304, headers=cast("NotModified", known).headers)


async def _on_failure(request: Request, error: Exception) -> JSONResponse:
    route = getattr(request.scope.get("route"), "path", "other")
    logger.error("request failed", exc_info=error, extra={"route": route})
    detail = "Something failed on our side. Nothing was half-written; try again, or report the id."
    return _answer(request, Problem(500, "internal-error", detail))


def _pointer(location: Sequence[str | int]) -> str:
    where, *path = location
    if where == "body":
        return "/" + "/".join(str(part) for part in path)
    return f"{where}: {'.'.join(str(part) for part in path)}"
