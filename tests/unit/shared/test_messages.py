"""Messages we take: no day or moment is so far away that nothing can be counted from it."""

import contextlib
import sys
from pathlib import Path
from typing import Annotated

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from shared.contracts.message import Input

sys.path.insert(0, str(Path(__file__).parents[2] / "house"))
import openapi

FAR = ["9999-12-31", "9999-12-31T23:59:59Z", "0001-01-01", "0001-01-01T00:00:00Z"]
# Kept and told, never counted from; what was built or agreed upon may be older than our times.
KEPT = {
    "AcceptanceInput.accepted_on",
    "AccommodationInput.opened_on",
    "AccommodationInput.safety_opinion_on",
    "CharterInput.in_force_from",
}
# A plan holds what it is told to its own days, and says which of them it cannot.
HELD = {f"shared.contracts.routing.{it}" for it in ("plans", "revisions", "day")}
HELD |= {"shared.contracts.message"}
INPUTS = sorted(
    (
        message
        for name in openapi.CONTRACTS
        for message in openapi.messages_of(name)
        if issubclass(message, Input) and message.__module__ not in HELD
    ),
    key=lambda it: it.__name__,
)


def takes_far_days(field: FieldInfo) -> bool:
    taking = TypeAdapter(Annotated[field.annotation, field])
    for far in FAR:
        for told in (far, [far]):
            with contextlib.suppress(ValidationError):
                taking.validate_python(told)
                return True
    return False


def test_no_message_takes_a_day_that_nothing_can_be_counted_from():
    unbounded = {
        f"{message.__name__}.{name}"
        for message in INPUTS
        for name, field in message.model_fields.items()
        if "date" in str(field.annotation) and takes_far_days(field)
    }
    assert unbounded == KEPT
