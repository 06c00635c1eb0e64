"""What is wrong with one part of a request; imports little, so that child processes may say it."""

from pydantic import BaseModel, Field


class FieldError(BaseModel):
    """One thing wrong with a request."""

    pointer: str = Field(description="Where: a JSON pointer into the body, or the parameter.")
    detail: str
