"""Files that are sent to us, or named in a folder of ours: one operation takes either."""

import asyncio
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from shared.blobs import Blobs
from shared.problems import Problem, invalid

Message = TypeVar("Message", bound=BaseModel)


def is_file(request: Request, kinds: Collection[str], what: str) -> bool:
    """Tell whether the body is a file of one of these types, or JSON that names one.

    Raises
    ------
    Problem : 415, it is neither
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in kinds:
        return True
    if kind == "application/json":
        return False
    raise Problem(
        415,
        "unsupported-media-type",
        f"Send {what} as {next(iter(kinds))}, or JSON with the path of one.",
    )


async def message_in(request: Request, message: type[Message]) -> Message:
    """Read the body as a message.

    Raises
    ------
    RequestValidationError : it is not one
    """
    try:
        return message.model_validate_json(await request.body())
    except ValidationError as error:
        found = [{**it, "loc": ("body", *it["loc"])} for it in error.errors()]
        raise RequestValidationError(found) from error


async def stored_body(request: Request, what: str) -> str:
    """Store the body as a blob, piece by piece; another machine may build from it.

    Raises
    ------
    Problem : 422, it is empty
    """
    with tempfile.TemporaryDirectory(prefix="ronde-upload-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as file:
            async for piece in request.stream():
                file.write(piece)
        if path.stat().st_size == 0:
            raise invalid("/", f"The body is empty: send {what} itself.")
        return await asyncio.to_thread(Blobs(request.app.state.settings.blobs_url).put_file, path)
