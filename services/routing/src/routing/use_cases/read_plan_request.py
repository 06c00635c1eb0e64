"""A request for a plan made out of JSON a few candidates at a time, beside the event loop.

Validating thousands of candidates in one call keeps the interpreter to itself for a third of a
second, in a thread as anywhere. Between two calls other threads may run: nobody waits for more
than the twenty candidates of one call.
"""

import asyncio
from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from shared.contracts.routing.plans import PlanCandidate, PlanRequest

AT_ONCE = 20
MOST_ERRORS = 100
_CANDIDATES = TypeAdapter(list[PlanCandidate])
_MOST = next(
    item.max_length
    for item in PlanRequest.model_fields["candidates"].metadata
    if hasattr(item, "max_length")
)


class RequestUnreadableError(ValueError):
    """The JSON is no request for a plan; `errors` are those of Pydantic."""

    def __init__(self, errors: Sequence[ErrorDetails]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


async def read_plan_request(values: object) -> PlanRequest:
    """Make a request out of parsed JSON.

    Raises
    ------
    RequestUnreadableError : with what is wrong, each with its place.
    """
    return await asyncio.to_thread(_read, values)


def _read(values: object) -> PlanRequest:
    candidates = values.get("candidates") if isinstance(values, Mapping) else None
    if not isinstance(values, Mapping) or not isinstance(candidates, list):
        return _whole(values)
    if len(candidates) > _MOST:
        return _whole({**values, "candidates": candidates})
    errors: list[ErrorDetails] = []
    read: list[PlanCandidate] = []
    for first in range(0, len(candidates), AT_ONCE):
        try:
            read.extend(_CANDIDATES.validate_python(candidates[first : first + AT_ONCE]))
        except ValidationError as error:
            errors.extend(_moved(error, first))
            if len(errors) >= MOST_ERRORS:
                break
    try:
        request = PlanRequest.model_validate({**values, "candidates": []})
    except ValidationError as error:
        errors[:0] = error.errors(include_url=False)
    if errors:
        raise RequestUnreadableError(errors)
    return request.model_copy(update={"candidates": read})


def _whole(values: object) -> PlanRequest:
    try:
        return PlanRequest.model_validate(values)
    except ValidationError as error:
        raise RequestUnreadableError(error.errors(include_url=False)) from error


def _moved(error: ValidationError, by: int) -> list[ErrorDetails]:
    """Give the errors of a part their places in the whole request."""
    found = error.errors(include_url=False)
    for item in found:
        number, *rest = item["loc"]
        item["loc"] = ("candidates", int(number) + by, *rest)
    return found
