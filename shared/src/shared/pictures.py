"""Pictures over HTTP (SVG): in French or English, and not sent again while nothing changed."""

from hashlib import sha256
from typing import Annotated, Literal

from fastapi import Query, Response

from shared.etags import is_known, named
from shared.sync import UNCHANGED

MEDIA_TYPE = "image/svg+xml"
PICTURE: dict[int | str, dict[str, object]] = {
    200: {
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        "description": "The picture; nothing in it runs, or is asked elsewhere.",
    },
    **UNCHANGED,
}

Language = Literal["fr", "en"]
Written = Annotated[Language, Query(description="Of what is written.")]


def picture(drawn: str, if_none_match: str | None) -> Response:
    """Answer with a picture, or with 304 where the caller has it."""
    headers = named(f'"{sha256(drawn.encode()).hexdigest()[:32]}"')
    if is_known(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(drawn, media_type=MEDIA_TYPE, headers=headers)
