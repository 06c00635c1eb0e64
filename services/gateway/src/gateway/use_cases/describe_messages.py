"""Describe every message of every service by JSON Schema, as `shared.contracts` has it."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

import shared.contracts
from shared.contracts.events import EVENTS
from shared.contracts.message import Input

_SERVICES = ("gateway", "inspections", "routing")
# What is of no service: the envelope of an event, a position, a label.
_COMMON = "message"
# A contract that is no package of its service is one of scoring.
_REST = "scoring"


@lru_cache(maxsize=1)
def messages() -> Mapping[str, type[BaseModel]]:
    """Give all messages by their lasting names, `service.Message`, in order."""
    found = {f"{_whose(it)}.{it.__name__}": it for it in _defined()}
    return {name: found[name] for name in sorted(found)}


def event_schemas() -> Mapping[str, str]:
    """Give, by kind of event, the name of the message its `data` is."""
    names = {message: name for name, message in messages().items()}
    return {kind: names[message] for kind, message in EVENTS.items()}


@lru_cache(maxsize=512)
def schema_of(name: str) -> Mapping[str, object]:
    """Describe a message as it is sent: one of ours with all its fields, one to us with its own.

    Raises
    ------
    KeyError : there is no such message
    """
    message = messages()[name]
    mode: JsonSchemaMode = "validation" if issubclass(message, Input) else "serialization"
    return {"$schema": GenerateJsonSchema.schema_dialect, **message.model_json_schema(mode=mode)}


def _defined() -> Iterator[type[BaseModel]]:
    package = shared.contracts
    for part in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(part.name)
        for value in vars(module).values():
            is_message = isinstance(value, type) and issubclass(value, BaseModel)
            if is_message and value.__module__ == module.__name__:
                yield value


def _whose(message: type[BaseModel]) -> str:
    part = message.__module__.removeprefix(f"{shared.contracts.__name__}.").partition(".")[0]
    return part if part in {*_SERVICES, _COMMON} else _REST
