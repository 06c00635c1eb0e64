"""Edits that name what they were made from: `ETag` out, `If-Match` in."""

from typing import Annotated

from fastapi import Depends, Header

from shared.problems import Problem


def etag(revision: int) -> str:
    """Name a revision."""
    return f'"{revision}"'


def required_revision(
    if_match: Annotated[str | None, Header(description="`ETag` of what you read.")] = None,
) -> int | None:
    """Read the revision an edit was made from; an ETag that is not ours matches nothing.

    Raises
    ------
    Problem : 428 when there is none
    """
    if if_match is None:
        raise Problem(428, "precondition-required", "Send the ETag of what you read, If-Match.")
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004 - an int of PostgreSQL


Revision = Annotated[int | None, Depends(required_revision)]
